"""Versions of what is installed here: a curriculum's, the library's and this runtime's.

Reads the metadata of installed distributions; imports none of them.
"""

from __future__ import annotations

from ..contract.errors import CurriculumError
from ..contract.versions import semver_of
from .distributions import version_of

__all__ = ["curriculum_version", "dsl_version", "runtime_version"]


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


def dsl_version() -> str:
    """The installed version of ``aind-behavior-curriculum``, read without importing it."""
    return version_of("aind-behavior-curriculum")


def runtime_version() -> str:
    """The installed version of this package."""
    return version_of("aind-curriculum-runtime")
