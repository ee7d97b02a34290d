"""One row of a table, and its cells as values of the type that a reader expects.

Owns the sentences for a cell that holds something else. A cell of a CSV file is a text or nothing; in the other forms
it may be any plain value, so a number or a date may come as a text or as itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ..contract.errors import CurriculumError
from ..contract.strict_json import StrictJsonError, parse

__all__ = ["Row"]

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_FLAGS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_SHOWN: Final = 40
"""Characters of a cell in a message."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Args:
        table: The file that it is of, for messages.
        number: As a spreadsheet or an editor counts: the header of a CSV file is row 1.
        cells: By the name of the column; an empty cell is None.
    """

    table: str
    number: int
    cells: Mapping[str, Any]

    def require(self, columns: Iterable[str]) -> None:
        """Make sure that the table has some columns.

        Args:
            columns: Their names.

        Raises:
            CurriculumError: ``source.invalid``, with the names that are missing and those that are there.
        """
        missing = [one for one in columns if one not in self.cells]
        if missing:
            several = "columns" if len(missing) > 1 else "column"
            raise CurriculumError(
                "source.invalid",
                f"The table {self.table} lacks the {several} {', '.join(missing)}.",
                f"It has: {', '.join(map(_shortened, self.cells)) or 'none'}.",
                where=self.table,
            )

    def text(self, column: str) -> str | None:
        """A cell as text; a whole number is its digits.

        Args:
            column: Its column.

        Returns:
            The text; None for a cell that is empty or not there.

        Raises:
            CurriculumError: ``source.invalid`` for anything else.
        """
        value = self.cells.get(column)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(column, "a text")
        return str(self.real(column) if isinstance(value, float) else value)

    def whole(self, column: str) -> int | None:
        """A cell as a whole number, which pandas may have written as ``3.0``; as ``text`` otherwise."""
        value = self._number(column, "a whole number")
        if value is not None and value != int(value):
            raise self.wrong(column, "a whole number")
        return None if value is None else int(value)

    def real(self, column: str) -> float | None:
        """A cell as a number, which is an int where it has no point; as ``text`` otherwise."""
        return self._number(column, "a number")

    def _number(self, column: str, expected: str) -> float | None:
        value = self.cells.get(column)
        if isinstance(value, str):
            text = value.strip()
            if not _NUMBER.fullmatch(text):
                raise self.wrong(column, expected)
            value = int(text) if _WHOLE.fullmatch(text) else float(text)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(column, expected)
        if not math.isfinite(value):
            raise self.wrong(column, expected, "Leave a cell empty that has no value.")
        return value

    def flag(self, column: str) -> bool | None:
        """A cell as true or false; as ``text`` otherwise."""
        value = self.cells.get(column)
        if value is None or isinstance(value, bool):
            return value
        found = _FLAGS.get(str(value).strip().casefold().removesuffix(".0"))
        if found is None:
            raise self.wrong(column, "True or False")
        return found

    def time(self, column: str) -> datetime | None:
        """A cell as a date, or a date with a time; in UTC where it names no time zone. As ``text`` otherwise."""
        value = self.text(column)
        if value is None:
            return None
        try:
            found = datetime.fromisoformat(value.strip())
        except ValueError:
            raise self.wrong(column, "a date", "Write dates as 2026-03-01, or 2026-03-01T12:00:00Z.") from None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found

    def object(self, column: str) -> dict[str, Any] | None:
        """A cell as a JSON object, or an object itself where the form of the table has them; as ``text`` otherwise."""
        value = self.cells.get(column)
        if isinstance(value, str):
            try:
                value = parse(value.encode("utf-8", "surrogatepass"))
            except StrictJsonError as error:
                hint = (
                    'Write it as JSON, in pandas with `df["metrics"].map(json.dumps)`; a value that is missing is null.'
                )
                raise self.wrong(column, f"JSON ({error})", hint) from None
        if value is not None and not isinstance(value, dict):
            raise self.wrong(column, "a JSON object")
        found: dict[str, Any] | None = self._finite(column, value)
        return found

    def value(self, column: str) -> Any:
        """A cell as what it looks like: a number, true or false, a JSON list or object, else a text.

        A text of digits that begins with 0, such as ``007``, is no number.

        Args:
            column: Its column.

        Returns:
            The value; None for a cell that is empty or not there.

        Raises:
            CurriculumError: ``source.invalid`` for a number that is not finite.
        """
        value = self.cells.get(column)
        if isinstance(value, str) and _NUMBER.fullmatch(value) and not re.match(r"[+-]?0[0-9]", value):
            return self.real(column)
        if isinstance(value, str) and value.casefold() in ("true", "false"):
            return value.casefold() == "true"
        if isinstance(value, str) and value[:1] in ("[", "{"):
            try:
                return parse(value.encode("utf-8", "surrogatepass"))
            except StrictJsonError:
                return value
        return self._finite(column, value)

    def _finite(self, column: str, value: Any) -> Any:
        """The same value; Parquet may hold numbers that JSON does not have."""
        if not _is_finite(value):
            raise self.wrong(column, "of finite numbers", "Leave a cell empty that has no value.")
        return value

    def filled(self, column: str) -> str:
        """A cell as text that must not be empty.

        Args:
            column: Its column.

        Returns:
            The text.

        Raises:
            CurriculumError: ``source.invalid``.
        """
        value = self.text(column)
        if value is None:
            raise self.wrong(column, "filled")
        return value

    def wrong(self, column: str, expected: str, hint: str = "") -> CurriculumError:
        """The failure for a cell that holds something else; for the caller to raise.

        Args:
            column: Its column.
            expected: What it should be, with its article.
            hint: What to do about it; a standard hint where none is given.
        """
        value = self.cells.get(column)
        is_ = "is empty" if value is None else f"is {_shortened(value)!r}, not {expected}"
        return CurriculumError(
            "source.invalid",
            f"Row {self.number} of {self.table}, column {column}: it {is_}.",
            hint or "Correct the cell, or leave the row out.",
            where=f"{self.table}:{self.number}",
        )


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _shortened(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
