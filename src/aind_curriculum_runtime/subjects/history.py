"""All that happened to one animal, and how that reads as a table.

Owns which entries count, and finding the animal that a person names.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from ..contract.errors import CurriculumError
from ..ledger.entry import Entry, written
from ..ledger.known import entries_of
from ..ledger.recording import Draft
from ..ledger.standing import Standing, corrected_by, counting, stand
from ..ledger.store import Store
from ..ledger.subject import require_name, require_spelling

__all__ = ["SESSIONS", "History", "read_history", "require_there", "what"]

SESSIONS: Final = ("evaluated", "held")
"""Kinds of entries that sessions have; people make the others."""


@dataclass(frozen=True)
class History:
    """The entries of one animal, in their order."""

    subject: str
    entries: tuple[Entry, ...]

    @cached_property
    def standing(self) -> Standing:
        """Where it stands."""
        return stand(self.entries)

    @cached_property
    def undone(self) -> Mapping[int, int]:
        """Places of the entries that do not count, and of those that took their place or took them away."""
        return corrected_by(self.entries)

    def standing_with(self, draft: Draft) -> Standing:
        """Where the animal would stand with one more entry.

        Args:
            draft: The entry; it is not written.

        Returns:
            The standing after it.
        """
        place = self.standing.place + 1
        data = written(self.subject, place, self.standing.head, draft.kind, datetime.now(UTC), draft.facts)
        return stand([*self.entries, Entry.read(data, self.subject, place)])

    def told(self) -> list[dict[str, Any]]:
        """What happened, entry by entry, as JSON: with the stage before and after, where the entry has one."""
        counted = [one.place for one in counting(self.entries)]
        before = dict(zip(counted, [None, *counted], strict=False))
        for entry in self.entries:  # one that does not count has a stage before it all the same
            before.setdefault(entry.place, max((place for place in counted if place < entry.place), default=None))
        stages = {one.place: (one.state or {})["stage"]["name"] for one in self.entries if _has_stage(one)}
        return [self._told(one, before, stages) for one in self.entries]

    def _told(self, entry: Entry, before: Mapping[int, int | None], stages: Mapping[int, str]) -> dict[str, Any]:
        content, place = entry.content, before[entry.place]
        while place is not None and place not in stages:
            place = before[place]
        was, now = stages.get(place or 0), stages.get(entry.place)
        facts = {key: content[key] for key in _TOLD if key in content}
        return {
            "entry": entry.place,
            "recorded": entry.recorded,
            "time": entry.session.start if entry.session is not None else entry.time,
            "kind": entry.kind,
            "session": entry.session.name if entry.session is not None else None,
            "stage_before": content.get("stage_run", was),
            "stage_after": now,
            "undone_by": self.undone.get(entry.place),
            "late": entry.place in self.standing.late,
            **facts,
        }


def what(one: Mapping[str, Any]) -> str:
    """Word what an entry is.

    Args:
        one: The entry, as ``History.told`` has it.

    Returns:
        A few words, with those before them that say why it does not count.
    """
    found = {
        "evaluated": one["session"],
        "held": f"{one['session']} held",
        "corrected": f"undid {one.get('corrects')}",
        "accepted": f"accepted {one.get('accepts')}",
        "grouped": f"group {', '.join(one.get('groups', []))}",
        "pinned": f"pinned {one.get('path')}",
        "released": f"released {one.get('path')}",
    }.get(one["kind"], one["kind"])
    if one["undone_by"] is not None:
        return f"undone: {found}"
    return f"late: {found}" if one["late"] else str(found)


def _has_stage(entry: Entry) -> bool:
    return bool((entry.state or {}).get("stage"))


_TOLD: Final = (
    *("by", "reason", "path", "value", "groups", "corrects", "accepts", "error", "metrics", "notes"),
    *("curriculum", "runtime", "reassigned_from", "reassigned_to", "imported"),
)


def read_history(store: Store, subject: str, *, new: bool = False) -> History:
    """Read all that happened to an animal.

    Args:
        store: Where its ledger lies.
        subject: Its name, as a person typed it.
        new: Whether it may be one that is not there yet.

    Returns:
        Its history; without entries for a new one.

    Raises:
        CurriculumError: ``subject.name``; ``usage.invalid`` for one that is not there; ``ledger.damaged``, or as the
            store raises it.
    """
    if new:
        require_name(subject)
        require_spelling(subject, store.subjects())
    else:
        require_there(store, subject)
    return History(subject, tuple(entries_of(store, subject)))


def require_there(store: Store, subject: str) -> None:
    """Make sure that a ledger has an animal.

    Args:
        store: Where the ledgers lie.
        subject: Its name, as a person typed it.

    Raises:
        CurriculumError: ``subject.name``; ``usage.invalid``, with a name that is near; or as the store raises it.
    """
    require_name(subject)
    there = store.subjects()
    if subject not in there:
        require_spelling(subject, there)
        near = difflib.get_close_matches(subject, there, n=1)
        raise CurriculumError(
            "usage.invalid",
            f"There is no subject {subject!r} in {store.url}.",
            f"Did you mean {near[0]!r}?" if near else "`curricula subjects list` shows those that there are.",
        )
