"""Processes forked from one that has imported the curriculum: this end of ``fork_server``.

Owns starting that program and asking it for processes, which are then like any other of a call.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading
from dataclasses import replace
from typing import IO, Final

from ...processes.call import GRACE, Call, Order
from ...processes.call_mark import MARK, new_mark
from ...processes.tree import Started, Tree

__all__ = ["LARGEST", "READY", "ForkServer"]

READY: Final = b"ready"
"""What ``fork_server`` says once it has imported and can fork; when it cannot, it ends."""

LARGEST: Final = 1 << 16
"""Bytes of one message."""

assert sys.platform == "linux"


class ForkServer:
    """A process that has imported a curriculum, or tries to.

    Args:
        order: How to start it, but for the connection; its time is what the import may take.
    """

    def __init__(self, order: Order) -> None:
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._connection.settimeout(order.timeout)
        self._asking = threading.Lock()
        command = [*order.command, "--connection", str(theirs.fileno())]
        self._theirs = theirs
        self._ended = threading.Event()
        order = replace(order, command=command, inherited=(theirs.fileno(),), timeout=float("inf"))
        self._call = Call(order, when_done=self._when_ended)

    def _when_ended(self) -> None:
        self._theirs.close()  # so that reading from our end ends too
        self._ended.set()

    def wait(self) -> bool:
        """Wait for the import.

        Returns:
            Whether it can fork now.

        Raises:
            TimeoutError: The import takes too long.
        """
        try:
            return self._connection.recv(LARGEST) == READY
        except TimeoutError:
            self.close()
            raise

    def start(self, program: str, order: Order) -> tuple[Started, Tree]:
        """Fork a process.

        Args:
            program: ``curriculum`` or ``probe``.
            order: Its command is the program's arguments, its environment what is set in the server's.

        Returns:
            The process and its tree.

        Raises:
            OSError: The server is gone.
        """
        from ...processes.tree_posix import PosixTree  # Windows has none, not even for mypy

        mark = new_mark()
        asked = {"program": program, "arguments": order.command, "environment": {**order.environment, MARK: mark}}
        with contextlib.ExitStack() as of_theirs, contextlib.ExitStack() as ours:
            caller, their_caller = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            given = [of_theirs.enter_context(their_caller).fileno()]
            ours.enter_context(caller)
            pipes = []
            for _ in ("stdout", "stderr"):
                reading, writing = os.pipe()
                pipes.append(ours.enter_context(os.fdopen(reading, "rb", 0)))
                given.append(writing)
                of_theirs.callback(os.close, writing)
            with self._asking:
                socket.send_fds(self._connection, [json.dumps(asked).encode()], given)
            of_theirs.close()  # so that reading from our ends ends when it is gone
            caller.settimeout(order.timeout)
            pid = caller.recv(LARGEST)
            if not pid:
                raise ConnectionResetError("the process that forks for the checks ended")
            caller.settimeout(None)
            ours.pop_all()
        forked = _Forked(int(pid), caller, *pipes)
        return forked, _ForkedTree(forked, PosixTree(forked.pid, mark))

    def close(self) -> None:
        """End it, with whatever it forked."""
        with contextlib.suppress(OSError):  # it ended before
            self._connection.shutdown(socket.SHUT_RDWR)  # which ends it, unless it still imports
        self._connection.close()
        if not self._ended.wait(GRACE):
            self._call.cancel()
            self._call.join()


class _Forked:
    """A forked process, which is the server's child."""

    def __init__(self, pid: int, caller: socket.socket, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self.pid = pid
        self.stdout: IO[bytes] | None = stdout
        self.stderr: IO[bytes] | None = stderr
        self.caller = caller

    def wait(self, timeout: float | None = None) -> int:
        """Do nothing: the server reaps it when the connection is closed."""
        return 0


class _ForkedTree:
    """The tree of a process that is not our child; but for waiting, it is that of any other."""

    def __init__(self, root: _Forked, tree: Tree) -> None:
        self._root = root
        self.survivors = tree.survivors
        self.kill = tree.kill

    def wait(self) -> int | None:
        """Wait for the forked process; None when the server is gone."""
        with contextlib.suppress(OSError):
            if code := self._root.caller.recv(LARGEST):
                return int(code)
        return None

    def close(self) -> None:
        """Let the server reap it."""
        self._root.caller.close()
