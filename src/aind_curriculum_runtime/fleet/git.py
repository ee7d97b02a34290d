"""Git, called as a person's hooks and settings cannot disturb, and the few files of it that are read directly.

Owns the options every call gets, and where a repo's git directory is. Knows nothing of curricula.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from ..processes.children import Done, Processes, last_line

__all__ = ["Git", "GitFailed", "git_command", "git_directory", "head_commit"]

_OPTIONS: Final = (
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "advice.detachedHead=false"),
    *("-c", "core.quotePath=false"),
    # Housekeeping would go on in the background after the command.
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
)


class GitFailed(Exception):
    """Git ended with an error.

    Args:
        message: The sentence of what it said.
        said: All of it, which is kept where it is more than that sentence: it may hold what to do.
    """

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message)
        self.said = said.strip() if len(said.strip().splitlines()) > 1 else ""


def git_command(*arguments: str | Path) -> list[str]:
    """A git command line.

    Args:
        *arguments: Subcommand and its arguments.

    Returns:
        Program and arguments, with hooks and background housekeeping off.
    """
    return ["git", *_OPTIONS, *map(str, arguments)]


class Git:
    """Git in one directory.

    Args:
        directory: Where it runs.
        processes: What starts it.
    """

    def __init__(self, directory: Path, processes: Processes) -> None:
        self.directory = directory
        self._processes = processes

    def __call__(self, *arguments: str | Path, stdin: str | None = None) -> str:
        """Run git.

        Args:
            *arguments: Subcommand and its arguments.
            stdin: Text to feed.

        Returns:
            Its output without the last newlines.

        Raises:
            GitFailed: It ended with another code than 0.
        """
        done = self.try_(*arguments, stdin=stdin)
        if done.code:
            raise GitFailed(last_line(done.stderr), done.stderr)
        return done.stdout.rstrip("\n")

    def try_(self, *arguments: str | Path, stdin: str | None = None) -> Done:
        """Run git, whatever it ends with.

        Args:
            *arguments: Subcommand and its arguments.
            stdin: Text to feed.

        Returns:
            Exit code and output.
        """
        return self._processes.run(git_command(*arguments), self.directory, stdin=stdin)

    def commit_of(self, name: str) -> str | None:
        """Look a commit up.

        Args:
            name: A tag, branch or commit.

        Returns:
            The commit's id, or None where there is none of that name.
        """
        done = self.try_("rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}")
        return done.stdout.strip() if done.code == 0 else None

    def has_tag(self, name: str) -> bool:
        """Tell whether a name is that of a tag.

        Args:
            name: Without ``refs/tags/``.

        Returns:
            Whether there is such a tag.
        """
        return self.try_("show-ref", "--quiet", "--verify", f"refs/tags/{name}").code == 0

    def changes_since(self, commit: str) -> list[tuple[str, str]]:
        """What differs from a commit, files that are not in the index included.

        Args:
            commit: Any name of it.

        Returns:
            Pairs of git's letter (A, M, D ...) and a path.

        Raises:
            GitFailed: There is no such commit.
        """
        listed = self("diff", "--name-status", "--no-renames", "-z", commit).split("\0")
        changed = list(zip(listed[::2], listed[1::2], strict=False))
        known = {name for _, name in changed}
        new = self("ls-files", "--others", "--exclude-standard", "-z").split("\0")
        return changed + [("A", name) for name in new if name and name not in known]


def git_directory(checkout: Path) -> Path | None:
    """Where the git directory of a checkout is, without asking git.

    Args:
        checkout: A folder with ``.git`` in it, as a folder or as the file of a submodule or worktree.

    Returns:
        The folder, or None when there is none.
    """
    dot_git = checkout / ".git"
    if dot_git.is_dir():
        return dot_git
    try:
        kind, _, target = dot_git.read_text(encoding="utf-8").strip().partition(": ")
    except (OSError, UnicodeDecodeError):
        return None
    found = Path(os.path.normpath(checkout / target))
    return found if kind == "gitdir" and found.is_dir() else None


def head_commit(directory: Path) -> str | None:
    """The commit that is checked out, read from files.

    Args:
        directory: A git directory.

    Returns:
        The commit's id, or None where the files do not tell (no commit yet, or refs kept in another format).
    """
    try:
        head = (directory / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return head or None
        name = head.removeprefix("ref: ")
        common = directory
        if (directory / "commondir").is_file():
            common = directory / (directory / "commondir").read_text(encoding="utf-8").strip()
        if (common / name).is_file():
            return (common / name).read_text(encoding="utf-8").strip()
        for line in (common / "packed-refs").read_text(encoding="utf-8").splitlines():
            if line.endswith(f" {name}"):
                return line.split(" ", 1)[0]
    except (OSError, UnicodeDecodeError):
        pass
    return None
