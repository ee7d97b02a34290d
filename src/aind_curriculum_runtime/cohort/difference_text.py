"""A report as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..look.changes import folded, more
from .difference_report import Part, Report

__all__ = ["text"]

_INDENT: Final = "  "


def text(report: Report) -> str:
    """Write the report.

    Args:
        report: What is told.

    Returns:
        Lines; those of tables are as wide as their cells, others no wider than one reads.
    """
    lines = [report.title, "", *folded(report.sentence, "")]
    for part in report.parts:
        lines += ["", part.title.lower(), *(folded(_INDENT + part.says, _INDENT) if part.says else [])]
        lines += _named_rows(part) if part.heading else _table(part)
        lines += [_INDENT + more(part.more)] if part.more else []
    return "\n".join(lines) + "\n"


def _named_rows(part: Part) -> Iterator[str]:
    """Each row under its name, a line for each long cell."""
    for row in part.rows:
        yield from folded(_INDENT + ", ".join(row[: part.heading]), 2 * _INDENT)
        for name, cell in zip(part.header[part.heading :], row[part.heading :], strict=True):
            yield from folded(f"{2 * _INDENT}{name}: {cell}", 4 * _INDENT)


def _table(part: Part) -> Iterator[str]:
    if not part.rows:
        return
    rows = [part.header, *part.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = enumerate(zip(row, widths, strict=True))
        line = "  ".join(one.rjust(width) if at in part.numbers else one.ljust(width) for at, (one, width) in cells)
        yield from folded(f"{_INDENT}{line}".rstrip(), 4 * _INDENT)
