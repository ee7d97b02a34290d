"""Installed distributions, read from their folders: entry points, versions, and where each came from.

Owns the reading of ``*.dist-info`` folders along ``sys.path``, and the names of this runtime's entry-point groups.
It exists so that `curriculum list` and similar commands start fast: importing ``importlib.metadata`` takes longer
than the rest of such a command, because it imports the ``email`` package. What this module cannot read (eggs,
archives) it leaves to ``importlib.metadata``, so the two always agree. Knows nothing of what a curriculum is.

Source of the format: the packaging specifications "Recording installed projects" and "Entry points".
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

__all__ = [
    "ENTRY_POINT_GROUP",
    "FORMER_NAMES",
    "Distribution",
    "EntryPoint",
    "Origin",
    "entry_points",
    "grouped_entry_points",
    "normalised",
    "origin_of",
    "version_of",
]

ENTRY_POINT_GROUP: Final = "aind_curriculum_runtime.curricula"
"""The group of entry points by which a repo declares its curricula."""

FORMER_NAMES: Final = "aind_curriculum_runtime.formerly"
"""The group of the names that its curricula had before: each leads to the curriculum that had it."""

_DIST_INFO: Final = ".dist-info"
_OTHER_KINDS: Final = (".egg-info", ".egg")


class EntryPoint(NamedTuple):
    """An entry point with the distribution that declares it."""

    name: str
    value: str
    distribution: Distribution


class Distribution(NamedTuple):
    """A distribution's name and version, as its metadata spells them."""

    name: str
    version: str


class Origin(NamedTuple):
    """Where a distribution was installed from, if not from a package index."""

    url: str
    """Address of a git repo, an archive or a folder."""

    commit: str | None
    """The commit, if it is a git repo."""

    editable: Path | None
    """The folder that it is imported from, if the install is editable."""


def entry_points(group: str, path: Sequence[str] | None = None) -> list[EntryPoint]:
    """Find the entry points of a group.

    Args:
        group: Name of the group.
        path: The folders that distributions are installed in, such as those of another environment; ``sys.path``.

    Returns:
        All of them, in the order of the path; if two distributions have the same name, only the first counts.
    """
    return grouped_entry_points([group], path)[group]


def grouped_entry_points(groups: Sequence[str], path: Sequence[str] | None = None) -> dict[str, list[EntryPoint]]:
    """Find the entry points of several groups, with one look at the distributions.

    Args:
        groups: Names of the groups.
        path: As for ``entry_points``.

    Returns:
        What ``entry_points`` gives for each group.
    """
    folders = _folders(sys.path if path is None else path)
    if folders is None:
        return {one: _entry_points_of_any_kind(one, sys.path if path is None else path) for one in groups}
    found: dict[str, list[EntryPoint]] = {one: [] for one in groups}
    for folder in folders.values():
        text = _read(folder / "entry_points.txt")
        for group in groups:
            pairs = _section(text, group) if group in text else []
            if pairs:
                distribution = _distribution(folder)
                found[group] += [EntryPoint(name, value, distribution) for name, value in pairs]
    return found


def version_of(name: str) -> str:
    """The installed version of a distribution.

    Args:
        name: Name of the distribution, in any of its spellings.

    Returns:
        The version as its metadata spells it.

    Raises:
        ModuleNotFoundError: It is not installed (``importlib.metadata.PackageNotFoundError``).
    """
    folder = (_folders(sys.path) or {}).get(normalised(name))
    if folder is not None:
        return _distribution(folder).version
    import importlib.metadata

    return importlib.metadata.version(name)


def origin_of(name: str) -> Origin | None:
    """Where a distribution was installed from (PEP 610, ``direct_url.json``).

    Args:
        name: Name of the distribution, in any of its spellings.

    Returns:
        Its origin; None when it came from a package index or its record cannot be read.

    Raises:
        ModuleNotFoundError: It is not installed (``importlib.metadata.PackageNotFoundError``).
    """
    import importlib.metadata
    import json
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        record = json.loads(importlib.metadata.distribution(name).read_text("direct_url.json") or "")
        url = str(record["url"])
        editable = record.get("dir_info", {}).get("editable")
        commit = record.get("vcs_info", {}).get("commit_id")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Origin(url=url, commit=commit, editable=Path(url2pathname(urlsplit(url).path)) if editable else None)


def _entry_points_of_any_kind(group: str, path: Sequence[str]) -> list[EntryPoint]:
    import importlib.metadata

    first: dict[str, importlib.metadata.Distribution] = {}
    for one in importlib.metadata.distributions(path=[*path]):
        first.setdefault(normalised(one.name), one)
    return [
        EntryPoint(point.name, point.value, Distribution(one.name, one.version))
        for one in first.values()
        for point in one.entry_points.select(group=group)
    ]


def _folders(path: Sequence[str]) -> dict[str, Path] | None:
    """Metadata folders by the distribution's normalised name; None when some metadata is of another kind."""
    found: dict[str, Path] = {}
    for entry in path:
        try:
            names = os.listdir(entry or ".")
        except NotADirectoryError:
            return None  # an archive
        except OSError:
            continue
        for name in names:
            lower = name.lower()
            if lower.endswith(_DIST_INFO):
                found.setdefault(normalised(name[: -len(_DIST_INFO)].partition("-")[0]), Path(entry, name))
            elif lower.endswith(_OTHER_KINDS):
                return None
    return found


def normalised(name: str) -> str:
    """A distribution's name in the one form that can be compared (PEP 503).

    Args:
        name: In any of its spellings.

    Returns:
        The name in lower case, with dashes.
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def _distribution(folder: Path) -> Distribution:
    headers: dict[str, str] = {}
    for line in _read(folder / "METADATA").splitlines():
        if not line:
            break  # the description follows
        key, _, value = line.partition(":")
        headers.setdefault(key.lower(), value.strip())
    name, _, number = folder.name[: -len(_DIST_INFO)].partition("-")
    return Distribution(headers.get("name", name), headers.get("version", number))


def _section(text: str, wanted: str) -> list[tuple[str, str]]:
    """The ``name = value`` lines of one section."""
    pairs, here = [], ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            here = line[1:-1]
        elif here == wanted and line and not line.startswith("#"):
            name, _, value = line.partition("=")
            pairs.append((name.strip(), value.strip()))
    return pairs


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
