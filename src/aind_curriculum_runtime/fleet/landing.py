"""The one step of an update that touches a repo: its checkout moves to a commit that was made and checked before.

Owns that this happens wholly or not at all. Git writes a checkout file by file, so before it starts a note is put
into the git directory, and git runs where neither Ctrl-C nor a kill of this command's process group reaches it.
Only a kill of git itself, or a power cut, can still cut it short: the note then says what the next command completes.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ..processes.children import Children, last_line
from ..project.files import write_atomically
from ..project.git import Git, GitFailed, git_command
from ..project.git_directory import head_commit
from .members import NOTE

__all__ = ["Landing", "complete", "land"]


@dataclass(frozen=True, kw_only=True)
class Landing:
    """Where a repo's checkout goes."""

    branch: str
    before: str
    """The commit that is checked out."""

    after: str
    """The commit that will be; a child of ``before``."""


def land(git: Git, directory: Path, landing: Landing, processes: Children, log: Path) -> None:
    """Move a checkout to its new commit, on a branch.

    Args:
        git: Git in the checkout.
        directory: The checkout's git directory.
        landing: Where it goes.
        processes: Starts git.
        log: File for git's output.

    Raises:
        GitFailed: Git refused, for example because it would overwrite a file; nothing has changed.
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
        # Usually git finds out before it writes anything; if not, the note stays for the next command. Asked with
        # children of its own, because `processes` may be cancelled by now.
        if not _differs(Git(git.directory, Children()), landing.before):
            note.unlink()
        raise GitFailed(last_line(done.stderr), said=done.stderr)
    note.unlink()


def complete(git: Git, directory: Path) -> Landing | None:
    """Complete a landing that was cut short.

    Args:
        git: Git in the checkout.
        directory: Its git directory.

    Returns:
        The landing that is now complete, or None when there was none.

    Raises:
        GitFailed: Files were changed since, which completing would overwrite; the message says which.
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
        raise GitFailed(
            f"an update of it was cut short, and another commit was checked out since: look at `git status`, then "
            f"delete {note}"
        )
    foreign = _foreign(git, landing)
    if foreign:
        raise GitFailed(
            f"an update of it was cut short, and these files were changed since: {', '.join(foreign)}; put them "
            f"aside and run `git checkout --force -B {landing.branch} {landing.after}`, then delete {note}"
        )
    for name in (index_lock, directory / "HEAD.lock"):
        with contextlib.suppress(FileNotFoundError):
            name.unlink()
    git("checkout", "--quiet", "--force", "--no-recurse-submodules", "-B", landing.branch, landing.after)
    note.unlink()
    return landing


def _head(git: Git) -> str:
    return git("rev-parse", "HEAD")


def _differs(git: Git, commit: str) -> bool:
    return bool(git.try_("diff", "--quiet", "--ignore-submodules", commit).code)


def _foreign(git: Git, landing: Landing) -> list[str]:
    """Files that are neither as before the landing nor as after it, nor half written by git."""
    listed = git("diff-tree", "-r", "-z", "--no-renames", landing.before, landing.after).split("\0")
    ours = {}
    for facts, name in zip(listed[::2], listed[1::2], strict=False):
        _, _, old, new, _ = facts.split(" ")
        ours[name] = {old, new}
    found = []
    for name, blobs in ours.items():
        path = git.directory / name
        if not path.is_file():
            continue
        if git("hash-object", f"--path={name}", "--", path) not in blobs and not _is_begun(git, path, name, landing):
            found.append(name)
    # No other file may differ. Those of the landing are left out: git lists them also when they are as after it.
    changed = git("diff", "--name-only", "-z", "--no-renames", "--ignore-submodules", landing.before).split("\0")
    return found + [name for name in changed if name and name not in ours]


def _is_begun(git: Git, path: Path, name: str, landing: Landing) -> bool:
    shown = git.try_("show", f"{landing.after}:{name}")
    written = path.read_bytes().replace(b"\r\n", b"\n").decode("utf-8", "replace")
    return shown.code == 0 and shown.stdout.startswith(written)
