"""Print a trainer state to start a subject from, at the curriculum's first stage or at another.

The state is written by the library's own enrolment, and is read back before it is printed.
"""

from __future__ import annotations

import argparse
from typing import Final

from ..command.arguments import Once, Parser, path
from ..command.output import planned
from ..curriculum.discovery import choose, installed, load
from ..session.enrolment import enrolled

EXAMPLES: Final = """\
  curriculum init
  curriculum init --stage s_discrimination --output trainer_state.json"""


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("--stage", action=Once, metavar="NAME", help="the stage to start at (default: the first)")
    parser.add_argument("--output", action=Once, type=path, metavar="FILE", help="also write the state to FILE")
    parser.add_argument("--curriculum", action=Once, metavar="NAME", help="the curriculum, where there are several")


def execute(arguments: argparse.Namespace) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.

    Returns:
        The trainer state as JSON.

    Raises:
        CurriculumError: Whatever is wrong, by its code.
    """
    target = planned(arguments.output, "trainer state") if arguments.output is not None else None
    loaded = load(choose(installed(), arguments.curriculum))

    from ..session.suggestion import state_document
    from ..session.trainer import OrderedTrainer

    trainer = OrderedTrainer(loaded)
    document = state_document(enrolled(trainer, arguments.stage), trainer)
    if target is not None:
        target.write(document)
    return document
