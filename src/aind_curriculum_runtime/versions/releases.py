"""The releases of a curriculum repo: git tags such as ``v1.2.3``.

Owns which tags are releases, and their order. Knows nothing of what was released.
"""

from __future__ import annotations

from semver import Version

from ..contract.errors import CurriculumError
from ..contract.versions import SEMVER, semver_of
from ..project.git import GIT_NEEDED, Git

__all__ = ["newest_release", "release_version", "releases", "require_commit"]


def require_commit(git: Git) -> None:
    """Make sure that a folder is in a git repo with a commit.

    Args:
        git: Git in the folder.

    Raises:
        CurriculumError: ``repo.no_git``.
    """
    if git.commit_of("HEAD") is None:
        in_git = git.ask("rev-parse", "--git-dir") is not None
        raise CurriculumError(
            "repo.no_git",
            f"{git.directory} {'has no commit yet' if in_git else 'is not in a git repo'}.",
            GIT_NEEDED,
            where=str(git.directory),
        )


def releases(git: Git) -> list[str]:
    """Find the releases that the current commit builds on.

    Args:
        git: The repo.

    Returns:
        Their tags, the oldest version first.

    Raises:
        CurriculumError: ``repo.no_git`` when git cannot be started.
    """
    tags = (git.ask("tag", "--merged", "HEAD") or "").split()
    return sorted((tag for tag in tags if release_version(tag) is not None), key=_number)


def release_version(tag: str) -> str | None:
    """The version that a tag releases.

    Args:
        tag: Its name.

    Returns:
        A semantic version, or None for a tag that is not a release.
    """
    version = tag.removeprefix("v")
    return version if SEMVER.fullmatch(version) else None


def newest_release(git: Git, *, before: str | None = None) -> str | None:
    """The newest release tag that the current commit builds on; prereleases promise nothing and do not count.

    Args:
        git: The repo.
        before: A version; only releases below it count.

    Returns:
        The tag, or None when there is none.

    Raises:
        CurriculumError: ``repo.shallow`` when there is none and the clone is shallow.
    """
    tags = [tag for tag in releases(git) if "-" not in tag]
    if before is not None:
        limit = Version.parse(semver_of(before))
        tags = [tag for tag in tags if _number(tag) < limit]
    if not tags and git.is_shallow:
        raise CurriculumError(
            "repo.shallow",
            "This is a shallow clone, which does not tell what was released before.",
            "Fetch the rest: git fetch --unshallow --tags",
            where=str(git.directory),
        )
    return tags[-1] if tags else None


def _number(tag: str) -> Version:
    return Version.parse(tag.removeprefix("v"))
