"""The program ``curriculum``: what it says of itself, and what it takes without a command."""

from __future__ import annotations

from typing import Final

import click

from ..command.declared import CURRICULUM
from ..command.grammar import Answered, Commands

__all__ = ["PROGRAM"]

_EXAMPLES: Final = """\
  curriculum demo
  curriculum init --output trainer_state.json
  curriculum run --data-directory SESSION --input-trainer-state trainer_state.json"""


def _answer_version(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        from ..project.installed import runtime_version

        raise Answered(f"aind-curriculum-runtime {runtime_version()}\n")


PROGRAM: Final = Commands(
    "curriculum",
    CURRICULUM,
    "Evaluate a training curriculum after a session.",
    _EXAMPLES,
    click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_answer_version,
        help="print the runtime's version",
    ),
)
