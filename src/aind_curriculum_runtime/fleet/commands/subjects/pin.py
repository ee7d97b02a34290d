"""Set a task parameter of an animal by hand: it lies on top of every suggestion until it is released.

The path is as `curriculum show` and `explain` write it, the value is JSON of the type that the parameter has.
"""

from __future__ import annotations

from typing import Final

import click

from ....subjects import changes
from ...deciding import Deciding
from ...ledgers import change_options, command, subject_argument

EXAMPLES: Final = """\
  curricula subjects pin 786543 reward_volume_ul=3.5 --reason "drinks little"
  curricula subjects pin 786543 'patches[label=A].reward.volume=2.0'"""


@command(__doc__, EXAMPLES)
@subject_argument
@click.argument("assignment", metavar="PATH=VALUE", help="a task parameter of its stage, and its value")
@change_options
def execute(subject: str, assignment: str, deciding: Deciding) -> int:
    """Carry out the command.

    Args:
        subject: The animal.
        assignment: The path of a parameter, and its value.
        deciding: Who decides, and how it is shown, asked about and written.

    Returns:
        0.

    Raises:
        CurriculumError: What is wrong, in a sentence; or the ledger cannot be read or written.
    """
    return deciding.one(
        subject, lambda history: changes.pinned(history, assignment, deciding.who), f"gets {assignment}"
    )
