"""Take back the last thing that a person did to an animal, or any entry by its number, a session too.

An enrollment before sessions is taken back by its number only.
Nothing is removed from the ledger: the entry stays and does not count. What was undone is brought back by undoing the
entry that undid it.
"""

from __future__ import annotations

from typing import Final

import click

from ....subjects import changes
from ....subjects.history import read_history, what
from ...deciding import Deciding
from ...ledgers import change_options, command, subject_argument

EXAMPLES: Final = """\
  curricula subjects undo 786543
  curricula subjects undo 786543 --entry 7 --reason "the rig was not calibrated"
"""


@command(__doc__, EXAMPLES)
@subject_argument
@click.option("--entry", type=click.IntRange(min=1), metavar="N", help="its number in `curricula subjects show`")
@change_options
def execute(subject: str, entry: int | None, deciding: Deciding) -> int:
    """Carry out the command.

    Args:
        subject: The animal.
        entry: The number of an entry, or None for the last change.
        deciding: Who decides, and how it is shown, asked about and written.

    Returns:
        0.

    Raises:
        CurriculumError: What is wrong, in a sentence; or the ledger cannot be read or written.
    """
    history = read_history(deciding.store, subject)
    place = entry or changes.last_change(history)
    changes.undone(history, place, deciding.who)  # before it is named
    did = f"is as if entry {place} ({what(history.told()[place - 1])}) had not been"
    return deciding.one(subject, lambda now: changes.undone(now, place, deciding.who), did)
