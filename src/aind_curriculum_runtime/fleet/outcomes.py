"""The outcome of an update for one curriculum, and the exception that ends an update early.

Owns the words that the table shows and which of them are bad news. Knows nothing of how an update is made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .members import Member

__all__ = ["AHEAD", "Stop", "UpdateOutcome", "is_full"]

AHEAD: Final = "it is at a version after the latest release"
"""The note on a curriculum that was made from a commit that is in no release yet; nothing is wrong with it."""

_FULL: Final = re.compile(
    "no space left on device|out of diskspace|disk quota exceeded|not enough space on the disk", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class UpdateOutcome:
    """The outcome of an update for one curriculum."""

    member: Member
    status: str
    before: str = ""
    """Version of the template it was at."""

    after: str = ""
    note: str = ""
    """One line for the table."""

    report: str = ""
    """What a person needs to go on by hand."""

    @property
    def is_bad(self) -> bool:
        """Whether somebody must do something."""
        return self.status in {"conflict", "failed"}


class Stop(Exception):
    """The update ends here, with the repo as it was.

    Args:
        status: The outcome's status.
        note: One line for the table.
        report: What a person needs to go on by hand.
    """

    def __init__(self, status: str, note: str, report: str = "") -> None:
        super().__init__(note)
        self.status = status
        self.note = note
        self.report = report


def is_full(said: str) -> bool:
    """Whether a program met a full disk, in the words of git, uv, Python and the systems.

    Args:
        said: What it wrote to stderr.

    Returns:
        True when that is the cause, whatever it was doing.
    """
    return _FULL.search(said) is not None
