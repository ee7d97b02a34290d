"""List the curricula installed here."""

from __future__ import annotations

import argparse
import json
from typing import Final

from ..command.arguments import Parser
from ..curriculum.discovery import installed

EXAMPLES: Final = """\
  curriculum list
  curriculum list --json"""


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("--json", action="store_true", help="print a JSON array")


def execute(arguments: argparse.Namespace) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.

    Returns:
        The list.
    """
    curricula = installed()
    if arguments.json:
        return json.dumps([{"name": one.name, "version": one.version} for one in curricula]).encode() + b"\n"
    if not curricula:
        return b"No curriculum is installed here.\n"
    return "Available curricula:\n{}\n".format("\n".join(f" - {one.name}" for one in curricula)).encode()
