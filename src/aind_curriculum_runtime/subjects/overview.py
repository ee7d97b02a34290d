"""Many animals at once: where each stands, which ones are stuck, and what nobody has looked at yet.

Owns the row of an animal. Times are those of entries, in UTC; ``local`` writes one for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..ledger.entry import Damaged, Entry
from ..ledger.known import Known, damaged, known
from ..ledger.overview import overview as standings_of
from ..ledger.standing import Standing
from ..ledger.store import Store
from ..ledger.stuck import stages_taken, stuck
from .history import SESSIONS

__all__ = ["Row", "days_since", "local", "overview", "unseen"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One animal of a ledger."""

    subject: str
    standing: Standing
    stuck: str | None
    """Why it is stuck; None when it is not."""

    now: datetime

    @property
    def is_on(self) -> bool:
        """Whether it is on curriculum."""
        return self.standing.is_on

    @property
    def days(self) -> int | None:
        """Days since its last session began, by the calendar of this machine; None without one."""
        return days_since(self.standing.session.start, self.now) if self.standing.session is not None else None

    @property
    def state(self) -> str:
        """The one thing to know of it."""
        if not self.is_on:
            return "off"
        if self.stuck is not None:
            return f"stuck: {self.stuck}"
        if self.standing.held:
            return "held: its last session gave no metrics"
        return f"on, pinned: {', '.join(self.standing.pins)}" if self.standing.pins else "on"

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON."""
        standing = self.standing
        return {
            "subject": self.subject,
            "groups": list(standing.groups),
            "curriculum": dict(standing.curriculum),
            "stage": standing.stage,
            "sessions_at_stage": standing.at_stage,
            "last_session": vars(standing.session) if standing.session is not None else None,
            "days_since": self.days,
            "is_on_curriculum": self.is_on,
            "held": standing.held,
            "pinned": dict(standing.pins),
            "stuck": self.stuck,
        }


def overview(store: Store, now: datetime, *, group: str | None = None) -> list[Row]:
    """Find out where all animals stand.

    Args:
        store: Where their ledgers lie.
        now: The time, with a time zone.
        group: Only those of this group; all count as the others that show how long a stage takes.

    Returns:
        A row for each that is enrolled, by name.

    Raises:
        CurriculumError: ``ledger.damaged``, or as the store raises it.
    """
    standings = dict(standings_of(store))
    taken = stages_taken(standings)

    def row(subject: str, standing: Standing) -> Row:
        stays = taken.get((standing.curriculum.get("name"), standing.stage or ""), {})
        others = [one for name, some in stays.items() if name != subject for one in some]
        return Row(subject=subject, standing=standing, stuck=stuck(standing, others), now=now)

    return [
        row(subject, standing)
        for subject, standing in standings.items()
        if standing.stage is not None and (group is None or group in standing.groups)
    ]


def unseen(store: Store, subject: str) -> tuple[Known, Entry] | None:
    """Find the last session of an animal, if nobody has looked at what it led to.

    Args:
        store: Where its ledger lies.
        subject: The animal.

    Returns:
        What is known of it, and the session's entry; None when a person did something after that session.

    Raises:
        CurriculumError: ``ledger.damaged``, or as the store raises it.
    """
    found = known(store, subject)
    last = found.standing.session
    if last is None or last not in found.sessions:
        return None
    place = found.sessions[last].place
    entries: list[Entry] = []
    for number, data in enumerate(store.read(subject, place - 1), place):
        try:
            entries.append(Entry.read(data, subject, number))
        except Damaged as error:
            raise damaged(store, subject, number, error) from None
    return None if any(one.kind not in SESSIONS for one in entries) else (found, entries[0])


def local(time: str) -> str:
    """Write a time for people.

    Args:
        time: As entries have it, in UTC.

    Returns:
        Date, hour and minute where this machine stands.
    """
    return _read(time).astimezone().strftime("%Y-%m-%d %H:%M")


def days_since(time: str, now: datetime) -> int:
    """Count days by the calendar.

    Args:
        time: As entries have it, in UTC.
        now: With a time zone.

    Returns:
        0 for the same day where this machine stands.
    """
    return (now.astimezone().date() - _read(time).astimezone().date()).days


def _read(time: str) -> datetime:
    return datetime.fromisoformat(time)
