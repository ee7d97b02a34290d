"""What a check can say: a finding, that it does not apply, that a run broke.

Owns these types, which everything else in the checks uses. Imports nothing of the checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Finding", "Level", "NotApplicable", "Outcome", "RunBroken"]

Level = Literal["error", "warning"]


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
