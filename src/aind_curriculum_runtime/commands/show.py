"""Print the curriculum: stages, transitions, policies and parameters by stage; or one stage with all it sets."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import click

from ..command.options import all_option, command, curriculum_option, json_option
from ..contract.errors import CurriculumError
from ..curriculum.discovery import choose, installed
from ..curriculum.loading import load

if TYPE_CHECKING:
    from ..look.model import CurriculumModel

EXAMPLES: Final = """\
  curriculum show
  curriculum show --stage s_discrimination
  curriculum show --all
  curriculum show --json"""

_NARROWEST: Final = 80
"""Columns that the tables need, however narrow a terminal says it is."""


@command(__doc__, EXAMPLES)
@click.option("--stage", metavar="NAME", help="only this stage, with its rules' docstrings")
@all_option("show every parameter (default: those that differ between stages)")
@json_option("print the curriculum, or the stage, as a JSON object")
@curriculum_option
def execute(stage: str | None, everything: bool, as_json: bool, curriculum: str | None) -> bytes:
    """Carry out the command.

    Args:
        stage: The one stage to show, or None for all.
        everything: Whether to show every parameter, and not only those that differ between stages.
        as_json: Whether to print a JSON object.
        curriculum: The curriculum, where there are several.

    Returns:
        Text, or JSON.

    Raises:
        CurriculumError: ``usage.unknown_stage``; whatever choosing and loading the curriculum raises.
    """
    model = loaded_model(curriculum)
    if stage is not None:
        require_stage(model, stage)
    if as_json:
        from ..contract.strict_json import encode
        from ..look.model import to_json

        document = to_json(model)
        if stage is not None:
            document = next(one for one in document["stages"] if one["name"] == stage)
        return encode(document) + b"\n"
    from ..look.changes import WIDTH
    from ..look.terminal import overview, stage_text

    width = max(_NARROWEST, shutil.get_terminal_size((WIDTH, 0)).columns)
    if stage is not None:
        text = stage_text(model, stage, width, everything=everything)
    else:
        text = overview(model, width, everything=everything)
    return text.encode("utf-8", "backslashreplace")


def loaded_model(curriculum: str | None) -> CurriculumModel:
    """Load a curriculum and make its model.

    Args:
        curriculum: Name of the curriculum, or None for the only one.

    Returns:
        The model.

    Raises:
        CurriculumError: Whatever choosing and loading the curriculum raises.
    """
    loaded = load(choose(installed(), curriculum))

    from ..look.read import read_model

    return read_model(loaded)


def require_stage(model: CurriculumModel, name: str) -> None:
    """Make sure that a curriculum has a stage.

    Args:
        model: The curriculum.
        name: Name of the stage.

    Raises:
        CurriculumError: ``usage.unknown_stage``.
    """
    names = [stage.name for stage in model.stages]
    if name not in names:
        raise CurriculumError(
            "usage.unknown_stage", f"{model.name!r} has no stage {name!r}.", f"Its stages: {', '.join(names)}."
        )
