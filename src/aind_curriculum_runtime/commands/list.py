"""List the curricula installed here."""

from __future__ import annotations

import json
from typing import Final

from ..command.options import command, json_option
from ..curriculum.discovery import installed

EXAMPLES: Final = """\
  curriculum list
  curriculum list --json"""


@command(__doc__, EXAMPLES)
@json_option("print a JSON array")
def execute(as_json: bool) -> bytes:
    """Carry out the command.

    Args:
        as_json: Whether to print a JSON array.

    Returns:
        The list.
    """
    curricula = installed()
    if as_json:
        return json.dumps([{"name": one.name, "version": one.version} for one in curricula]).encode() + b"\n"
    if not curricula:
        return b"No curriculum is installed here.\n"
    return "Available curricula:\n{}\n".format("\n".join(f" - {one.name}" for one in curricula)).encode()
