"""Move the code of the curriculum that this repo wraps from its package into the repo.

The curriculum gets the repo's name. The name and the rule paths that it had are declared as former ones, so that
trainer states of the package are read as they are, and written in the new form. What a tool cannot move is listed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ..command.options import command, repo_option

EXAMPLES: Final = """\
  curriculum adopt
  curriculum adopt --repo curricula/vr-depletion"""


@command(__doc__, EXAMPLES)
@repo_option()
def execute(repo: Path | None) -> bytes:
    """Carry out the command.

    Args:
        repo: The curriculum repo, or None for the one around the working directory.

    Returns:
        What was done, and what to do next.

    Raises:
        CurriculumError: ``repo.not_wrapped``, ``repo.not_fresh``, ``repo.uncommitted``, ``output.not_writable`` and
            what importing the curriculum raises; nothing is written then.
    """
    from ..adoption.adopting import STEPS, adopted
    from ..project.files import write_together
    from ..project.pyproject import Pyproject
    from ..versions.repo import repo_root

    root = repo_root(repo or Path())
    called = Pyproject.read(root).command
    done = adopted(root)
    write_together(done.files)
    same = "is the same, compared part by part" if done.is_equal else "is NOT the same yet"
    lines = [
        f"{done.former_name} {done.version} is {done.name} now: {done.modules} modules of {done.package} are code of "
        f"this repo, and what they make {same}.",
        f"Trainer states of {done.former_name} are read: {done.rules} rule paths of before lead to today's.",
        *([f"{len(done.steps)} steps are left for you, in {STEPS}:"] if done.steps else ["No step is left for you."]),
        *(f"  {step}" for step in done.steps),
        "",
        "Next:",
        "  uv sync --reinstall-package aind-curriculum-runtime",
        f"  uv run {called} demo",
        f"  uv run {called} check",
        "  git add .",
        f'  git commit -m "Adopt {done.former_name} {done.version}"',
    ]
    return ("\n".join(lines) + "\n").encode()
