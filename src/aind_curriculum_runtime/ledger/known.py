"""What is known of a subject: where it stands and how each session was concluded, without reading all its entries.

Owns reading a subject's ledger, whole or from where the last reader stopped. What a reader worked out is kept beside
the entries, as a cache: it is taken only where the entry it ends with is there with the same hash, it may be removed at
any time, and nothing is lost with it. So an entry that was damaged since is found by ``verify``, which reads them all.
It is two lines: where the animal stands, which is all that an overview of many animals needs, and its sessions.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from ..contract.errors import CurriculumError
from ..contract.strict_json import StrictJsonError, encode, parse
from .entry import FORMAT, Damaged, Entry, Graph, Newer, Session, digest, with_graph
from .standing import Standing, counting, stand, stand_of
from .store import Store
from .subject import require_name

__all__ = [
    "Concluded",
    "Known",
    "damaged",
    "entries_of",
    "kept",
    "kept_standing",
    "known",
    "next_state",
    "of_all",
    "previous_metrics",
    "remember",
    "with_entry",
]

_IN_CACHE: Final = (
    *("place", "head", "enrolled", "is_on", "state_place", "stage", "curriculum", "pins", "groups", "moment"),
    *("metrics", "at_stage", "took", "stuck_after", "held", "late"),
)
"""Fields of a standing as they are; its state is read from its entry."""

_TUPLES: Final = ("groups", "late")


class Concluded(NamedTuple):
    """How a session was concluded, by the entry that counts for it."""

    place: int
    kind: str
    given: str | None
    outcome: Any
    """The hash of the suggestion, or the code, message and hint of why it was held."""


@dataclass(frozen=True)
class Known:
    """What is known of a subject."""

    subject: str
    standing: Standing = field(default_factory=Standing)
    sessions: Mapping[Session, Concluded] = field(default_factory=dict)


def known(store: Store, subject: str) -> Known:
    """Find out what is known of a subject.

    Args:
        store: Where its ledger lies.
        subject: Its name.

    Returns:
        The same as all its entries say; that of no entries for a subject that has none.

    Raises:
        CurriculumError: ``subject.name``, ``ledger.damaged`` with the place, or as the store raises it.
    """
    require_name(subject)
    found = _remembered(store, subject)
    if found is None:
        return of_all(subject, entries_of(store, subject))
    for entry in entries_of(store, subject, found.standing):
        after = with_entry(found, entry)
        if after is None:
            return of_all(subject, entries_of(store, subject))
        found = after
    return found


def with_entry(before: Known, entry: Entry) -> Known | None:
    """Add one more entry to what is known.

    Args:
        before: What is known of all entries before it.
        entry: The next one.

    Returns:
        What is known with it; None for an entry that corrects another, for which all are needed.
    """
    standing = stand_of(before.standing, entry)
    return None if standing is None else Known(before.subject, standing, {**before.sessions, **_concluded([entry])})


def of_all(subject: str, entries: Iterable[Entry]) -> Known:
    """What is known of a subject by all its entries, in their order."""
    entries = list(entries)
    return Known(subject, stand(entries), _concluded(counting(entries)))


def _concluded(entries: Iterable[Entry]) -> dict[Session, Concluded]:
    return {
        one.session: Concluded(one.place, one.kind, one.given, one.content.get("outcome", one.content.get("error")))
        for one in entries
        if one.session is not None and one.kind in ("evaluated", "held")
    }


def entries_of(store: Store, subject: str, after: Standing | None = None) -> list[Entry]:
    """Read entries and make sure that each follows from the one before it.

    Args:
        store: Where they lie.
        subject: Whose.
        after: The standing up to which they are known; None for all of them.

    Returns:
        The entries, in their order.

    Raises:
        CurriculumError: ``ledger.damaged`` with the place, or as the store raises it.
    """
    first, before = (0, None) if after is None else (after.place, after.head)
    found: list[Entry] = []
    for place, data in enumerate(store.read(subject, first), first + 1):
        try:
            entry = Entry.read(data, subject, place)
            if entry.before != before:
                raise Damaged("it does not follow from the entry before it")
        except Damaged as error:
            raise damaged(store, subject, place, error) from None
        found.append(entry)
        before = entry.digest
    return found


def previous_metrics(store: Store, found: Known, start: str) -> dict[str, Any] | None:
    """The metrics of the last session that was evaluated and began before a time.

    Args:
        store: Where the ledger lies; it is read whole only for a session that comes late.
        found: What is known of the subject.
        start: In UTC, as ``entry.at`` writes it.

    Returns:
        The metrics, or None where there is no such session since the animal was enrolled.

    Raises:
        CurriculumError: As ``entries_of`` raises it.
    """
    if all(session.start < start for session, one in found.sessions.items() if one.place > found.standing.enrolled):
        return found.standing.metrics
    before = [
        one
        for one in counting(entries_of(store, found.subject))
        if one.place > found.standing.enrolled and one.kind == "evaluated"
        if one.session is not None and one.session.start < start
    ]
    return max(before, key=lambda one: one.session.start if one.session else "").metrics if before else None


def next_state(store: Store, found: Known, at_hand: Graph | None = None) -> dict[str, Any] | None:
    """The trainer state that a subject's next session is run with.

    Args:
        store: Where its ledger lies.
        found: What is known of it.
        at_hand: A graph that need not be read from the store.

    Returns:
        The state as JSON, with the graph of its curriculum; None for a subject that was never enrolled.

    Raises:
        CurriculumError: ``ledger.damaged`` when the graph is missing, or as the store raises it.
    """
    state = found.standing.next_state
    if state is None or not isinstance(state.get("curriculum"), Mapping) or "graph" not in state["curriculum"]:
        return state
    name = state["curriculum"]["graph"]
    graph = at_hand.data if at_hand is not None and at_hand.digest == name else store.graph(name)
    try:
        if graph is None:
            raise Damaged("it is missing")
        return with_graph(state, graph)
    except Damaged as error:
        raise CurriculumError(
            "ledger.damaged",
            f"The curriculum's graph of the trainer state of {found.subject} in {store.url} cannot be used: {error}.",
            "Bring the folder `graphs` back from a copy.",
        ) from None


def remember(store: Store, found: Known) -> None:
    """Keep what is known for the next reader.

    Args:
        store: Where the ledger lies; one that cannot keep it is not asked why.
        found: What is known of a subject.
    """
    standing = {name: getattr(found.standing, name) for name in _IN_CACHE}
    last = found.standing.session
    first = {"ledger": FORMAT, **standing, "session": None if last is None else [last.name, last.start]}
    sessions = [[session.name, session.start, *one] for session, one in found.sessions.items()]
    with contextlib.suppress(CurriculumError):
        store.keep_known(found.subject, encode(first) + b"\n" + encode(sessions) + b"\n")


def kept_standing(line: bytes) -> Standing | None:
    """Read the first line of what a reader kept.

    Args:
        line: The line, or nothing.

    Returns:
        The standing, without its trainer state; None for a line that is not one of this form.
    """
    try:
        content = parse(line)
        fields = {name: content[name] for name in _IN_CACHE} | {name: tuple(content[name]) for name in _TUPLES}
        fields["took"] = {stage: tuple(stays) for stage, stays in content["took"].items()}
        session = Session(*content["session"]) if content["session"] else None
        is_of_this_form = content["ledger"] == FORMAT and isinstance(content["place"], int)
    except (StrictJsonError, KeyError, TypeError, ValueError, AttributeError):
        return None
    return Standing(**fields, session=session) if is_of_this_form else None


def kept(store: Store, subject: str) -> Known | None:
    """Read what a reader kept, whether it still fits or not.

    Args:
        store: Where the ledger lies.
        subject: Whose.

    Returns:
        What it knew, without the trainer state of the standing; None when there is nothing that can be read.
    """
    try:
        first, _, second = (store.known(subject) or b"").partition(b"\n")
        standing = kept_standing(first)
        sessions = {Session(name, start): Concluded(*rest) for name, start, *rest in parse(second)}
    except (StrictJsonError, TypeError, ValueError, CurriculumError):
        return None
    return None if standing is None else Known(subject, standing, sessions)


def _remembered(store: Store, subject: str) -> Known | None:
    """What the last reader kept, if it still fits; the state is that of its entry."""
    found = kept(store, subject)
    if found is None:
        return None
    standing = found.standing
    last = store.entry(subject, standing.place)
    if last is None or digest(last) != standing.head:
        return None
    data = last if standing.state_place == standing.place else store.entry(subject, standing.state_place)
    try:
        state = Entry.read(data or b"", subject, standing.state_place).state if standing.state_place else None
    except Damaged as error:
        raise damaged(store, subject, standing.state_place, error) from None
    return replace(found, standing=replace(standing, state=state))


def damaged(store: Store, subject: str, place: int, why: Damaged) -> CurriculumError:
    """The failure for an entry that does not fit.

    Args:
        store: Where it lies.
        subject: Whose it is.
        place: Its number.
        why: What is wrong with it.

    Returns:
        ``ledger.damaged``, for the caller to raise.
    """
    is_newer = isinstance(why, Newer)
    remedy = "Update the runtime of this repo (`copier update`)" if is_newer else "Bring it back from a copy"
    return CurriculumError(
        "ledger.damaged",
        f"Entry {place} of {subject} in {store.url} {'cannot be read' if is_newer else 'is damaged'}: {why}.",
        f"{remedy}; until then nothing is written for {subject}.",
        where=f"{subject}/{place}",
    )
