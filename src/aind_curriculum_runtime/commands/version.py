"""Print the curriculum's version."""

from __future__ import annotations

import json
from typing import Final

from ..command.options import command, curriculum_option, json_option
from ..curriculum.discovery import choose, installed

EXAMPLES: Final = """\
  curriculum version
  curriculum version --json"""


@command(__doc__, EXAMPLES)
@json_option("print a JSON object of names and versions")
@curriculum_option
def execute(as_json: bool, curriculum: str | None) -> bytes:
    """Carry out the command.

    Args:
        as_json: Whether to print a JSON object.
        curriculum: The curriculum, where there are several.

    Returns:
        The one version, or a line a curriculum where they differ.

    Raises:
        CurriculumError: As ``choose`` raises it.
    """
    curricula = installed()
    if curriculum is not None or not curricula:
        curricula = [choose(curricula, curriculum)]
    if as_json:
        return json.dumps({one.name: one.version for one in curricula}).encode() + b"\n"
    versions = {one.version for one in curricula}
    if len(versions) == 1:
        return f"{versions.pop()}\n".encode()
    return "".join(f"{one.name} {one.version}\n" for one in curricula).encode()
