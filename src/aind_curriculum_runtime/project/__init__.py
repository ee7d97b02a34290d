"""A repo on disk, and what is installed from it: files written whole, distributions, the template's files.

Knows nothing of curricula, trainer states or sessions.
"""
