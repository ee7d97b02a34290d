"""Bring one released curriculum from a URL to a folder, with its checksums verified.

Without VERSION it is the newest release. The folder is written whole or not at all, and never replaced.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Final

from ...command.arguments import Once, Parser, path

EXAMPLES: Final = """\
  curricula fetch s3://our-bucket/curricula my-curriculum
  curricula fetch /mnt/share/curricula my-curriculum 1.2.0 --output bundle"""


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("url", metavar="URL", help="where curricula are published")
    parser.add_argument("name", metavar="NAME", help="the curriculum")
    parser.add_argument("version", nargs="?", metavar="VERSION", help="its version (default: the newest release)")
    parser.add_argument("--output", action=Once, type=path, metavar="DIR", help="where to (default: NAME-VERSION)")


def execute(arguments: argparse.Namespace, start: Path) -> int:
    """Carry out the command.

    Args:
        arguments: Parsed options.
        start: Not used.

    Returns:
        0.

    Raises:
        CurriculumError: ``usage.unknown_bundle``, ``bundle.checksum``, ``bundle.invalid``, ``output.exists``,
            ``output.not_writable``, ``output.refused`` or ``transient.io``.
    """
    from ...versions.bundle import require_free, write_bundle
    from ...versions.publish import Store

    if arguments.output is not None:
        require_free(Path(os.path.abspath(arguments.output)))
    chosen, files = Store(arguments.url).fetch(arguments.name, arguments.version)
    target = arguments.output if arguments.output is not None else Path(f"{chosen.name}-{chosen.version}")
    write_bundle(Path(os.path.abspath(target)), files)
    print(f"{chosen.name} {chosen.version}: {len(files)} files in {target}, checksums verified")
    return 0
