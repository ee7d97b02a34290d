"""Shapes of checks that several families share: a check of such a shape is a row in its family's table.

Owns how such a check looks; the row says at which runs or sources, and what a finding means.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ...contract.errors import ExitCode
from .check import Check, TargetCheck
from .comparison import difference, error_code
from .findings import Finding, Level
from .repo import Target
from .under_test import CurriculumRepo

__all__ = ["InSources", "SameSuggestion", "TableRow", "UnfitSession"]


@dataclass(kw_only=True, eq=False)
class TableRow(Check):
    """A check that is a row of a table. The fields are described in ``Check``."""

    id: str
    title: str
    why: str
    family: str
    fix: str
    level: Level = "error"
    many: str = ""
    requires: frozenset[str] = frozenset()
    runs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Set the docstring, which repo-review's own report shows."""
        self.__doc__ = f"{self.title}\n\n{self.why}"


@dataclass(kw_only=True, eq=False)
class SameSuggestion(TableRow, TargetCheck):
    """Runs made in another way print what the launcher's run prints.

    Args:
        when: How they were made, as the beginning of a sentence.
        promise: Whether only the runtime promises it, so that the check skips a repo with a command of its own.
    """

    when: str
    promise: bool = False

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Compare each run with the launcher's, and report the first that differs."""
        if self.promise:
            repo.require_runtime()
        for name in self.runs:
            if name != "launcher" and (why := difference(repo.runs, target, name)):
                yield Finding(message=f"{self.when}, {why}.")
                return


@dataclass(kw_only=True, eq=False)
class UnfitSession(TableRow, TargetCheck):
    """A session that cannot be evaluated is reported as a fault of the session, not of the code.

    Args:
        what: What the session directory holds, as the beginning of a sentence.
    """

    what: str

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Require a suggestion, or the exit code and error line of a session that lacks something."""
        repo.require_runtime()
        for name in self.runs:
            process = repo.runs.get(target, name)
            if process.code != 0 and (process.code != ExitCode.MISSING or error_code(process) is None):
                told = f"the run {process.ended}: {process.said}"
                yield Finding(message=f"{self.what} looks like a fault of the code: {told}")


@dataclass(kw_only=True, eq=False)
class InSources(TableRow):
    """The package's sources contain something that they should not.

    Args:
        search: Yields line and message of each such place in a module.
    """

    search: Callable[[ast.Module], Iterator[tuple[int, str]]]

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Search every module of the repo's own package."""
        repo.require_own_code()
        for name, tree in repo.sources.items():
            for line, message in self.search(tree):
                yield Finding(message=message, path=name, line=line)
