"""Which submodules another commit of the task repo moves, and from which commit to which.

Asks git; knows nothing of what the commits hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..project.git import Git
from .errors import FleetError
from .members import Member, TaskRepo

__all__ = ["Moved", "moved"]

_SUBMODULE = "160000"
"""The mode of a submodule in a tree."""


class Moved(NamedTuple):
    """A submodule with two commits."""

    member: Member
    old: str | None
    """Its commit before; None for one that was added."""

    new: str


def moved(repo: TaskRepo, git: Git, old: str, new: str | None) -> list[Moved]:
    """Find the submodules that were moved or added.

    Args:
        repo: The task repo.
        git: Git in it.
        old: A commit of the task repo, or what stands for one.
        new: Another one; None for what is checked out.

    Returns:
        Those that are curricula, by folder; one that was taken out is none any more.

    Raises:
        FleetError: A commit is unknown.
        GitFailed: Git cannot read it.
    """
    before = dict(_pins(git, old))
    after = dict(_pins(git, new)) if new is not None else None
    found = []
    for member in repo.curricula:
        if member.is_submodule and member.is_initialised:
            now = after.get(member.folder) if after is not None else Git(member.path)("rev-parse", "HEAD")
            if now is not None and now != before.get(member.folder):
                found.append(Moved(member, before.get(member.folder), now))
    return found


def _pins(git: Git, name: str) -> Iterator[tuple[str, str]]:
    """The submodules of a commit, each with the commit that it is pinned to."""
    commit = git.commit_of(name)
    if commit is None:
        raise FleetError(
            f"There is no commit {name!r} in {git.directory}.",
            "This clone is shallow: `git fetch --unshallow` brings the rest."
            if git.is_shallow
            else "Name a branch, a tag or a commit of the task repo; `git fetch` may bring it.",
        )
    for entry in filter(None, git("ls-tree", "-r", "-z", commit).split("\0")):
        facts, _, folder = entry.partition("\t")
        mode, _, pin = facts.split()
        if mode == _SUBMODULE:
            yield folder, pin
