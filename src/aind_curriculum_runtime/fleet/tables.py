"""Tables on stdout: coloured and fitted to the window on a terminal, plain aligned text elsewhere.

Plain text is never wrapped or cut, so that it can be searched and pasted. On a terminal the first column keeps its
full width, the last one is wrapped, and those between are cut; in a window too narrow for that, where columns would
be left out, the plain text is printed.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import Final

__all__ = ["print_table"]

_COLOURS: Final = {
    "ok": "green",
    "passed": "green",
    "updated": "green",
    "up to date": "green",
    "ready": "green",
    "would update": "green",
    "outdated": "yellow",
    "ahead": "yellow",
    "skipped": "yellow",
    "interrupted": "yellow",
    "conflict": "red",
    "failed": "red",
}


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table.

    Args:
        header: The columns' names.
        rows: Cells; as many as there are columns.
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    if sys.stdout.isatty() and _needed(widths) <= shutil.get_terminal_size().columns:
        _print_rich(header, rows)
        return
    for row in (header, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _needed(widths: Sequence[int]) -> int:
    """The narrowest window in which every column can still be read."""
    between = sum(min(width, 6) for width in widths[1:-1])
    return widths[0] + between + min(widths[-1], 14) + 2 * (len(widths) - 1)


def _print_rich(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for position, name in enumerate(header):
        last = position == len(header) - 1
        width = max((len(row[0]) for row in rows), default=0) if position == 0 else None
        table.add_column(name, no_wrap=not last, overflow="fold" if last else "ellipsis", min_width=width)
    for row in rows:
        table.add_row(*(Text(cell, style=_COLOURS.get(cell, "")) for cell in row))
    Console().print(table)
