"""Write this repo's modules, fresh from the template, from a curriculum that another system wrote.

FILE is a curriculum of auto-train (.json) or a regimen of mtrain (.yml, or .json). Its rules are translated into plain
functions by their syntax; nothing of it is run. A rule that is not understood is left as a stub that fails its test.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from ..command.options import FILE, command, repo_option

EXAMPLES: Final = """\
  curriculum import coupled_baiting.json
  curriculum import regimen.yml"""


@command(__doc__, EXAMPLES)
@click.argument("file", type=FILE, metavar="FILE", help="what the other system wrote")
@click.option("--replace", is_flag=True, help="replace modules that are no longer as the template made them")
@repo_option()
def execute(file: Path, replace: bool, repo: Path | None) -> bytes:
    """Carry out the command.

    Args:
        file: What the other system wrote.
        replace: Whether modules go that are no longer as the template made them.
        repo: The curriculum repo, or None for the one around the working directory.

    Returns:
        What was done, and what to do next.

    Raises:
        CurriculumError: ``source.invalid``, ``source.other_schema``, ``source.rule_refused``, ``repo.not_fresh``,
            ``repo.uncommitted``, ``output.not_writable`` and others; nothing is written then.
    """
    from ..adoption.importing import imported_into
    from ..project.files import write_together
    from ..versions.repo import repo_root

    done = imported_into(repo_root(repo or Path()), file, replace=replace)
    write_together(done.files)
    imported = done.imported
    manual = sum(rule.is_manual for rule in imported.rules)
    counted = [
        f"{len(imported.stages)} stages",
        f"{len(imported.rules) - manual - len(imported.stubs)} rules translated",
        *([f"{manual} for a person to decide"] if manual else []),
        *([f"{len(imported.stubs)} left to write"] if imported.stubs else []),
    ]
    lines = [
        f"{imported.title} of {imported.system}: {', '.join(counted)}.",
        *(f"  left to write: {rule.name} ({rule.untranslated})" for rule in imported.stubs),
        "",
        "Next:",
        "  in metrics.py, read what your rig writes about a session",
        "  uv run curriculum diagram -o docs/curriculum.md",
        "  uv run curriculum diagram -o README.md",
        "  uv run curriculum check",
        "  uv run pytest",
        "  git add .",
        f'  git commit -m "Import {file.name}"',
    ]
    shown = ("".join(letter if letter.isprintable() else " " for letter in line) for line in lines)
    return ("\n".join(shown) + "\n").encode()
