"""Versions of a curriculum: what changed between two, which version number that needs, and what is released.

``reading`` turns a git ref, a folder or a bundle into plain data (``snapshot``); ``diff`` compares two of these; the
other modules use the result. A curriculum is only ever imported in a process of its own (``importer``).
"""
