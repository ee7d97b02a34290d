"""Take animals off their curriculum: they keep their stage, and no session moves them until they are on again."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from ....subjects import changes
from ...deciding import Deciding
from ...ledgers import bulk_options, command, opened, person

EXAMPLES: Final = """\
  curricula subjects off 786543 --reason "ill"
  curricula subjects off 786543 786544 --yes"""


@command(__doc__, EXAMPLES)
@click.argument("subjects", nargs=-1, required=True, metavar="SUBJECT...", help="the animals")
@bulk_options
def execute(
    subjects: tuple[str, ...],
    reason: str | None,
    by: str | None,
    yes: bool,
    everything: bool,
    ledger: str | None,
    start: Path,
) -> int:
    """Carry out the command.

    Args:
        subjects: The animals.
        reason: Why.
        by: Who decides, or None for the user of this machine.
        yes: Whether nobody is asked.
        everything: Whether to list all parameters that change.
        ledger: Where the ledger is, or None for where the task repo says.
        start: A folder of the task repo.

    Returns:
        0.

    Raises:
        FleetError: Nobody says where the ledger is.
        CurriculumError: One is not there or not enrolled, or the ledger cannot be read or written.
    """
    who, store = person(by, reason), opened(ledger, start)
    return Deciding(store, yes, everything).several(
        subjects, lambda history: changes.switched(history, who, on=False), "is taken off its curriculum"
    )
