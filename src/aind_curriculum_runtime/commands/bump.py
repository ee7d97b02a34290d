"""Raise the version in pyproject.toml and open its entry in CHANGELOG.md.

The level is the one that the changes since the last release need, or a higher one that is named; a lower one is
refused. What stands under Unreleased moves into the entry; where nothing does, the changes are listed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ..command.options import command, repo_option
from ..contract.errors import CurriculumError
from ..curriculum.concerned import concerns

if TYPE_CHECKING:
    from ..versions.bump import Since
    from ..versions.numbers import Level

EXAMPLES: Final = """\
  curriculum bump
  curriculum bump minor"""


_LEVELS: Final = ("patch", "minor", "major")


@command(__doc__, EXAMPLES)
@click.argument("level", required=False, type=click.Choice(_LEVELS), metavar="[LEVEL]", help="patch, minor or major")
@repo_option()
def execute(level: Level | None, repo: Path | None) -> bytes:
    """Carry out the command.

    Args:
        level: How far to raise it, or None for what the changes need.
        repo: The curriculum repo, or None for the one around the working directory.

    Returns:
        The version that the repo has now.

    Raises:
        CurriculumError: ``usage.bump_too_small``, ``repo.no_release``, ``repo.changelog``, ``repo.version``,
            ``repo.wrapped`` or ``output.not_writable``; whatever comparing with the last release raises.
    """
    from datetime import date

    from semver import Version

    from ..contract.versions import semver_of
    from ..project.files import write_together
    from ..project.pyproject import Pyproject
    from ..versions.bump import edited, since_release
    from ..versions.numbers import level_between, raised
    from ..versions.reading import WORKING_TREE
    from ..versions.repo import project_at, repo_root, stated_version, wraps
    from ..versions.sentences import sentences

    root = repo_root(repo or Path())
    current = semver_of(stated_version(Pyproject.read(root)))
    if wraps(root, project_at(root, WORKING_TREE)):
        raise CurriculumError(
            "repo.wrapped",
            f"The version {current} is that of the curriculum which this repo wraps, so it is not raised here.",
            "`wrap` with another version of the package takes over that version, and opens its entry in CHANGELOG.md.",
        )
    since = since_release(root)
    chosen = _level(level, since)
    base = since.version if since.version is not None else current
    version = raised(base, chosen)
    if chosen == "none" or (Version.parse(current) >= Version.parse(version) and since.tag is not None):
        why = (
            f"Nothing changed since {since.tag}."
            if chosen == "none"
            else f"{current} is a {level_between(base, current)} bump since {since.tag} already."
        )
        print(f"{why} The version stays.", file=sys.stderr)
        return f"{current}\n".encode()
    concerns(None, version)
    lines = [sentence for diff in since.diffs for sentence in sentences(diff)]
    write_together(edited(root, version, date.today().isoformat(), lines))
    print(
        f"{current} -> {version} in pyproject.toml, with an entry in CHANGELOG.md. Next: `uv lock`, and commit.",
        file=sys.stderr,
    )
    return f"{version}\n".encode()


def _level(asked: Level | None, since: Since) -> Level:
    from ..versions.numbers import enough
    from ..versions.sentences import sentences

    if since.tag is None and asked is None:
        raise CurriculumError(
            "repo.no_release",
            "Nothing was released yet: there is no tag such as v1.2.3 on the way to this commit.",
            "Release the version that is there (`curriculum release`), or name a LEVEL.",
        )
    if asked is None:
        return since.needs
    if not enough(asked, since.needs):
        first = [sentence for diff in since.diffs for sentence in sentences(diff) if diff.needs == since.needs]
        told = f" ({first[0]})" if first else ""
        raise CurriculumError(
            "usage.bump_too_small",
            f"What changed since {since.tag} needs a {since.needs} bump{told}, not a {asked} one.",
            f"`curriculum diff` shows all of it; `curriculum bump {since.needs}` raises the version.",
        )
    return asked
