"""Copying a ledger from one store to another, byte for byte.

Owns the order that lets it be stopped at any point and run again: graphs before the entries that name them, entries in
their order. Where both have entries, the last that both have must be the same: it holds the hash of all before it.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

from ..contract.errors import CurriculumError
from .store import Store
from .subject import require_name, require_spelling

__all__ = ["Copied", "copy", "copy_before"]


class Copied(NamedTuple):
    """How much was copied; nothing of what was there before counts."""

    subjects: int
    entries: int
    graphs: int


def copy(source: Store, target: Store) -> Copied:
    """Bring everything of one ledger into another.

    Args:
        source: Where to read.
        target: Where to write; what it has already is left as it is.

    Returns:
        How many subjects had entries that were copied, how many entries, and how many graphs.

    Raises:
        CurriculumError: ``output.exists`` where the target has another entry at a place, ``subject.name``, or as the
            stores raise it.
    """
    graphs = _copy_graphs(source, target)
    there = target.subjects()
    counts = [_copy_subject(source, target, subject, there) for subject in source.subjects()]
    return Copied(sum(1 for one in counts if one), sum(counts), graphs)


def copy_before(source: Store, target: Store, subject: str, place: int) -> None:
    """Bring what happened to one subject up to some time into an empty ledger.

    Args:
        source: Where to read.
        target: Where to write.
        subject: Whose entries.
        place: The number of the first entry that stays behind.

    Raises:
        CurriculumError: As the stores raise it.
    """
    _copy_graphs(source, target)
    for at, data in enumerate(itertools.islice(source.read(subject), place - 1), 1):
        target.append(subject, at, data)


def _copy_graphs(source: Store, target: Store) -> int:
    missing = sorted(set(source.graphs()) - set(target.graphs()))
    for digest in missing:
        data = source.graph(digest)
        if data is not None:
            target.keep_graph(digest, data)
    return len(missing)


def _copy_subject(source: Store, target: Store, subject: str, there: list[str]) -> int:
    require_spelling(require_name(subject), there)
    last = target.last(subject)
    both = min(last, source.last(subject))
    if both and source.entry(subject, both) != target.entry(subject, both):
        raise _other(source, target, subject, both)
    place = last
    for place, data in enumerate(source.read(subject, last), last + 1):
        if not target.append(subject, place, data) and target.entry(subject, place) != data:
            raise _other(source, target, subject, place)
    return place - last


def _other(source: Store, target: Store, subject: str, place: int) -> CurriculumError:
    return CurriculumError(
        "output.exists",
        f"Entry {place} of {subject} in {target.url} is another than in {source.url}.",
        "Somebody recorded in both. Copy to an empty ledger, or find out which of the two counts.",
        where=f"{subject}/{place}",
    )
