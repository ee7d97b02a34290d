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


_LAST: Final = 14
"""Characters of the last column, at least: it is wrapped, not cut."""


_CUT: Final = 6
"""Characters of the columns between, at least."""


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table.

    Args:
        header: The columns' names.
        rows: Cells; as many as there are columns.
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    window = shutil.get_terminal_size().columns
    if sys.stdout.isatty() and _needed(widths) <= window:
        _print_rich(header, rows, _fitted(widths, window))
        return
    for row in (header, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _needed(widths: Sequence[int]) -> int:
    """The narrowest window in which every column can still be read."""
    between = sum(min(width, _CUT) for width in widths[1:-1])
    return widths[0] + between + min(widths[-1], _LAST) + 2 * (len(widths) - 1)


def _fitted(widths: Sequence[int], window: int) -> list[int]:
    """The width of each column: of those between the first and the last, the widest gives way first."""
    first, *between, last = widths
    left = window - first - 2 * (len(widths) - 1)
    while between and sum(between) + min(last, _LAST) > left and max(between) > _CUT:
        between[between.index(max(between))] -= 1
    return [first, *between, min(last, left - sum(between))]


def _print_rich(header: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for position, (name, width) in enumerate(zip(header, widths, strict=True)):
        last = position == len(header) - 1
        table.add_column(name, no_wrap=not last, overflow="fold" if last else "ellipsis", width=width)
    for row in rows:
        table.add_row(*(Text(cell, style=_COLOURS.get(cell, "")) for cell in row))
    Console().print(table)
