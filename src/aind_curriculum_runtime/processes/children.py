"""Child processes: started in a clean environment, stopped together.

Owns the list of running ones, so that Ctrl-C ends them all. Knows nothing of what the processes do.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import IO, Final

from .environment import GIT, PYTHON, UV, without

__all__ = ["Cancelled", "Children", "Done", "last_line"]

if sys.platform == "win32":
    _NEW_GROUP: Final = subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _NEW_GROUP: Final = 0


class Cancelled(Exception):
    """The command was interrupted: no more processes are started, and this one's result means nothing."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """A process that ended."""

    code: int
    out: bytes
    err: bytes

    @property
    def stdout(self) -> str:
        """What it wrote to stdout, as text."""
        return _text(self.out)

    @property
    def stderr(self) -> str:
        """What it wrote to stderr, as text."""
        return _text(self.err)


def last_line(text: str) -> str:
    """The last line of a failed process that says something, for a message.

    Args:
        text: What it wrote to stderr.

    Returns:
        The line without git's prefix, and after a colon the list that git prints below it; or "it said nothing".
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("hint:")]
    if not lines:
        return "it said nothing"
    told = [number for number, line in enumerate(lines) if line.startswith(("fatal: ", "error: "))]
    announced = len(lines) > 1 and lines[-2].endswith(":") and not lines[-2][0].isspace()
    start = told[-1] if told else len(lines) - 1 - announced
    sentence = lines[start].strip().removeprefix("fatal: ").removeprefix("error: ")
    if sentence.endswith(":"):
        listed = takewhile(lambda line: line[0].isspace() or not told, lines[start + 1 :])
        sentence = f"{sentence} {', '.join(' '.join(line.split()) for line in listed)}"
    return sentence.rstrip(" .")


class Children:
    """The children of one command.

    Args:
        keep_open: The file descriptor of a lock. Every child inherits it, so the lock is held until the last child
            ends, even when this process is killed. Not on Windows.
    """

    def __init__(self, keep_open: int | None = None) -> None:
        self._keep_open = () if keep_open is None or sys.platform == "win32" else (keep_open,)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._guard = threading.Lock()
        self._cancelled = False

    def run(
        self,
        command: Sequence[str | Path],
        directory: Path,
        *,
        variables: Mapping[str, str] | None = None,
        stdin: str | None = None,
    ) -> Done:
        """Run a process to its end.

        Args:
            command: Program and arguments.
            directory: Working directory.
            variables: Variables to set in its environment.
            stdin: Text to feed; nothing by default.

        Returns:
            Its exit code and output.

        Raises:
            Cancelled: ``cancel`` was called before or during the run.
            OSError: The program is missing.
        """
        process = self._start(command, directory, variables, subprocess.PIPE, subprocess.PIPE, stdin is not None)
        try:
            stdout, stderr = process.communicate(None if stdin is None else stdin.encode("utf-8"))
        finally:
            with self._guard:
                self._running.discard(process)
        if self._cancelled:
            raise Cancelled
        return Done(code=process.returncode, out=stdout, err=stderr)

    def run_to_the_end(self, command: Sequence[str | Path], directory: Path, log: Path) -> Done:
        """Run a process that goes on when this one is interrupted or killed.

        It gets its own session, which no signal to this process's group reaches, and writes to a file: a pipe whose
        reader was killed would end it.

        Args:
            command: Program and arguments.
            directory: Working directory.
            log: File for its output.

        Returns:
            Its exit code, with the log as stderr.

        Raises:
            Cancelled: ``cancel`` was called before the start; a process that was started is always waited for.
        """
        with log.open("wb") as file:
            process = self._start(command, directory, None, file, file, False, apart=True)
        process.wait()
        return Done(code=process.returncode, out=b"", err=log.read_bytes())

    def cancel(self) -> None:
        """Start no more processes and end the running ones, except those of ``run_to_the_end``."""
        with self._guard:
            self._cancelled = True
            for process in self._running:
                process.terminate()

    def _start(
        self,
        command: Sequence[str | Path],
        directory: Path,
        variables: Mapping[str, str] | None,
        stdout: int | IO[bytes],
        stderr: int | IO[bytes],
        feed: bool,
        apart: bool = False,
    ) -> subprocess.Popen[bytes]:
        with self._guard:
            if self._cancelled:
                raise Cancelled
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=directory,
                env=_environment() | dict(variables or {}),
                stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                pass_fds=self._keep_open,
                start_new_session=apart and sys.platform != "win32",
                creationflags=_NEW_GROUP if apart else 0,
            )
            if not apart:
                self._running.add(process)
            return process


def _environment() -> dict[str, str]:
    """This process's own, without what ties it to one repo. Git must not ask for a password: nobody would see it."""
    return without(GIT, PYTHON, UV) | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
