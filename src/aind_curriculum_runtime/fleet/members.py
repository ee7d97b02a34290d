"""Which curricula a task repo holds.

Owns where to look for them: the submodules in ``.gitmodules`` and the members of a uv workspace. Reads files and
asks git once; knows nothing of a curriculum's state.
"""

from __future__ import annotations

import difflib
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

from ..contract.errors import ExitCode
from ..processes.children import Children
from ..project.git import Git, GitFailed
from ..project.git_directory import git_directory
from ..project.pyproject import Pyproject
from ..project.template import is_from_template
from .errors import FleetError

__all__ = ["NOTE", "Member", "TaskRepo", "members_of", "named", "quoted", "submodules", "task_repo"]

NOTE: Final = "curricula-update.json"
"""File in a git directory while a checkout is moved to an updated commit; it stays when the move is cut short."""


@dataclass(frozen=True)
class Member:
    """A submodule, or a folder of the task repo that is a member of its uv workspace."""

    root: Path
    """The task repo."""

    folder: str
    """Relative to the task repo's root, with forward slashes."""

    is_submodule: bool

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.root / self.folder

    @cached_property
    def pyproject(self) -> Pyproject:
        """Its pyproject.toml, read once."""
        return Pyproject.read(self.path)

    @property
    def is_broken(self) -> bool:
        """Whether its pyproject.toml cannot be read, as after a merge: then it may or may not be a curriculum."""
        return self.pyproject.fault is not None and not self.pyproject.is_missing

    @property
    def is_initialised(self) -> bool:
        """Whether there is a checkout."""
        return not self.is_submodule or (self.path / ".git").exists()

    @property
    def curricula(self) -> list[str]:
        """Names of the curricula it declares."""
        return list(self.pyproject.curricula)

    @cached_property
    def is_unfinished(self) -> bool:
        """Whether an update was cut short while git moved the checkout; none of its files is reliable then."""
        directory = git_directory(self.path if self.is_submodule else self.root)
        return directory is not None and (directory / NOTE).exists()

    @property
    def is_curriculum(self) -> bool:
        """Whether its checkout is a curriculum repo, or a broken one: commands must report those, not skip them."""
        return bool(self.curricula) or self.is_unfinished or self.is_broken or self.lost_curriculum

    @cached_property
    def lost_curriculum(self) -> bool:
        """Whether it was made from the curriculum template but declares no curriculum."""
        return not self.curricula and is_from_template(self.path)

    @property
    def name(self) -> str:
        """What people call it: the project's name, or the folder's where there is no checkout to read it from."""
        name = self.pyproject.name if self.curricula else None
        return name if name is not None else PurePosixPath(self.folder).name


@dataclass(frozen=True)
class TaskRepo:
    """A git repo that holds curricula."""

    root: Path
    members: tuple[Member, ...]

    @property
    def curricula(self) -> list[Member]:
        """The members that are curricula, or may be: a submodule without a checkout."""
        return [member for member in self.members if member.is_curriculum or not member.is_initialised]


def task_repo(start: Path) -> Path:
    """Find the root of the git repo around a folder.

    Args:
        start: A folder in it.

    Returns:
        The root.

    Raises:
        FleetError: There is no git program, no such folder, or no git repo around it.
    """
    if shutil.which("git") is None:
        raise FleetError("There is no git on this machine.", "Install git and put it on the PATH.", ExitCode.REPO)
    start = start.absolute()
    if not start.is_dir():
        raise FleetError(f"There is no folder {start}.", "Give the task repo's folder.")
    for folder in (start, *start.parents):
        if git_directory(folder) is not None:
            return folder
    raise FleetError(
        f"{start} is not in a git repo.",
        "Go to the task repo, or name it with --task-repo.",
        ExitCode.REPO,
    )


def members_of(root: Path, processes: Children) -> TaskRepo:
    """Find a task repo's submodules and workspace members.

    Args:
        root: The task repo.
        processes: Starts git.

    Returns:
        The repo with its members, by folder.

    Raises:
        FleetError: There are none, or ``.gitmodules`` or ``pyproject.toml`` cannot be read.
    """
    found = {folder: Member(root, folder, True) for folder in submodules(root, processes)}
    for folder in _workspace_members(root):
        if folder not in found:
            member = Member(root, folder, False)
            if member.is_curriculum:
                found[folder] = member
    if not found:
        raise FleetError(
            f"{root} is not a task repo: it has no submodules and no curricula in a uv workspace.",
            _where_else(root),
            ExitCode.REPO,
        )
    return TaskRepo(root, tuple(found[folder] for folder in sorted(found)))


def named(repo: TaskRepo, names: Sequence[str]) -> list[Member]:
    """Choose members by what a person typed.

    Args:
        repo: The task repo.
        names: Names as ``list`` shows them, folders, or names that curricula have or had.

    Returns:
        The members, each once, in the order of the names.

    Raises:
        FleetError: A name fits no member, or several; or the member has no checkout or is not a curriculum.
    """
    chosen: dict[str, Member] = {}
    for name in names:
        plain = name.replace("\\", "/").rstrip("/").removeprefix("./")
        fitting = [one for one in repo.members if plain == one.folder] or [
            one
            for one in repo.members
            if plain in {one.name, PurePosixPath(one.folder).name, *one.curricula, *one.pyproject.former_names}
        ]
        if not fitting:
            known = [one.name for one in repo.curricula]
            close = difflib.get_close_matches(plain, known, n=1)
            raise FleetError(
                f"There is no curriculum {name!r} in this task repo.",
                f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(known) or 'none'}.",
            )
        if len(fitting) > 1:
            folders = ", ".join(one.folder for one in fitting)
            raise FleetError(f"{name!r} is the name of several curricula.", f"Give one of the folders: {folders}.")
        member = fitting[0]
        if not member.is_initialised:
            raise FleetError(
                f"The submodule {member.folder} is not initialised.",
                f"Run `git submodule update --init {quoted(member.folder)}`.",
                ExitCode.REPO,
            )
        if not member.is_curriculum:
            raise FleetError(
                f"{member.folder} is not a curriculum repo: its pyproject.toml declares no curriculum.",
                "Choose another; `curricula list` shows what each one is.",
                ExitCode.REPO,
            )
        chosen[member.folder] = member
    return list(chosen.values())


def quoted(path: str | Path) -> str:
    """A path as it can be typed in any shell."""
    return str(path) if re.fullmatch(r"[\w.,:/\\+@=-]+", str(path)) else f'"{path}"'


def submodules(root: Path, processes: Children) -> list[str]:
    """The folders of a task repo's submodules, from its ``.gitmodules``.

    Args:
        root: The task repo.
        processes: Starts git.

    Returns:
        Folders, relative to the root.

    Raises:
        FleetError: ``.gitmodules`` cannot be read.
    """
    if not (root / ".gitmodules").is_file():
        return []
    git = Git(root, processes)
    try:
        listed = git("config", "--file", ".gitmodules", "--null", "--list")
    except GitFailed as error:
        raise FleetError(
            f".gitmodules cannot be read: {error.why}.", "Fix the file; git reads it the same way.", ExitCode.REPO
        ) from error
    pairs = (entry.partition("\n") for entry in listed.split("\0"))
    return [value for key, _, value in pairs if key.startswith("submodule.") and key.endswith(".path")]


def _workspace_members(root: Path) -> list[str]:
    return sorted(
        path.relative_to(root).as_posix()
        for path in Pyproject.read(root).workspace_members(root)
        if path != root and (path / "pyproject.toml").is_file()
    )


def _where_else(root: Path) -> str:
    for folder in root.parents:
        if git_directory(folder) is not None:
            return f"Perhaps {folder} is the one: run it there, or name it with --task-repo."
    return "Run it in the repo that holds the curricula, or begin with `curricula add URL`."
