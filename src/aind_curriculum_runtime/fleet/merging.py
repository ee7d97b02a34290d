"""Merge a newer version of the template into a worktree of a repo, and find what prevents it.

Owns the local copies of templates, the call of Copier (without trust, in a process of its own), and the search for
conflicts and lost lines. Knows nothing of lock files, checks and commits on branches.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..processes.children import Children, last_line
from ..project.git import Git
from ..project.template import ANSWERS
from .lock import remove_folder
from .members import Member
from .outcomes import Stop
from .template import Answers, Reference, TemplateUnreachable, latest_release, read_answers, why_unknown
from .user_lines import has_marker, lost_lines

__all__ = ["Destination", "MergeFolders", "Merging", "Standing"]

Standing = Literal["up to date", "ahead"]
"""Why a repo needs no update."""


class Destination(NamedTuple):
    """Where an update goes."""

    answers: Answers
    """The template's current place, and the version the repo is at."""

    reference: Reference


class MergeFolders(NamedTuple):
    """Where a merge happens."""

    tree: Path
    """The temporary worktree."""

    member: Path
    """The curriculum's folder in it."""

    scratch: Path
    """A folder for the merge's own files."""


class Merging:
    """Merges into several repos, in threads.

    Args:
        processes: Starts git and Copier.
        scratch: A folder outside of every repo, for the local copies of templates.
        to: Tag, branch or commit of the template; the latest release by default.
        template: Where the template is now, if it moved.
    """

    def __init__(self, processes: Children, scratch: Path, to: str | None, template: str | None) -> None:
        self._processes = processes
        self._scratch = scratch
        self._to = to
        self._template = template
        self._mirrors: dict[str, Path] = {}
        self._fetching = threading.Lock()

    def target(self, member: Member) -> Destination | Standing:
        """Find the version to go to.

        Args:
            member: The curriculum.

        Returns:
            The template and its version; ``up to date`` where the repo is at that version already, ``ahead`` where
            none was asked for and the repo is at a commit after the latest release.

        Raises:
            Stop: The template or the version cannot be found.
        """
        answers = read_answers(member.path)
        if answers is None:
            raise Stop(
                "failed",
                why_unknown(member.path),
                "It was not made by Copier, or the file was deleted or spoilt: get it back from git's history.",
            )
        moved = self._template
        source = Answers(source=_as_copier_takes_it(moved) if moved else answers.source, version=answers.version)
        try:
            mirror = Git(self._mirror(source.url), self._processes)
        except TemplateUnreachable as error:
            raise Stop(
                "failed",
                f"the template cannot be reached: {source.source}",
                f"Git said: {error}.\nIf the template moved: `curricula update {member.name} --template URL`.",
            ) from error
        now = mirror.commit_of(answers.version)
        if now is None:
            raise Stop(
                "failed",
                f"its version {answers.version} is not in the template",
                f"The commit was never pushed, or is gone. Write the nearest version that is there as _commit into "
                f"{ANSWERS}, commit that, and run it again.",
            )
        name = self._to or latest_release(mirror("tag", "--list").splitlines()) or "HEAD"
        commit = mirror.commit_of(name)
        if commit is None:
            raise Stop("failed", f"the template has no version {name}", "`curricula outdated` shows the newest.")
        if self._template is None:
            if commit == now:
                return "up to date"
            if self._to is None and mirror.try_("merge-base", "--is-ancestor", commit, now).code == 0:
                return "ahead"
        return Destination(source, Reference(name=name, commit=commit))

    def _mirror(self, url: str) -> Path:
        """A copy of the template's repo, fetched once a command: several Copiers cannot safely share a cache."""
        with self._fetching:
            if url not in self._mirrors:
                folder = self._scratch / f"template-{sha256(url.encode()).hexdigest()[:8]}.git"
                done = Git(self._scratch, self._processes).try_("clone", "--quiet", "--mirror", "--", url, folder)
                if done.code:
                    remove_folder(folder)
                    raise TemplateUnreachable(last_line(done.stderr))
                self._mirrors[url] = folder
            return self._mirrors[url]

    def merge(self, folders: MergeFolders, member: Member, target: Destination) -> tuple[str, str]:
        """Bring a version of the template into the worktree.

        Args:
            folders: Where.
            member: The curriculum.
            target: What ``target`` returned.

        Returns:
            The template's version before and after.

        Raises:
            Stop: It conflicts, would lose a line of the repo's own, or Copier refuses.
        """
        answers, reference = target
        folder, base = folders.member, folders.scratch / f"base-{sha256(member.folder.encode()).hexdigest()[:8]}"
        data: dict[str, Any] = {}
        tree = Git(folders.tree, self._processes)
        if self._template is not None:
            data = {"runtime_url": _uv_url(answers.url)}
            _move_source(folder / ANSWERS, answers.source)
        names = tree.do("ls-files", "-z").out.split(b"\0")
        if strange := [name for name in names if not _is_utf8(name)]:
            raise Stop(
                "failed",
                f"the name of a file is not UTF-8: {strange[0].decode('utf-8', 'backslashreplace')}",
                "Copier cannot read it. Rename it with `git mv`, commit that, and run it again.",
            )
        # Copier wants a clean tree; this commit is on no branch and nobody sees it.
        if tree("status", "--porcelain"):
            tree("add", "--all")
            tree("-c", "commit.gpgsign=false", "commit", "--quiet", "--no-verify", "-m", "For Copier")
        started_from = tree("rev-parse", "HEAD")
        # Copier writes a tag's name into the answers; otherwise the commit is more exact than a branch.
        wanted = reference.name if Git(self._mirror(answers.url), self._processes).has_tag(reference.name) else None
        order = {"folder": str(folder), "base": str(base), "reference": wanted or reference.commit, "data": data}
        answer = self._copier(folders, order, answers.url)
        if "error" in answer:
            raise _refused(member, answer, wanted or reference.commit)
        problems = self._problems(folders, member, base, started_from)
        problems += [
            f"{ANSWERS}: the answer {name!r} was {was!r} and would become {now!r}."
            for name, (was, now) in answer["changed_answers"].items()
        ]
        if problems:
            files = sorted({problem.split(":", 1)[0] for problem in problems})
            raise Stop(
                "conflict",
                ", ".join(files),
                "\n".join(problems)
                + f"\nTo merge by hand: `uvx copier update --vcs-ref {wanted or reference.commit}` in {member.folder}.",
            )
        # By force: the worktree was new, so what git ignores in it is the template's.
        tree("add", "--all", "--force")
        return answers.version, answer["version"]

    def _copier(self, folders: MergeFolders, order: dict[str, Any], url: str) -> dict[str, Any]:
        file = folders.scratch / "order.json"
        file.write_text(json.dumps(order), encoding="utf-8")
        temporary = str(folders.scratch / "tmp")
        variables = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary)
        # Copier's own cache is not safe for several at once; git takes the local copy of the template instead.
        variables["COPIER_CACHE_DIR"] = str(folders.scratch / "cache")
        # Copier compares its renderings in git: one that misses what a person's git ignores conflicts with the repo.
        settings = {"core.excludesFile": os.devnull}
        if "://" in url or re.match(r"[\w.-]+@[\w.-]+:", url):
            settings[f"url.{self._mirror(url).as_posix()}.insteadOf"] = url
        count = int(os.environ.get("GIT_CONFIG_COUNT", "0"))
        variables["GIT_CONFIG_COUNT"] = str(count + len(settings))
        for number, (key, value) in enumerate(settings.items(), start=count):
            variables[f"GIT_CONFIG_KEY_{number}"], variables[f"GIT_CONFIG_VALUE_{number}"] = key, value
        done = self._processes.run(
            [sys.executable, "-m", f"{__package__}.copier_job", file], folders.tree, variables=variables
        )
        try:
            found: dict[str, Any] = json.loads((folders.scratch / "answer.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {"error": "crash", "message": last_line(done.stderr)}
        return found

    def _problems(self, folders: MergeFolders, member: Member, base: Path, started_from: str) -> list[str]:
        """What prevents the update: conflicts, rejects, and lines of the user's that would be lost."""
        tree = Git(folders.tree, self._processes)
        found = [
            f"{name}: both the template and this repo changed the same lines."
            for name in sorted({entry.partition("\t")[2] for entry in tree("ls-files", "-u", "-z").split("\0")} - {""})
        ]
        unmerged = {problem.partition(":")[0] for problem in found}
        untracked = tree("ls-files", "--others", "-z").split("\0")
        found += [f"{name}: a change that did not fit." for name in untracked if name.endswith(".rej")]
        prefix = "" if member.is_submodule else f"{member.folder}/"
        for kind, name in tree.changes_since(started_from):
            path = folders.tree / name
            before = b"" if kind == "A" else tree.try_("show", f"{started_from}:{name}").out
            after = path.read_bytes() if path.is_file() else b""
            if has_marker(before, after) and name not in unmerged:
                found.append(f"{name}: it has conflict markers.")
            if name == f"{prefix}{ANSWERS}" or not name.startswith(prefix):
                continue
            # `base` is the folder itself, not the repo around it.
            template = base / name.removeprefix(prefix)
            lost = lost_lines(template.read_bytes() if template.is_file() else b"", before, after)
            if lost and name not in unmerged:
                what = "would be deleted, with" if kind == "D" else "would lose"
                if b"\0" in before:
                    found.append(f"{name}: it {what} this repo's own content.")
                    continue
                lines = "one line" if len(lost) == 1 else f"{len(lost)} lines"
                found.append(f"{name}: it {what} {lines} of this repo's own, such as {lost[0][:80]!r}.")
        return found


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _move_source(answers: Path, source: str) -> None:
    text = answers.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^_src_path:.*(\n[ \t]+.*)*", lambda _: f"_src_path: {json.dumps(source)}", text)
    answers.write_text(text, encoding="utf-8", newline="\n")


def _as_copier_takes_it(source: str) -> str:
    """Copier treats a URL that does not look like git's as a folder; a folder is kept as an absolute path."""
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


def _refused(member: Member, answer: dict[str, Any], version: str) -> Stop:
    message = str(answer["message"])
    if answer["error"] == "trust":
        return Stop(
            "failed",
            "the update runs a script of the template, which needs your trust",
            f"Read what the template's changelog says of it, then run `uvx copier update --trust` in {member.folder}.",
        )
    if answer["error"] == "in the way":
        return Stop("failed", message, "Rename what is in the way (`git mv`), commit that, and run it again.")
    if "downgrading" in message:
        return Stop(
            "failed",
            "it is at a newer version of the template than that",
            f"{message}. Name a version that comes after it with --to.",
        )
    return Stop(
        "failed",
        f"copier: {message}",
        f"To see more, or to answer what it asks: `uvx copier update --vcs-ref {version}` in {member.folder}.",
    )
