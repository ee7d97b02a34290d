"""Find the processes of one call, and end them all.

Owns the start of the command and the protocol ``Tree``, which ``tree_posix`` and ``tree_windows`` implement. Knows
nothing of what is written to the pipes, or of the contract.

On Linux a process is recognised by its session, its parents, a mark that it inherited in its environment, or the pipe
that it holds. Only a process that left its session, lost its parents, cleared its environment and closed its output is
not found. On Windows a job object knows them all.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Protocol

from .call_mark import MARK, new_mark

__all__ = ["Started", "Tree", "start"]


class Started(Protocol):
    """A command's own process, with its pipes: a ``Popen``, or one that somebody else has started."""

    pid: int
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, so that nothing is left of it."""


class Tree(Protocol):
    """The processes of one call."""

    def wait(self) -> int | None:
        """Wait for the command's own process; None when the host lost its exit code."""

    def survivors(self) -> int:
        """How many processes still run besides the command's own."""

    def kill(self, pipes: Iterable[int] = ()) -> None:
        """End every process, also those that hold the other end of one of these pipes."""

    def close(self) -> None:
        """Free the system's resources for the call."""


def start(
    command: list[str], *, directory: Path, environment: dict[str, str], inherited: tuple[int, ...] = ()
) -> tuple[Started, Tree]:
    """Start a command with pipes, so that all its descendants can be ended.

    Args:
        command: Program and arguments.
        directory: Working directory.
        environment: Its whole environment, except for the mark.
        inherited: Descriptors that it gets besides the standard ones; none on Windows.

    Returns:
        The process and its tree.

    Raises:
        OSError: The program or the directory is missing, or may not be used.
        ValueError: An argument or a variable holds a null character.
    """
    if sys.platform == "win32":
        from .tree_windows import OPTIONS, WindowsTree
    else:
        from .tree_posix import OPTIONS, PosixTree
    mark = new_mark()
    process = subprocess.Popen(
        command,
        cwd=directory,
        env={**environment, MARK: mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        pass_fds=inherited,
        **OPTIONS,
    )
    if sys.platform == "win32":
        return process, WindowsTree(process)
    else:
        return process, PosixTree(process.pid, mark)
