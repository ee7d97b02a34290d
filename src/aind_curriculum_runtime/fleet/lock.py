"""One changing command at a time in a task repo.

Owns the lock, which the operating system frees when the last process that holds it ends, in whatever way; and the note
in the lock file of the holder's scratch folder, so that the next command can remove what a killed one left.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..contract.errors import ExitCode
from .errors import FleetError

__all__ = ["SCRATCH_PREFIX", "Held", "holding", "remove_folder"]

SCRATCH_PREFIX: Final = "curricula-update-"
_PATIENCE: Final = 60.0
"""Seconds to wait, mainly for the children of a killed command to end."""


class Held(NamedTuple):
    """The lock while it is held."""

    descriptor: int
    """For children to inherit."""

    scratch: Path
    """An empty folder outside of every repo, removed at the end."""


@contextmanager
def holding(git_directory: Path) -> Iterator[Held]:
    """Hold the task repo's lock, and a scratch folder.

    Args:
        git_directory: The task repo's common git directory, where the lock file is.

    Yields:
        The lock's descriptor and the folder.

    Raises:
        FleetError: Another command holds it, with exit code 75.
    """
    file = git_directory / "curricula.lock"
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _acquire(descriptor)
        left = Path(os.read(descriptor, 4096).decode("utf-8", "replace").strip())
        if left.name.startswith(SCRATCH_PREFIX):
            remove_folder(left)
        scratch = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX)).resolve()
        try:
            _note(descriptor, str(scratch), file)
            yield Held(descriptor, scratch)
        finally:
            remove_folder(scratch)
            # A process that was just ended may still have left a file; then the next command removes the folder.
            _note(descriptor, str(scratch) if scratch.exists() else "", file)
            # Closing is not enough: a helper that git leaves running, such as its credential cache, inherited the lock.
            _unlock(descriptor)
    finally:
        os.close(descriptor)


def remove_folder(folder: Path) -> None:
    """Remove a folder with git's read-only files in it; what cannot be removed stays.

    Args:
        folder: The folder; it may be missing.
    """

    def writable_first(remove: Callable[[str], Any], path: str, _: object) -> None:
        try:
            Path(path).chmod(stat.S_IRWXU)
            remove(path)
        except OSError:
            pass

    if sys.version_info >= (3, 12):
        shutil.rmtree(folder, onexc=writable_first)
    else:
        shutil.rmtree(folder, onerror=writable_first)


def _note(descriptor: int, text: str, file: Path) -> None:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, text.encode("utf-8"))
    except OSError as error:
        error.filename = str(file)  # a full disk: say which
        raise


def _acquire(descriptor: int) -> None:
    start, told = time.monotonic(), False
    while not _try_lock(descriptor):
        waited = time.monotonic() - start
        if waited > 1 and not told:
            print("curricula: waiting for another command in this task repo to end.", file=sys.stderr)
            told = True
        if waited > _PATIENCE:
            raise FleetError(
                "Another `curricula` command is changing this task repo.",
                "Wait until it has ended and run this one again.",
                ExitCode.TRANSIENT,
            )
        time.sleep(0.05)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        # Far behind the note, because Windows does not let locked bytes be read.
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

    def _unlock(descriptor: int) -> None:
        """Closing does it: on Windows no process inherits the lock."""

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
