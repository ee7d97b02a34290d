"""Write a bundle: the curriculum as JSON, JSON Schemas, diagrams, and checksums, in one folder.

The same commit gives the same bytes. DIR must be new or empty; it is written whole or not at all.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Final

from ..command.arguments import Once, Parser, path
from ..curriculum.concerned import concerns

EXAMPLES: Final = """\
  curriculum export ../bundle
  curriculum diff ../bundle ."""


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("directory", type=path, metavar="DIR", help="the folder to make")
    parser.add_argument("--curriculum", action=Once, metavar="NAME", help="the curriculum, where there are several")
    parser.add_argument("--repo", action=Once, type=path, metavar="DIR", help="the curriculum repo (default: here)")


def execute(arguments: argparse.Namespace) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.

    Returns:
        The checksums.

    Raises:
        CurriculumError: ``output.exists``, ``output.not_writable``; whatever importing the curriculum raises.
    """
    from ..versions.bundle import CHECKSUMS, contents, require_free, write_bundle
    from ..versions.reading import choose, opened, read
    from ..versions.repo import repo_root

    target = Path(os.path.abspath(arguments.directory))
    require_free(target)
    root = repo_root(arguments.repo or Path())
    with opened([str(root)], root) as (place,):
        name = choose(place, place, arguments.curriculum)
        concerns(name)
        (snapshot,) = read([(place, name)], full=True)
        version = snapshot.model.version
        concerns(name, version)
        files = contents(place, snapshot)
    write_bundle(target, files)
    of = "" if json.loads(files["describe.json"])["committed"] else ", of work that is not committed"
    print(f"{name} {version}: {len(files)} files in {target}{of}", file=sys.stderr)
    return files[CHECKSUMS]
