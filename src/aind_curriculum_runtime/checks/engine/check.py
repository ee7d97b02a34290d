"""What a check is: an id, a family, a level, and a search for findings.

Owns the form that all checks share, and how repo-review runs it. Knows nothing of what any check looks for.
"""

from __future__ import annotations

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from .findings import Finding, Level, NotApplicable, Outcome, RunBroken
from .repo import Target
from .under_test import CurriculumRepo

__all__ = ["DOCS", "Check", "TargetCheck", "page"]

DOCS: Final = "https://github.com/AllenNeuralDynamics/aind-curriculum-runtime/blob/main/docs/checks"
"""Where the families' pages are."""


def page(family: str) -> str:
    """Name a family's documentation page.

    Args:
        family: Its name.

    Returns:
        The file name, in the folder of the pages.
    """
    return f"{family.lower().replace(' ', '-')}.md"


class Check(ABC):
    """A contract check, or the shape of several.

    A class that is one check has the check's id as its name. The first line of its docstring says what holds when the
    check passes, the rest says why that matters. Checks of one shape are instances of one class (``shapes.Row``) and
    are given these texts. The documentation is written from them.
    """

    id: str
    title: str
    """What holds when it passes, without a full stop."""
    why: str
    """Why that matters."""
    family: str
    level: Level = "error"
    requires: frozenset[str] = frozenset()
    """Checks that must pass before this one runs."""
    runs: tuple[str, ...] = ()
    """Names of the process runs in ``scenarios.SCENARIOS`` that it looks at."""
    fix: str
    """How to fix what it finds, in one sentence."""
    many: str = ""
    """What several findings have in common, after their number: ``transitions never held``. Each names what it is
    about, so that one of them can be left out."""

    def __init_subclass__(cls) -> None:
        """Take id, title and reason from the name and docstring of a class that is one check."""
        super().__init_subclass__()
        if re.fullmatch(r"[A-Z]{2}\d{3}", cls.__name__):
            cls.id = cls.__name__
            cls.title, _, cls.why = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")

    @property
    def url(self) -> str:
        """Where the check is documented: its anchor in its family's page."""
        return f"{DOCS}/{page(self.family)}#{self.id.lower()}"

    @abstractmethod
    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for what is wrong.

        Args:
            repo: The repo under test.

        Returns:
            Findings; none when all is well.

        Raises:
            NotApplicable: The check does not apply to this repo.
            RunBroken: A process it looks at left no answer, which becomes a finding.
        """

    def check(self, curriculum_repo: CurriculumRepo) -> str | None:
        """Run the check for repo-review.

        Args:
            curriculum_repo: repo-review's fixture of that name.

        Returns:
            What is wrong, as Markdown; empty when nothing is, and None when the check does not apply.
        """
        outcome = Outcome()
        curriculum_repo.outcomes[self.id] = outcome
        try:
            outcome.findings.extend(self._left(self.find(curriculum_repo), curriculum_repo, outcome.notes))
        except NotApplicable as reason:
            outcome.skipped = str(reason)
            return None
        except RunBroken as broken:
            outcome.findings.append(Finding(message=str(broken), fix=broken.fix))
        outcome.findings = [replace(one, message=_sentence(one.message)) for one in outcome.findings]
        return "\n\n".join(self._lines(outcome.findings))

    def _left(self, findings: Iterable[Finding], repo: CurriculumRepo, notes: list[str]) -> Iterator[Finding]:
        """The findings without those that ``pyproject.toml`` leaves out one by one, of which a note tells."""
        left_out = repo.left_out(self.id)
        for finding in findings:
            if finding.about not in left_out:
                yield finding
            elif (note := f"{finding.about} is left out: {left_out[finding.about].rstrip('.')}") not in notes:
                notes.append(note)

    def _lines(self, findings: list[Finding]) -> Iterator[str]:
        for finding in findings:
            place = f"{finding.where}: " if finding.where else ""
            yield _markdown(f"{place}{finding.sentence} {finding.fix or self.fix}")


def _sentence(text: str) -> str:
    """Make it one line with a full stop, without control characters, which XML forbids and terminals obey."""
    line = "".join(one if one.isprintable() else " " for one in re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)).strip()
    return line if line.endswith(("...", "?")) else f"{line.rstrip(' .')}."


def _markdown(text: str) -> str:
    """Keep names such as `__init__` or <lambda> from being read as Markdown; text in backticks is code already."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([\\<*_\[\]])", r"\\\1", part) for part in parts)


class TargetCheck(Check):
    """A check that looks at each curriculum of the repo separately."""

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look at every curriculum; the check applies if it applies to one of them."""
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
            NotApplicable: The check does not apply to this curriculum.
            RunBroken: A process it looks at left no answer, which becomes a finding.
        """
