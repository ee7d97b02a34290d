"""What must hold before a version is released, and what to do if it does not.

Owns every gate except the contract checks, which the command runs. Changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from semver import Version

from ..contract.versions import semver_of
from ..project.git import Git
from ..project.pyproject import Pyproject
from .bump import Since, since_release
from .changelog import NAME, has_entry
from .numbers import enough, level_between
from .reading import WORKING_TREE
from .releases import releases, require_commit
from .repo import project_at, stated_version, wraps

__all__ = ["Gate", "Release", "look"]


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One thing that must hold."""

    title: str
    passed: bool
    why: str
    """What was found, in a few words."""

    fix: str = ""
    """What to do if it does not hold, in a few words."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """A release that could be made of the current commit, with its gates."""

    root: Path
    version: str
    tag: str
    tagged: bool
    """Whether the tag is at this commit already, so that only the bundle is missing."""

    names: tuple[str, ...]
    """The repo's curricula."""

    gates: tuple[Gate, ...]


def look(root: Path) -> Release:
    """Try every gate of a release except the contract checks.

    Args:
        root: The curriculum repo.

    Returns:
        The release, with the result of each gate.

    Raises:
        CurriculumError: ``repo.no_git``, ``repo.shallow``, ``repo.version`` or ``repo.no_curriculum``, and what
            reading the two versions raises.
    """
    git = Git(root)
    require_commit(git)
    project = project_at(root, WORKING_TREE)
    version = semver_of(stated_version(Pyproject.read(root)))
    tag = f"v{version}"
    at = git.commit_of(f"refs/tags/{tag}")
    tagged = at is not None and at == git.commit_of("HEAD")
    # What changes in a package that the repo wraps, and how far its number is raised for that, is the package's.
    since = None if wraps(root, project) else since_release(root, before=version)
    gates = [_clean(git), _tag_is_free(git, tag, at, tagged), _version(git, version, since), _changelog(root, version)]
    return Release(
        root=root,
        version=version,
        tag=tag,
        tagged=tagged,
        names=tuple(sorted(project.curricula)),
        gates=tuple(gates),
    )


def _clean(git: Git) -> Gate:
    changed = git.changes()
    told = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
    return Gate(
        title="everything is committed",
        passed=not changed,
        why=f"not committed: {told}" if changed else "the working tree is clean",
        fix="commit or remove what `git status` shows",
    )


def _tag_is_free(git: Git, tag: str, at: str | None, tagged: bool) -> Gate:
    if at is None:
        why = f"{tag} is free"
    else:
        why = f"{tag} is at this commit already" if tagged else f"{tag} is at another commit, {at[:10]}"
    return Gate(title="the tag is free", passed=at is None or tagged, why=why, fix="raise the version: curriculum bump")


def _version(git: Git, version: str, since: Since | None) -> Gate:
    title = "the version is above the last, and far enough"
    newest = next(reversed(releases(git)), None)
    if newest is not None and Version.parse(newest.removeprefix("v")) > Version.parse(version):
        passed, why = False, f"{newest} was released already, and {version} is below it"
    elif since is None:
        passed, why = True, f"{version} is the number that the wrapped curriculum has"
    elif since.tag is None or since.version is None:
        passed, why = True, "nothing was released before"
    else:
        given = level_between(since.version, version)
        passed = enough(given, since.needs)
        why = f"{since.tag} to {version} is a {given} bump; what changed needs {_a(since.needs)}"
    return Gate(title=title, passed=passed, why=why, fix="raise the version: curriculum bump")


def _a(level: str) -> str:
    return "none" if level == "none" else f"a {level} one"


def _changelog(root: Path, version: str) -> Gate:
    try:
        found = has_entry((root / NAME).read_text(encoding="utf-8"), version)
        why = f"{NAME} has {'an' if found else 'no'} entry for {version}"
    except (OSError, UnicodeDecodeError):
        found, why = False, f"there is no {NAME} that can be read"
    return Gate(title="the changelog tells of it", passed=found, why=why, fix=f"add `## [{version}]` to {NAME}")
