"""The last release of the repo under test.

Owns finding it by its tag and unpacking its sources to another folder.
"""

from __future__ import annotations

from pathlib import Path

from ...contract.errors import CurriculumError
from ...project.git import Git
from ...versions.releases import releases
from .findings import NotApplicable
from .repo import RepoFiles

__all__ = ["last_release", "unpack_last_release"]


def last_release(repo: RepoFiles) -> str | None:
    """The newest release tag that the current commit builds on.

    Args:
        repo: The repo under test.

    Returns:
        The tag, or None.
    """
    try:
        return next(reversed(releases(Git(repo.root))), None)
    except CurriculumError:  # no git on this machine
        return None


def unpack_last_release(repo: RepoFiles, folder: Path) -> Path:
    """Write the sources of the last release to another folder.

    Args:
        repo: The repo under test.
        folder: Where to write.

    Returns:
        The folder to import from.

    Raises:
        NotApplicable: There is no release yet.
    """
    tag = last_release(repo)
    if tag is None:
        raise NotApplicable("there is no release tag (v1.2.3) yet")
    git = Git(repo.root)
    target = git.unpack(git.commit_of(tag) or tag, folder / "release")
    return target / "src" if (target / "src").is_dir() else target
