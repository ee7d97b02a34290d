"""What can be read from a git directory's files, without starting git.

Owns how a checkout's git directory is found and read. Writes nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["common_directory", "git_directory", "head_commit"]


def git_directory(checkout: Path) -> Path | None:
    """Find the git directory of a checkout.

    Args:
        checkout: A folder with ``.git`` in it, as a folder or as the file of a submodule or worktree.

    Returns:
        The folder, or None when there is none.
    """
    dot_git = checkout / ".git"
    if dot_git.is_dir():
        return dot_git
    kind, _, target = (_text(dot_git) or "").partition(": ")
    found = Path(os.path.normpath(checkout / target))
    return found if kind == "gitdir" and found.is_dir() else None


def common_directory(directory: Path) -> Path:
    """The git directory that a repo's worktrees share.

    Args:
        directory: A git directory.

    Returns:
        The main git directory of its repo; ``directory`` itself unless it is a worktree's.
    """
    return directory / (_text(directory / "commondir") or "")


def head_commit(directory: Path) -> str | None:
    """The commit that is checked out, read from files.

    Args:
        directory: A git directory.

    Returns:
        The commit's id, or None when the files do not show it (no commit yet, or refs kept in another format).
    """
    head = _text(directory / "HEAD") or ""
    if not head.startswith("ref: "):
        return head or None
    name, common = head.removeprefix("ref: "), common_directory(directory)
    if commit := _text(common / name):
        return commit
    packed = (_text(common / "packed-refs") or "").splitlines()
    return next((line.split(" ", 1)[0] for line in packed if line.endswith(f" {name}")), None)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
