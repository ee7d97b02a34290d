"""Versions of a curriculum: what changed between two, which number that needs, and what is released.

``snapshot`` makes plain data of a git ref, a folder or a bundle; ``diff`` compares two of those; the rest acts on
it. None of it imports a curriculum in its own process.
"""
