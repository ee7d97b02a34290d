"""Bring one released curriculum from a URL to a folder, with its checksums verified.

Without VERSION it is the newest release. The folder is written whole or not at all, and never replaced.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click

from ...command.options import FOLDER
from ..options import command

EXAMPLES: Final = """\
  curricula fetch s3://our-bucket/curricula my-curriculum
  curricula fetch /mnt/share/curricula my-curriculum 1.2.0 --output bundle"""


@command(__doc__, EXAMPLES)
@click.argument("url", metavar="URL", help="where curricula are published")
@click.argument("name", metavar="NAME", help="the curriculum")
@click.argument("version", required=False, help="its version (default: the newest release)")
@click.option("--output", type=FOLDER, metavar="DIR", help="where to (default: NAME-VERSION)")
def execute(url: str, name: str, version: str | None, output: Path | None, start: Path) -> int:
    """Carry out the command.

    Args:
        url: Where curricula are published.
        name: The curriculum.
        version: Its version, or None for the newest release.
        output: The folder to write, or None for ``NAME-VERSION``.
        start: Not used.

    Returns:
        0.

    Raises:
        CurriculumError: ``usage.unknown_bundle``, ``bundle.checksum``, ``bundle.invalid``, ``output.exists``,
            ``output.not_writable``, ``output.refused`` or ``transient.io``.
    """
    from ...versions.bundle import require_free, write_bundle
    from ...versions.publish import Store

    if output is not None:
        require_free(Path(os.path.abspath(output)))
    chosen, files = Store(url).fetch(name, version)
    target = output if output is not None else Path(f"{chosen.name}-{chosen.version}")
    write_bundle(Path(os.path.abspath(target)), files)
    print(f"{chosen.name} {chosen.version}: {len(files)} files in {target}, checksums verified")
    return 0
