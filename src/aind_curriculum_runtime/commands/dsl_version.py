"""Print the version of aind-behavior-curriculum."""

from __future__ import annotations

import json
from typing import Final

from ..command.options import command, json_option
from ..project.installed import dsl_version

EXAMPLES: Final = """\
  curriculum dsl-version
  curriculum dsl-version --json"""


@command(__doc__, EXAMPLES)
@json_option()
def execute(as_json: bool) -> bytes:
    """Carry out the command.

    Args:
        as_json: Whether to print a JSON object.

    Returns:
        The version.
    """
    version = dsl_version()
    return (json.dumps({"dsl_version": version}) if as_json else version).encode() + b"\n"
