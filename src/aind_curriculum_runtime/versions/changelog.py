"""The changelog: finding and adding headings in the form of Keep a Changelog.

Owns the text of ``CHANGELOG.md``. Knows nothing of what a version means.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ..contract.errors import CurriculumError
from ..look.changes import folded

__all__ = ["NAME", "has_entry", "opened_entry", "with_unreleased"]

NAME: Final = "CHANGELOG.md"

_UNRELEASED: Final = re.compile(r"^## +\[?unreleased\]?[ \t]*$", re.MULTILINE | re.IGNORECASE)
_HEADING: Final = re.compile(r"^## ", re.MULTILINE)
_LINK: Final = re.compile(
    r"^\[(?P<name>unreleased)\]: (?P<start>\S+/compare/)(?P<old>\S+)\.\.\.HEAD[ \t]*$", re.MULTILINE | re.IGNORECASE
)


def has_entry(text: str, version: str) -> bool:
    """Whether there is a heading for a version.

    Args:
        text: The changelog.
        version: A semantic version.

    Returns:
        True for ``## [1.2.0]``, ``## 1.2.0 - 2026-01-31`` and the like.
    """
    return re.search(rf"^##+ \[?v?{re.escape(version)}\]?(\s|$)", text, re.MULTILINE) is not None


def with_unreleased(text: str, change: str) -> str:
    """Add a change to what is unreleased.

    Args:
        text: The changelog, with LF line endings.
        change: The line to list.

    Returns:
        The new changelog; the same where it has no Unreleased section.
    """
    listed = "".join(f"{line}\n" for line in folded(f"- {change}", "  ")).rstrip("\n")
    return _UNRELEASED.sub(lambda heading: f"{heading[0]}\n\n### Changed\n\n{listed}", text, count=1)


def opened_entry(text: str, version: str, day: str, changes: Sequence[str]) -> str:
    """Move what is unreleased under a heading for a version.

    Args:
        text: The changelog, with LF line endings.
        version: The new version.
        day: Its date, as ``2026-01-31``.
        changes: Lines to list when nothing is written under Unreleased.

    Returns:
        The new changelog; a link that compares with HEAD starts from the new version.

    Raises:
        CurriculumError: ``repo.changelog`` when it has no Unreleased section, or already has an entry for the version.
    """
    if has_entry(text, version):
        raise CurriculumError(
            "repo.changelog",
            f"{NAME} has an entry for {version} already.",
            "Rename that heading to `## [Unreleased]`, or take it out.",
            where=NAME,
        )
    heading = _UNRELEASED.search(text)
    if heading is None:
        raise CurriculumError(
            "repo.changelog",
            f"{NAME} has no section for what is unreleased.",
            "Add the heading `## [Unreleased]` above the newest entry.",
            where=NAME,
        )
    following = _HEADING.search(text, heading.end())
    body = text[heading.end() : following.start() if following else len(text)]
    if not _LINK.sub("", body).strip() and changes:
        listed = "".join(f"{line}\n" for change in changes for line in folded(f"- {change}", "  "))
        entry = f"\n\n## [{version}] - {day}\n\n### Changed\n\n{listed}"
        rest = text[heading.end() :].lstrip("\n")
        text = text[: heading.end()] + entry + (f"\n{rest}" if rest else "")
    else:
        text = text[: heading.end()] + f"\n\n## [{version}] - {day}" + text[heading.end() :]

    def moved_on(link: re.Match[str]) -> str:
        name, start, old = link["name"], link["start"], link["old"]
        return f"[{name}]: {start}v{version}...HEAD\n[{version}]: {start}{old}...v{version}"

    return _LINK.sub(moved_on, text)
