"""Print the task of a stage, with its parameters, as the rig reads it: to try a stage by hand.

It is what stands under stage.task in a trainer state at that stage.
"""

from __future__ import annotations

import argparse
import json
from typing import Final

from ..command.arguments import Once, Parser, path
from ..command.output import planned
from ..command.reporting import About
from ..contract.errors import CurriculumError
from ..curriculum.discovery import choose, installed, load

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


def execute(arguments: argparse.Namespace, about: About) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.
        about: Told which curriculum it is.

    Returns:
        The task as JSON, or nothing when it went to a file.

    Raises:
        CurriculumError: ``usage.unknown_stage``, ``output.directory_missing``, ``output.not_writable``;
            whatever choosing and loading the curriculum raises.
    """
    target = planned(arguments.output, "task") if arguments.output is not None else None
    registered = choose(installed(), arguments.curriculum)
    about.curriculum, about.version = registered.name, registered.version
    loaded = load(registered)
    about.version = loaded.version

    from ..session.suggestion import as_json

    stages = {stage.name: stage for stage in loaded.see_stages()}
    if arguments.stage not in stages:
        raise CurriculumError(
            "usage.unknown_stage",
            f"{loaded.name!r} has no stage {arguments.stage!r}.",
            f"Its stages: {', '.join(stages)}.",
        )
    # Indented, because a person is going to read it and change it.
    text = json.dumps(as_json(stages[arguments.stage].task, "task"), indent=2, allow_nan=False)
    document = text.encode("ascii") + b"\n"
    if target is None:
        return document
    target.write(document)
    return b""
