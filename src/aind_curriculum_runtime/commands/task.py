"""Print the task of a stage, with its parameters, as the rig reads it: to try a stage by hand.

It is what stands under stage.task in a trainer state at that stage.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from ..command.options import FILE, command, curriculum_option
from ..command.output import planned
from ..curriculum.discovery import choose, installed
from ..curriculum.loading import load
from ..session.enrolment import stage_named

EXAMPLES: Final = """\
  curriculum task --stage s_discrimination
  curriculum task --stage s_discrimination -o task.json"""


@command(__doc__, EXAMPLES)
@click.option("--stage", required=True, metavar="NAME", help="the stage")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="write to FILE instead of stdout")
@curriculum_option
def execute(stage: str, output: Path | None, curriculum: str | None) -> bytes:
    """Carry out the command.

    Args:
        stage: The stage.
        output: A file to write to instead of stdout.
        curriculum: The curriculum, where there are several.

    Returns:
        The task as JSON, or nothing when it went to a file.

    Raises:
        CurriculumError: ``usage.unknown_stage``, ``output.directory_missing``, ``output.not_writable``;
            whatever choosing and loading the curriculum raises.
    """
    target = planned(output, "task") if output is not None else None
    loaded = load(choose(installed(), curriculum))

    from ..session.suggestion import as_json

    # Indented, because a person is going to read it and change it.
    text = json.dumps(as_json(stage_named(loaded, stage).task, "task"), indent=2, allow_nan=False)
    document = text.encode("ascii") + b"\n"
    if target is None:
        return document
    target.write(document)
    return b""
