"""Tables of sessions: read and written row by row, in memory that does not grow with the table.

``row`` is one row with its cells, ``reading`` and ``writing`` know the three forms (CSV, JSON lines, Parquet), and
``autotrain`` the columns that auto-train and the ledger's export share. Knows nothing of ledgers or curricula.
"""
