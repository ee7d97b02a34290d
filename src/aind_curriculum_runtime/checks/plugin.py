"""The checks as a plugin of repo-review: its entry points are in pyproject.toml.

Owns the list of all checks and of their families.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from .engine.check import Check
from .engine.under_test import CurriculumRepo, repo_at
from .families import (
    ci,
    command_line,
    graph,
    layout,
    migrations,
    runtime,
    session_directory,
    stdout,
    suggestions,
    versions,
)

__all__ = [
    "BY_DEFAULT",
    "CHECKS",
    "FAMILIES",
    "FAST",
    "curriculum_repo",
    "repo_review_checks",
    "repo_review_families",
    "runs_of",
]

_MODULES: Final = (
    *(layout, command_line, stdout, suggestions, graph),
    *(session_directory, versions, migrations, ci, runtime),
)

CHECKS: Final[dict[str, Check]] = {check.id: check for module in _MODULES for check in module.CHECKS}
"""Every check by its id, family by family."""

BY_DEFAULT: Final = [name for name, check in CHECKS.items() if check.family != runtime.FAMILY]
"""The checks that run when none is selected: all but those that only an edited runtime fails."""

_FAST_RUNS: Final = {"facts", "launcher", "lock"}
"""The launcher's own call, the import that its trainer state is made by, and what imports nothing."""


def runs_of(name: str) -> set[str]:
    """Every run that a check and those that gate it look at.

    Args:
        name: Id of a check.

    Returns:
        Names of scenarios.
    """
    return set(CHECKS[name].runs).union(*(runs_of(gate) for gate in CHECKS[name].requires))


FAST: Final = [name for name in BY_DEFAULT if runs_of(name) <= _FAST_RUNS]
"""The checks of `--fast`: those that need no run but the launcher's own call."""

FAMILIES: Final = {
    "layout": "what a fresh clone must hold so that a rig can be set up from it",
    "command line": "the launcher's call works, and nothing around it changes the result",
    "stdout": "one JSON document that every launcher can read, and nothing else",
    "suggestion": "what the library says, always the same, and valid as the next input",
    "graph": "every stage can be reached and left, every rule can decide",
    "session directory": "it is read, at most added to, and may be empty",
    "versions": "one semantic number, the same everywhere, and a new one for a new graph",
    "migrations": "every animal of an older version goes somewhere, and goes on there with what it learned",
    "CI": "the contract is tried at every push, on the systems that rigs have",
    runtime.FAMILY: "what the runtime promises every repo, which only an edited runtime breaks",
}
"""Families in their order, with what each is about."""


def curriculum_repo(root: Any) -> CurriculumRepo:
    """The fixture for repo-review's own command, which runs every check, whichever it then shows.

    Args:
        root: repo-review's fixture of that name.

    Returns:
        The repo under test, with all runs started; for a repo that is not on this disk, one to which no check applies.
    """
    if not isinstance(root, Path):
        return repo_at(Path("a repo that is not on this disk"))
    repo = repo_at(root)
    repo.runs.start(run for name in BY_DEFAULT for run in CHECKS[name].runs)
    return repo


def repo_review_checks() -> dict[str, Check]:
    """The checks of a plain `curriculum check`, as repo-review collects them."""
    return {name: CHECKS[name] for name in BY_DEFAULT}


def repo_review_families() -> dict[str, dict[str, Any]]:
    """The families, as repo-review shows them."""
    return {
        name: {"name": name[:1].upper() + name[1:], "order": order, "description": about}
        for order, (name, about) in enumerate(FAMILIES.items())
    }
