"""One process of a check, run as a launcher runs it, and what it left behind.

Owns the time it may take and what checks know of it afterwards. Knows nothing of what is run or why.
"""

from __future__ import annotations

import contextlib
import functools
import json
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from ...contract.errors import ERROR_PREFIX, ExitCode
from ...processes.call import Call, Ending, Order
from ...processes.environment import GIT, PYTHON, RUNS, UV, without
from ...processes.tree import Started, Tree
from .findings import RunBroken

__all__ = ["ENDED_BY_US", "Forked", "Invocation", "Process", "Processes", "Server"]

TIMEOUT: Final = 120.0
"""Seconds that one run may take."""

_UNLIMITED: Final = sys.maxsize

ENDED_BY_US: Final = -9
"""Exit code of a process that has none of its own, because we ended it."""


@dataclass(kw_only=True)
class Invocation:
    """A process to start.

    Args:
        command: The command line.
        env: Variables added to a launcher's environment.
        cwd: Working directory; this process's by default.
    """

    command: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    forked: Forked | None = None
    """How to make the same by a fork; None for a run that needs a fresh start."""


@dataclass(frozen=True, kw_only=True)
class Forked:
    """What a fork of ``fork_server`` does.

    Args:
        program: The console script, or the checks' own program.
        arguments: Its arguments.
    """

    program: Literal["curriculum", "probe"]
    arguments: list[str]


_MISSES_A_FILE: Final = b" failed: FileNotFoundError: "
"""In the runtime's message, of curriculum code that does not find a file; no fork makes one go missing."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """What a finished process left behind."""

    code: int
    stdout: bytes
    stderr: bytes
    timed_out: bool = False
    pipes_held: bool = False
    is_fork: bool = False
    folder: Path
    """Scratch folder of the run, which holds its session directory."""

    @property
    def is_conclusive(self) -> bool:
        """Whether a fork's end says the same as that of a fresh process: a fault may come from being a fork."""
        codes_of_input = {*ExitCode} - {ExitCode.CURRICULUM_CODE}
        misses_a_file = self.code == ExitCode.CURRICULUM_CODE and _MISSES_A_FILE in self.stderr
        return not self.is_fork or self.code == 0 or self.code in codes_of_input or misses_a_file

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
        """Why it failed, in one line: the runtime's message with its hint, else the last line of stderr."""
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


class Server(Protocol):
    """A process that has imported a curriculum, and forks."""

    def start(self, program: str, order: Order) -> tuple[Started, Tree]:
        """Fork a process that carries out an order; its environment is what is set besides the server's."""

    def close(self) -> None:
        """End it, with whatever it forked."""


class Processes:
    """The processes that are running, so that all can be ended when the check is interrupted."""

    def __init__(self) -> None:
        self._alive: set[Call] = set()
        self._lock = threading.Lock()
        self._servers: list[Server] = []
        self._ended = False
        self.started = 0
        """How many fresh ones there were so far; forks are not counted."""

    def serve(self, invocation: Invocation) -> Server | None:
        """Start a process that imports and then forks.

        Args:
            invocation: Its command, but for the connection.

        Returns:
            The process; None when it ended because it cannot import or cannot fork, and on systems that cannot.

        Raises:
            TimeoutError: The import takes longer than ``TIMEOUT``.
            InterruptedError: ``end`` was called.
        """
        if sys.platform == "linux":
            from .forks import ForkServer

            with self._lock:
                self._require_going_on()
                server = ForkServer(_order(invocation))
                self._servers.append(server)
                self.started += 1
            return server if server.wait() else None
        else:
            return None

    def run(self, invocation: Invocation, folder: Path, server: Server | None = None) -> Process:
        """Run a process to its end, as a launcher does.

        Args:
            invocation: What to run.
            folder: Its scratch folder.
            server: What to fork it from, if it can be forked.

        Returns:
            What it left; a process that takes longer than ``TIMEOUT`` is ended with all its children.

        Raises:
            RunBroken: The program cannot be started.
            InterruptedError: ``end`` was called.
        """
        is_fork = server is not None and invocation.forked is not None
        order = _order(invocation)
        if server is not None and invocation.forked is not None:
            start = functools.partial(server.start, invocation.forked.program)
            variables = dict(invocation.env)
            order = replace(order, command=invocation.forked.arguments, environment=variables, start=start)
        with self._lock:
            self._require_going_on()
            call = Call(order)
            self._alive.add(call)
            self.started += not is_fork
        try:
            finished = call.result()
        except OSError as error:
            if is_fork:  # its server is gone
                return Process(code=ENDED_BY_US, stdout=b"", stderr=b"", is_fork=True, folder=folder)
            raise RunBroken(
                f"{order.command[0]} cannot be started ({error.strerror}).",
                f"Install {order.command[0]}, and see that it is on the PATH.",
            ) from None
        finally:
            with self._lock:
                self._alive.discard(call)
        return Process(
            code=finished.exit_code if finished.exit_code is not None else ENDED_BY_US,
            stdout=finished.stdout,
            stderr=finished.stderr,
            timed_out=finished.ending is Ending.TIMEOUT,
            pipes_held=finished.pipes_held,
            is_fork=is_fork,
            folder=folder,
        )

    def end(self) -> None:
        """End all running processes, and start no more."""
        with self._lock:
            self._ended = True
            alive = list(self._alive)
        for call in alive:
            call.cancel()
        self.end_servers()

    def end_servers(self) -> None:
        """End the processes that wait for more to fork."""
        for server in self._servers:
            server.close()

    def _require_going_on(self) -> None:
        if self._ended:
            raise InterruptedError("the check was ended")


def _order(invocation: Invocation) -> Order:
    return Order(
        command=invocation.command,
        directory=invocation.cwd if invocation.cwd is not None else Path(),
        environment=without(GIT, PYTHON, UV, RUNS) | dict(invocation.env),
        timeout=TIMEOUT,
        stdout_limit=_UNLIMITED,  # checks say when it is too much
        stderr_limit=_UNLIMITED,
    )
