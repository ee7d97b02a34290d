"""Which curricula this environment holds, by entry point.

Imports neither pydantic nor a curriculum: ``loading`` does that, for the one that is asked for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from ..contract.errors import CurriculumError
from ..contract.versions import semver_of
from ..project.distributions import ENTRY_POINT_GROUP, entry_points, origin_of

if TYPE_CHECKING:
    from pathlib import Path


__all__ = [
    "Registered",
    "choose",
    "installed",
    "repo_directory",
]


class Registered(NamedTuple):  # importing dataclasses takes a tenth of the start of `list`
    """One curriculum as its distribution declares it, not yet imported."""

    name: str
    """Name of the entry point, and of the ``Curriculum`` object."""

    target: str
    """Where the object is: ``package.module:OBJECT``."""

    distribution: str
    """Name of the distribution that declares it."""

    version: str
    """Semantic version of that distribution; as in its metadata when that is not semantic."""


def installed() -> list[Registered]:
    """Every curriculum that the environment's distributions declare, by name.

    Returns:
        One entry a curriculum, sorted by name; empty when none is declared.

    Raises:
        CurriculumError: ``repo.duplicate_name`` when two distributions declare one name.
    """
    found: dict[str, Registered] = {}
    for point in entry_points(ENTRY_POINT_GROUP):
        version = point.distribution.version
        with contextlib.suppress(ValueError):  # the checks report a version that is not semantic
            version = semver_of(version)
        one = Registered(name=point.name, target=point.value, distribution=point.distribution.name, version=version)
        other = found.setdefault(one.name, one)
        if (other.target, other.distribution) != (one.target, one.distribution):
            raise CurriculumError(
                "repo.duplicate_name",
                f"Two distributions declare a curriculum named {one.name!r}: "
                f"{other.distribution} ({other.target}) and {one.distribution} ({one.target}).",
                f'Rename one under [project.entry-points."{ENTRY_POINT_GROUP}"] and run `uv sync`.',
            )
    return [found[name] for name in sorted(found)]


def choose(curricula: Iterable[Registered], name: str | None) -> Registered:
    """Pick the curriculum that a command is about.

    Args:
        curricula: What ``installed`` found.
        name: The name asked for, or None for the only one there is.

    Returns:
        The one curriculum.

    Raises:
        CurriculumError: ``repo.no_curriculum``, ``usage.unknown_curriculum`` or ``usage.curriculum_needed``.
    """
    by_name = {one.name: one for one in curricula}
    if not by_name:
        raise CurriculumError(
            "repo.no_curriculum",
            "No curriculum is installed in this environment.",
            f'Declare it in pyproject.toml under [project.entry-points."{ENTRY_POINT_GROUP}"] and run `uv sync`.',
        )
    known = ", ".join(by_name)
    if name is not None:
        if name not in by_name:
            raise CurriculumError(
                "usage.unknown_curriculum", f"There is no curriculum named {name!r} here.", f"Installed: {known}."
            )
        return by_name[name]
    if len(by_name) > 1:
        raise CurriculumError(
            "usage.curriculum_needed",
            f"There are {len(by_name)} curricula here, so one must be chosen.",
            f"Add --curriculum with one of: {known}.",
        )
    return next(iter(by_name.values()))


def repo_directory(registered: Registered) -> Path | None:
    """The repo that a curriculum is installed from, if the install is editable.

    Args:
        registered: Which curriculum.

    Returns:
        The folder of its ``pyproject.toml``, or None for an ordinary install.
    """
    origin = origin_of(registered.distribution)
    return None if origin is None else origin.editable
