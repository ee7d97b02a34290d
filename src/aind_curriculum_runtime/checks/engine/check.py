"""What a check is: an id, a family, a level, and a search for findings.

Owns the form that all checks share and its translation to repo-review's. Knows nothing of what any
check looks for.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Final, Literal

if TYPE_CHECKING:
    from .repo import CurriculumRepo, Target

__all__ = ["DOCS", "Check", "Finding", "Level", "NotApplicable", "Outcome", "RunBroken", "TargetCheck"]

Level = Literal["error", "warning"]

DOCS: Final = "https://github.com/AllenNeuralDynamics/aind-curriculum-runtime/blob/main/docs/checks"
"""Where the page of each check is, by its id."""


class NotApplicable(Exception):
    """A check cannot say anything of this repo; the message says why."""


class RunBroken(Exception):
    """A run that had to leave an answer left none.

    Args:
        message: How it ended.
        fix: How to fix that, where the check's own sentence would not do.
    """

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.fix = fix


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    Args:
        message: What is wrong, in one sentence with its full stop.
        path: File in the repo it stands in, with slashes, where there is one.
        line: Line in that file, from 1.
        fix: How to fix this one, where the check's own sentence would not do.
        curriculum: Which curriculum it is about, in a repo that has several.
    """

    message: str
    path: str | None = None
    line: int | None = None
    fix: str | None = None
    curriculum: str | None = None

    @property
    def where(self) -> str:
        """The place as editors write it, or nothing."""
        if self.path is None:
            return ""
        return self.path if self.line is None else f"{self.path}:{self.line}"

    @property
    def sentence(self) -> str:
        """The message, with the curriculum it is about."""
        return self.message if self.curriculum is None else f"[{self.curriculum}] {self.message}"


@dataclass(kw_only=True)
class Outcome:
    """What one check said of one repo."""

    findings: list[Finding] = field(default_factory=list)
    skipped: str = ""
    notes: list[str] = field(default_factory=list)


class Check(ABC):
    """A contract check; subclasses state their id by their name.

    The class docstring's first line says what holds when the check passes, the rest why it matters; both
    make the check's documentation page.
    """

    family: ClassVar[str]
    level: ClassVar[Level] = "error"
    requires: ClassVar[frozenset[str]] = frozenset()
    runs: ClassVar[tuple[str, ...]] = ()
    """Names of the process runs in ``runs.SCENARIOS`` that it looks at."""
    fix: ClassVar[str]
    """How to fix what it finds, in one sentence."""

    @property
    def url(self) -> str:
        """The check's documentation page."""
        return f"{DOCS}/{type(self).__name__}.md"

    @abstractmethod
    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for what is wrong.

        Args:
            repo: The repo under test.

        Returns:
            Findings; none when all is well.

        Raises:
            NotApplicable: The check says nothing of this repo.
            RunBroken: A process it looks at left no answer, which is a finding.
        """

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
        except RunBroken as broken:
            outcome.findings.append(Finding(message=str(broken), fix=broken.fix))
        outcome.findings = [replace(one, message=_sentence(one.message)) for one in outcome.findings]
        return "\n\n".join(self._lines(outcome.findings))

    def _lines(self, findings: list[Finding]) -> Iterator[str]:
        for finding in findings:
            place = f"{finding.where}: " if finding.where else ""
            yield _markdown(f"{place}{finding.sentence} {finding.fix or self.fix}")


def _sentence(text: str) -> str:
    """One line with its full stop, without control characters, which XML and terminals cannot have."""
    line = "".join(one if one.isprintable() else " " for one in re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)).strip()
    return line if line.endswith(("...", "?")) else f"{line.rstrip(' .')}."


def _markdown(text: str) -> str:
    """Keep names such as `__init__` or <lambda> from being read as Markdown; what stands in backticks is code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([\\<*_\[\]])", r"\\\1", part) for part in parts)


class TargetCheck(Check):
    """A check that looks at each of the repo's curricula by itself."""

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look at every curriculum; it applies when it applies to one of them."""
        reason: NotApplicable | None = None
        applied = False
        for target in repo.targets:
            try:
                found = list(self.find_for(repo, target))
            except NotApplicable as not_applicable:
                reason = not_applicable
                continue
            except RunBroken as broken:
                found = [Finding(message=str(broken), fix=broken.fix)]
            applied = True
            for finding in found:
                yield replace(finding, curriculum=target.label) if len(repo.targets) > 1 else finding
        if reason is not None and not applied:
            raise reason

    @abstractmethod
    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for what is wrong with one curriculum.

        Args:
            repo: The repo under test.
            target: Which curriculum.

        Returns:
            Findings; none when all is well.

        Raises:
            NotApplicable: The check says nothing of this curriculum.
            RunBroken: A process it looks at left no answer, which is a finding.
        """
