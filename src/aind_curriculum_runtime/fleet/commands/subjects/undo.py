"""Take back the last thing that a person did to an animal, or any entry by its number, a session too.

Nothing is removed from the ledger: the entry stays and does not count. What was undone is brought back by undoing the
entry that undid it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from ....subjects import changes
from ....subjects.history import read_history
from ...deciding import Deciding
from ...ledgers import change_options, command, opened, person, subject_argument

EXAMPLES: Final = """\
  curricula subjects undo 786543
  curricula subjects undo 786543 --entry 7 --reason "the rig was not calibrated"
"""


@command(__doc__, EXAMPLES)
@subject_argument
@click.option("--entry", type=click.IntRange(min=1), metavar="N", help="its number in `curricula subjects show`")
@change_options
def execute(
    subject: str,
    entry: int | None,
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
        entry: The number of an entry, or None for the last change.
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
    history = read_history(store, subject)
    place = entry or changes.last_change(history)
    kind = history.entries[place - 1].kind if place <= len(history.entries) else ""
    return Deciding(store, yes, everything).one(
        subject, lambda now: changes.undone(now, place, who), f"is as if entry {place} ({kind}) had not been"
    )
