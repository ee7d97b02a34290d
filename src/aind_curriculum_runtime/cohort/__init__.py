"""Many animals at once, from a table of their sessions: statistics, curves and pictures of how far they came.

``sessions`` reads the table, ``order`` finds the order of the stages, ``statistics`` and ``survival`` count, ``report``
writes what they found, and ``progress`` with ``drawing`` and ``page`` shows every session. No curriculum is needed.
"""
