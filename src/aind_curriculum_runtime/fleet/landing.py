"""The one step of an update that touches a repo: its checkout moves to a commit that was made and checked before.

Owns that this happens wholly or not at all. Git writes a checkout file by file, so before it starts a note is put
into the git directory, and git runs where neither Ctrl-C nor a kill of this command's process group reaches it.
Only a kill of git itself, or a power cut, can still cut it short: the note then says what the next command completes.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ..processes.children import Children, last_line
from ..project.files import write_atomically
from ..project.git import Git, git_command
from ..project.git_directory import head_commit
from .members import NOTE
from .outcomes import Stop, is_full

__all__ = ["InPart", "Landing", "complete", "land"]


@dataclass(frozen=True, kw_only=True)
class Landing:
    """Where a repo's checkout goes."""

    branch: str
    before: str
    """The commit that is checked out."""

    after: str
    """The commit that will be; a child of ``before``."""


class InPart(Stop):
    """Git wrote some of the files only; the next command completes it.

    Args:
        said: What git wrote to stderr.
    """

    def __init__(self, said: str) -> None:
        full = is_full(said)
        super().__init__(
            "failed",
            f"git moved its files only in part: {'the disk is full' if full else last_line(said)}",
            f"{said.strip()}\n{'Free some space' if full else 'Fix what git says'}, then run it again: it completes "
            "the update.",
        )


def land(git: Git, directory: Path, landing: Landing, processes: Children, log: Path) -> None:
    """Move a checkout to its new commit, on a branch.

    Args:
        git: Git in the checkout.
        directory: The checkout's git directory.
        landing: Where it goes.
        processes: Starts git.
        log: File for git's output.

    Raises:
        InPart: Git wrote some of the files only.
        Stop: Git refused, for example because it would overwrite a file; nothing has changed.
    """
    note = directory / NOTE
    write_atomically(note, json.dumps(asdict(landing)).encode("utf-8"))
    try:
        # Ignored files are somebody's too: by default git overwrites them silently.
        command = git_command(
            *("checkout", "--quiet", "--no-overwrite-ignore", "--no-recurse-submodules", "-B"),
            *(landing.branch, landing.after),
        )
        done = processes.run_to_the_end(command, git.directory, log)
    except BaseException:
        note.unlink()  # cancelled before it began
        raise
    if done.code and head_commit(directory) != landing.after:
        # Asked with children of its own, because `processes` may be cancelled by now.
        if any(standing == "begun" for _, standing in _standings(Git(git.directory, Children()), landing)):
            raise InPart(done.stderr)
        note.unlink()
        raise Stop(
            "failed",
            f"git did not move the checkout: {last_line(done.stderr)}",
            f"{done.stderr.strip()}\nThe repo is as it was: fix what git says, then run it again.",
        )
    note.unlink()


def complete(git: Git, directory: Path) -> Landing | None:
    """Complete a landing that was cut short.

    Args:
        git: Git in the checkout.
        directory: Its git directory.

    Returns:
        The landing that is now complete, or None when there was none.

    Raises:
        InPart: Git cannot complete it now either.
        Stop: Files were changed since, which completing would overwrite; the note says which.
        GitFailed: Git cannot read the repo.
    """
    note = directory / NOTE
    try:
        landing = Landing(**json.loads(note.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        note.unlink()  # not ours: ours is written whole
        return None
    index_lock = directory / "index.lock"
    for _ in range(100):  # only where children do not inherit the lock: git may still be working
        if not index_lock.exists():
            break
        time.sleep(0.05)
    head = _head(git)
    if head == landing.after and not index_lock.exists():
        note.unlink()
        return landing
    if head not in {landing.before, landing.after}:
        raise Stop(
            "failed",
            "an update of it was cut short, and another commit was checked out since",
            f"Look at `git status` in it, delete {note}, then run it again.",
        )
    standings = dict(_standings(git, landing))
    foreign = [name for name, standing in standings.items() if standing == "foreign"]
    # No other file may differ. One that is missing is in git, so nobody's work is lost with it.
    options = ("--name-only", "-z", "--no-renames", "--diff-filter=d", "--ignore-submodules")
    changed = git("diff", *options, landing.before).split("\0")
    foreign += [name for name in changed if name and name not in standings]
    if foreign:
        raise Stop(
            "failed",
            f"an update of it was cut short, and these files were changed since: {', '.join(foreign)}",
            "Move them out of the repo, then run it again: it completes the update. Compare them after.",
        )
    for name in (index_lock, directory / "HEAD.lock"):
        with contextlib.suppress(FileNotFoundError):
            name.unlink()
    force = ("checkout", "--quiet", "--force", "--no-recurse-submodules", "-B")
    done = git.try_(*force, landing.branch, landing.after)
    if done.code:
        raise InPart(done.stderr)
    note.unlink()
    return landing


def _head(git: Git) -> str:
    return git("rev-parse", "HEAD")


def _standings(git: Git, landing: Landing) -> Iterator[tuple[str, Literal["before", "begun", "foreign"]]]:
    """For each file of the landing, whether it is as before, written by git at least in part, or somebody's since."""
    listed = git("diff-tree", "-r", "-z", "--no-renames", landing.before, landing.after).split("\0")
    for facts, name in zip(listed[::2], listed[1::2], strict=False):
        _, _, old, new, _ = facts.split(" ")
        path = git.directory / name
        if not path.is_file():
            yield name, "begun" if old.strip("0") else "before"
            continue
        blob = git("hash-object", f"--path={name}", "--", path)
        if blob == old:
            yield name, "before"
        else:
            yield name, "begun" if blob == new or _is_begun(git, path, name, landing) else "foreign"


def _is_begun(git: Git, path: Path, name: str, landing: Landing) -> bool:
    shown = git.try_("show", f"{landing.after}:{name}")
    written = path.read_bytes().replace(b"\r\n", b"\n").decode("utf-8", "replace")
    return shown.code == 0 and shown.stdout.startswith(written)
