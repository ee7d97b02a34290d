"""Print the task of a stage, with its parameters, as the rig reads it: to try a stage by hand.

It is what stands under stage.task in a trainer state at that stage.
"""

from __future__ import annotations

import argparse
import json
from typing import Final

from ..command.arguments import Once, Parser, path
from ..command.output import planned
from ..curriculum.discovery import choose, installed, load
from ..session.enrolment import stage_named

EXAMPLES: Final = """\
  curriculum task --stage s_discrimination
  curriculum task --stage s_discrimination -o task.json"""


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("--stage", action=Once, required=True, metavar="NAME", help="the stage")
    parser.add_argument(
        "-o", "--output", action=Once, type=path, metavar="FILE", help="write to FILE instead of stdout"
    )
    parser.add_argument("--curriculum", action=Once, metavar="NAME", help="the curriculum, where there are several")


def execute(arguments: argparse.Namespace) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.

    Returns:
        The task as JSON, or nothing when it went to a file.

    Raises:
        CurriculumError: ``usage.unknown_stage``, ``output.directory_missing``, ``output.not_writable``;
            whatever choosing and loading the curriculum raises.
    """
    target = planned(arguments.output, "task") if arguments.output is not None else None
    loaded = load(choose(installed(), arguments.curriculum))

    from ..session.suggestion import as_json

    # Indented, because a person is going to read it and change it.
    text = json.dumps(as_json(stage_named(loaded, arguments.stage).task, "task"), indent=2, allow_nan=False)
    document = text.encode("ascii") + b"\n"
    if target is None:
        return document
    target.write(document)
    return b""
