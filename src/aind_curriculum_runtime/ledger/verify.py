"""Reading a whole ledger for what does not fit.

Owns what is looked for: of each subject the first entry that does not follow from the one before it, the graphs of its
trainer states, and what a reader kept, which also shows an end that was changed or cut off. Changes nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from ..contract.errors import CurriculumError
from .entry import Entry, digest
from .known import Known, entries_of, kept, of_all
from .store import Store
from .subject import require_name, require_spelling

__all__ = ["Finding", "verify"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something in a ledger that does not fit.

    Args:
        subject: Whose.
        place: Number of the entry that it is about; None where it is about no single one.
        kind: ``name`` of the subject, ``entry``, ``graph`` of a trainer state, or ``known``: what a reader kept.
        sentence: What is wrong, without its full stop.
        hint: What to do.
    """

    subject: str
    place: int | None
    kind: Literal["name", "entry", "graph", "known"]
    sentence: str
    hint: str


def verify(store: Store) -> Iterator[Finding]:
    """Read all entries of a ledger and name what does not fit.

    Args:
        store: The ledger.

    Yields:
        Findings, subject by subject; none for a ledger that is whole.

    Raises:
        CurriculumError: As the store raises it: ``transient.io``, ``ledger.unreadable``.
    """
    subjects = store.subjects()
    graphs: dict[str, bool] = {}
    for subject in subjects:
        try:
            require_name(subject)
            require_spelling(subject, subjects)
        except CurriculumError as error:
            yield Finding(subject=subject, place=None, kind="name", sentence=error.message.rstrip("."), hint=error.hint)
        else:
            yield from _of_subject(store, subject, graphs)


def _of_subject(store: Store, subject: str, graphs: dict[str, bool]) -> Iterator[Finding]:
    reader = kept(store, subject)  # before the entries, of which more may come while they are read
    try:
        entries = entries_of(store, subject)
    except CurriculumError as error:
        if error.code != "ledger.damaged":
            raise
        place = int((error.where or "").rpartition("/")[2])
        sentence = error.message.rstrip(".")
        yield Finding(subject=subject, place=place, kind="entry", sentence=sentence, hint=error.hint)
        return
    if reader is not None:
        yield from _against(reader, entries)
    yield from _graphs_of(store, entries, graphs)


def _graphs_of(store: Store, entries: list[Entry], graphs: dict[str, bool]) -> Iterator[Finding]:
    """The first entry of each graph that is missing or another; ``graphs`` are those that were read before."""
    named = ((((one.state or {}).get("curriculum") or {}).get("graph"), one) for one in entries)
    first: dict[str, Entry] = {}
    for graph, entry in named:
        if graph is not None:
            first.setdefault(graph, entry)
    for graph, entry in first.items():
        if graph not in graphs:
            data = store.graph(graph)
            graphs[graph] = data is not None and digest(data) == graph
        if not graphs[graph]:
            yield Finding(
                subject=entry.subject,
                place=entry.place,
                kind="graph",
                sentence=f"The curriculum's graph {graph[:12]}, which entry {entry.place} of {entry.subject} names, "
                f"is missing or damaged in {store.url}",
                hint="Bring it back from a copy, or record a session of that version of the curriculum.",
            )


def _against(reader: Known, entries: list[Entry]) -> Iterator[Finding]:
    """Compare what a reader kept with what the entries say up to there."""
    subject, standing = reader.subject, reader.standing
    place = standing.place
    if place > len(entries):
        sentence = f"Entries {len(entries) + 1} to {place} of {subject} were there when it was last read, and are gone"
        yield Finding(
            subject=subject, place=place, kind="entry", sentence=sentence, hint="Bring them back from a copy."
        )
    elif place and entries[place - 1].digest != standing.head:
        sentence = f"Entry {place} of {subject} is another than when it was last read"
        yield Finding(subject=subject, place=place, kind="entry", sentence=sentence, hint="Compare it with a copy.")
    else:
        expected = of_all(subject, itertools.islice(entries, place))
        if reader != replace(expected, standing=replace(expected.standing, state=None)):
            sentence = f"What was kept of {subject} for quick reading is not what its entries say"
            hint = "Remove it: the file in `known`, or its row of `ledger_known`."
            yield Finding(subject=subject, place=None, kind="known", sentence=sentence, hint=hint)
