"""`curriculum` in processes forked from one that has imported the library already, which is most of what a run takes.

Each call is a process of its own still, with its descriptors, its folder, its variables and its exit code. What is not
tried so is the start of Python itself: a call with variables or descriptors of its own gets a fresh Python.

This file is both ends: the tests import it, and a repo's Python runs it.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

_LARGEST = 1 << 17
"""Bytes of one message: arguments and variables of a call."""


class Warm:
    """One Python of a repo's environment, with the library imported; it ends with the tests, or by ``close``."""

    def __init__(self, script: Path, environment: dict[str, str]) -> None:
        self._script = script
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # -P: this file's folder is not to be imported from, as it is not by the console script.
        command = [script.with_name("python"), "-P", __file__, str(theirs.fileno()), script]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment, pass_fds=[theirs.fileno()]
        )
        theirs.close()

    def call(
        self, arguments: list[str], environment: dict[str, str], folder: str, timeout: float
    ) -> tuple[int, bytes, bytes]:
        """Run the command; give its exit code and what it wrote to stdout and stderr."""
        call = json.dumps({"arguments": arguments, "environment": environment, "folder": folder}).encode()
        assert len(call) < _LARGEST
        with (
            Path(os.devnull).open("rb") as stdin,
            os.fdopen(os.memfd_create("stdout"), "w+b") as stdout,
            os.fdopen(os.memfd_create("stderr"), "w+b") as stderr,
        ):
            self._connection.settimeout(timeout)
            socket.send_fds(self._connection, [call], [one.fileno() for one in (stdin, stdout, stderr)])
            child = int(self._connection.recv(_LARGEST))
            try:
                code = int(self._connection.recv(_LARGEST))
            except TimeoutError:
                os.kill(child, 9)
                self.close()
                raise subprocess.TimeoutExpired(arguments, timeout) from None
            return code, *(os.pread(one.fileno(), os.fstat(one.fileno()).st_size, 0) for one in (stdout, stderr))

    def close(self) -> None:
        """End it."""
        self._connection.close()
        self._process.wait()


def _serve(connection: socket.socket) -> dict[str, Any] | None:
    """Fork for each call; in the child give the call, and None when there are no more."""
    while True:
        message, files, _, _ = socket.recv_fds(connection, _LARGEST, 3)
        if not message:
            return None
        child = os.fork()
        if child == 0:
            connection.close()
            for number, file in enumerate(files):
                os.dup2(file, number)
                os.close(file)
            found: dict[str, Any] = json.loads(message)
            return found
        for file in files:
            os.close(file)
        connection.send(str(child).encode())
        connection.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


if __name__ == "__main__":
    import aind_behavior_curriculum  # noqa: F401

    called = _serve(socket.socket(fileno=int(sys.argv[1])))
    if called is not None:
        os.environ.clear()
        os.environ.update(called["environment"])
        os.chdir(called["folder"])
        importlib.invalidate_caches()
        sys.argv = [sys.argv[2], *called["arguments"]]
        sys.path.insert(0, str(Path(sys.argv[0]).parent))
        from aind_curriculum_runtime.cli import main

        main()
