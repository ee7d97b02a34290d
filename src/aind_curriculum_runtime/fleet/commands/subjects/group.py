"""Put an animal into groups, in place of those that it is in; without any it is in none."""

from __future__ import annotations

from typing import Final

import click

from ....subjects import changes
from ...deciding import Deciding
from ...ledgers import change_options, command, require_text, subject_argument

EXAMPLES: Final = """\
  curricula subjects group 786543 pilot
  curricula subjects group 786543 pilot night-shift"""


@command(__doc__, EXAMPLES)
@subject_argument
@click.argument("groups", nargs=-1, metavar="[NAME]...", help="the groups")
@change_options
def execute(subject: str, groups: tuple[str, ...], deciding: Deciding) -> int:
    """Carry out the command.

    Args:
        subject: The animal.
        groups: Names of the groups.
        deciding: Who decides, and how it is shown, asked about and written.

    Returns:
        0.

    Raises:
        FleetError: A name is empty.
        CurriculumError: What is wrong, in a sentence; or the ledger cannot be read or written.
    """
    for group in groups:
        require_text("NAME", group)
    return deciding.one(
        subject,
        lambda history: changes.grouped(history, groups, deciding.who),
        f"is put into {', '.join(groups) or 'no group'}",
    )
