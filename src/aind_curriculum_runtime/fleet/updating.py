"""The update of one repo from its template, made beside its checkout and moved there only when all of it is done.

Owns the steps: a temporary worktree, Copier without trust, the search for conflicts and lost lines, the lock file, the
checks, the commit. Until the last step, which ``landing`` owns, the repo is as it was.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from .git import Git, GitFailed, git_directory
from .landing import Landing, complete, land
from .lock import remove_folder
from .members import Member
from .processes import Processes, last_line
from .template import ANSWERS, Answers, Reference, TemplateUnreachable, latest_release, read_answers
from .user_lines import has_marker, lost_lines

__all__ = ["Options", "Outcome", "Unit", "Updating", "complete_all", "units"]

_WORKTREE: Final = "curricula-update"
"""Name of every temporary worktree, by which those of a killed command are found."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was asked for."""

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


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one curriculum."""

    member: Member
    status: str
    before: str = ""
    """Version of the template it was at."""

    after: str = ""
    note: str = ""
    """One line for the table."""

    report: str = ""
    """What a person needs to go on by hand."""

    @property
    def is_bad(self) -> bool:
        """Whether somebody must do something."""
        return self.status in {"conflict", "failed"}


class _Stop(Exception):
    """The update ends here, with the repo as it was."""

    def __init__(self, status: str, note: str, report: str = "") -> None:
        super().__init__(note)
        self.status = status
        self.note = note
        self.report = report


@dataclass
class _Work:
    """One unit on its way."""

    unit: Unit
    base: str
    """The commit it is at."""

    folder: Path
    """Scratch."""

    tree: Path
    """The temporary worktree."""

    versions: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Template versions before and after, by the member's folder."""

    label: str = ""
    completed: bool = False

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
        options: What was asked for.
        processes: What starts git, uv and Copier.
        scratch: A folder outside of every repo.
        completed: What ``complete_all`` said.
    """

    def __init__(
        self, options: Options, processes: Processes, scratch: Path, completed: Mapping[Path, str | None]
    ) -> None:
        self._options = options
        self._completed = completed
        self._processes = processes
        self._scratch = scratch
        self._mirrors: dict[str, Path] = {}
        self._fetching = threading.Lock()

    def update(self, unit: Unit) -> list[Outcome]:
        """Update one unit.

        Args:
            unit: What to update.

        Returns:
            An outcome a member.

        Raises:
            Cancelled: The command was interrupted; the unit is as it was.
        """
        before = {member.folder: answers.version for member in unit.members if (answers := read_answers(member.path))}
        try:
            return self._update(unit)
        except _Stop as stop:
            found = stop
        except GitFailed as error:
            found = _Stop("failed", f"git: {error}")
        except OSError as error:
            found = _Stop("failed", f"{error.strerror or error}: {error.filename}")
        return [
            Outcome(
                member=member,
                status=found.status,
                before=before.get(member.folder, ""),
                note=found.note,
                report=found.report,
            )
            for member in unit.members
        ]

    def _update(self, unit: Unit) -> list[Outcome]:
        git = Git(unit.checkout, self._processes)
        directory = git_directory(unit.checkout)
        if directory is None:
            raise _Stop("failed", "its git directory is missing", "Run `git submodule update --init`.")
        forget_worktrees(directory)
        if self._completed.get(unit.checkout):
            raise _Stop("failed", str(self._completed[unit.checkout]))
        dirty = self._dirty(git, unit)
        if dirty:
            names = ", ".join(dirty[:3]) + (f" and {len(dirty) - 3} more" if len(dirty) > 3 else "")
            raise _Stop("failed", f"not committed: {names}", "Commit or remove what is there, then run it again.")
        targets = {member.folder: self._target(member) for member in unit.members}
        with self._worktree(git, unit) as work:
            work.completed = unit.checkout in self._completed
            old = [member for member in unit.members if targets[member.folder] is not None]
            for member in old:
                answers, reference = targets[member.folder] or (None, None)
                if answers is not None and reference is not None:
                    self._merge(work, member, answers, reference)
            if not old or not Git(work.tree, self._processes)("status", "--porcelain"):
                return [self._settled(work, member) for member in unit.members]
            if self._options.dry_run:
                changed = self._changes(work)
                return [self._outcome(work, one, "would update", f"{len(changed)} files", changed) for one in old]
            self._lock(work)
            if self._options.check:
                for member in old:
                    self._check(work, member)
            landing = self._commit(git, work, old)
            try:
                land(git, directory, landing, self._processes, work.folder / "checkout.log")
            except GitFailed as error:
                raise _Stop("failed", f"git did not move the checkout: {error}") from error
            note = f"on branch {landing.branch}"
            return [
                self._outcome(work, one, "updated", note) if one in old else self._settled(work, one)
                for one in unit.members
            ]

    def _settled(self, work: _Work, member: Member) -> Outcome:
        if work.completed:
            return self._outcome(work, member, "updated", "completed what was cut short")
        return self._outcome(work, member, "up to date", "")

    def _outcome(
        self, work: _Work, member: Member, status: str, note: str, changed: Sequence[tuple[str, str]] = ()
    ) -> Outcome:
        answers = read_answers(work.path(member))
        now = answers.version if answers else ""
        before, after = work.versions.get(member.folder, (now, now))
        report = "\n".join(f"{kind} {name}" for kind, name in changed)
        return Outcome(member=member, status=status, before=before, after=after, note=note, report=report)

    # --- before

    def _dirty(self, git: Git, unit: Unit) -> list[str]:
        folders = [] if unit.members[0].is_submodule else [member.folder for member in unit.members]
        listed = git("status", "--porcelain", "-z", "--no-renames", "--", *(f":(literal){one}" for one in folders))
        return [entry[3:] for entry in listed.split("\0") if entry]

    def _target(self, member: Member) -> tuple[Answers, Reference] | None:
        """The answers and the version to go to, or None where it is at that version already."""
        answers = read_answers(member.path)
        if answers is None:
            raise _Stop(
                "failed",
                f"{ANSWERS} is missing, so its template is not known",
                "It was not made by Copier, or the file was deleted: get it back from git's history.",
            )
        moved = self._options.template
        source = Answers(source=_as_copier_takes_it(moved) if moved else answers.source, version=answers.version)
        try:
            mirror = Git(self._mirror(source.url), self._processes)
        except TemplateUnreachable as error:
            raise _Stop(
                "failed",
                f"the template cannot be reached: {source.source}",
                f"Git said: {error}. If the template moved: `curricula update {member.name} --template URL`.",
            ) from error
        now = _commit_of(mirror, answers.version)
        if now is None:
            raise _Stop(
                "failed",
                f"its version {answers.version} is not in the template",
                f"The commit was never pushed, or is gone. Write the nearest version that is there as _commit into "
                f"{ANSWERS}, commit that, and run it again.",
            )
        name = self._options.to or latest_release(mirror("tag", "--list").splitlines()) or "HEAD"
        commit = _commit_of(mirror, name)
        if commit is None:
            raise _Stop("failed", f"the template has no version {name}", "`curricula outdated` shows the newest.")
        if commit == now and self._options.template is None:
            return None
        return source, Reference(name=name, commit=commit)

    def _mirror(self, url: str) -> Path:
        """A copy of the template's repo, fetched once a command: several Copiers would share none safely."""
        with self._fetching:
            if url not in self._mirrors:
                folder = self._scratch / f"template-{sha256(url.encode()).hexdigest()[:8]}.git"
                done = Git(self._scratch, self._processes).try_("clone", "--quiet", "--mirror", "--", url, folder)
                if done.code:
                    remove_folder(folder)
                    raise TemplateUnreachable(last_line(done.stderr))
                self._mirrors[url] = folder
            return self._mirrors[url]

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

    # --- the merge

    def _merge(self, work: _Work, member: Member, answers: Answers, reference: Reference) -> None:
        folder, base = work.path(member), work.folder / f"base-{len(work.versions)}"
        data: dict[str, Any] = {}
        tree = Git(work.tree, self._processes)
        if self._options.template is not None:
            data = {"runtime_url": _uv_url(answers.url)}
            _move_source(folder / ANSWERS, answers.source)
        # Copier wants a clean tree; this commit is on no branch and nobody sees it.
        if tree("status", "--porcelain"):
            tree("add", "--all")
            tree("-c", "commit.gpgsign=false", "commit", "--quiet", "--no-verify", "-m", "For Copier")
        started_from = tree("rev-parse", "HEAD")
        # A tag keeps its name in the answers; for anything else the commit says more than a branch.
        wanted = reference.name if _is_tag(Git(self._mirror(answers.url), self._processes), reference.name) else None
        order = {"folder": str(folder), "base": str(base), "reference": wanted or reference.commit, "data": data}
        answer = self._copier(work, order, answers.url)
        if "error" in answer:
            raise _refused(member, answer)
        work.versions[member.folder] = (answers.version, answer["version"])
        work.label = answer["version"]
        problems = self._problems(work, member, base, started_from)
        problems += [
            f"{ANSWERS}: the answer {name!r} was {was!r} and would become {now!r}."
            for name, (was, now) in answer["changed_answers"].items()
        ]
        if problems:
            files = sorted({problem.split(":", 1)[0] for problem in problems})
            raise _Stop(
                "conflict",
                ", ".join(files),
                "\n".join(problems)
                + f"\nTo merge by hand: `copier update --vcs-ref {wanted or reference.commit}` in {member.folder}.",
            )

    def _copier(self, work: _Work, order: dict[str, Any], url: str) -> dict[str, Any]:
        file = work.folder / "order.json"
        file.write_text(json.dumps(order), encoding="utf-8")
        temporary = str(work.folder / "tmp")
        variables = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary)
        # Copier's own cache is not made for several at once; git takes the copy that was fetched for the template.
        variables["COPIER_CACHE_DIR"] = str(work.folder / "cache")
        if "://" in url or re.match(r"[\w.-]+@[\w.-]+:", url):
            count = int(os.environ.get("GIT_CONFIG_COUNT", "0"))
            variables["GIT_CONFIG_COUNT"] = str(count + 1)
            variables[f"GIT_CONFIG_KEY_{count}"] = f"url.{self._mirror(url).as_posix()}.insteadOf"
            variables[f"GIT_CONFIG_VALUE_{count}"] = url
        done = self._processes.run(
            [sys.executable, "-m", f"{__package__}.copier_job", file], work.tree, variables=variables
        )
        try:
            found: dict[str, Any] = json.loads((work.folder / "answer.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {"error": "crash", "message": last_line(done.stderr)}
        return found

    def _problems(self, work: _Work, member: Member, base: Path, started_from: str) -> list[str]:
        """Whatever keeps an update from being made: conflicts, rejects, and lines of the user's that are gone."""
        tree = Git(work.tree, self._processes)
        found = [
            f"{name}: both the template and this repo changed the same lines."
            for name in sorted({entry.partition("\t")[2] for entry in tree("ls-files", "-u", "-z").split("\0")} - {""})
        ]
        unmerged = {problem.partition(":")[0] for problem in found}
        untracked = tree("ls-files", "--others", "-z").split("\0")
        found += [f"{name}: a change that did not fit." for name in untracked if name.endswith(".rej")]
        prefix = "" if member.is_submodule else f"{member.folder}/"
        for kind, name in _name_status(tree, started_from):
            path = work.tree / name
            before = b"" if kind == "A" else tree.try_("show", f"{started_from}:{name}").out
            after = path.read_bytes() if path.is_file() else b""
            if has_marker(before, after) and name not in unmerged:
                found.append(f"{name}: it has conflict markers.")
            if name == f"{prefix}{ANSWERS}" or not name.startswith(prefix):
                continue
            # Copier mirrors where the folder lies in its repo only for its own comparison.
            template = base / name.removeprefix(prefix)
            lost = lost_lines(template.read_bytes() if template.is_file() else b"", before, after)
            if lost and name not in unmerged:
                what = "would be deleted, with" if kind == "D" else "would lose"
                found.append(f"{name}: it {what} {len(lost)} lines of this repo's own, such as {lost[0]!r}.")
        return found

    def _changes(self, work: _Work) -> list[tuple[str, str]]:
        tree = Git(work.tree, self._processes)
        tree("add", "--all")
        return _name_status(tree, work.base)

    # --- after

    def _lock(self, work: _Work) -> None:
        # A workspace has one lock file, at the root.
        done = self._processes.run(["uv", "lock", "--quiet"], work.tree)
        if done.code:
            raise _Stop("failed", f"uv lock: {_first_line(done.stderr)}", done.stderr.strip())

    def _check(self, work: _Work, member: Member) -> None:
        folder = work.path(member)
        synced = self._processes.run(["uv", "sync", "--quiet", "--frozen"], folder)
        if synced.code:
            raise _Stop("failed", f"uv sync: {_first_line(synced.stderr)}", synced.stderr.strip())
        checked = self._processes.run(["uv", "run", "-q", "--no-sync", "curriculum", "check"], folder)
        if checked.code:
            said = (checked.stdout + checked.stderr).strip()
            raise _Stop(
                "failed",
                "`curriculum check` fails after the update",
                f"{said}\nIf it fails before the update too, mend that first, or update with --no-check.",
            )

    def _commit(self, git: Git, work: _Work, members: Sequence[Member]) -> Landing:
        tree = Git(work.tree, self._processes)
        tree("add", "--all")
        if tree("ls-files", "-u") or tree("ls-files", "--", "*.rej") != git("ls-files", "--", "*.rej"):
            raise _Stop("failed", "a conflict was left in the index")
        title = f"Update the curriculum template to {work.label}"
        lines = [f"{member.name}: {' -> '.join(work.versions[member.folder])}" for member in members]
        identity = tree.try_("var", "GIT_COMMITTER_IDENT")
        if identity.code:
            raise _Stop(
                "failed", "git does not know who commits", "Set user.name and user.email with `git config --global`."
            )
        # Not `git commit`: no hook, no editor and no passphrase can hold it up, and no branch moves yet.
        commit = tree("commit-tree", tree("write-tree"), "-p", work.base, stdin="\n".join([title, "", *lines, ""]))
        if tree.try_("diff", "--quiet", work.base, commit).code == 0:
            raise _Stop("up to date", "")
        if git("rev-parse", "HEAD") != work.base:
            raise _Stop("failed", "another commit was checked out meanwhile", "Run it again.")
        branch, commit = _free_branch(git, work.label, work.base, commit)
        return Landing(branch=branch, before=work.base, after=commit)


def complete_all(members: Sequence[Member], processes: Processes) -> dict[Path, str | None]:
    """Complete whatever a killed command had begun to move.

    Args:
        members: All members of the task repo.
        processes: What starts git.

    Returns:
        The checkouts that had begun to move, with the reason where it could not be completed.
    """
    found: dict[Path, str | None] = {}
    for checkout in {member.path if member.is_submodule else member.root for member in members if member.is_unfinished}:
        directory = git_directory(checkout)
        if directory is None:
            continue
        try:
            if complete(Git(checkout, processes), directory) is not None:
                found[checkout] = None
        except (GitFailed, OSError) as error:
            found[checkout] = str(error)
    return found


def forget_worktrees(directory: Path) -> None:
    """Remove what git keeps of the temporary worktrees of this command, whole or begun.

    Args:
        directory: A checkout's git directory.
    """
    common = directory
    if (directory / "commondir").is_file():
        common = directory / (directory / "commondir").read_text(encoding="utf-8").strip()
    # `git worktree prune` would spare one that was killed while it was made.
    for entry in (common / "worktrees").glob(f"{_WORKTREE}*"):
        remove_folder(entry)


def _commit_of(git: Git, name: str) -> str | None:
    done = git.try_("rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}")
    return done.stdout.strip() if done.code == 0 else None


def _is_tag(git: Git, name: str) -> bool:
    return git.try_("show-ref", "--quiet", "--verify", f"refs/tags/{name}").code == 0


def _name_status(git: Git, commit: str) -> list[tuple[str, str]]:
    """What differs from a commit, files that are not in the index included."""
    listed = git("diff", "--name-status", "--no-renames", "-z", commit).split("\0")
    changed = list(zip(listed[::2], listed[1::2], strict=False))
    known = {name for _, name in changed}
    new = git("ls-files", "--others", "--exclude-standard", "-z").split("\0")
    return changed + [("A", name) for name in new if name and name not in known]


def _free_branch(git: Git, label: str, base: str, commit: str) -> tuple[str, str]:
    """A branch for the update that nobody has other work on, here or at the remote, and the update's commit.

    Where the branch holds this very update already, as from another machine or from last week's run, that commit is
    taken instead, so that it can be pushed.
    """
    stem = f"curriculum-template/{re.sub(r'[^A-Za-z0-9._-]+', '-', label).strip('.-')}"
    ours = git("log", "-1", "--format=%T %P", commit)
    for number in range(1, 1000):
        name = stem if number == 1 else f"{stem}-{number}"
        there = [_commit_of(git, f"refs/{where}/{name}") for where in ("heads", "remotes/origin")]
        open_ = [
            one for one in there if one is not None and git.try_("merge-base", "--is-ancestor", one, base).code != 0
        ]
        same = [one for one in open_ if git("log", "-1", "--format=%T %P", one) == ours]
        if len(same) == len(open_) and len(set(same)) <= 1:
            return name, same[0] if same else commit
    raise _Stop("failed", f"there are too many branches like {stem}")


def _move_source(answers: Path, source: str) -> None:
    text = answers.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^_src_path:.*(\n[ \t]+.*)*", lambda _: f"_src_path: {json.dumps(source)}", text)
    answers.write_text(text, encoding="utf-8", newline="\n")


def _as_copier_takes_it(source: str) -> str:
    """Copier takes a URL that does not look like git's for a folder; a folder is kept as an absolute path."""
    if "://" in source and not source.startswith("git+"):
        known = source.endswith(".git") or source.startswith(("git://", "https://github.com/", "https://gitlab.com/"))
        return source if known else f"git+{source}"
    folder = Path(source).expanduser()
    return str(folder.resolve()) if folder.is_dir() else source


def _uv_url(url: str) -> str:
    if "://" in url:
        return re.sub(r"^(https?://)[^/@]*@", r"\1", url)
    if re.match(r"[\w.-]+@[\w.-]+:", url):
        return f"ssh://{url.replace(':', '/', 1)}"
    return Path(url).expanduser().resolve().as_uri()


def _refused(member: Member, answer: dict[str, Any]) -> _Stop:
    message = str(answer["message"])
    if answer["error"] == "trust":
        return _Stop(
            "failed",
            "the update runs a script of the template, which needs your trust",
            f"Read what the template's changelog says of it, then run `copier update --trust` in {member.folder}.",
        )
    if "downgrading" in message:
        return _Stop(
            "failed",
            "it is at a newer version of the template than that",
            f"{message}. Name a version that comes after it with --to.",
        )
    return _Stop("failed", f"copier: {message}", f"Copier ended with {answer['error']}: {message}.")


def _first_line(text: str) -> str:
    """Uv's sentence, without the frame around it."""
    lines = [re.sub(r"^[^\w`]+", "", line) for line in text.splitlines() if line.strip()]
    told = [line.removeprefix("error: ") for line in lines if line]
    return told[0] if told else "it said nothing"
