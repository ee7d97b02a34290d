"""Enroll animals in a curriculum: at its first stage, at another one, or with a trainer state that you have.

Of several animals it shows what would be written, and writes it with --yes. The same call again goes on where one was
cut short.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from ....client import CurriculumError as NoAnswer
from ....command.options import FILE
from ....ledger.subject import require_name
from ....subjects import changes
from ....subjects.history import read_history
from ....subjects.repo import initial_state, state_in_file
from ...deciding import Deciding
from ...errors import FleetError, no_answer
from ...ledgers import bulk_options, command, curriculum_client, repo_option, require_text

EXAMPLES: Final = """\
  curricula subjects enroll 786543
  curricula subjects enroll 786543 --stage s_shaping --group pilot --reason "trained elsewhere"
  curricula subjects enroll 786543 --state trainer_state.json
  curricula subjects enroll 786543 786544 786545 --group pilot --yes"""


@command(__doc__, EXAMPLES)
@click.argument("subjects", nargs=-1, required=True, metavar="SUBJECT...", help="their names")
@click.option("--stage", metavar="NAME", help="the stage to start at (default: the first)")
@click.option("--state", type=FILE, metavar="FILE", help="a trainer state to start with, in place of a stage")
@click.option("--group", "groups", multiple=True, metavar="NAME", help="a group that they belong to; may be repeated")
@repo_option
@bulk_options
def execute(
    subjects: tuple[str, ...],
    stage: str | None,
    state: Path | None,
    groups: tuple[str, ...],
    repo: str | None,
    deciding: Deciding,
) -> int:
    """Carry out the command.

    Args:
        subjects: The animals.
        stage: The stage to start at.
        state: A file with the trainer state, in place of a stage.
        groups: Groups that they belong to.
        repo: The curriculum.
        deciding: Who decides, and how it is shown, asked about and written.

    Returns:
        0.

    Raises:
        FleetError: The curriculum is not named or gives no state.
        CurriculumError: A name cannot be, one is enrolled already, or the ledger cannot be read or written.
    """
    if state is not None and (stage is not None or repo is not None):
        raise FleetError("--state already says at which stage of which curriculum.", "Leave out --stage and --repo.")
    for group in groups:
        require_text("--group", group)
    for subject in subjects:
        require_name(subject)
    given = state_in_file(state) if state is not None else None
    there = [read_history(deciding.store, subject, new=True) for subject in subjects]
    if all(one.standing.stage is not None for one in there):  # before a curriculum is asked, which takes its time
        changes.require_new(there[0])
    try:
        first = given if given is not None else _state_of(repo, stage, deciding)
    except NoAnswer as error:
        raise no_answer(error) from error
    return replace(deciding, new=True).several(
        subjects, lambda history: changes.enrolled(history, first, groups, deciding.who), "is enrolled"
    )


def _state_of(repo: str | None, stage: str | None, deciding: Deciding) -> dict[str, Any]:
    return initial_state(curriculum_client(repo, deciding.start, None), stage)
