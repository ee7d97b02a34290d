"""Git, called so that neither a hook nor a person's settings change what it does.

Owns the options and the environment of every call, and the message of a failure. Knows nothing of curricula.
"""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Final

from ..contract.errors import CurriculumError
from ..processes.children import Children, Done, last_line

__all__ = ["GIT_NEEDED", "Git", "GitFailed", "git_command"]

GIT_NEEDED: Final = "Releases are git tags: install git, and run `git init` and a first commit where there is none."

_OPTIONS: Final = (
    *("-c", "advice.detachedHead=false"),
    *("-c", "core.quotePath=false"),
    # Housekeeping would go on in the background after the command.
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
)
_NO_HOOKS: Final = ("-c", f"core.hooksPath={os.devnull}")


class GitFailed(CurriculumError):
    """Git ended with an error: ``repo.git_failed``.

    Args:
        why: Git's reason, without a full stop.
        hint: What to do about it.
        said: All of its output, kept only if it is more than one line: it may say what to do.
        command: The command that failed, to be shown before the reason.
    """

    def __init__(self, why: str, hint: str = "", *, said: str = "", command: str = "") -> None:
        super().__init__("repo.git_failed", f"`{command}` failed: {why}." if command else f"{why}.", hint)
        self.why = why
        self.said = said.strip() if len(said.strip().splitlines()) > 1 else ""


def git_command(*arguments: str | Path, hooks: bool = False) -> list[str]:
    """A git command line.

    Args:
        *arguments: Subcommand and its arguments.
        hooks: Whether the repo's hooks are run.

    Returns:
        Program and arguments, with background housekeeping off.
    """
    return ["git", *_OPTIONS, *(() if hooks else _NO_HOOKS), *map(str, arguments)]


class Git:
    """Git in one directory.

    Args:
        directory: Where it runs, which may be a folder of a larger repo.
        children: Starts git; given by commands that can be interrupted.
        hooks: Whether the repo's hooks are run.
    """

    def __init__(self, directory: Path, children: Children | None = None, *, hooks: bool = False) -> None:
        self.directory = directory
        self._children = children if children is not None else Children()
        self._hooks = hooks

    def try_(self, *arguments: str | Path, stdin: str | None = None) -> Done:
        """Run git and accept any exit code.

        Args:
            *arguments: Subcommand and its arguments.
            stdin: Text to feed.

        Returns:
            Exit code and output.

        Raises:
            CurriculumError: ``repo.no_git`` when git cannot be started.
        """
        try:
            return self._children.run(git_command(*arguments, hooks=self._hooks), self.directory, stdin=stdin)
        except OSError as error:
            raise CurriculumError(
                "repo.no_git", f"git cannot be started: {error.strerror}.", GIT_NEEDED, where=str(self.directory)
            ) from None

    def do(self, *arguments: str | Path, stdin: str | None = None) -> Done:
        """Run git, which must succeed.

        Args:
            *arguments: Subcommand and its arguments.
            stdin: Text to feed.

        Returns:
            Its output.

        Raises:
            GitFailed: Its exit code was not 0.
            CurriculumError: ``repo.no_git`` when git cannot be started.
        """
        done = self.try_(*arguments, stdin=stdin)
        if done.code:
            raise GitFailed(
                last_line(done.stderr),
                f"Run it by hand in {self.directory} and fix what it tells.",
                said=done.stderr,
                command=f"git {arguments[0]}",
            )
        return done

    def __call__(self, *arguments: str | Path, stdin: str | None = None) -> str:
        """Run git, which must succeed, and return its output.

        Args:
            *arguments: Subcommand and its arguments.
            stdin: Text to feed.

        Returns:
            Its output without newlines at the end.

        Raises:
            GitFailed: Its exit code was not 0.
            CurriculumError: ``repo.no_git`` when git cannot be started.
        """
        return self.do(*arguments, stdin=stdin).stdout.rstrip("\n")

    def ask(self, *arguments: str | Path) -> str | None:
        """Run git and return its output if it succeeds.

        Args:
            *arguments: Subcommand and its arguments.

        Returns:
            Its output without newlines at the end, or None when its exit code was not 0.

        Raises:
            CurriculumError: ``repo.no_git`` when git cannot be started.
        """
        done = self.try_(*arguments)
        return None if done.code else done.stdout.rstrip("\n")

    def commit_of(self, name: str) -> str | None:
        """Find the commit that a name stands for.

        Args:
            name: A tag, branch, commit or anything else that git understands.

        Returns:
            The commit's id, or None when there is no such commit.
        """
        return self.ask("rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}") if name else None

    def has_tag(self, name: str) -> bool:
        """Whether there is a tag of this name.

        Args:
            name: Without ``refs/tags/``.

        Returns:
            True when the repo has the tag.
        """
        return self.ask("show-ref", "--quiet", "--verify", f"refs/tags/{name}") is not None

    @property
    def is_shallow(self) -> bool:
        """Whether the clone was cut off, so that older commits and tags may be missing."""
        return self.ask("rev-parse", "--is-shallow-repository") == "true"

    def changes(self) -> list[str]:
        """Files of the directory with uncommitted changes, new files included.

        Raises:
            GitFailed: Git cannot tell, which is not the same as no changes.
        """
        text = self("status", "--porcelain", "--untracked-files=normal", "-z", "--no-renames", "--", ".")
        return [entry[3:] for entry in text.split("\0") if entry]

    def changes_since(self, commit: str) -> list[tuple[str, str]]:
        """Files that differ from a commit, untracked ones included.

        Args:
            commit: Its id, or a tag or branch.

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

    def unpack(self, commit: str, target: Path) -> Path:
        """Write the files of a commit to a folder, without touching the working tree.

        Args:
            commit: A full commit id.
            target: A new folder.

        Returns:
            ``target``, with the files below ``directory``.

        Raises:
            GitFailed: Git cannot read them.
        """
        # Git archives only the folder it is called in, with paths relative to it.
        with tarfile.open(fileobj=io.BytesIO(self.do("archive", "--format=tar", commit).out)) as files:
            files.extractall(target, filter="data")
        target.mkdir(exist_ok=True)
        return target
