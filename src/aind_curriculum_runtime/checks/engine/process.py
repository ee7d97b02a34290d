"""One process, run to its end with its pipes watched.

Owns how a process is started, timed and ended with all its children, and what is kept of it. Knows nothing
of what is run or why.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ...contract.errors import ERROR_PREFIX
from .findings import RunBroken

__all__ = ["Invocation", "Process", "Processes"]

TIMEOUT: Final = 120.0
"""Seconds that one run may take."""

PIPE_GRACE: Final = 1.0
"""Seconds after the process's end by which its pipes must be closed."""

_DROPPED: Final = {
    *("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHASHSEED"),
    *("UV_FROZEN", "UV_LOCKED", "UV_NO_SYNC"),  # uv refuses one beside another, and the runs set their own
    "UV_PROJECT_ENVIRONMENT",
}
"""Variables of the environment that `curriculum check` was itself started in, which a launcher's lacks."""


@dataclass(kw_only=True)
class Invocation:
    """A process to start.

    Args:
        command: The command line.
        env: Added to a launcher's environment.
        cwd: Working directory; this process's by default.
    """

    command: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Process:
    """What a finished process left."""

    code: int
    stdout: bytes
    stderr: bytes
    timed_out: bool = False
    pipes_held: bool = False
    folder: Path
    """Scratch folder of the run, which holds its session directory."""

    @property
    def session(self) -> Path:
        """The copy of the sample session that it ran on."""
        return self.folder / "session"

    @property
    def document(self) -> Any:
        """Stdout as JSON, or None."""
        with contextlib.suppress(ValueError):
            return json.loads(self.stdout)
        return None

    @property
    def answer(self) -> Any:
        """What ``probe`` wrote to its file, or None."""
        with contextlib.suppress(OSError, ValueError):
            return json.loads((self.folder / "answer.json").read_text(encoding="utf-8"))
        return None

    @property
    def said(self) -> str:
        """What it said of its failure, in one line: the runtime's message with its hint, else the last line."""
        lines = [line.strip() for line in self.stderr.decode("utf-8", "replace").splitlines()]
        lines = [line for line in lines if line and not line.startswith(ERROR_PREFIX)]
        for number, line in enumerate(lines):
            if line.startswith("curriculum: "):
                told = " ".join(lines[number : number + 2]).removeprefix("curriculum: ")
                return " ".join(told.replace("hint: ", "", 1).split())[:400].rstrip(".")
        return " ".join((lines or ["nothing on stderr"])[-1].split())[:400].rstrip(".")

    @property
    def ended(self) -> str:
        """How it ended, for messages."""
        return f"did not end within {TIMEOUT:.0f} s" if self.timed_out else f"ended with exit code {self.code}"


class Processes:
    """Processes that are alive, so that all can be ended when the check itself is."""

    def __init__(self) -> None:
        self._alive: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._ended = False
        self.started = 0

    def run(self, invocation: Invocation, folder: Path) -> Process:
        """Run a process to its end, watching its pipes.

        Args:
            invocation: What to run.
            folder: Its scratch folder.

        Returns:
            What it left; a process that does not end is ended with all its children.

        Raises:
            RunBroken: The program is not there.
        """
        environment = {key: value for key, value in os.environ.items() if key not in _DROPPED} | dict(invocation.env)
        with self._lock:
            if self._ended:
                raise InterruptedError("the check was ended")
            try:
                process = subprocess.Popen(
                    invocation.command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=environment,
                    cwd=invocation.cwd,
                    # A group of its own: its children can be ended with it, and Ctrl-C reaches only this process.
                    start_new_session=sys.platform != "win32",
                )
            except OSError as error:
                raise RunBroken(
                    f"{invocation.command[0]} cannot be started ({error.strerror}).",
                    f"Install {invocation.command[0]}, and see that it is on the PATH.",
                ) from None
            self._alive.add(process)
            self.started += 1
        try:
            return _watch(process, folder)
        finally:
            with self._lock:
                self._alive.discard(process)

    def end(self) -> None:
        """End all that is alive, and start nothing more."""
        with self._lock:
            self._ended = True
            alive = list(self._alive)
        for process in alive:
            _end_tree(process)


def _watch(process: subprocess.Popen[bytes], folder: Path) -> Process:
    assert process.stdout is not None and process.stderr is not None
    received: list[list[bytes]] = [[], []]

    def drain(pipe: Any, into: list[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := pipe.read1(1 << 16):
                into.append(chunk)

    pipes = (process.stdout, process.stderr)
    readers = [
        threading.Thread(target=drain, args=(pipe, into), daemon=True)
        for pipe, into in zip(pipes, received, strict=True)
    ]
    for reader in readers:
        reader.start()
    timed_out = False
    try:
        process.wait(TIMEOUT)
    except subprocess.TimeoutExpired:
        timed_out = True
        _end_tree(process)
    deadline = time.monotonic() + PIPE_GRACE
    for reader in readers:
        reader.join(max(0.0, deadline - time.monotonic()))
    pipes_held = not timed_out and any(reader.is_alive() for reader in readers)
    if pipes_held:
        _end_tree(process)
    for reader, pipe in zip(readers, pipes, strict=True):
        reader.join(PIPE_GRACE)
        if not reader.is_alive():
            pipe.close()
    return Process(
        code=process.wait(),
        stdout=b"".join(received[0]),
        stderr=b"".join(received[1]),
        timed_out=timed_out,
        pipes_held=pipes_held,
        folder=folder,
    )


def _end_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children; those may live on after it."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
