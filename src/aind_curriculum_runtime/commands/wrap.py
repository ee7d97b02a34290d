"""Make this repo, fresh from the template, that of a curriculum of an installed package, unchanged.

The package is pinned, the curriculum keeps its name and its version, and trainer states that the package's own command
wrote go in as they are. The template's example goes. Called again with another version of the package, it pins that.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click

from ..command.options import FOLDER, command, repo_option

EXAMPLES: Final = """\
  curriculum wrap some_package.depletion.curriculum:CURRICULUM --session /data/small-session
  uv run --with "some-package==1.3.2" aind-curriculum wrap some_package.depletion.curriculum:CURRICULUM"""


@command(__doc__, EXAMPLES)
@click.argument("target", metavar="PACKAGE.MODULE:OBJECT", help="where the curriculum is in the package")
@click.option("--session", type=FOLDER, metavar="DIR", help="a session directory to copy in as the sample session")
@repo_option()
def execute(target: str, session: Path | None, repo: Path | None) -> bytes:
    """Carry out the command.

    Args:
        target: Where the curriculum is.
        session: A session directory to copy in.
        repo: The curriculum repo, or None for the one around the working directory.

    Returns:
        What was done, and what to do next.

    Raises:
        CurriculumError: ``repo.not_fresh``, ``repo.uncommitted``, ``output.not_writable`` and others; nothing is
            written then.
    """
    from ..adoption.wrapping import wrapped
    from ..project.files import write_together
    from ..versions.repo import repo_root

    root = repo_root(repo or Path())
    # Made absolute before the curriculum is imported, whose code may change the working directory.
    done = wrapped(root, target, Path(os.path.abspath(session)) if session is not None else None)
    write_together(done.files)
    lines = [
        f"{root.name} wraps {done.name} {done.version} of {done.requirement} now; `git diff` shows what was changed.",
        "",
        "Next:",
        *([] if done.has_session else ["  put a small session directory at tests/data/session"]),
        f"  uv run {done.command} demo",
        "  git add .",
        f"  uv run {done.command} check",
        f'  git commit -m "Wrap {done.name} {done.version}"',
    ]
    if done.command != "curriculum":
        lines += ["", f'Launchers by CLABE need CurriculumSettings(script=["{done.command}", "run"]).']
    return ("\n".join(lines) + "\n").encode()
