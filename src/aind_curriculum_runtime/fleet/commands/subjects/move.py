"""Move animals to a stage of their curriculum, as if they came there new: with its parameters and start policies.

It shows first what would be different for the animal. What is pinned stays pinned, and one that is off is on again.
"""

from __future__ import annotations

from typing import Any, Final

import click

from ....client import CurriculumError as NoAnswer
from ....ledger.recording import Draft
from ....subjects import changes
from ....subjects.history import History
from ....subjects.repo import initial_state
from ...deciding import Deciding
from ...errors import no_answer
from ...ledgers import bulk_options, command, curriculum_client, repo_option

EXAMPLES: Final = """\
  curricula subjects move 786543 --stage s_shaping
  curricula subjects move 786543 --stage s_shaping --reason "licks on every trial" --by anna
  curricula subjects move 786543 786544 --stage s_shaping --yes"""


@command(__doc__, EXAMPLES)
@click.argument("subjects", nargs=-1, required=True, metavar="SUBJECT...", help="the animals")
@click.option("--stage", required=True, metavar="NAME", help="the stage")
@repo_option
@bulk_options
def execute(subjects: tuple[str, ...], stage: str, repo: str | None, deciding: Deciding) -> int:
    """Carry out the command.

    Args:
        subjects: The animals.
        stage: The stage.
        repo: The curriculum, or None for that of each animal.
        deciding: Who decides, and how it is shown, asked about and written.

    Returns:
        0.

    Raises:
        FleetError: There is no such stage, or no curriculum to ask.
        CurriculumError: One is not there or not enrolled, or the ledger cannot be read or written.
    """
    states: dict[str | None, dict[str, Any]] = {}

    def decide(history: History) -> Draft:
        changes.require_enrolled(history)
        curriculum = history.standing.curriculum.get("name")
        if curriculum not in states:
            try:
                states[curriculum] = initial_state(curriculum_client(repo, deciding.start, curriculum), stage)
            except NoAnswer as error:
                raise no_answer(error) from error
        return changes.moved(history, states[curriculum], deciding.who)

    return deciding.several(subjects, decide, f"is moved to {stage}")
