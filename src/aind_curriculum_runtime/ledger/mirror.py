"""What a mirror does: show where an animal stands to those who read something else than the ledger.

Owns the interface; ``by_animal`` and ``slims`` keep it, ``mirroring`` decides when. A mirror is never read as a source.
What it shows is compared with the ledger, so how far it is stands in no second place.
"""

from __future__ import annotations

from typing import Protocol

from .known import Known
from .store import Store

__all__ = ["Away", "Behind", "Mirror"]


class Behind(Exception):
    """A mirror does not show where an animal stands; the message says why, without its full stop.

    It is tried again with the animal's next entry.
    """


class Away(Behind):
    """Nor can it show any other animal; all are tried again with the next entry of any."""


class Mirror(Protocol):
    """A copy of where animals stand."""

    def prepare(self) -> None:
        """Make sure that it can be written, before a ledger has it.

        Raises:
            CurriculumError: ``usage.invalid`` for a place that cannot be one.
            Behind: It cannot be reached.
        """
        ...

    def show(self, store: Store, found: Known) -> bool:
        """Show where an animal stands.

        Args:
            store: Where its ledger lies.
            found: What is known of the animal.

        Returns:
            Whether anything had to be written.

        Raises:
            Behind: It cannot be shown.
            CurriculumError: As the store raises it.
        """
        ...
