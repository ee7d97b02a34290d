"""Reading a table: CSV, JSON lines or Parquet, one row at a time.

Owns how each form is read, and what is wrong with a file as a whole: no such file, another form, no UTF-8, a file cut
short. What is wrong with a cell is said by ``row``, when somebody asks for it. Nothing is unpickled: a pickle runs what
it names.
"""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from ..contract.errors import CurriculumError
from ..contract.strict_json import StrictJsonError, parse
from ..project.files import is_transient
from .form import Form, form_of
from .row import Row

__all__ = ["rows"]

_LONGEST: Final = 1 << 26
"""Bytes of a line: 64 MiB, as of a trainer state."""

Cells = tuple[int, dict[str, Any]]


class _Wrong(ValueError):
    """The table as a whole is wrong; the message follows its name."""


def rows(path: Path) -> Iterator[Row]:
    """Read a table.

    Args:
        path: The file; its ending says its form.

    Yields:
        Its rows in their order.

    Raises:
        CurriculumError: ``source.missing``, ``source.unreadable``, ``source.invalid`` with the row, ``transient.io``;
            ``usage.extra_needed`` for Parquet without the extra ``parquet``; ``usage.invalid`` for another ending.
    """
    read = _READERS[form_of(path)]
    number = 0
    with _told(path):
        for number, cells in read(path):
            yield Row(str(path), number, cells)
        if not number:
            raise _Wrong("has no rows")


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say what is wrong with a file in one sentence."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise CurriculumError(
            "source.missing", f"There is no table {path}.", "Check the path.", where=str(path)
        ) from None
    except OSError as error:
        raise CurriculumError(
            "transient.io" if is_transient(error) else "source.unreadable",
            f"The table {path} cannot be read: {error.strerror or error}.",
            "Check that it is a file that this account may read.",
            where=str(path),
        ) from error
    except _Wrong as error:
        hint = "Save it again from what it was made with."
        raise CurriculumError("source.invalid", f"The table {path} {error}.", hint, where=str(path)) from None


def _csv(path: Path) -> Iterator[Cells]:
    csv.field_size_limit(_LONGEST)  # the default, 128 KiB, is less than the metrics of some sessions
    with path.open("rb") as file:
        reader = csv.reader(_lines(file), strict=True)
        header: list[str] | None = None
        number = 0
        try:
            for number, cells in enumerate(reader, 1):
                if header is None:
                    header = _header(cells)
                elif len(cells) == len(header):
                    yield number, {name: cell if cell else None for name, cell in zip(header, cells, strict=True)}
                elif cells:  # an empty line, such as the last one, is no row
                    raise _Wrong(
                        f"has {len(cells)} cells in row {number} and {len(header)} in its header: "
                        f"{'it was cut short' if len(cells) < len(header) else 'a comma in a cell needs quotes'}"
                    )
        except csv.Error as error:
            cut = "it was cut short within a quoted cell" if "unexpected end" in str(error) else str(error)
            raise _Wrong(f"is no CSV in row {number + 1}: {cut}") from None


def _lines(file: BinaryIO) -> Iterator[str]:
    """Lines of a text, with their ends."""
    for number, data in enumerate(iter(lambda: file.readline(_LONGEST), b""), 1):
        try:
            yield data.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            utf_16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
            raise _Wrong("is UTF-16 text and must be UTF-8" if utf_16 else f"is not UTF-8 in line {number}") from None


def _header(cells: list[str]) -> list[str]:
    names = [one.strip() for one in cells]
    twice = next((one for one in names if names.count(one) > 1 and one), None)
    if twice is not None:
        raise _Wrong(f"has the column {twice} twice")
    if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
        raise _Wrong("is separated by semicolons or tabs, not by commas")
    return names


def _json_lines(path: Path) -> Iterator[Cells]:
    with path.open("rb") as file:
        for number, data in enumerate(iter(lambda: file.readline(_LONGEST), b""), 1):
            if not data.strip():
                continue
            try:
                cells = parse(data)
            except StrictJsonError as error:
                cut = " - the table was cut short" if not data.endswith(b"\n") else ""
                raise _Wrong(f"is no JSON in row {number}: {error}{cut}") from None
            if not isinstance(cells, dict):
                raise _Wrong(f"is no JSON object in row {number}")
            yield number, cells


def _parquet(path: Path) -> Iterator[Cells]:
    from . import parquet

    with path.open("rb") as file:
        try:
            yield from enumerate(parquet.read(file), 1)
        except parquet.Invalid as error:
            raise _Wrong(f"is no Parquet file: {error}") from None


_READERS: Final[Mapping[Form, Callable[[Path], Iterator[Cells]]]] = {
    "csv": _csv,
    "jsonl": _json_lines,
    "parquet": _parquet,
}
