"""Raising the version: how far, and in the two files that state it, ``pyproject.toml`` and ``CHANGELOG.md``.

Owns the edit of ``pyproject.toml``, which changes only the characters of the version.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..contract.errors import CurriculumError
from ..project.git import Git
from ..project.pyproject import Pyproject
from .changelog import NAME, opened_entry
from .diff import Diff, compare
from .numbers import LEVELS, Level
from .reading import opened, read_both
from .releases import newest_release, require_commit
from .repo import stated_version

__all__ = ["Since", "edited", "since_release", "with_version"]

_TABLE: Final = re.compile(r"^\s*\[([^\[\]]+)\]\s*(#.*)?$")
_VERSION: Final = re.compile(r"""^(?P<key>\s*version\s*=\s*)(?P<quote>["'])(?P<version>[^"'\\]*)(?P=quote)""")


@dataclass(frozen=True, kw_only=True)
class Since:
    """What changed since the last release."""

    tag: str | None
    """The last release, or None when there is none yet."""

    version: str | None
    """Its version."""

    diffs: tuple[Diff, ...]
    """One for each curriculum that is in both."""

    added: tuple[str, ...]
    """Curricula that are new in the repo."""

    removed: tuple[str, ...]

    @property
    def needs(self) -> Level:
        """The bump that the repo needs: the largest that one of its curricula needs."""
        levels: list[Level] = [diff.needs for diff in self.diffs]
        if self.added:
            levels.append("minor")
        if self.removed:
            levels.append("major")
        return max(levels, key=LEVELS.index, default="none")


def since_release(root: Path, *, before: str | None = None) -> Since:
    """Compare the working tree with the last release.

    Args:
        root: The curriculum repo.
        before: A version; only releases below it count.

    Returns:
        What changed, for every curriculum of the repo.

    Raises:
        CurriculumError: ``repo.no_git``, ``repo.shallow``, and what reading the two versions raises.
    """
    git = Git(root)
    require_commit(git)
    tag = newest_release(git, before=before)
    if tag is None:
        return Since(tag=None, version=None, diffs=(), added=(), removed=())
    with opened([tag, str(root)], root) as (old, new):
        names = [name for name in new.names if name in old.names]
        return Since(
            tag=tag,
            version=tag.removeprefix("v"),
            diffs=tuple(compare(*both) for both in read_both(old, new, names)),
            added=tuple(name for name in new.names if name not in {new.today(one) for one in old.names}),
            removed=tuple(name for name in old.names if new.today(name) not in new.names),
        )


def with_version(text: str, version: str) -> str:
    """Change the version in a ``pyproject.toml`` and nothing else.

    Args:
        text: Its content.
        version: The new version.

    Returns:
        The new content, with the same comments, quotes and layout.

    Raises:
        CurriculumError: ``repo.version`` when the version is not on a line of its own under [project].
    """
    before = Pyproject.parse(text)
    old = stated_version(before)
    lines, table = text.splitlines(keepends=True), None
    for number, line in enumerate(lines):
        if header := _TABLE.match(line):
            table = header[1].strip()
        elif table == "project" and (match := _VERSION.match(line)) and match["version"] == old:
            lines[number] = f"{match['key']}{match['quote']}{version}{match['quote']}{line[match.end() :]}"
            break
    changed = "".join(lines)
    if Pyproject.parse(changed).document != before.document | {"project": before.project | {"version": version}}:
        raise CurriculumError(
            "repo.version",
            "The version in pyproject.toml does not stand on a line of its own under [project].",
            f'Write it there as version = "{old}".',
            where="pyproject.toml",
        )
    return changed


def edited(root: Path, version: str, day: str, changes: Sequence[str]) -> dict[Path, bytes]:
    """Work out both files for a new version, without writing them.

    Args:
        root: The curriculum repo.
        version: The new version.
        day: Date of the changelog's entry.
        changes: Lines for the changelog when nothing is written under Unreleased.

    Returns:
        Both files with their new content.

    Raises:
        CurriculumError: ``repo.version`` or ``repo.changelog``.
    """
    project, log = root / "pyproject.toml", root / NAME
    try:
        text = log.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise CurriculumError(
            "repo.changelog",
            f"There is no {NAME}.",
            "Make one with the heading `## [Unreleased]`, in the form of keepachangelog.com.",
            where=NAME,
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CurriculumError(
            "repo.changelog", f"{NAME} cannot be read: {error}.", "Fix it, or write a new one.", where=NAME
        ) from None
    crlf = "\r\n" in text
    text = opened_entry(text.replace("\r\n", "\n"), version, day, changes)
    return {
        project: with_version(project.read_bytes().decode("utf-8"), version).encode("utf-8"),
        log: (text.replace("\n", "\r\n") if crlf else text).encode("utf-8"),
    }
