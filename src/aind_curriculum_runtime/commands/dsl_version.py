"""Print the version of aind-behavior-curriculum."""

from __future__ import annotations

import argparse
import json
from typing import Final

from ..command.arguments import Parser
from ..project.installed import dsl_version

EXAMPLES: Final = """\
  curriculum dsl-version
  curriculum dsl-version --json"""


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("--json", action="store_true", help="print a JSON object")


def execute(arguments: argparse.Namespace) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.

    Returns:
        The version.
    """
    version = dsl_version()
    return (json.dumps({"dsl_version": version}) if arguments.json else version).encode() + b"\n"
