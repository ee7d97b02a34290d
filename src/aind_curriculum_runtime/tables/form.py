"""The forms of a table, and which one the ending of a file says."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from ..contract.errors import CurriculumError

__all__ = ["FORMS", "Form", "form_of"]

Form = Literal["csv", "jsonl", "parquet"]

FORMS: Final[dict[str, Form]] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
"""By the ending of a file."""


def form_of(path: Path) -> Form:
    """Tell the form of a table.

    Args:
        path: Its file, which need not be there.

    Returns:
        The form that its ending says.

    Raises:
        CurriculumError: ``usage.invalid`` for another ending.
    """
    ending = path.suffix.casefold()
    if ending in FORMS:
        return FORMS[ending]
    pickle = " A pickle is not read, as it may run any code." if ending in (".pkl", ".pickle") else ""
    raise CurriculumError(
        "usage.invalid",
        f"{path} has no ending of a table.",
        f"Use one of {', '.join(FORMS)}.{pickle}",
        where=str(path),
    )
