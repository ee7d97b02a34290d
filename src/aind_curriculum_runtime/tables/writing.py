"""Writing a table: CSV, JSON lines or Parquet, one row at a time.

Owns how a value stands in a cell. Where the bytes go is the caller's business: a file that replaces another when it is
whole (``command.output``), or stdout. The same rows give the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Literal, NamedTuple

from ..contract.strict_json import encode
from .form import Form

__all__ = ["Column", "Kind", "write"]

Kind = Literal["text", "whole", "number", "flag", "json"]
"""What a column holds. ``json`` is any plain value: itself in JSON lines, elsewhere a text."""


class Column(NamedTuple):
    """A column of a table."""

    name: str
    kind: Kind
    meaning: str = ""
    """One line for a person."""


def write(file: BinaryIO, form: Form, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a table.

    Args:
        file: Where to.
        form: CSV with a header, JSON lines, or Parquet.
        columns: Its columns.
        rows: The cells of each row by the name of their column; one that is missing or None is empty.

    Raises:
        CurriculumError: ``usage.extra_needed`` for Parquet without the extra ``parquet``.
        OSError: It cannot be written.
    """
    if form == "parquet":
        from . import parquet

        kinds = {one.name: "text" if one.kind == "json" else one.kind for one in columns}
        parquet.write(file, kinds, ([_flat(row.get(one.name), one.kind) for one in columns] for row in rows))
        return
    for data in _csv(columns, rows) if form == "csv" else _json_lines(columns, rows):
        file.write(data)


def _csv(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")

    def written(cells: Iterable[Any]) -> bytes:
        line.seek(0)
        line.truncate()
        writer.writerow(cells)
        return line.getvalue().encode()

    yield written(one.name for one in columns)
    for row in rows:
        yield written(_flat(row.get(one.name), one.kind) for one in columns)


def _json_lines(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    for row in rows:
        yield encode({one.name: row.get(one.name) for one in columns}) + b"\n"


def _flat(value: Any, kind: Kind) -> Any:
    """A value as a cell that holds no object."""
    if value is None or kind not in ("text", "json"):
        return value
    text = json.dumps(value) if kind == "json" else str(value)
    return text.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair is no text elsewhere
