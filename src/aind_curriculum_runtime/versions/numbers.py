"""Raising version numbers, and which of the three numbers differs.

Owns the three levels of a bump. Knows nothing of what makes a bump needed.
"""

from __future__ import annotations

from typing import Final, Literal

from semver import Version

__all__ = ["LEVELS", "Level", "enough", "level_between", "raised", "successors"]

Level = Literal["none", "patch", "minor", "major"]

LEVELS: Final[tuple[Level, ...]] = ("none", "patch", "minor", "major")
"""From the smallest to the largest."""


def raised(version: str, level: Level) -> str:
    """The next version.

    Args:
        version: A semantic version.
        level: Which number to raise.

    Returns:
        A version without prerelease and build metadata. A prerelease becomes the version that it leads to,
        if that is enough (``2.0.0-rc.1`` raised by any level is ``2.0.0``).

    Raises:
        ValueError: ``version`` is not semantic.
    """
    # The build metadata is dropped first: semver treats 1.2.3+local as if it came before 1.2.3.
    given = Version.parse(version).replace(build=None)
    return str(given.finalize_version() if level == "none" else given.next_version(level))


def level_between(old: str, new: str) -> Level:
    """Which number was raised.

    Args:
        old: A semantic version.
        new: A higher one.

    Returns:
        The leftmost of the three numbers that differs; ``patch`` for two prereleases of one version.

    Raises:
        ValueError: One is not semantic.
    """
    before, after = Version.parse(old), Version.parse(new)
    names: tuple[Level, ...] = ("major", "minor", "patch")
    first = next((name for name in names if getattr(before, name) != getattr(after, name)), None)
    return first or ("none" if before == after else "patch")


def successors(old: str, new: str) -> tuple[str, str]:
    """The numbers by which a later version may be known.

    Args:
        old: A semantic version.
        new: What the later version is called; it may not have been raised yet.

    Returns:
        A minor version after ``old``, and a major one; ``new`` is one of them if it is such a version.
    """
    level = level_between(old, new) if Version.parse(new) > Version.parse(old) else "none"
    return new if level == "minor" else raised(old, "minor"), new if level == "major" else raised(old, "major")


def enough(given: Level, needed: Level) -> bool:
    """Whether a bump is at least as large as the one needed."""
    return LEVELS.index(given) >= LEVELS.index(needed)
