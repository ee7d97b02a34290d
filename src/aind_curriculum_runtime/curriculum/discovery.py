"""Which curricula this environment holds, by entry point, under the names they have and had.

Imports neither pydantic nor a curriculum: ``loading`` does that, for the one that is asked for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..contract.errors import CurriculumError
from ..contract.versions import semver_of
from ..project.distributions import ENTRY_POINT_GROUP, FORMER_NAMES, EntryPoint, grouped_entry_points, origin_of

if TYPE_CHECKING:
    from pathlib import Path


__all__ = [
    "Registered",
    "choose",
    "find",
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

    formerly: tuple[str, ...] = ()
    """Names that it had before; trainer states may still carry them."""


def installed() -> list[Registered]:
    """Every curriculum that the environment's distributions declare, by name.

    Returns:
        One entry a curriculum, sorted by name; empty when none is declared.

    Raises:
        CurriculumError: ``repo.duplicate_name`` when one name, a former one included, leads to two curricula;
            ``repo.formerly`` for a former name that leads to none.
    """
    points = grouped_entry_points([ENTRY_POINT_GROUP, FORMER_NAMES])
    today = _by_name(points[ENTRY_POINT_GROUP], {})
    former = _by_name(points[FORMER_NAMES], today)
    for name, point in former.items():
        if point.value not in {one.value for one in today.values()}:
            raise CurriculumError(
                "repo.formerly",
                f"The former name {name!r} leads to {point.value}, which is no curriculum here.",
                f'Under [project.entry-points."{FORMER_NAMES}"] let it lead where the name of today leads, and run '
                "`uv sync`.",
            )
    return [
        _registered(today[name], tuple(sorted(old for old, one in former.items() if one.value == today[name].value)))
        for name in sorted(today)
    ]


def _by_name(points: Iterable[EntryPoint], others: Mapping[str, EntryPoint]) -> dict[str, EntryPoint]:
    """Entry points by their names, each of which leads to one curriculum, in another group too."""
    found: dict[str, EntryPoint] = {}
    for point in points:
        other = others.get(point.name) or found.setdefault(point.name, point)
        if (other.value, other.distribution.name) != (point.value, point.distribution.name):
            raise CurriculumError(
                "repo.duplicate_name",
                f"The name {point.name!r} leads to two curricula: "
                f"{other.distribution.name} ({other.value}) and {point.distribution.name} ({point.value}).",
                f'Rename one under [project.entry-points."{ENTRY_POINT_GROUP}"] and run `uv sync`.',
            )
    return found


def _registered(point: EntryPoint, formerly: tuple[str, ...]) -> Registered:
    version = point.distribution.version
    with contextlib.suppress(ValueError):  # the checks report a version that is not semantic
        version = semver_of(version)
    return Registered(
        name=point.name,
        target=point.value,
        distribution=point.distribution.name,
        version=version,
        formerly=formerly,
    )


def find(curricula: Iterable[Registered], name: str) -> Registered | None:
    """The curriculum of a name.

    Args:
        curricula: What ``installed`` found.
        name: The name that it has, or had before.

    Returns:
        The one curriculum, or None.
    """
    return next((one for one in curricula if name == one.name or name in one.formerly), None)


def choose(curricula: Iterable[Registered], name: str | None) -> Registered:
    """Pick the curriculum that a command is about.

    Args:
        curricula: What ``installed`` found.
        name: The name asked for, which may be a former one, or None for the only one there is.

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
        found = find(by_name.values(), name)
        if found is None:
            raise CurriculumError(
                "usage.unknown_curriculum", f"There is no curriculum named {name!r} here.", f"Installed: {known}."
            )
        return found
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
