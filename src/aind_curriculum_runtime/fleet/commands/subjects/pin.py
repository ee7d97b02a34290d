"""Set a task parameter of an animal by hand: it lies on top of every suggestion until it is released.

The path is as `curriculum show` and `explain` write it, the value is JSON of the type that the parameter has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from ....subjects import changes
from ...deciding import Deciding
from ...ledgers import change_options, command, opened, person, subject_argument

EXAMPLES: Final = """\
  curricula subjects pin 786543 reward_volume_ul=3.5 --reason "drinks little"
  curricula subjects pin 786543 'patches[label=A].reward.volume=2.0'"""


@command(__doc__, EXAMPLES)
@subject_argument
@click.argument("assignment", metavar="PATH=VALUE", help="a task parameter of its stage, and its value")
@change_options
def execute(
    subject: str,
    assignment: str,
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
        assignment: The path of a parameter, and its value.
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
        subject, lambda history: changes.pinned(history, assignment, who), f"gets {assignment}"
    )
