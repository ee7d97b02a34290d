"""Put an animal into groups, in place of those that it is in; without any it is in none."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from ....subjects import changes
from ...deciding import Deciding
from ...ledgers import change_options, command, opened, person, subject_argument

EXAMPLES: Final = """\
  curricula subjects group 786543 pilot
  curricula subjects group 786543 pilot night-shift"""


@command(__doc__, EXAMPLES)
@subject_argument
@click.argument("groups", nargs=-1, metavar="[NAME]...", help="the groups")
@change_options
def execute(
    subject: str,
    groups: tuple[str, ...],
    reason: str | None,
    by: str | None,
    yes: bool,
    everything: bool,
    ledger: str | None,
    start: Path,
) -> int:
    """Carry out the command.

    Args:
        subject: The animal.
        groups: Names of the groups.
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
        CurriculumError: What is wrong, in a sentence; or the ledger cannot be read or written.
    """
    who, store = person(by, reason), opened(ledger, start)
    return Deciding(store, yes, everything).one(
        subject, lambda history: changes.grouped(history, groups, who), f"is put into {', '.join(groups) or 'no group'}"
    )
