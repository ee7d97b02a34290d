"""Adding to a subject's ledger: what is written of a session or of a person's change, and what is not written twice.

Owns the loop of reading, deciding and writing, after which the ledger's mirrors are brought up to date. Two rigs may
write at once: one has the place, the other reads what came and decides anew. Deciding is a pure function of the
history, so nothing is lost and nothing is written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ..contract.errors import CurriculumError
from .entry import Entry, Graph, Session, written
from .known import Concluded, Known, known, remember, with_entry
from .mirroring import mirror_after
from .store import Store
from .subject import require_spelling

__all__ = ["Draft", "add", "add_all", "change", "evaluation", "hold"]

_TRIES: Final = 1000
"""Times that others may be quicker before it is called a fault: four writers of one subject need a few."""


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


Decision = Callable[[Known], Draft | None]
"""What to write after what is known, or None when there is nothing to add."""


def _now() -> datetime:
    return datetime.now(UTC)


def add(
    store: Store,
    subject: str,
    decide: Decision,
    *,
    now: Callable[[], datetime] = _now,
    tell: Callable[[str], None] = lambda _: None,
) -> Known:
    """Decide what to write, and write it; then mirrors show it, also where there was nothing left to write.

    Args:
        store: Where to.
        subject: Whose ledger.
        decide: Called with what is known of the subject, again whenever somebody else was quicker.
        now: The clock.
        tell: Called with a sentence for each mirror that is behind, which is no failure.

    Returns:
        What is known with what was written.

    Raises:
        CurriculumError: As ``known``, the store and ``decide`` raise it.
    """

    def deciding(before: Known) -> Sequence[Draft]:
        draft = decide(before)
        return () if draft is None else (draft,)

    return add_all(store, subject, deciding, now=now, tell=tell)


def add_all(
    store: Store,
    subject: str,
    decide: Callable[[Known], Sequence[Draft]],
    *,
    now: Callable[[], datetime] = _now,
    tell: Callable[[str], None] = lambda _: None,
) -> Known:
    """Decide what several entries to write, and write them in their order; then mirrors show where that leads.

    Args:
        store: Where to.
        subject: Whose ledger.
        decide: Called with what is known of the subject, again whenever somebody else was quicker: those that it gave
            before may be written in part.
        now: The clock.
        tell: Called with a sentence for each mirror that is behind, which is no failure.

    Returns:
        What is known with what was written.

    Raises:
        CurriculumError: As ``known``, the store and ``decide`` raise it.
    """
    found = known(store, subject)
    graphs: set[str] = set()
    for _ in range(_TRIES):
        drafts, is_whole = decide(found), True
        for draft in drafts:
            found, is_whole = _added(store, found, draft, now(), graphs)
            if not is_whole:
                break
        if is_whole:
            if drafts:
                remember(store, found)
            mirror_after(store, found, tell)
            return found
    raise CurriculumError(
        "transient.io",
        f"Others write to the ledger of {subject} in {store.url} all the time.",
        "Try again in a minute.",
    )


def _added(store: Store, found: Known, draft: Draft, now: datetime, graphs: set[str]) -> tuple[Known, bool]:
    """Write one entry, unless somebody else was quicker; what is known then, and whether it was written.

    ``graphs`` are those that were kept before.
    """
    subject, place = found.subject, found.standing.place + 1
    if place == 1:
        require_spelling(subject, store.subjects())
    if draft.graph is not None and draft.graph.digest not in graphs:
        store.keep_graph(draft.graph.digest, draft.graph.data)
        graphs.add(draft.graph.digest)
    data = written(subject, place, found.standing.head, draft.kind, now, draft.facts)
    # A write whose answer was lost is tried again by the client below, and finds itself.
    is_mine = store.append(subject, place, data) or store.entry(subject, place) == data
    after = with_entry(found, Entry.read(data, subject, place)) if is_mine else None
    return (after if after is not None else known(store, subject)), is_mine


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

    def decide(before: Known) -> Draft | None:
        there = before.sessions.get(session)
        if there is not None and (there.given, there.outcome) == (facts["given"], facts["outcome"]):
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

    def decide(before: Known) -> Draft | None:
        there = before.sessions.get(session)
        if there is not None and (there.kind == "evaluated" or there.outcome == facts["error"]):
            return None
        return Draft("held", {"session": vars(session), **facts, **_corrects(there)})

    return decide


def _corrects(there: Concluded | None) -> dict[str, int]:
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
