"""What a check is given: a repo's files, the processes started in it, and what earlier checks found.

Owns putting these together; ``repo`` reads the files and ``runs`` starts the processes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

from .findings import Outcome
from .repo import RepoFiles
from .runs import Runs
from .scenarios import SCENARIOS

__all__ = ["CurriculumRepo", "repo_at"]


@dataclass(eq=False)
class CurriculumRepo(RepoFiles):
    """A curriculum repo under test: the fixture ``curriculum_repo`` of repo-review.

    Args:
        outcomes: What the checks found so far, by id.
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def __deepcopy__(self, memo: object) -> Self:
        """Return this same object: repo-review copies its fixtures, and each run must be made only once."""
        return self

    @cached_property
    def runs(self) -> Runs:
        """The processes that checks look at."""
        return Runs(self, SCENARIOS)


def repo_at(root: Path, *, curriculum: str | None = None, session: Path | None = None) -> CurriculumRepo:
    """Set up a repo to test.

    Args:
        root: Folder of its ``pyproject.toml``.
        curriculum: Which curriculum, as ``package.module:OBJECT`` or by name; None for all it declares.
        session: The sample session, if it is not at ``tests/data/session``.

    Returns:
        The repo under test.
    """
    return CurriculumRepo(root.resolve(), curriculum, session)
