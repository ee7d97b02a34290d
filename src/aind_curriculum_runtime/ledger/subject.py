"""Names of subjects: what may be the name of a folder on every rig, so that no subject leaves its own.

Owns the rule. A name that fits here is the same on Linux, on Windows and in a bucket.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ..contract.errors import CurriculumError

__all__ = ["require_name", "require_spelling"]

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?")
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
"""What Windows keeps for devices, with any ending."""


def require_name(subject: str) -> str:
    """Make sure that a subject's name can be the name of a folder.

    Args:
        subject: The name.

    Returns:
        The same name.

    Raises:
        CurriculumError: ``subject.name``.
    """
    if not _NAME.fullmatch(subject) or _DEVICES.fullmatch(subject):
        shown = subject if len(subject) <= 80 else f"{subject[:80]}..."
        raise CurriculumError(
            "subject.name",
            f"{shown!r} cannot be the name of a subject.",
            "Use 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit, and no name "
            "that Windows keeps for a device, such as CON: 786543 or mouse-12.",
        )
    return subject


def require_spelling(subject: str, existing: Iterable[str]) -> None:
    """Make sure that a new subject is no other spelling of one that is there: Windows takes both for one folder.

    Args:
        subject: The name.
        existing: The names that are there.

    Raises:
        CurriculumError: ``subject.name``, with the name that is there.
    """
    for one in existing:
        if one != subject and one.casefold() == subject.casefold():
            raise CurriculumError(
                "subject.name",
                f"The subject {subject!r} is not known, but {one!r} is.",
                f"Write it as {one!r}, or choose a name that differs by more than upper and lower case.",
            )
