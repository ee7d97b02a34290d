"""Update one repo from its template: beside its checkout, which moves only when everything is done.

Owns the steps: a temporary worktree, the merge, the lock file, the checks, the commit. Until the last step, which
``landing`` owns, the repo is as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from ..contract.errors import CurriculumError
from ..processes.children import Children
from ..project import uv_lock
from ..project.git import Git, GitFailed
from ..project.git_directory import common_directory, git_directory
from ..project.pyproject import Pyproject
from .landing import InPart, Landing, complete, land
from .lock import SCRATCH_PREFIX, remove_folder
from .members import Member
from .merging import Destination, MergeFolders, Merging
from .outcomes import AHEAD, Stop, UpdateOutcome, is_full
from .template import read_answers

__all__ = ["Options", "Unit", "Updating", "complete_all", "units"]

_WORKTREE: Final = "curricula-update"
"""Name of every temporary worktree, by which those of a killed command are found."""

_UNDER_WAY: Final = {
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisection",
}
"""What people do in several steps, by the file that git keeps meanwhile. Moving the checkout would end it."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of `curricula update`."""

    to: str | None = None
    """Tag, branch or commit of the template; the latest release by default."""

    template: str | None = None
    """Where the template is now, if it moved."""

    check: bool = True
    dry_run: bool = False


@dataclass(frozen=True)
class Unit:
    """What is committed together: a submodule, or all chosen members of the task repo's workspace."""

    checkout: Path
    members: tuple[Member, ...]


@dataclass
class _Work:
    """One unit while it is updated."""

    unit: Unit
    base: str
    """The commit it is at."""

    folder: Path
    """Its scratch folder."""

    tree: Path
    """The temporary worktree."""

    versions: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Template versions before and after, by the member's folder."""

    completed: bool = False

    @property
    def label(self) -> str:
        """The version of the template that was merged last: one for all, unless members differ in template."""
        return next(reversed(self.versions.values()))[1]

    def path(self, member: Member) -> Path:
        """Where a member is in the worktree."""
        return self.tree if member.is_submodule else self.tree / member.folder


def units(members: Sequence[Member]) -> list[Unit]:
    """Group members by what is committed together.

    Args:
        members: The chosen ones.

    Returns:
        One unit a submodule, and one of all members of the workspace: they share a lock file.
    """
    found = [Unit(member.path, (member,)) for member in members if member.is_submodule]
    inside = tuple(member for member in members if not member.is_submodule)
    return [*found, Unit(inside[0].root, inside)] if inside else found


class Updating:
    """Updates of several repos, in threads.

    Args:
        options: The options of the command.
        processes: Starts git, uv and Copier.
        scratch: A folder outside of every repo.
        completed: What ``complete_all`` returned.
    """

    def __init__(
        self, options: Options, processes: Children, scratch: Path, completed: Mapping[Path, Stop | None]
    ) -> None:
        self._options = options
        self._completed = completed
        self._processes = processes
        self._scratch = scratch
        self._merging = Merging(processes, scratch, options.to, options.template)

    def update(self, unit: Unit) -> list[UpdateOutcome]:
        """Update one unit.

        Args:
            unit: What to update.

        Returns:
            One outcome for each member.

        Raises:
            Cancelled: The command was interrupted; the unit is as it was.
        """
        before = {member.folder: answers.version for member in unit.members if (answers := read_answers(member.path))}
        try:
            return self._update(unit)
        except Stop as stop:
            found = stop if isinstance(stop, InPart) else self._with_cause(stop)
        except GitFailed as error:
            found = self._with_cause(Stop("failed", f"git: {error.why}", error.said))
        except OSError as error:
            found = self._with_cause(Stop("failed", str(error)))
        return [
            UpdateOutcome(
                member=member,
                status=found.status,
                before=before.get(member.folder, ""),
                note=found.note,
                report=found.report,
            )
            for member in unit.members
        ]

    def _with_cause(self, stop: Stop) -> Stop:
        """Name a full disk first: each program meets it at another point, and says what it was doing."""
        said = [line.strip() for line in [stop.note, *stop.report.splitlines()] if is_full(line)]
        if not said:
            return stop
        if self._scratch.as_posix() in said[0].replace("\\", "/"):
            note = "the disk of the temporary files is full"
            fix = f"Free some space in {self._scratch.parent}, or name another folder with TMPDIR (on Windows TEMP)"
        else:
            note, fix = "the disk is full", "Free some space"
        return Stop(stop.status, note, "\n".join([*said, f"{fix}, then run it again."]))

    def _update(self, unit: Unit) -> list[UpdateOutcome]:
        git = Git(unit.checkout, self._processes)
        directory = git_directory(unit.checkout)
        if directory is None:
            raise Stop("failed", "its git directory is missing", "Run `git submodule update --init`.")
        forget_worktrees(directory)
        if cut_short := self._completed.get(unit.checkout):
            raise cut_short
        begun = next((what for name, what in _UNDER_WAY.items() if (directory / name).exists()), None)
        if begun is not None:
            raise Stop("failed", f"{begun} is under way in it", "End that (`git status` tells how), then run it again.")
        dirty = self._dirty(git, unit)
        if dirty:
            names = ", ".join(dirty[:3]) + (f" and {len(dirty) - 3} more" if len(dirty) > 3 else "")
            raise Stop("failed", f"not committed: {names}", "Commit or remove what is there, then run it again.")
        targets = {member.folder: self._merging.target(member) for member in unit.members}
        with self._worktree(git, unit) as work:
            work.completed = unit.checkout in self._completed
            old = []
            for member in unit.members:
                target = targets[member.folder]
                if isinstance(target, Destination):
                    old.append(member)
                    folders = MergeFolders(work.tree, work.path(member), work.folder)
                    work.versions[member.folder] = self._merging.merge(folders, member, target)
            if not old or not Git(work.tree, self._processes)("status", "--porcelain"):
                return [self._settled(work, one, targets[one.folder] == "ahead") for one in unit.members]
            if self._options.dry_run:
                changed = self._changes(work)
                return [self._outcome(work, one, "would update", f"{len(changed)} files", changed) for one in old]
            self._lock(work)
            if self._options.check:
                for member in old:
                    self._check(work, member)
            landing = self._commit(git, work, old)
            land(git, directory, landing, self._processes, work.folder / "checkout.log")
            note = f"on branch {landing.branch}"
            return [
                self._outcome(work, one, "updated", note)
                if one in old
                else self._settled(work, one, targets[one.folder] == "ahead")
                for one in unit.members
            ]

    def _settled(self, work: _Work, member: Member, ahead: bool) -> UpdateOutcome:
        if work.completed:
            return self._outcome(work, member, "updated", "completed what was cut short")
        if ahead:
            return self._outcome(work, member, "ahead", AHEAD)
        return self._outcome(work, member, "up to date", "")

    def _outcome(
        self, work: _Work, member: Member, status: str, note: str, changed: Sequence[tuple[str, str]] = ()
    ) -> UpdateOutcome:
        answers = read_answers(work.path(member))
        now = answers.version if answers else ""
        before, after = work.versions.get(member.folder, (now, now))
        report = "\n".join(f"{kind} {name}" for kind, name in changed)
        return UpdateOutcome(member=member, status=status, before=before, after=after, note=note, report=report)

    # --- before

    def _dirty(self, git: Git, unit: Unit) -> list[str]:
        folders = [] if unit.members[0].is_submodule else [member.folder for member in unit.members]
        # Untracked files too, whatever the user's git settings show: one could be in the way of a new file.
        options = ("--porcelain", "-z", "--no-renames", "--untracked-files=normal")
        listed = git("status", *options, "--", *(f":(literal){one}" for one in folders))
        return [entry[3:] for entry in listed.split("\0") if entry]

    @contextmanager
    def _worktree(self, git: Git, unit: Unit) -> Iterator[_Work]:
        base = git("rev-parse", "HEAD")
        folder = self._scratch / sha256(str(unit.checkout).encode()).hexdigest()[:8]
        work = _Work(unit=unit, base=base, folder=folder, tree=folder / _WORKTREE)
        folder.mkdir()
        (folder / "tmp").mkdir()
        try:
            git("worktree", "add", "--quiet", "--detach", work.tree, base)
            yield work
        finally:
            remove_folder(folder)
            directory = git_directory(unit.checkout)
            if directory is not None:
                forget_worktrees(directory)

    def _changes(self, work: _Work) -> list[tuple[str, str]]:
        tree = Git(work.tree, self._processes)
        tree("add", "--all")
        return tree.changes_since(work.base)

    # --- after

    def _lock(self, work: _Work) -> None:
        # A workspace has one lock file, at the root.
        done = self._processes.run(["uv", "lock", "--quiet"], work.tree)
        if done.code:
            raise Stop("failed", f"uv lock: {_first_line(done.stderr)}", done.stderr.strip())
        # For a repo that had none: the checks ask for one that is in git. One that git ignores is theirs to tell.
        Git(work.tree, self._processes).try_("add", "--", uv_lock.NAME)

    def _check(self, work: _Work, member: Member) -> None:
        folder = work.path(member)
        synced = self._processes.run(["uv", "sync", "--quiet", "--frozen"], folder)
        if synced.code:
            raise Stop("failed", f"uv sync: {_first_line(synced.stderr)}", synced.stderr.strip())
        # All checks, because the update may change the runtime.
        command = Pyproject.read(folder).command
        checked = self._processes.run(["uv", "run", "-q", "--no-sync", command, "check", "--all"], folder)
        if checked.code:
            said = (checked.stdout + checked.stderr).strip()
            raise Stop(
                "failed",
                "`curriculum check` fails after the update",
                f"{said}\nIf it fails before the update too, fix that first, or update with --no-check.",
            )

    def _commit(self, git: Git, work: _Work, members: Sequence[Member]) -> Landing:
        tree = Git(work.tree, self._processes)
        tree("add", "--all")
        if tree("ls-files", "-u") or tree("ls-files", "--", "*.rej") != git("ls-files", "--", "*.rej"):
            raise Stop("failed", "a conflict was left in the index")
        title = f"Update the curriculum template to {work.label}"
        lines = [f"{member.name}: {' -> '.join(work.versions[member.folder])}" for member in members]
        identity = tree.try_("var", "GIT_COMMITTER_IDENT")
        if identity.code:
            raise Stop(
                "failed", "git does not know who commits", "Set user.name and user.email with `git config --global`."
            )
        # Not `git commit`: no hook, no editor and no passphrase can hold it up, and no branch moves yet.
        commit = tree("commit-tree", tree("write-tree"), "-p", work.base, stdin="\n".join([title, "", *lines, ""]))
        if tree.try_("diff", "--quiet", work.base, commit).code == 0:
            raise Stop("up to date", "")
        if git("rev-parse", "HEAD") != work.base:
            raise Stop("failed", "another commit was checked out meanwhile", "Run it again.")
        branch, commit = _free_branch(git, work.label, work.base, commit)
        return Landing(branch=branch, before=work.base, after=commit)


def complete_all(members: Sequence[Member], processes: Children) -> dict[Path, Stop | None]:
    """Complete the moves of checkouts that a killed command began.

    Args:
        members: All members of the task repo.
        processes: Starts git.

    Returns:
        The checkouts with such a move: None when it is complete now, or the reason why not.
    """
    found: dict[Path, Stop | None] = {}
    for checkout in {member.path if member.is_submodule else member.root for member in members if member.is_unfinished}:
        directory = git_directory(checkout)
        if directory is None:
            continue
        try:
            if complete(Git(checkout, processes), directory) is not None:
                found[checkout] = None
        except Stop as stop:
            found[checkout] = stop
        except (CurriculumError, OSError) as error:
            found[checkout] = Stop("failed", str(error))
    return found


def forget_worktrees(directory: Path) -> None:
    """Remove git's records of this command's temporary worktrees, also of half-made ones.

    Args:
        directory: A checkout's git directory.
    """
    # `git worktree prune` would keep one that was killed while it was made.
    for entry in (common_directory(directory) / "worktrees").glob(f"{_WORKTREE}*"):
        if _is_temporary(entry):
            remove_folder(entry)


def _is_temporary(entry: Path) -> bool:
    """Whether git's record is of a worktree of this command, and not of a user's with such a name."""
    try:
        place = Path((entry / "gitdir").read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        place = Path()
    if place == Path():  # killed while it was made
        return re.fullmatch(rf"{_WORKTREE}\d*", entry.name) is not None
    names = [folder.name for folder in place.parents]
    return names[0] == _WORKTREE and len(names) > 2 and names[2].startswith(SCRATCH_PREFIX)


def _free_branch(git: Git, label: str, base: str, commit: str) -> tuple[str, str]:
    """A branch for the update without other work on it, here or at the remote, and the update's commit.

    When the branch already has this same update, from another machine or from last week's run, that commit is taken
    instead, so that it can be pushed.
    """
    stem = f"curriculum-template/{re.sub(r'[^A-Za-z0-9._-]+', '-', label).strip('.-')}"
    heads = git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").splitlines()
    in_the_way = [one for one in heads if stem.startswith(f"{one}/") or one.startswith(f"{stem}/")]
    if in_the_way:
        # Git would notice only after it wrote the files.
        raise Stop("failed", f"the branch {in_the_way[0]} keeps {stem} from being made", "Give it another name.")
    ours = git("log", "-1", "--format=%T %P", commit)
    for number in range(1, 1000):
        name = stem if number == 1 else f"{stem}-{number}"
        there = [git.commit_of(f"refs/{where}/{name}") for where in ("heads", "remotes/origin")]
        open_ = [
            one for one in there if one is not None and git.try_("merge-base", "--is-ancestor", one, base).code != 0
        ]
        same = [one for one in open_ if git("log", "-1", "--format=%T %P", one) == ours]
        if len(same) == len(open_) and len(set(same)) <= 1:
            return name, same[0] if same else commit
    raise Stop("failed", f"there are too many branches like {stem}")


def _first_line(text: str) -> str:
    """Uv's sentence, without the frame around it."""
    lines = [re.sub(r"^[^\w`]+", "", line) for line in text.splitlines() if line.strip()]
    told = [line.removeprefix("error: ") for line in lines if line]
    return told[0] if told else "it said nothing"
