"""Replay: what a curriculum says of sessions that animals had, from a table, a ledger or session directories.

``compiled`` decides as the Trainer does, without its copies; ``decisions`` goes through the sessions of one animal;
``sources`` finds them. Writes no file: the command does.
"""
