"""What a store of ledgers does: keep bytes, and let exactly one writer have each place.

Owns the interface and the faults that all stores have; ``folder``, ``remote`` and ``sql`` keep it. A store knows
nothing of what an entry means, and of what a reader kept only that its first line can be asked for alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, Protocol

from ..contract.errors import CurriculumError
from ..contract.strict_json import StrictJsonError, encode, parse
from .entry import FORMAT

__all__ = [
    "Doing",
    "Outline",
    "Store",
    "gone",
    "mark",
    "no_answer",
    "no_ledger",
    "refused",
    "require_form",
    "require_mark",
]

Doing = Literal["read", "written to"]
"""What a store was asked to let happen, worded for its sentences."""


class Outline(NamedTuple):
    """What a store tells of a subject without reading its entries."""

    subject: str
    last: int
    """Number of its last entry."""

    known: bytes
    """The first line of what the last reader kept; empty when there is nothing."""


class Store(Protocol):
    """A place where ledgers lie.

    Every method raises ``CurriculumError``: ``transient.io`` when the store is away, ``ledger.unreadable`` or
    ``ledger.not_writable`` when it is there and refuses.
    """

    url: str
    """Where it is, for messages."""

    def subjects(self) -> list[str]:
        """Names of the subjects that have entries, sorted."""
        ...

    def outlines(self) -> Iterator[Outline]:
        """Every subject that has entries, sorted by name; quicker than asking for one after the other."""
        ...

    def last(self, subject: str) -> int:
        """Number of the subject's last entry; 0 for one that has none."""
        ...

    def read(self, subject: str, after: int = 0) -> Iterator[bytes]:
        """The subject's entries in their order.

        Args:
            subject: Its name.
            after: How many of the first to leave out.
        """
        ...

    def entry(self, subject: str, place: int) -> bytes | None:
        """The bytes of one entry; None when it is not there."""
        ...

    def append(self, subject: str, place: int, data: bytes) -> bool:
        """Write an entry, whole or not at all.

        Args:
            subject: Its name.
            place: The number of the entry, one more than that of the last.
            data: Its bytes.

        Returns:
            Whether it is there now; False when somebody else has that place.
        """
        ...

    def keep_graph(self, digest: str, data: bytes) -> None:
        """Keep the graph of a curriculum, once for all that name it.

        Args:
            digest: Its hash.
            data: Its bytes.
        """
        ...

    def graph(self, digest: str) -> bytes | None:
        """The bytes of a graph; None when it is not there."""
        ...

    def graphs(self) -> list[str]:
        """The hashes of all graphs, sorted."""
        ...

    def keep_known(self, subject: str, data: bytes) -> None:
        """Keep what a reader worked out of a subject's entries: a cache, the last writer's."""
        ...

    def known(self, subject: str) -> bytes | None:
        """What the last reader kept; None when it is not there."""
        ...

    def keep_document(self, name: str, data: bytes) -> None:
        """Keep a document about the ledger as a whole, in place of the one before.

        Args:
            name: Its name: small letters.
            data: Its bytes.
        """
        ...

    def document(self, name: str) -> bytes | None:
        """The bytes of a document; None when it is not there."""
        ...


def mark() -> bytes:
    """What a store of files says of itself: that it is a ledger, and its form."""
    return encode({"ledger": FORMAT}) + b"\n"


def require_mark(data: bytes | None, url: str) -> None:
    """Make sure that a store of files is a ledger that this runtime can read.

    Args:
        data: What the file with ``mark`` holds; None where it is missing.
        url: Where the store is, for messages.

    Raises:
        CurriculumError: ``transient.io`` or ``ledger.unreadable``.
    """
    if data is None:
        raise no_ledger(url)
    try:
        form = parse(data)["ledger"]
    except (StrictJsonError, KeyError, TypeError):
        form = None
    require_form(form, url)


def require_form(form: Any, url: str) -> None:
    """Make sure that this runtime can read the form that a store has.

    Args:
        form: The number of the form.
        url: Where the store is, for messages.

    Raises:
        CurriculumError: ``ledger.unreadable``.
    """
    if not isinstance(form, int) or form > FORMAT:
        raise CurriculumError(
            "ledger.unreadable",
            f"The ledger {url} has a form that this runtime does not know: {form!r}.",
            "Update the runtime of this repo (`copier update`).",
            where=url,
        )


def no_ledger(url: str) -> CurriculumError:
    """The failure where no ledger is, which may be because a share is away; for the caller to raise."""
    return CurriculumError(
        "transient.io",
        f"There is no ledger at {url}.",
        "If it is on a share, mount that and run the step again. `curricula subjects create` makes a new one.",
        where=url,
    )


def no_answer(url: str, said: str, hint: str) -> CurriculumError:
    """The failure where a store did not answer; for the caller to raise.

    Args:
        url: Where it is, for messages.
        said: What the system or its client said.
        hint: What to look at.

    Returns:
        ``transient.io``.
    """
    return CurriculumError(
        "transient.io", f"The ledger {url} did not answer: {said}.", f"{hint} and run the step again.", where=url
    )


def refused(url: str, doing: Doing, said: str, hint: str) -> CurriculumError:
    """The failure where a store is there and refuses; for the caller to raise.

    Args:
        url: Where it is, for messages.
        doing: What it refuses.
        said: What the system or its client said.
        hint: What to look at.

    Returns:
        ``ledger.not_writable`` or ``ledger.unreadable``.
    """
    code = "ledger.not_writable" if doing == "written to" else "ledger.unreadable"
    return CurriculumError(
        code,
        f"The ledger {url} could not be {doing}: {said}.",
        f"{hint}; then run the step again.",
        where=url,
    )


def gone(url: str, subject: str, place: int) -> CurriculumError:
    """The failure for an entry that is missing before a later one; for the caller to raise."""
    return CurriculumError(
        "ledger.damaged",
        f"Entry {place} of {subject} in {url} is gone.",
        f"Bring it back from a copy; until then nothing is written for {subject}.",
        where=f"{subject}/{place}",
    )
