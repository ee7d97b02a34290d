"""What of an incoming animal is new to a ledger, and writing it: from another record to entries.

Owns which entries a session makes: the animal is enrolled before its first one, and moved before each that was run at
another stage than the one it stood at. Sessions go by their start; one that began before what counts already comes
late, and moves nothing. A session that is there adds nothing; one that is there with another outcome is left out, as
the ledger goes before any copy. The plan is pure, and is made anew where somebody wrote meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from ..ledger.entry import Entry, Session, digest_of_state, without_graph, written
from ..ledger.known import Known, of_all, with_entry
from ..ledger.recording import Draft, add_all
from ..ledger.standing import Standing
from ..ledger.store import Store
from .changes import Person, with_state
from .history import SESSIONS, History, read_history
from .incoming import Animal, IncomingSession

__all__ = ["BY", "Plan", "planned", "taken_in"]

BY: Final = "import"
"""Who an entry is said to be from that no person made when it happened."""


@dataclass(kw_only=True)
class Plan:
    """What would come in of an animal."""

    history: History
    """What the ledger has of it."""

    known: Known
    """What would be known of it afterwards."""

    drafts: list[Draft] = field(default_factory=list)
    there: int = 0
    """Sessions that the ledger has already."""

    left_out: list[tuple[str, str]] = field(default_factory=list)
    """Why a session is left out, and where it is in the source."""

    @property
    def before(self) -> Standing:
        """Where the animal stands now."""
        return self.history.standing

    @property
    def after(self) -> Standing:
        """Where it would stand."""
        return self.known.standing

    @property
    def late(self) -> int:
        """Sessions that come too late to move the animal."""
        return len(self.after.late) - len(self.before.late)

    def count(self, *kinds: str) -> int:
        """How many entries of some kinds would be written."""
        return sum(one.kind in kinds for one in self.drafts)

    def add(self, draft: Draft) -> None:
        """Put one more entry on top."""
        subject, standing = self.known.subject, self.after
        place = standing.place + 1
        data = written(subject, place, standing.head, draft.kind, datetime.now(UTC), draft.facts)
        after = with_entry(self.known, Entry.read(data, subject, place))
        assert after is not None  # nothing of an import corrects an entry
        self.known = after
        self.drafts.append(draft)


def planned(history: History, animal: Animal, source: str, person: Person) -> Plan:
    """Find out what of an animal is new.

    Args:
        history: What the ledger has of it, which may be nothing.
        animal: What the source tells of it.
        source: The source's name.
        person: Who imports, and why.

    Returns:
        The entries that would be written, and what is left out.
    """
    imported = {"imported": {"from": source, **person.facts}}
    plan = Plan(history=history, known=of_all(history.subject, history.entries))
    if not animal.sessions:
        _stands(plan, animal, imported)
        return plan
    there = _There(history, animal.sessions)
    for one in animal.sessions:
        entry = there.take(one)
        if entry is not None and _is_same(entry, one):
            plan.there += 1
        elif (why := _why_not(plan, there, entry, one)) is not None:
            plan.left_out.append((why, one.where))
        else:
            _comes_in(plan, one, animal, source, imported)
    return plan


def _why_not(plan: Plan, there: _There, entry: Entry | None, one: IncomingSession) -> str | None:
    """Why a session is left out; None for one that comes in. ``entry`` is that of the ledger, of another outcome."""
    if entry is not None:
        return f"The ledger has another outcome of this session, in entry {entry.place}; that one counts."
    if one.session in there.taken_away:
        return f"Entry {there.taken_away[one.session]} of the ledger took this session away."
    if one.session in plan.known.sessions:
        return "The source has this session twice; the first counts."
    twin = _twin(plan, one)
    return None if twin is None else f"It is the session {twin} once more, under another name."


def _twin(plan: Plan, one: IncomingSession) -> str | None:
    """The session that began at the same moment and led to just the same: its directory was copied."""
    same = (digest_of_state(one.run), one.facts.get("outcome"))
    for session, there in plan.known.sessions.items():
        if session.start == one.session.start and there.kind == "evaluated" and (there.given, there.outcome) == same:
            return session.name
    return None


def _stands(plan: Plan, animal: Animal, imported: Mapping[str, Any]) -> None:
    """An animal of which only the trainer state is known."""
    now = plan.before.next_state
    if now is None:
        plan.add(with_state("enrolled", animal.first, {"by": BY, **imported}))
        if not animal.is_on:
            plan.add(Draft("off", {"by": BY, **imported}))
    elif digest_of_state(now) != digest_of_state({**animal.first, "is_on_curriculum": animal.is_on}):
        same_stage = plan.before.stage == animal.first["stage"]["name"]
        what = "other parameters or policies" if same_stage else f"the stage {animal.first['stage']['name']}"
        why = f"The ledger has it, at the stage {plan.before.stage}; the source says {what}. The ledger counts."
        plan.left_out.append((why, ""))


def _comes_in(plan: Plan, one: IncomingSession, animal: Animal, source: str, imported: Mapping[str, Any]) -> None:
    start = one.session.start
    run = one.run["stage"]["name"]
    if plan.after.state is None:
        plan.add(with_state("enrolled", animal.first, {"by": BY, "at": start, **imported}))
    if start >= plan.after.moment and plan.after.is_on and plan.after.stage != run:
        why = {"reason": one.moved_why or f"run at {run}, as {source} has it"}
        plan.add(with_state("moved", one.run, {"by": one.moved_by or BY, **why, "at": start, **imported}))
    facts = {"session": vars(one.session), "given": digest_of_state(one.run), "stage_run": run, **one.facts, **imported}
    if one.after is None:
        plan.add(Draft("held", facts))
    else:
        after, graph = without_graph(one.after)
        plan.add(Draft("evaluated", {**facts, "state": after}, graph))


class _There:
    """The sessions that the ledger has of an animal; each is found once.

    Args:
        history: The animal's history.
        incoming: The sessions that are looked for.
    """

    def __init__(self, history: History, incoming: Sequence[IncomingSession]) -> None:
        counted = [one for one in history.entries if one.kind in SESSIONS and one.place not in history.undone]
        self._by_session = {one.session: one for one in counted if one.session is not None}
        self.taken_away = {
            one.session: history.undone[one.place]
            for one in history.entries
            if one.session not in self._by_session and one.place in history.undone and one.kind in SESSIONS
        }
        self._others = set(self._by_session) - {one.session for one in incoming}

    def take(self, one: IncomingSession) -> Entry | None:
        """The entry of an incoming session; None where there is none.

        A table that knows only the day means the ledger's session of that day, whatever it is called there.
        """
        found = self._by_session.pop(one.session, None)
        if found is None and one.is_day_only:
            day = one.session.start[:10]
            same = next((key for key in sorted(self._others, key=_start) if day in _days(key.start)), None)
            if same is not None:
                self._others.remove(same)
                found = self._by_session.pop(same)
        return found


def _start(session: Session) -> str:
    return session.start


def _days(start: str) -> set[str]:
    """The day on which a session began, in UTC and where this machine stands: tables have one or the other."""
    return {start[:10], datetime.fromisoformat(start).astimezone().date().isoformat()}


def _is_same(entry: Entry, one: IncomingSession) -> bool:
    if one.after is None or entry.kind == "held":
        return one.after is None and entry.kind == "held"
    stages = entry.content.get("stage_run"), ((entry.state or {}).get("stage") or {}).get("name")
    return stages == (one.run["stage"]["name"], one.after["stage"]["name"])


def taken_in(store: Store, plan: Plan, animal: Animal, source: str, person: Person) -> Plan:
    """Write what is new of an animal.

    Args:
        store: The ledger.
        plan: What was planned; where somebody wrote meanwhile, it is planned anew.
        animal: What the source tells of it.
        source: The source's name.
        person: Who imports, and why.

    Returns:
        The plan by which it was written.

    Raises:
        CurriculumError: As the store raises it.
    """

    def decide(now: Known) -> Sequence[Draft]:
        nonlocal plan
        if now.standing.head != plan.before.head:
            plan = planned(read_history(store, animal.subject, new=True), animal, source, person)
        return plan.drafts

    add_all(store, animal.subject, decide)
    return plan
