"""What a check can say: a finding, that it does not apply, or that a run broke.

Owns these types, which everything else in the checks uses. Imports nothing of the checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Finding", "Level", "NotApplicable", "Outcome", "RunBroken"]

Level = Literal["error", "warning"]


class NotApplicable(Exception):
    """A check does not apply to this repo; the message says why."""


class RunBroken(Exception):
    """A run ended without the answer that it had to leave.

    Args:
        message: How it ended.
        fix: How to fix that, if the check's own ``fix`` does not fit.
    """

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.fix = fix


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    Args:
        message: What is wrong, in one sentence with a full stop.
        path: The file it is in, from the repo's root with forward slashes, if there is one.
        line: Line in that file, from 1.
        fix: How to fix this one, if the check's own ``fix`` does not fit.
        curriculum: Which curriculum it is about, in a repo that has several.
        about: The one thing it is about, such as a rule's name, by which ``pyproject.toml`` can leave it out.
    """

    message: str
    path: str | None = None
    line: int | None = None
    fix: str | None = None
    curriculum: str | None = None
    about: str | None = None

    @property
    def where(self) -> str:
        """The place as editors write it (``path:line``); empty without a path."""
        if self.path is None:
            return ""
        return self.path if self.line is None else f"{self.path}:{self.line}"

    @property
    def sentence(self) -> str:
        """The message, with the curriculum it is about."""
        return self.message if self.curriculum is None else f"[{self.curriculum}] {self.message}"


@dataclass(kw_only=True)
class Outcome:
    """What one check found in one repo."""

    findings: list[Finding] = field(default_factory=list)
    skipped: str = ""
    notes: list[str] = field(default_factory=list)
