"""The state of each curriculum of a task repo, from files and git alone.

Owns what ``curricula list`` knows. Needs no environment and runs no curriculum code.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..contract.errors import CONTRACT_VERSION
from ..processes.children import Children
from ..project import uv_lock
from ..project.git import Git, GitFailed
from ..project.git_directory import git_directory, head_commit
from ..project.template import ANSWERS
from .members import Member, TaskRepo

__all__ = ["Status", "statuses", "template_version"]

RUNTIME: Final = "aind-curriculum-runtime"
_ANSWER: Final = re.compile(r"^_commit: *['\"]?([^'\"\n]*)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Status:
    """What ``list`` shows of one member."""

    name: str
    path: str
    kind: str
    """``submodule`` or ``member`` (of the uv workspace)."""

    initialised: bool
    curriculum: bool
    """Whether it is a curriculum; False also when there is no checkout."""

    curricula: list[str]
    """Names of the curricula it declares."""

    version: str | None
    """Version of the curriculum, from its pyproject.toml."""

    contract: int | None
    """The contract of the runtime it depends on."""

    template: str | None
    """Version of the template it is at."""

    pinned: str | None
    """The commit that the task repo pins; None for a member of the workspace."""

    commit: str | None
    """The commit that is checked out."""

    at_pin: bool
    dirty: bool
    unfinished: bool
    """Whether an update was cut short, which the next `curricula update` completes."""

    problem: str | None
    """Why the rest is not known."""

    @property
    def state(self) -> str:
        """The most important thing about it, in words."""
        if not self.initialised:
            return "not initialised"
        if self.unfinished:
            return "update unfinished"
        if self.problem is not None:
            return self.problem
        if not self.curriculum:
            return "not a curriculum"
        words = ["dirty"] * self.dirty + ["not at the pin"] * (not self.at_pin)
        return ", ".join(words) or "ok"

    def as_json(self) -> dict[str, Any]:
        """Everything, for ``--json``."""
        return {**asdict(self), "state": self.state}


def statuses(repo: TaskRepo, processes: Children) -> list[Status]:
    """Find out the state of every member.

    Args:
        repo: The task repo.
        processes: Starts git.

    Returns:
        One for each member, in their order.
    """
    git = Git(repo.root, processes)
    pins = _pins(git, [member.folder for member in repo.members if member.is_submodule])
    changed = _changed(git, [member.folder for member in repo.members if member.is_initialised])
    return [_status(member, pins.get(member.folder), changed) for member in repo.members]


def template_version(folder: Path) -> str | None:
    """The version of the template that a repo was made from or last updated to.

    Args:
        folder: The repo.

    Returns:
        A tag, or what ``git describe`` says of a commit; None when it was not made from a template.
    """
    try:
        found = _ANSWER.search((folder / ANSWERS).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    return found[1].strip() if found else None


class _Changed(NamedTuple):
    """Folders of members, by what git says about them."""

    dirty: set[str]
    """Those with uncommitted changes."""

    moved: set[str]
    """Submodules that are not at the pin."""

    unreadable: set[str]
    """Those in which git fails."""


def _status(member: Member, pin: str | None, changed: _Changed) -> Status:
    directory = git_directory(member.path) if member.is_submodule else git_directory(member.root)
    commit = head_commit(directory) if directory is not None and member.is_initialised else None
    problem = "git cannot read it" if member.folder in changed.unreadable else None
    if member.is_broken:
        problem = "pyproject.toml is broken"
    elif member.lost_curriculum:
        problem = "pyproject.toml declares no curriculum"
    return Status(
        name=member.name,
        path=member.folder,
        kind="submodule" if member.is_submodule else "member",
        initialised=member.is_initialised,
        curriculum=bool(member.curricula),
        curricula=member.curricula,
        version=member.pyproject.version if member.curricula else None,
        contract=_contract(member),
        template=template_version(member.path),
        pinned=pin,
        commit=commit,
        at_pin=member.is_initialised and member.folder not in changed.moved,
        dirty=member.folder in changed.dirty,
        unfinished=member.is_unfinished,
        problem=problem,
    )


def _contract(member: Member) -> int | None:
    """Runtimes up to major version 1 keep contract 1; the contract of a newer one is not known."""
    if not member.curricula or RUNTIME not in member.pyproject.dependency_names:
        return None
    major = (uv_lock.version_in(member.path, RUNTIME) or "").partition(".")[0]
    return None if major.isdecimal() and int(major) > 1 else CONTRACT_VERSION


def _pins(git: Git, folders: list[str]) -> dict[str, str]:
    if not folders:
        return {}
    listed = git("ls-files", "--stage", "-z", "--", *(f":(literal){folder}" for folder in folders))
    pins = {}
    for entry in filter(None, listed.split("\0")):
        facts, _, folder = entry.partition("\t")
        mode, commit, _ = facts.split(" ")
        if mode == "160000":
            pins[folder] = commit
    return pins


def _changed(git: Git, folders: list[str]) -> _Changed:
    """Which members have uncommitted changes, and which submodules are not at the pin.

    Usually one process: git asks the submodules itself. It fails if it fails in one; then each folder is asked alone.
    """
    try:
        return _Changed(*_asked(git, folders), set())
    except GitFailed:
        found = _Changed(set(), set(), set())
    for folder in folders:
        try:
            dirty, moved = _asked(git, [folder])
        except GitFailed:
            found.unreadable.add(folder)
        else:
            found.dirty.update(dirty)
            found.moved.update(moved)
    return found


def _asked(git: Git, folders: list[str]) -> tuple[set[str], set[str]]:
    dirty: set[str] = set()
    moved: set[str] = set()
    if not folders:
        return dirty, moved
    listed = git(
        *("--no-optional-locks", "status", "--porcelain=v2", "-z", "--ignore-submodules=none", "--no-renames", "--"),
        *(f":(literal){folder}" for folder in folders),
    )
    for entry in filter(None, listed.split("\0")):
        kind, *facts = entry.split(" ")
        # "1 XY sub mH mI mW hH hI path": sub is S, then C, M and U for commit, modified and untracked files
        if kind == "1" and facts[1].startswith("S"):
            path = entry.split(" ", 8)[8]
            if facts[1][1] == "C":
                moved.add(path)
            if facts[1][2:] != "..":
                dirty.add(path)
            continue
        path = entry.split(" ", {"1": 8, "u": 10}.get(kind, 1))[-1].rstrip("/")
        dirty.update(one for one in folders if f"{path}/".startswith(f"{one}/") or one.startswith(f"{path}/"))
    return dirty, moved
