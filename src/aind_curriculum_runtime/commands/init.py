"""Print a trainer state to start a subject from, at the curriculum's first stage or at another.

The state is written by the library's own enrolment, and is read back before it is printed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from ..command.options import FILE, command, curriculum_option
from ..command.output import planned
from ..curriculum.discovery import choose, installed
from ..curriculum.loading import load
from ..session.enrolment import enrolled

EXAMPLES: Final = """\
  curriculum init
  curriculum init --stage s_discrimination --output trainer_state.json"""


@command(__doc__, EXAMPLES)
@click.option("--stage", metavar="NAME", help="the stage to start at (default: the first)")
@click.option("--output", type=FILE, metavar="FILE", help="also write the state to FILE")
@curriculum_option
def execute(stage: str | None, output: Path | None, curriculum: str | None) -> bytes:
    """Carry out the command.

    Args:
        stage: The stage to start at, or None for the first.
        output: A file to write the state to as well.
        curriculum: The curriculum, where there are several.

    Returns:
        The trainer state as JSON.

    Raises:
        CurriculumError: Whatever is wrong, by its code.
    """
    target = planned(output, "trainer state") if output is not None else None
    loaded = load(choose(installed(), curriculum))

    from ..session.suggestion import state_document
    from ..session.trainer import OrderedTrainer

    trainer = OrderedTrainer(loaded)
    document = state_document(enrolled(trainer, stage), trainer)
    if target is not None:
        target.write(document)
    return document
