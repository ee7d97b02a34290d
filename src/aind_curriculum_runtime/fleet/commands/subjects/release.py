"""Leave a pinned task parameter to the curriculum again."""

from __future__ import annotations

from typing import Final

import click

from ....subjects import changes
from ...deciding import Deciding
from ...ledgers import change_options, command, subject_argument

EXAMPLES: Final = """\
  curricula subjects release 786543 reward_volume_ul"""


@command(__doc__, EXAMPLES)
@subject_argument
@click.argument("path", help="the path that was pinned")
@change_options
def execute(subject: str, path: str, deciding: Deciding) -> int:
    """Carry out the command.

    Args:
        subject: The animal.
        path: The path that was pinned.
        deciding: Who decides, and how it is shown, asked about and written.

    Returns:
        0.

    Raises:
        CurriculumError: What is wrong, in a sentence; or the ledger cannot be read or written.
    """
    return deciding.one(
        subject, lambda history: changes.released(history, path, deciding.who), f"gets {path} from its curriculum again"
    )
