"""Look whether every entry of the ledger is there, follows from the one before it, and was not changed since."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from ....ledger.verify import verify
from ....look.wording import counted
from ....subjects.history import require_there
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
    store = opened(ledger, start)
    for subject in subjects:
        require_there(store, subject)
    names = list(dict.fromkeys(subjects)) or store.subjects()
    findings = [one for one in verify(store) if one.subject in names]
    for one in findings:
        print(f"{one.sentence}.\n  hint: {one.hint}")
    print(f"{counted(len(names), 'animal')}: {counted(len(findings), 'finding') if findings else 'all entries fit'}.")
    return SOME_FAILED if findings else 0
