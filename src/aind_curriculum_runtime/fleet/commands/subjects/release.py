"""Leave a pinned task parameter to the curriculum again."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from ....subjects import changes
from ...deciding import Deciding
from ...ledgers import change_options, command, opened, person, subject_argument

EXAMPLES: Final = """\
  curricula subjects release 786543 reward_volume_ul"""


@command(__doc__, EXAMPLES)
@subject_argument
@click.argument("path", help="the path that was pinned")
@change_options
def execute(
    subject: str,
    path: str,
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
        path: The path that was pinned.
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
        subject, lambda history: changes.released(history, path, who), f"gets {path} from its curriculum again"
    )
