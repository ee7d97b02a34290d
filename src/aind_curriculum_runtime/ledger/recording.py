"""Adding to a subject's ledger: what is written of a session or of a person's change, and what is not written twice.

Owns the loop of reading, deciding and writing. Two rigs may write at once: one has the place, the other reads what came
and decides anew. Deciding is a pure function of the history, so nothing is lost and nothing is written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ..contract.errors import CurriculumError
from .entry import Damaged, Entry, Graph, Session, at, written
from .standing import Standing, counting, stand
from .store import Store
from .subject import require_name, require_spelling

__all__ = ["Draft", "History", "add", "change", "evaluation", "history", "hold"]

_TRIES: Final = 1000
"""Times that others may be quicker before it is called a fault: four writers of one subject need a few."""


@dataclass(frozen=True)
class History:
    """All of a subject's entries, and where it stands after them."""

    subject: str
    entries: tuple[Entry, ...]
    standing: Standing

    def of_session(self, session: Session) -> Entry | None:
        """The entry that counts for a session, if it was concluded before."""
        alike = [one for one in counting(self.entries) if one.session == session]
        return alike[-1] if alike else None

    def previous_metrics(self, start: str) -> dict[str, Any] | None:
        """The metrics of the last session that was evaluated and began before a time.

        Args:
            start: In UTC, as ``entry.at`` writes it.

        Returns:
            The metrics, or None where there is no such session since the animal was enrolled.
        """
        since = [one for one in counting(self.entries) if one.place >= self.standing.enrolled]
        before = [
            one for one in since if one.kind == "evaluated" and one.session is not None and one.session.start < start
        ]
        return max(before, key=_start).metrics if before else None


def _start(entry: Entry) -> str:
    assert entry.session is not None
    return entry.session.start


@dataclass(frozen=True)
class Draft:
    """An entry before it has its place.

    Args:
        kind: One of ``entry.KINDS``.
        facts: Everything else, as JSON.
        graph: The graph that its state names.
    """

    kind: str
    facts: Mapping[str, Any]
    graph: Graph | None = None


Decision = Callable[[History], Draft | None]
"""What to write after a history, or None when there is nothing to add."""


def history(store: Store, subject: str) -> History:
    """Read all entries of a subject.

    Args:
        store: Where they lie.
        subject: Its name.

    Returns:
        Its history; an empty one for a subject that has none.

    Raises:
        CurriculumError: ``subject.name``, ``ledger.damaged`` with the place, or as the store raises it.
    """
    require_name(subject)
    entries: list[Entry] = []
    for place, data in enumerate(store.read(subject), 1):
        before = entries[-1].digest if entries else None
        try:
            entry = Entry.read(data, subject, place)
            if entry.before != before:
                raise Damaged("it does not follow from the entry before it")
        except Damaged as error:
            raise damaged(store, subject, place, str(error)) from None
        entries.append(entry)
    return History(subject, tuple(entries), stand(entries))


def damaged(store: Store, subject: str, place: int, why: str) -> CurriculumError:
    """The failure for an entry that does not fit.

    Args:
        store: Where it lies.
        subject: Whose it is.
        place: Its number.
        why: What is wrong with it.

    Returns:
        ``ledger.damaged``, for the caller to raise.
    """
    return CurriculumError(
        "ledger.damaged",
        f"Entry {place} of {subject} in {store.url} is damaged: {why}.",
        "Nothing was written. `curricula subjects verify` shows all of it; bring the entry back from a copy.",
        where=f"{subject}/{place}",
    )


def _now() -> datetime:
    return datetime.now(UTC)


def add(store: Store, subject: str, decide: Decision, *, now: Callable[[], datetime] = _now) -> History:
    """Decide what to write, and write it.

    Args:
        store: Where to.
        subject: Whose ledger.
        decide: Called with the history, again whenever somebody else was quicker.
        now: The clock.

    Returns:
        The history with what was written.

    Raises:
        CurriculumError: As ``history``, the store and ``decide`` raise it.
    """
    found = history(store, subject)
    for _ in range(_TRIES):
        draft = decide(found)
        if draft is None:
            return found
        place = found.standing.place + 1
        if place == 1:
            require_spelling(subject, store.subjects())
        if draft.graph is not None:
            store.keep_graph(draft.graph.digest, draft.graph.data)
        data = written(subject, place, found.standing.head, draft.kind, now(), draft.facts)
        if store.append(subject, place, data):
            entries = (*found.entries, Entry.read(data, subject, place))
            return History(subject, entries, stand(entries))
        found = history(store, subject)
    raise CurriculumError(
        "transient.io",
        f"Others write to the ledger of {subject} in {store.url} all the time.",
        "Try again in a minute.",
    )


def evaluation(session: Session, facts: Mapping[str, Any], graph: Graph | None) -> Decision:
    """Record what a session led to.

    Args:
        session: The session.
        facts: ``given``, ``state`` (without its graph), ``metrics``, ``outcome`` and whatever else is known.
        graph: The graph that the state names.

    Returns:
        A decision: nothing is added when the same was recorded of this session before; another outcome takes the place
        of the one before.
    """

    def decide(before: History) -> Draft | None:
        there = before.of_session(session)
        if there is not None and all(there.content.get(key) == facts[key] for key in ("given", "outcome")):
            return None
        return Draft("evaluated", {"session": vars(session), **facts, **_corrects(there)}, graph)

    return decide


def hold(session: Session, facts: Mapping[str, Any]) -> Decision:
    """Record that a session could not be evaluated.

    Args:
        session: The session.
        facts: ``given``, ``error`` (its code, message and hint) and whatever else is known.

    Returns:
        A decision: nothing is added when the session was evaluated before, or held for the same reason.
    """

    def decide(before: History) -> Draft | None:
        there = before.of_session(session)
        if there is not None and (there.kind == "evaluated" or there.content.get("error") == facts["error"]):
            return None
        return Draft("held", {"session": vars(session), **facts, **_corrects(there)})

    return decide


def _corrects(there: Entry | None) -> dict[str, int]:
    return {} if there is None else {"corrects": there.place}


def change(kind: str, facts: Mapping[str, Any], graph: Graph | None = None) -> Decision:
    """Record what a person did.

    Args:
        kind: One of ``entry.KINDS``.
        facts: ``by``, ``reason`` and what the kind has.
        graph: The graph that its state names, if it has one.

    Returns:
        A decision, which always adds it.
    """
    return lambda _: Draft(kind, facts, graph)


def session_at(name: str, start: datetime) -> Session:
    """A session by its name and the time at which it began."""
    return Session(name, at(start))
