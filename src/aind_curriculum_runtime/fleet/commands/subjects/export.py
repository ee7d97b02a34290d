"""Write the sessions of animals as a table, one row a session, with the columns of auto-train and what else is known.

CSV, JSON lines or Parquet, by the ending of the file; what each column means is in docs/ledger.md. The file is there
whole or not at all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import click

from ....command.options import FILE
from ....command.output import planned
from ....look.wording import counted
from ....subjects.exporting import exported
from ....subjects.history import require_there
from ....tables.form import form_of
from ....tables.writing import write
from ...errors import FleetError
from ...ledgers import command, opened
from ...progress import progress

EXAMPLES: Final = """\
  curricula subjects export -o sessions.csv
  curricula subjects export 786543 786544 -o sessions.parquet
  curricula subjects export --format jsonl | gzip > sessions.jsonl.gz"""

_QUICK: Final = 2
"""Seconds until the progress bar shows."""


@command(__doc__, EXAMPLES)
@click.argument("subjects", nargs=-1, metavar="[SUBJECT]...", help="only these animals (default: all)")
@click.option(
    "-o",
    "--output",
    type=FILE,
    metavar="FILE",
    help="a file that ends with .csv, .jsonl or .parquet, which needs the extra `parquet` (default: stdout)",
)
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), help="the form on stdout (default: csv)")
def execute(
    subjects: tuple[str, ...],
    output: Path | None,
    form: Literal["csv", "jsonl"] | None,
    ledger: str | None,
    start: Path,
) -> int:
    """Carry out the command.

    Args:
        subjects: The animals, or none for all.
        output: The file, or None for stdout.
        form: The form on stdout.
        ledger: Where the ledger is, or None for where the task repo says.
        start: A folder of the task repo.

    Returns:
        0.

    Raises:
        FleetError: Nobody says where the ledger is, or both a file and a form are named.
        CurriculumError: There is no such animal, the ledger cannot be read, or the file cannot be written.
    """
    if output is not None and form is not None:
        raise FleetError("--format is for stdout.", "The ending of the file says its form: leave out --format.")
    target = planned(output, "table") if output is not None else None
    written = form_of(output) if output is not None else form or "csv"
    store = opened(ledger, start)
    for subject in subjects:
        require_there(store, subject)
    names = list(dict.fromkeys(subjects)) or store.subjects()
    count = 0

    def seen(rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        nonlocal count
        for count, row in enumerate(rows, 1):  # noqa: B007
            yield row

    with progress("sessions are read", len(names), after=_QUICK) as advance, exported(store, names, advance) as table:
        columns, rows = table
        if target is None:
            write(sys.stdout.buffer, written, columns, rows)
            return 0
        with target.open() as file:
            write(file, written, columns, seen(rows))
    print(f"{target.path}: {counted(count, 'session')} of {counted(len(names), 'animal')}.")
    return 0
