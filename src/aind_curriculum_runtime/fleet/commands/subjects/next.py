"""Print the trainer state that an animal runs next: where it was sent, with what is pinned, and off when it is off."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from ....command.options import FILE
from ....command.output import planned
from ....contract.strict_json import encode
from ....ledger.known import known, next_state
from ....subjects.changes import require_enrolled
from ....subjects.history import read_history
from ...ledgers import command, opened, subject_argument

EXAMPLES: Final = """\
  curricula subjects next 786543
  curricula subjects next 786543 -o trainer_state.json"""


@command(__doc__, EXAMPLES)
@subject_argument
@click.option("-o", "--output", type=FILE, metavar="FILE", help="write it to FILE instead")
def execute(subject: str, output: Path | None, ledger: str | None, start: Path) -> int:
    """Carry out the command.

    Args:
        subject: The animal.
        output: A file to write the state to.
        ledger: Where the ledger is, or None for where the task repo says.
        start: A folder of the task repo.

    Returns:
        0.

    Raises:
        FleetError: Nobody says where the ledger is.
        CurriculumError: There is no such animal, the ledger cannot be read, or the file cannot be written.
    """
    target = planned(output, "trainer state") if output is not None else None
    store = opened(ledger, start)
    require_enrolled(read_history(store, subject))
    document = encode(next_state(store, known(store, subject))) + b"\n"
    if target is not None:
        target.write(document)
        return 0
    sys.stdout.flush()
    sys.stdout.buffer.write(document)
    return 0
