"""Print a trainer state to start a subject from, at the curriculum's first stage or at another.

The state is written by the library's own enrolment, and is read back before it is printed.
"""

from __future__ import annotations

import argparse
from typing import Any, Final

from ..command.arguments import Once, Parser, path
from ..command.output import planned
from ..command.reporting import About
from ..contract.errors import CurriculumError
from ..curriculum.discovery import choose, installed, load

EXAMPLES: Final = """\
  curriculum init
  curriculum init --stage s_discrimination --output trainer_state.json"""


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("--stage", action=Once, metavar="NAME", help="the stage to start at (default: the first)")
    parser.add_argument("--output", action=Once, type=path, metavar="FILE", help="also write the state to FILE")
    parser.add_argument("--curriculum", action=Once, metavar="NAME", help="the curriculum, where there are several")


def execute(arguments: argparse.Namespace, about: About) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.
        about: Told which curriculum it is.

    Returns:
        The trainer state as JSON.

    Raises:
        CurriculumError: Whatever is wrong, by its code.
    """
    target = planned(arguments.output, "trainer state") if arguments.output is not None else None
    document = enrol(arguments.curriculum, arguments.stage, about)
    if target is not None:
        target.write(document)
    return document


def enrol(curriculum: str | None, stage: str | None, about: About) -> bytes:
    """Make the trainer state of a subject that starts a curriculum.

    Args:
        curriculum: Name of the curriculum, or None for the only one.
        stage: Name of the stage, or None for the first.
        about: Told which curriculum it is.

    Returns:
        The trainer state as one line of JSON.

    Raises:
        CurriculumError: ``usage.unknown_stage``; whatever choosing and loading the curriculum raises.
    """
    registered = choose(installed(), curriculum)
    about.curriculum, about.version = registered.name, registered.version
    loaded = load(registered)
    about.version = loaded.version

    from ..session.evaluation import OrderedTrainer
    from ..session.suggestion import state_document

    trainer = OrderedTrainer(loaded)
    if stage is None:
        return state_document(trainer.create_enrollment(), trainer)
    return state_document(_at_stage(trainer, stage), trainer)


def _at_stage(trainer: Any, name: str) -> Any:
    stages = {stage.name: stage for stage in trainer.curriculum.see_stages()}
    if name not in stages:
        raise CurriculumError(
            "usage.unknown_stage",
            f"{trainer.curriculum.name!r} has no stage {name!r}.",
            f"Its stages: {', '.join(stages)}.",
        )
    stage = stages[name]
    return trainer.create_trainer_state(stage=stage, is_on_curriculum=True, active_policies=stage.start_policies)
