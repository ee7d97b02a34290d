"""List the released curricula at a URL: a folder, s3://bucket/prefix, or another that fsspec knows.

Only bundles that are there as a whole are listed, as `curriculum release --publish` puts them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Final

from ...command.arguments import Parser
from ..tables import print_table

EXAMPLES: Final = """\
  curricula catalog s3://our-bucket/curricula
  curricula catalog /mnt/share/curricula --json"""


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("url", metavar="URL", help="where curricula are published")
    parser.add_argument("--json", action="store_true", help="print a JSON array")


def execute(arguments: argparse.Namespace, start: Path) -> int:
    """Carry out the command.

    Args:
        arguments: Parsed options.
        start: Not used.

    Returns:
        0.

    Raises:
        CurriculumError: ``usage.extra_needed``, ``usage.unknown_bundle``, ``output.refused`` or ``transient.io``.
    """
    from ...versions.publish import Store

    found = Store(arguments.url).versions()
    if arguments.json:
        print(json.dumps([{"name": one.name, "version": one.version} for one in found], indent=2))
    else:
        print_table(("curriculum", "version"), [(one.name, one.version) for one in found])
    return 0
