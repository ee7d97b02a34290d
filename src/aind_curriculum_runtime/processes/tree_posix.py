"""The processes of one call on Linux: a session of its own, and the processes that left it.

Owns the ways to recognise a descendant. Systems without /proc have only the session.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from .call_mark import MARK

assert sys.platform != "win32"

__all__ = ["KILL_LIMIT", "OPTIONS", "PosixTree"]

OPTIONS: Final[dict[str, Any]] = {"start_new_session": True}
"""How the command is started: Ctrl-C in the launcher's terminal does not reach it; the client ends it."""

KILL_LIMIT: Final = 1.0
"""Seconds that ending a tree may take; it takes milliseconds unless its processes keep starting others."""

_PROC: Final = Path("/proc")


class PosixTree:
    """A session of its own, and the marked processes outside of it.

    Args:
        root: Id of the command's own process, and of its session.
        mark: Value of ``MARK`` in its environment.
    """

    def __init__(self, root: int, mark: str) -> None:
        self._root = root
        self._mark = f"{MARK}={mark}".encode()

    def wait(self) -> int | None:
        """Wait for the command's own process; None when the host lost its exit code."""
        # Without reaping, so that the ids of the process and of its session are not used again before `close`.
        try:
            ended = os.waitid(os.P_PID, self._root, os.WEXITED | os.WNOWAIT)
        except ChildProcessError:  # the host ignores SIGCHLD or waits for any child: Popen would say 0
            return None
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def survivors(self) -> int:
        """How many processes still run besides the command's own."""
        return len(self._marked())

    def kill(self, pipes: Iterable[int] = ()) -> None:
        """End every process, also those that hold the other end of one of these pipes."""
        deadline = time.monotonic() + KILL_LIMIT
        inodes = {os.fstat(descriptor).st_ino for descriptor in pipes}
        while True:
            # Before anything is killed: once its parent is gone, a child cannot be found by it any more.
            found = self._descendants() | _holders(inodes)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._root, signal.SIGKILL)
            for pid in found:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            if not found or time.monotonic() > deadline:
                return
            time.sleep(0.005)

    def close(self) -> None:
        """Do nothing: the Popen object reaps the process."""

    def _marked(self) -> set[int]:
        return {pid for pid in _pids() if pid != self._root and self._is_marked(pid) and _runs(pid)}

    def _is_marked(self, pid: int) -> bool:
        with contextlib.suppress(OSError):
            if os.getsid(pid) == self._root:
                return True
            return self._mark in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
        return False

    def _descendants(self) -> set[int]:
        children: dict[int, list[int]] = {}
        for pid in _pids():
            parent = _stat(pid)[1]
            children.setdefault(parent, []).append(pid)
        found = self._marked()
        waiting = [self._root, *found]
        while waiting:
            for pid in children.get(waiting.pop(), []):
                if pid not in found and pid != self._root and _runs(pid):
                    found.add(pid)
                    waiting.append(pid)
        return found


def _pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir(_PROC) if name.isdecimal() and int(name) != os.getpid()]
    except OSError:  # no /proc on this system: only the process group is ended
        return []


def _stat(pid: int) -> tuple[str, int]:
    """State letter and parent of a process."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        # The program's name stands in brackets and may hold anything.
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        return fields[0].decode("ascii"), int(fields[1])
    return "X", 0


def _runs(pid: int) -> bool:
    return _stat(pid)[0] not in "ZX"


def _holders(inodes: set[int]) -> set[int]:
    """Processes outside the host's own session that hold the writing end of one of these pipes.

    A worker that the host forked may have inherited that end too, and does not belong to the curriculum.
    """
    found = set()
    own = os.getsid(0)
    for pid in _pids() if inodes else []:
        with contextlib.suppress(OSError):
            if os.getsid(pid) == own:
                continue
            for name in os.listdir(_PROC / str(pid) / "fd"):
                if (_PROC / str(pid) / "fd" / name).stat().st_ino in inodes and _writes(pid, name):
                    found.add(pid)
    return found


def _writes(pid: int, descriptor: str) -> bool:
    text = (_PROC / str(pid) / "fdinfo" / descriptor).read_text("ascii")
    flags = next(int(line.split()[1], 8) for line in text.splitlines() if line.startswith("flags:"))
    return bool(flags & (os.O_WRONLY | os.O_RDWR))
