"""Where all animals stand, without reading all their entries.

Owns taking what readers kept as it is where it ends with the subject's last entry, and working it out anew where not.
That an entry is still what it was is looked at by ``verify`` and by those who write, not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .known import kept_standing, known, remember
from .standing import Standing
from .store import Store

__all__ = ["overview"]


def overview(store: Store) -> Iterator[tuple[str, Standing]]:
    """Work out where all subjects stand.

    Args:
        store: Where the ledgers lie.

    Yields:
        Each subject's name and its standing, without the trainer state (``known`` has it), sorted by name.

    Raises:
        CurriculumError: As ``known`` raises it.
    """
    for subject, last, line in store.outlines():
        standing = kept_standing(line)
        if standing is None or standing.place != last:
            found = known(store, subject)
            remember(store, found)
            standing = replace(found.standing, state=None)
        yield subject, standing
