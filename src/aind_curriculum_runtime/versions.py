"""Version numbers: one place to state a curriculum's, and the rule of the major version.

Owns semantic versions and their other spelling in Python packaging. Knows nothing of curricula.
"""

from __future__ import annotations

import re
from typing import Final

from .distributions import version_of
from .errors import CurriculumError

__all__ = ["curriculum_version", "dsl_version", "major", "runtime_version", "semver_of"]

SEMVER: Final = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)
_PEP440: Final = re.compile(
    r"(?P<release>(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2})"
    r"(?:(?P<pre>a|b|rc)(?P<n>0|[1-9]\d*))?(?:\.dev(?P<dev>0|[1-9]\d*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:\.[a-z0-9]+)*))?",
    re.ASCII,
)
_PRE_NAMES: Final = {"a": "alpha", "b": "beta", "rc": "rc"}


def curriculum_version(distribution: str) -> str:
    """The version in a curriculum repo's ``pyproject.toml``, the one place where it is stated.

    Args:
        distribution: The name under ``[project]`` in that file.

    Returns:
        A semantic version.

    Raises:
        CurriculumError: ``repo.version`` when it is not installed or its version is not semantic.
    """
    try:
        return semver_of(version_of(distribution))
    except ModuleNotFoundError:
        raise CurriculumError(
            "repo.version",
            f"No distribution named {distribution!r} is installed, so its version is unknown.",
            "Use the name under [project] in pyproject.toml, and run `uv sync`.",
        ) from None
    except ValueError as error:
        raise CurriculumError(
            "repo.version", f"{distribution}: {error}.", "Write MAJOR.MINOR.PATCH as the version in pyproject.toml."
        ) from None


def semver_of(version: str) -> str:
    """Spell a Python packaging version as a semantic version.

    Packaging tools rewrite ``1.2.0-rc.1`` to ``1.2.0rc1``; this is the way back.

    Args:
        version: A version as installed metadata gives it.

    Returns:
        A semantic version, ``version`` itself where it already is one.

    Raises:
        ValueError: There is no semantic version of that meaning (``1.2``, ``1!1.0.0``, ``1.0.0.post1``).
    """
    if SEMVER.fullmatch(version):
        return version
    match = _PEP440.fullmatch(version)
    if match is None:
        raise ValueError(f"the version {version!r} is not a semantic version")
    pre = [f"{_PRE_NAMES[match['pre']]}.{match['n']}"] if match["pre"] else []
    dev = [f"dev.{match['dev']}"] if match["dev"] else []
    local = f"+{match['local']}" if match["local"] else ""
    return match["release"] + ("-" + ".".join(pre + dev) if pre or dev else "") + local


def major(version: str) -> int:
    """The major number of a semantic version.

    Args:
        version: A semantic version.

    Returns:
        Its first number.

    Raises:
        ValueError: ``version`` is not a semantic version.
    """
    match = SEMVER.fullmatch(version)
    if match is None:
        raise ValueError(f"{version!r} is not a semantic version")
    return int(match[1])


def dsl_version() -> str:
    """The installed version of ``aind-behavior-curriculum``, read without importing it."""
    return version_of("aind-behavior-curriculum")


def runtime_version() -> str:
    """The installed version of this package."""
    return version_of("aind-curriculum-runtime")
