"""Look whether every entry of the ledger is there, follows from the one before it, and was not changed since."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from ....contract.errors import CurriculumError
from ....ledger.known import entries_of
from ....subjects.history import read_history
from ...errors import SOME_FAILED
from ...ledgers import command, opened

EXAMPLES: Final = """\
  curricula subjects verify
  curricula subjects verify 786543"""


@command(__doc__, EXAMPLES)
@click.argument("subjects", nargs=-1, metavar="[SUBJECT]...", help="only these animals (default: all)")
def execute(subjects: tuple[str, ...], ledger: str | None, start: Path) -> int:
    """Carry out the command.

    Args:
        subjects: The animals, or none for all.
        ledger: Where the ledger is, or None for where the task repo says.
        start: A folder of the task repo.

    Returns:
        1 when something does not fit.

    Raises:
        FleetError: Nobody says where the ledger is.
        CurriculumError: There is no such animal, or the ledger is away.
    """
    store, entries, faults = opened(ledger, start), 0, 0
    names = list(dict.fromkeys(subjects)) or store.subjects()
    for subject in names:
        try:
            entries += len(read_history(store, subject).entries) if subjects else len(entries_of(store, subject))
        except CurriculumError as error:
            if error.code != "ledger.damaged":
                raise
            faults += 1
            print(error.message, file=sys.stderr)
    print(f"{len(names)} animals, {entries} entries: {f'{faults} damaged' if faults else 'all fit'}.")
    return SOME_FAILED if faults else 0
