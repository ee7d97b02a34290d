"""What another record tells of animals, before it is known what of it is new: each animal with its sessions.

Owns the form in which sources tell it, and the list of what is left out with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..contract.errors import CurriculumError, ExitCode
from ..ledger.entry import Session
from ..ledger.subject import require_name, require_spelling

__all__ = ["Animal", "Incoming", "IncomingSession", "State", "why_left_out"]

State = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class IncomingSession:
    """A session as the source tells it."""

    where: str
    """The row, or the directory, for messages."""

    session: Session
    is_day_only: bool = False
    """Whether the source knows the day of the session and not its name and time."""

    run: State
    """The trainer state that it was run with, with its graph."""

    after: State | None
    """The trainer state that it led to; None for one that was held."""

    facts: Mapping[str, Any]
    """What else its entry says."""

    moved_by: str | None = None
    """Who had moved the animal before it, if the source says."""

    moved_why: str | None = None


@dataclass(kw_only=True)
class Animal:
    """An animal as the source tells it."""

    subject: str
    first: State
    """The trainer state that it is enrolled with, with its graph, where the ledger does not have it."""

    is_on: bool = True
    sessions: list[IncomingSession] = field(default_factory=list)
    """In the order in which they began; none where the source knows only where the animal stands."""


@dataclass(kw_only=True)
class Incoming:
    """All that a source tells.

    Args:
        source: Its name, for entries.
        animals: By name.
        left_out: Of each animal or path, why something was left out, and where that was.
    """

    source: str
    animals: dict[str, Animal] = field(default_factory=dict)
    left_out: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def leave_out(self, what: str, why: str, where: str = "") -> None:
        """Say that something was left out.

        Args:
            what: An animal, or a path.
            why: A sentence.
            where: The row or the path in the source.
        """
        self.left_out.setdefault((what, why), []).append(where)

    def named(self, subject: str, existing: Iterable[str], where: str) -> bool:
        """Find out whether a name can be one of a subject; leaves it out if not.

        Args:
            subject: The name.
            existing: Names that there are beside those of this source.
            where: The row or the path in the source.

        Returns:
            Whether it can.
        """
        try:
            require_name(subject)
            require_spelling(subject, (*self.animals, *existing))
        except CurriculumError as error:
            self.leave_out(subject if len(subject) <= 80 else f"{subject[:80]}...", error.message, where)
            return False
        return True


def why_left_out(error: CurriculumError) -> str:
    """Why something is left out.

    Args:
        error: What came of reading it.

    Returns:
        Its sentence.

    Raises:
        CurriculumError: The same, for a share that is away: that is a failure of all of it.
    """
    if error.exit == ExitCode.TRANSIENT:
        raise error
    return error.message
