"""Write a bundle: the curriculum as JSON, JSON Schemas, diagrams, and checksums, in one folder.

The same commit gives the same bytes. DIR must be new or empty; it is written whole or not at all.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Final

import click

from ..command.options import FOLDER, command, curriculum_option, repo_option
from ..curriculum.concerned import concerns

EXAMPLES: Final = """\
  curriculum export ../bundle
  curriculum diff ../bundle ."""


@command(__doc__, EXAMPLES)
@click.argument("directory", type=FOLDER, metavar="DIR", help="the folder to make")
@curriculum_option
@repo_option()
def execute(directory: Path, curriculum: str | None, repo: Path | None) -> bytes:
    """Carry out the command.

    Args:
        directory: The folder to make.
        curriculum: The curriculum, where there are several.
        repo: The curriculum repo, or None for the one around the working directory.

    Returns:
        The checksums.

    Raises:
        CurriculumError: ``output.exists``, ``output.not_writable``; whatever importing the curriculum raises.
    """
    from ..versions.bundle import CHECKSUMS, contents, require_free, write_bundle
    from ..versions.reading import choose, opened, read
    from ..versions.repo import repo_root

    target = Path(os.path.abspath(directory))
    require_free(target)
    root = repo_root(repo or Path())
    with opened([str(root)], root) as (place,):
        name = choose(place, place, curriculum)
        concerns(name)
        (snapshot,) = read([(place, name)], full=True)
        version = snapshot.model.version
        concerns(name, version)
        files = contents(place, snapshot)
    write_bundle(target, files)
    of = "" if json.loads(files["describe.json"])["committed"] else ", of work that is not committed"
    print(f"{name} {version}: {len(files)} files in {target}{of}", file=sys.stderr)
    return files[CHECKSUMS]
