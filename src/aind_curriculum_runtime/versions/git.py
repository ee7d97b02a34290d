"""The git repo that a curriculum is in: refs, release tags, and the files of one commit.

Owns every call of git in this package; the working tree is only ever read. Knows nothing of curricula.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path
from typing import Final

from ..contract.errors import CurriculumError
from ..contract.versions import SEMVER, semver_of
from ..processes.children import environment
from .numbers import precedence

__all__ = ["Git", "newest_release", "release_version"]

_GIT_NEEDED: Final = "Releases are git tags: install git, and run `git init` and a first commit where there is none."


class Git:
    """Git in one folder.

    Args:
        root: Folder of the curriculum's ``pyproject.toml``; it may be a folder of a larger repo.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def ask(self, *arguments: str) -> str | None:
        """Run git for its answer.

        Args:
            *arguments: Subcommand and its arguments.

        Returns:
            Its output without the last newline, or None when it ended with another code than 0.

        Raises:
            CurriculumError: ``repo.no_git`` when there is no git on this machine.
        """
        done = self._run(*arguments)
        return done.stdout.decode("utf-8", "replace").rstrip("\n") if done.returncode == 0 else None

    def do(self, *arguments: str) -> bytes:
        """Run git for what it does.

        Args:
            *arguments: Subcommand and its arguments.

        Returns:
            Its output.

        Raises:
            CurriculumError: ``repo.git_failed`` with what git said; ``repo.no_git``.
        """
        done = self._run(*arguments)
        if done.returncode != 0:
            said = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
            told = [line for line in said if line.startswith(("fatal: ", "error: "))] or said or ["no message"]
            why = told[-1].removeprefix("fatal: ").removeprefix("error: ").rstrip(".")
            raise CurriculumError(
                "repo.git_failed",
                f"`git {arguments[0]}` failed: {why}.",
                f"Run it by hand in {self.root} and mend what it tells.",
            )
        return done.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                ["git", "-c", "core.quotePath=false", *arguments],
                cwd=self.root,
                env=environment(),  # in a hook of the task repo, git would speak of that one
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise CurriculumError(
                "repo.no_git", f"git cannot be started: {error.strerror}.", _GIT_NEEDED, where=str(self.root)
            ) from None

    def require(self) -> None:
        """Make sure that the folder is in a git repo with a commit.

        Raises:
            CurriculumError: ``repo.no_git``.
        """
        if self.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}") is None:
            in_git = self.ask("rev-parse", "--git-dir") is not None
            raise CurriculumError(
                "repo.no_git",
                f"{self.root} {'has no commit yet' if in_git else 'is not in a git repo'}.",
                _GIT_NEEDED,
                where=str(self.root),
            )

    def commit(self, ref: str) -> str | None:
        """The commit that a ref leads to.

        Args:
            ref: A tag, branch, commit id or anything else that git understands.

        Returns:
            The full id, or None when there is no such ref here.
        """
        if not ref or ref.startswith("-"):
            return None
        return self.ask("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")

    @property
    def is_shallow(self) -> bool:
        """Whether the clone was cut off, so that older commits and tags may be missing."""
        return self.ask("rev-parse", "--is-shallow-repository") == "true"

    def changes(self) -> list[str]:
        """Files that are not as they are committed, new ones included.

        Raises:
            CurriculumError: ``repo.git_failed``: no answer does not mean that there are none.
        """
        text = self.do("status", "--porcelain", "--untracked-files=normal", "-z", "--no-renames", "--", ".")
        return [entry[3:] for entry in text.decode("utf-8", "replace").split("\0") if entry]

    def releases(self) -> list[str]:
        """Release tags (``v1.2.3``) that the current commit comes from, oldest version first."""
        tags = (self.ask("tag", "--merged", "HEAD") or "").split()
        return sorted((tag for tag in tags if release_version(tag) is not None), key=_by_version)

    def unpack(self, commit: str, target: Path) -> Path:
        """Write the files of a commit to a folder, without touching the working tree.

        Args:
            commit: A full commit id.
            target: A new folder.

        Returns:
            ``target``, with the files that stand below ``root``.

        Raises:
            CurriculumError: ``repo.git_failed`` when git cannot read them.
        """
        # Git archives only the folder it is called in, and names the files from there on.
        with tarfile.open(fileobj=io.BytesIO(self.do("archive", "--format=tar", commit))) as files:
            files.extractall(target, filter="data")
        target.mkdir(exist_ok=True)
        return target


def release_version(tag: str) -> str | None:
    """The version that a tag releases.

    Args:
        tag: Its name.

    Returns:
        A semantic version, or None for a tag that is no release.
    """
    version = tag.removeprefix("v")
    return version if SEMVER.fullmatch(version) else None


def newest_release(git: Git, *, before: str | None = None) -> str | None:
    """The newest release tag that the current commit comes from; prereleases bind nobody and do not count.

    Args:
        git: The repo.
        before: A version; only releases of lower ones are looked at.

    Returns:
        The tag, or None when there is none.

    Raises:
        CurriculumError: ``repo.shallow`` when there is none because the clone was cut off.
    """
    tags = [tag for tag in git.releases() if "-" not in tag]
    if before is not None:
        tags = [tag for tag in tags if _by_version(tag) < precedence(semver_of(before))]
    if not tags and git.is_shallow:
        raise CurriculumError(
            "repo.shallow",
            "This is a shallow clone, which does not tell what was released before.",
            "Fetch the rest: git fetch --unshallow --tags",
            where=str(git.root),
        )
    return tags[-1] if tags else None


def _by_version(tag: str) -> tuple[object, ...]:
    return precedence(tag.removeprefix("v"))
