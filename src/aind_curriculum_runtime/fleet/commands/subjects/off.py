"""Take animals off their curriculum: they keep their stage, and no session moves them until they are on again."""

from __future__ import annotations

from typing import Final

import click

from ....subjects import changes
from ...deciding import Deciding
from ...ledgers import bulk_options, command

EXAMPLES: Final = """\
  curricula subjects off 786543 --reason "ill"
  curricula subjects off 786543 786544 --yes"""


@command(__doc__, EXAMPLES)
@click.argument("subjects", nargs=-1, required=True, metavar="SUBJECT...", help="the animals")
@bulk_options
def execute(subjects: tuple[str, ...], deciding: Deciding) -> int:
    """Carry out the command.

    Args:
        subjects: The animals.
        deciding: Who decides, and how it is shown, asked about and written.

    Returns:
        0.

    Raises:
        CurriculumError: One is not there or not enrolled, or the ledger cannot be read or written.
    """
    return deciding.several(
        subjects, lambda history: changes.switched(history, deciding.who, on=False), "is taken off its curriculum"
    )
