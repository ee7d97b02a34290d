"""Give a session that was recorded under the wrong animal to the one that it is of.

It shows what would be different for both. The session is recorded for the right animal with what it led to, and does
not count for the other one any more. What it led to was worked out from the state that the session was run with; if
that is not where the right animal should be, move it.
"""

from __future__ import annotations

from typing import Final

import click

from ....subjects import changes
from ....subjects.history import read_history
from ...deciding import Deciding
from ...errors import FleetError
from ...ledgers import change_options, command, subject_argument

EXAMPLES: Final = """\
  curricula subjects reassign 786543 786543_2026-03-01 --to 786544"""


@command(__doc__, EXAMPLES)
@subject_argument
@click.argument("session", help="the session, as `curricula subjects show` names it")
@click.option("--to", "right", required=True, metavar="SUBJECT", help="the animal that the session is of")
@change_options
def execute(subject: str, session: str, right: str, deciding: Deciding) -> int:
    """Carry out the command.

    Args:
        subject: The animal under which the session was recorded.
        session: The session.
        right: The animal that it is of.
        deciding: Who decides, and how it is shown, asked about and written.

    Returns:
        0.

    Raises:
        FleetError: Both animals are the same.
        CurriculumError: There is no such session or animal, or the ledger cannot be read or written.
    """
    if subject == right:
        raise FleetError(f"The session is recorded under {subject} already.", "Name another animal with --to.")
    entry = changes.session_entry(read_history(deciding.store, subject), session)
    steps = {
        right: lambda history: changes.assigned(history, subject, entry, deciding.who),
        subject: lambda history: changes.taken_away(entry, deciding.who, reassigned_to=right),
    }
    # Recorded there first: what is cut short is finished by the same call again, and no session is lost.
    return deciding.together(
        {right: (steps[right], f"gets the session {session}"), subject: (steps[subject], f"gives up {session}")}
    )
