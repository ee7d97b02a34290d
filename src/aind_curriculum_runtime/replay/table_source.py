"""A table as a source: a row a session, read as they come.

An animal is in memory only while it is decided, where its rows stand together. Where they do not, ``NotTogether`` says
so once the first animal comes again, and the caller begins anew with ``in_memory``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..contract.errors import CurriculumError
from ..tables.reading import rows
from ..tables.row import Row
from .sessions import Sessions

__all__ = ["NotTogether", "Table"]

_NEEDED: Final = ("subject_id", "session", "session_date")


class NotTogether(Exception):
    """The rows of an animal do not stand together."""


class Table:
    """A table with a row a session.

    Args:
        path: Its file.
        in_memory: Whether to read all of it first.
    """

    def __init__(self, path: Path, *, in_memory: bool = False) -> None:
        self.cut: str | None = None
        self._path = path
        self._in_memory = in_memory

    def animals(self) -> Iterator[Sessions]:
        """As ``Source`` says, and ``NotTogether``."""
        return self._at_once() if self._in_memory else self._streamed()

    def _streamed(self) -> Iterator[Sessions]:
        seen: set[str] = set()
        held: list[Row] = []
        for row in self._rows():
            if held and row.cells.get("subject_id") != held[0].cells.get("subject_id"):
                yield _of(held)
                held = []
            if not held and (name := row.cells.get("subject_id")) is not None:
                if name in seen:
                    raise NotTogether
                seen.add(name)
            held.append(row)
        if held:
            yield _of(held)

    def _at_once(self) -> Iterator[Sessions]:
        found: dict[object, list[Row]] = {}
        for row in self._rows():
            found.setdefault(row.cells.get("subject_id"), []).append(row)
        yield from map(_of, found.values())

    def _rows(self) -> Iterator[Row]:
        """Rows up to the first that cannot be read: a table that was cut short has animals before."""
        count = 0
        try:
            for count, row in enumerate(rows(self._path), 1):
                if count == 1:
                    row.require(_NEEDED)
                yield row
        except CurriculumError as error:
            if error.code != "source.invalid" or not count:
                raise
            self.cut = error.message


def _of(rows: list[Row]) -> Sessions:
    return Sessions(str(rows[0].cells.get("subject_id") or ""), rows)
