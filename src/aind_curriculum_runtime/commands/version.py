"""Print the curriculum's version."""

from __future__ import annotations

import argparse
import json
from typing import Final

from ..command.arguments import Once, Parser
from ..curriculum.discovery import choose, installed

EXAMPLES: Final = """\
  curriculum version
  curriculum version --json"""


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("--json", action="store_true", help="print a JSON object of names and versions")
    parser.add_argument("--curriculum", action=Once, metavar="NAME", help="the curriculum, where there are several")


def execute(arguments: argparse.Namespace) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.

    Returns:
        The one version, or a line a curriculum where they differ.

    Raises:
        CurriculumError: As ``choose`` raises it.
    """
    curricula = installed()
    if arguments.curriculum is not None or not curricula:
        curricula = [choose(curricula, arguments.curriculum)]
    if arguments.json:
        return json.dumps({one.name: one.version for one in curricula}).encode() + b"\n"
    versions = {one.version for one in curricula}
    if len(versions) == 1:
        return f"{versions.pop()}\n".encode()
    return "".join(f"{one.name} {one.version}\n" for one in curricula).encode()
