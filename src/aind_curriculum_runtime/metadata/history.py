"""What a ledger tells of one session: how it was concluded, what it was run with, and who did what before it.

Owns reading that from the entries. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ..contract.errors import CurriculumError
from ..ledger.entry import Entry, Session, digest_of_state
from ..ledger.known import Known, entries_of, next_state
from ..ledger.standing import Standing, counting, stand
from ..ledger.store import Store
from .code import Code
from .record import Record, outcome_digest

__all__ = ["Concluded", "concluded"]

_SESSIONS: Final = ("evaluated", "held")
_PEOPLE: Final = ("enrolled", "moved", "migrated", "off", "on", "pinned", "released")
_TOLD: Final = ("by", "reason", "path", "value")


@dataclass(frozen=True, kw_only=True)
class Concluded:
    """One session of a ledger."""

    subject: str
    entry: Entry
    """The entry that counts for it."""

    given: dict[str, Any] | None
    """The trainer state that it was run with, by the ledger; None where that was another."""

    after: dict[str, Any] | None
    """The Trainer's state that it led to, with the graph of its curriculum; None for one that was held."""

    people: list[dict[str, Any]]
    """What people did since the session before, until this one was concluded."""

    pinned: list[dict[str, Any]]
    """The parameters that people had set by hand, with who and why."""

    is_late: bool

    @property
    def suggestion(self) -> dict[str, Any] | None:
        """The suggestion as ``curriculum run`` prints it without a ledger; None for a session that was held."""
        if self.after is None:
            return None
        content = self.entry.content
        version, dsl = (content.get("curriculum") or {}).get("version"), content.get("dsl")
        return {"trainer_state": self.after, "metrics": self.entry.metrics or {}, "version": version} | (
            {} if dsl is None else {"dsl_version": dsl}
        )

    def record(
        self, code: Code, given: dict[str, Any] | None = None, session_digest: dict[str, Any] | None = None
    ) -> Record:
        """Say what is known of the session, for its metadata.

        Args:
            code: The code that evaluated it.
            given: The trainer state that it was run with, where the ledger does not have it.
            session_digest: The hash of its files.

        Returns:
            The record.
        """
        content, suggestion = self.entry.content, self.suggestion
        versions = {name: content[name] for name in ("runtime", "contract", "dsl", "python") if name in content}
        state = self.given if self.given is not None else given
        if state is None and content.get("stage_run") is not None:
            state = {"stage": {"name": content["stage_run"]}}
        rule = content.get("rule")
        return Record(
            code=code,
            given=state,
            suggestion=suggestion,
            held=content.get("error"),
            subject=self.subject,
            session=self.entry.session,
            versions={"curriculum": (content.get("curriculum") or {}).get("version", code.version), **versions},
            hashes={
                "state": self.entry.given,
                "session": session_digest,
                "suggestion": None if suggestion is None else outcome_digest(suggestion),
            },
            decision={} if rule is None else {"rule": rule},
            history={"people": self.people, "pinned": self.pinned, "is_late": self.is_late},
            notes=content.get("notes") or {},
            source="ledger",
        )


def concluded(store: Store, subject: str, session: Session | str) -> Concluded:
    """Read how a session was concluded.

    Args:
        store: Where the ledger lies.
        subject: Whose it is.
        session: The session, or its name.

    Returns:
        What the ledger tells of it.

    Raises:
        CurriculumError: ``session.not_recorded``; ``subject.name``, ``ledger.damaged`` or as the store raises it.
    """
    entries = entries_of(store, subject)
    counted = counting(entries)
    own = [one for one in counted if one.kind in _SESSIONS and session in (one.session, _name(one))]
    if not own:
        name = session if isinstance(session, str) else session.name
        raise CurriculumError(
            "session.not_recorded",
            f"The ledger {store.url} has no session {name!r} of {subject}.",
            "`curricula subjects show` lists its sessions; conclude this one first, or leave out --ledger.",
        )
    entry = own[-1]
    before = [one for one in entries if one.place < entry.place and _name(one) != _name(entry)]
    last = max((one.place for one in before if one.kind in _SESSIONS), default=0)
    people = [one for one in counting(before) if one.place > last and one.kind in _PEOPLE]
    at = stand(before)
    return Concluded(
        subject=subject,
        entry=entry,
        given=_given(store, subject, before, entry.given),
        after=_with_graph(store, subject, replace(at, state=entry.state, pins={}, is_on=True)) if entry.state else None,
        people=[_told(one) for one in people],
        pinned=_pinned(before, at),
        is_late=entry.place in stand(entries).late,
    )


def _name(entry: Entry) -> str | None:
    return entry.session.name if entry.session is not None else None


def _told(entry: Entry) -> dict[str, Any]:
    stage = (entry.state or {}).get("stage") or {}
    told = {"what": entry.kind, "at": entry.time, "stage": stage.get("name")}
    told |= {name: entry.content[name] for name in _TOLD if name in entry.content}
    return {name: one for name, one in told.items() if one is not None or name == "value"}


def _pinned(before: Sequence[Entry], at: Standing) -> list[dict[str, Any]]:
    pins = [_told(one) for one in counting(before) if one.kind == "pinned"]
    by_path = {one["path"]: one for one in pins}
    return [{name: one for name, one in by_path[path].items() if name != "what"} for path in at.pins]


def _given(store: Store, subject: str, before: Sequence[Entry], digest: str | None) -> dict[str, Any] | None:
    """The state with that hash among those at which the animal stood, the latest first."""
    for end in range(len(before), 0, -1):
        standing = stand(before[:end])
        state = standing.next_state
        if state is not None and digest_of_state(state) == digest:
            return _with_graph(store, subject, standing)
    return None


def _with_graph(store: Store, subject: str, standing: Standing) -> dict[str, Any] | None:
    return next_state(store, Known(subject, standing))
