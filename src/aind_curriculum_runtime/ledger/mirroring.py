"""Which mirrors a ledger has, and when they are brought up to date: after each entry, and when a person asks.

Owns both, and what is said of a mirror that is behind. The list of mirrors is a document of the ledger itself: rigs,
task repos and launchers that write entries have nothing else in common, and one that did not know of a mirror would
leave it behind without a word.

Nobody holds a lock. Whoever has written to a mirror looks at the ledger once more, and writes anew when there is a
newer entry: so the last one to write has the newest. A crash before that leaves a mirror that differs from the ledger,
as one that was away does; both are found by comparing. Which animals were left behind by a mirror that was away is
noted beside the list, so that the next entry of any animal brings them along. The note is a hint: with it lost, an
animal is brought along at its own next entry, or by ``curricula subjects mirror``.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ..contract.errors import CurriculumError
from ..contract.strict_json import StrictJsonError, encode, parse
from .known import Known, known
from .mirror import Away, Behind, Mirror
from .store import Store

__all__ = ["Shown", "bring_up", "declare", "mirror_after", "mirrors_of", "withdraw"]

_MIRRORS: Final = "mirrors"
_LEFT: Final = "left"
"""Names of the documents."""

_FOR_OTHERS: Final = 5.0
"""Seconds that an entry of one animal may wait for the mirrors of others."""

_TRIES: Final = 100
"""Entries that others may write of one animal while it is shown."""

_SLIMS: Final = ("slims+https://", "slims+http://")


@dataclass
class Shown:
    """What was brought up to date in a mirror."""

    there: set[str] = field(default_factory=set)
    """Subjects that it shows."""

    written: set[str] = field(default_factory=set)
    """Those of them that it did not show before."""

    left: dict[str, str] = field(default_factory=dict)
    """Subjects that it does not show, and why."""

    is_away: bool = False
    """Whether it could show none: then those after the first were not tried."""


def mirrors_of(store: Store) -> list[str]:
    """The mirrors that a ledger has.

    Args:
        store: The ledger.

    Returns:
        Their URLs.

    Raises:
        CurriculumError: ``ledger.damaged`` when the list cannot be read, or as the store raises it.
    """
    data = store.document(_MIRRORS)
    try:
        found = parse(data) if data is not None else []
        return [str(one) for one in found]
    except (StrictJsonError, TypeError):
        raise CurriculumError(
            "ledger.damaged",
            f"The list of the mirrors of {store.url} cannot be read.",
            f"Remove the document {_MIRRORS!r}, and declare each anew: `curricula subjects mirror --to URL`.",
        ) from None


def declare(store: Store, url: str) -> None:
    """Give a ledger one more mirror; one that it has already stays.

    Args:
        store: The ledger.
        url: The whole path of a library folder of CLABE, or ``slims+https://`` and the rest of SLIMS' address.

    Raises:
        CurriculumError: ``usage.invalid`` for a place that can be none, or as the store raises it.
        Behind: It cannot be reached.
    """
    _opened(url).prepare()
    if url not in (there := mirrors_of(store)):
        store.keep_document(_MIRRORS, encode([*there, url]))


def withdraw(store: Store, url: str) -> None:
    """Take a mirror away from a ledger; what it shows stays as it is.

    Args:
        store: The ledger.
        url: As it was declared.

    Raises:
        CurriculumError: ``usage.invalid`` where the ledger has no such mirror, or as the store raises it.
    """
    there = mirrors_of(store)
    if url not in there:
        raise CurriculumError(
            "usage.invalid", f"{store.url} has no mirror {url!r}.", f"It has {', '.join(there) or 'none'}."
        )
    store.keep_document(_MIRRORS, encode([one for one in there if one != url]))
    _note(store, url, Shown(there=set(_left(store).get(url, ()))))


def mirror_after(store: Store, found: Known, tell: Callable[[str], None]) -> None:
    """Bring all mirrors up to date after an entry. Never fails: the entry is written.

    Args:
        store: The ledger.
        found: What is known of the entry's animal.
        tell: Called with a sentence for each mirror that does not show it.
    """
    try:
        for url in mirrors_of(store):
            others = [one for one in _left(store).get(url, ()) if one != found.subject]
            shown = _brought(store, url, {found.subject: found, **dict.fromkeys(others)}, _FOR_OTHERS)
            if why := shown.left.get(found.subject):
                tell(f"the mirror {url} does not show entry {found.standing.place} of {found.subject} yet: {why}")
            _note(store, url, shown)
    except Exception as error:  # such as a ledger that went away
        tell(f"mirrors of {store.url} may not show entry {found.standing.place} of {found.subject} yet: {_why(error)}")


def bring_up(store: Store, url: str, subjects: Iterable[str]) -> Shown:
    """Bring animals up to date in a mirror, however long that takes.

    Args:
        store: The ledger.
        url: The mirror.
        subjects: Names of the animals.

    Returns:
        What it shows, and what it does not.

    Raises:
        CurriculumError: As the store raises it.
    """
    shown = _brought(store, url, dict.fromkeys(subjects), None)
    _note(store, url, shown)
    return shown


def _brought(store: Store, url: str, subjects: Mapping[str, Known | None], seconds: float | None) -> Shown:
    """Show animals, the first one in any case and others for so many seconds."""
    shown, start = Shown(), time.monotonic()
    for subject, found in subjects.items():
        if seconds is not None and shown.there and time.monotonic() - start > seconds:
            break
        try:
            if _show(_opened(url), store, found or known(store, subject)):
                shown.written.add(subject)
            shown.there.add(subject)
        except Exception as error:  # whatever a mirror is made of: the entry is written, and the next one is tried
            shown.left[subject] = _why(error)
            shown.is_away = isinstance(error, Away)
            if shown.is_away:
                break
    return shown


def _show(mirror: Mirror, store: Store, found: Known) -> bool:
    """Show where an animal stands, however many write of it at once; whether anything had to be written."""
    was_behind = False
    for _ in range(_TRIES):
        was_behind |= mirror.show(store, found)
        if store.last(found.subject) == found.standing.place:
            return was_behind
        found = known(store, found.subject)
    raise Behind("others write all the time")


def _why(error: Exception) -> str:
    if isinstance(error, Behind):
        return str(error)
    if isinstance(error, CurriculumError):
        return error.message.rstrip(".")
    return f"{type(error).__name__}: {error}".partition("\n")[0]


def _opened(url: str) -> Mirror:
    if url.startswith(_SLIMS):
        from .slims import Slims

        return Slims(url)
    if "://" in url:
        raise CurriculumError(
            "usage.invalid",
            f"A mirror cannot be at {url.partition('://')[0]}://.",
            "Give the whole path of CLABE's library folder, or slims+https://HOST/slimsrest.",
        )
    from .by_animal import ByAnimal

    return ByAnimal(url)


def _left(store: Store) -> dict[str, list[str]]:
    """The animals that mirrors left behind, as far as that is noted."""
    try:
        return {url: [str(one) for one in subjects] for url, subjects in parse(store.document(_LEFT) or b"{}").items()}
    except (StrictJsonError, TypeError, AttributeError):
        return {}


def _note(store: Store, url: str, shown: Shown) -> None:
    """Note which animal a mirror that is away left behind, and forget those that were tried."""
    tried = {*shown.there, *shown.left}
    left = {next(reversed(shown.left))} if shown.is_away else set()
    with contextlib.suppress(CurriculumError):  # a hint; the store may be away too
        for _ in range(_TRIES):
            now = _left(store)
            wanted = sorted({*now.get(url, ())} - tried | left)
            if wanted == now.get(url, []):  # it stands; somebody who noted at once may have written over it
                return
            others = {key: left for key, left in now.items() if key != url}
            store.keep_document(_LEFT, encode({**others, url: wanted} if wanted else others))
