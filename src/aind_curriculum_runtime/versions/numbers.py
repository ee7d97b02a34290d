"""Version numbers, compared and raised.

Owns the order of semantic versions (semver.org, section 11) and the three levels of a bump. Knows nothing of what
makes a bump needed.
"""

from __future__ import annotations

from typing import Final, Literal

from ..contract.versions import SEMVER

__all__ = ["LEVELS", "Level", "enough", "level_between", "precedence", "raised"]

Level = Literal["none", "patch", "minor", "major"]

LEVELS: Final[tuple[Level, ...]] = ("none", "patch", "minor", "major")
"""From the least to the most."""


def precedence(version: str) -> tuple[object, ...]:
    """A key that sorts semantic versions.

    Args:
        version: A semantic version.

    Returns:
        A key; build metadata (``+...``) has no part in it.

    Raises:
        ValueError: ``version`` is not semantic.
    """
    if not SEMVER.fullmatch(version):
        raise ValueError(f"{version!r} is not a semantic version")
    numbers, _, pre = version.partition("+")[0].partition("-")
    # A number ranks below a word, fewer parts below more, and a release above its prereleases.
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in pre.split(".")) if pre else ()
    return (*_numbers(numbers), not pre, parts)


def raised(version: str, level: Level) -> str:
    """The next version.

    Args:
        version: A semantic version.
        level: What to raise.

    Returns:
        A version without prerelease and build metadata. Of a prerelease it is the version that it leads to,
        where that is enough (``2.0.0-rc.1`` raised by any level is ``2.0.0``).

    Raises:
        ValueError: ``version`` is not semantic.
    """
    precedence(version)
    core, _, pre = version.partition("+")[0].partition("-")
    one, two, three = _numbers(core)
    if level == "none" or (pre and _granularity(two, three) in LEVELS[LEVELS.index(level) :]):
        return core
    return {
        "patch": f"{one}.{two}.{three if pre else three + 1}",
        "minor": f"{one}.{two + 1}.0",
        "major": f"{one + 1}.0.0",
    }[level]


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
    differ = precedence(old) != precedence(new)
    names: tuple[Level, ...] = ("major", "minor", "patch")
    for before, after, name in zip(_numbers(_core(old)), _numbers(_core(new)), names, strict=True):
        if before != after:
            return name
    return "patch" if differ else "none"


def enough(given: Level, needed: Level) -> bool:
    """Whether a bump is at least the one that is needed."""
    return LEVELS.index(given) >= LEVELS.index(needed)


def _core(version: str) -> str:
    return version.partition("+")[0].partition("-")[0]


def _numbers(core: str) -> tuple[int, int, int]:
    one, two, three = map(int, core.split("."))
    return one, two, three


def _granularity(two: int, three: int) -> Level:
    """The level by which a version ending in these numbers was reached."""
    return "patch" if three else "minor" if two else "major"
