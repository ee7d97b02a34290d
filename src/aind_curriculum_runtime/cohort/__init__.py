"""Many animals at once: statistics, curves and pictures of how far they came, and what another version means for them.

``sessions`` reads a table, ``order`` finds the order of the stages, ``statistics`` and ``survival`` count, ``report``
writes what they found, and ``progress`` with ``drawing`` and ``page`` shows every session; for these no curriculum is
needed. ``difference`` compares what two versions decide, and its neighbours of that name tell it.
"""
