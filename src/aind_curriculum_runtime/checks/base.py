"""What a check is: an id, a family, a level, and a search for findings.

Owns the form that all checks share and its translation to repo-review's. Knows nothing of what any
check looks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final, Literal

if TYPE_CHECKING:
    from .repo import CurriculumRepo

__all__ = ["DOCS", "Check", "Finding", "Level", "NotApplicable", "Outcome"]

Level = Literal["error", "warning"]

DOCS: Final = "https://github.com/AllenNeuralDynamics/aind-curriculum-runtime/blob/main/docs/checks"
"""Where the page of each check is, by its id."""


class NotApplicable(Exception):
    """A check cannot say anything of this repo; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    Args:
        message: What is wrong, in one sentence with its full stop.
        path: File in the repo it stands in, with slashes, where there is one.
        line: Line in that file, from 1.
    """

    message: str
    path: str | None = None
    line: int | None = None

    @property
    def where(self) -> str:
        """The place as editors write it, or nothing."""
        if self.path is None:
            return ""
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(kw_only=True)
class Outcome:
    """What one check said of one repo."""

    findings: list[Finding] = field(default_factory=list)
    skipped: str = ""
    notes: list[str] = field(default_factory=list)


class Check:
    """A contract check; subclasses state their id by their name.

    The class docstring's first line says what holds when the check passes, the rest why it matters; both
    make the check's documentation page.
    """

    family: ClassVar[str]
    level: ClassVar[Level] = "error"
    requires: ClassVar[frozenset[str]] = frozenset()
    runs: ClassVar[tuple[str, ...]] = ()
    """Names of the process runs in ``runs.SCENARIOS`` that it looks at."""
    mend: ClassVar[str]
    """How to mend what it finds, in one sentence."""

    @property
    def url(self) -> str:
        """The check's documentation page."""
        return f"{DOCS}/{type(self).__name__}.md"

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for what is wrong.

        Args:
            repo: The repo under test.

        Returns:
            Findings; none when all is well.

        Raises:
            NotApplicable: The check says nothing of this repo.
        """
        raise NotImplementedError

    def check(self, curriculum_repo: CurriculumRepo) -> str | None:
        """Run the check for repo-review.

        Args:
            curriculum_repo: The fixture of that name.

        Returns:
            Nothing wrong as an empty string, what is wrong as Markdown, or None when it does not apply.
        """
        outcome = Outcome()
        curriculum_repo.outcomes[type(self).__name__] = outcome
        try:
            outcome.findings.extend(self.find(curriculum_repo))
        except NotApplicable as reason:
            outcome.skipped = str(reason)
            return None
        return "\n\n".join(self._lines(outcome.findings))

    def _lines(self, findings: list[Finding]) -> Iterator[str]:
        for finding in findings:
            yield f"{finding.where + ': ' if finding.where else ''}{finding.message} {self.mend}"
