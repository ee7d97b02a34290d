"""What a store of ledgers does: keep bytes, and let exactly one writer have each place.

Owns the interface and its faults; ``folder`` and the others keep it. A store knows nothing of what an entry means.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

__all__ = ["Store"]


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

    def keep_known(self, subject: str, data: bytes) -> None:
        """Keep what a reader worked out of a subject's entries: a cache, the last writer's."""
        ...

    def known(self, subject: str) -> bytes | None:
        """What the last reader kept; None when it is not there."""
        ...
