"""Put animals back on their curriculum, where they were when they were taken off."""

from __future__ import annotations

from typing import Final

import click

from ....subjects import changes
from ...deciding import Deciding
from ...ledgers import bulk_options, command

EXAMPLES: Final = """\
  curricula subjects on 786543 --reason "well again"
  curricula subjects on 786543 786544 --yes"""


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
        subjects, lambda history: changes.switched(history, deciding.who, on=True), "is put back on its curriculum"
    )
