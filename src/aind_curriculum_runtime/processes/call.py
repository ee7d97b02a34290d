"""Run one command with limits on its time, its output, and the processes it leaves running.

Owns the call from its start to the end of its last process. Knows nothing of the contract: it returns how the command
ended and what it wrote.

Every call runs in a thread of its own, blocking or not. Python raises Ctrl-C in the main thread only, so it cannot come
between starting a process and recording that it runs.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO, Any, Final

from .tree import Started, Tree, start

__all__ = ["GRACE", "Call", "Ending", "Finished", "Order"]

GRACE: Final = 1.0
"""Seconds that the child processes of a successful command may still run after it."""

_DRAIN: Final = 0.5
"""Seconds to read the rest of the pipes after every process was ended."""

_CHUNK: Final = 1 << 16
_HOUR: Final = 3600.0  # a very long wait overflows on some systems


def _start(order: Order) -> tuple[Started, Tree]:
    return start(order.command, directory=order.directory, environment=order.environment, inherited=order.inherited)


class Ending(Enum):
    """How a call ended."""

    EXITED = "the command ended"
    LEFT_RUNNING = "the command ended and left processes running"
    TIMEOUT = "the time was over"
    TOO_LARGE = "there was too much on stdout"
    CANCELLED = "the host cancelled it"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to run, and its limits."""

    command: list[str]
    directory: Path
    environment: dict[str, str]
    timeout: float
    """Seconds until all processes are ended."""
    stdout_limit: int
    """How many bytes of stdout are accepted."""
    stderr_limit: int
    """How many of the last bytes of stderr are kept."""
    inherited: tuple[int, ...] = ()
    """Descriptors that the command gets besides the standard ones; none on Windows."""
    start: Callable[[Order], tuple[Started, Tree]] = _start
    """Starts it; for a command that is no program on the disk."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """How a command ended and what it wrote. None of its processes runs any more."""

    ending: Ending
    exit_code: int | None
    """None when the client ended the command or the host lost its exit code; negative for a signal."""
    stdout: bytes
    stderr: bytes
    pipes_held: bool
    """Whether a process that the command left running still held its stdout or stderr after ``GRACE``."""


class Call:
    """One run of a command, in a thread of its own.

    Args:
        order: What to run.
        when_done: Called from that thread when ``result`` will not block any more.
    """

    def __init__(self, order: Order, when_done: Callable[[], Any] = lambda: None) -> None:
        self._order = order
        self._when_done = when_done
        self._news: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._finished: Finished | None = None
        self._error: BaseException | None = None
        self._done = threading.Event()
        threading.Thread(target=self._work, name="curriculum", daemon=True).start()

    def cancel(self) -> None:
        """End all processes of the call; may be called from any thread at any time."""
        self._news.put("cancel")

    def join(self) -> None:
        """Wait for the end, in slices: on Windows Ctrl-C does not interrupt a wait."""
        while not self._done.wait(0.2):
            pass

    def result(self) -> Finished:
        """Wait for the end and return the result.

        Returns:
            How it ended and what it wrote.

        Raises:
            OSError: The command could not be started.
            ValueError: An argument or a variable holds a null character.
            BaseException: Such as KeyboardInterrupt, when the wait is interrupted; every process has been
                ended by then.
        """
        try:
            self.join()
        except BaseException:
            self.cancel()
            self.join()
            raise
        if self._error is not None:
            raise self._error
        assert self._finished is not None
        return self._finished

    def _work(self) -> None:
        try:
            self._finished = self._run()
        except BaseException as error:
            self._error = error
        finally:
            self._done.set()
            self._when_done()

    def _run(self) -> Finished:
        order = self._order
        deadline = time.monotonic() + order.timeout
        process, tree = order.start(order)
        assert process.stdout is not None and process.stderr is not None
        stdout = _Reader("stdout", process.stdout, order.stdout_limit, self._news, last=False)
        stderr = _Reader("stderr", process.stderr, order.stderr_limit, self._news, last=True)
        waiter = _Waiter(tree, self._news)
        ending = Ending.CANCELLED
        try:
            for thread in (stdout, stderr, waiter):
                thread.start()
            ending = self._watch(deadline, tree, waiter)
        finally:
            held = ending is Ending.LEFT_RUNNING and (stdout.is_alive() or stderr.is_alive())
            if ending is not Ending.EXITED or waiter.exit_code != 0:
                _end(tree, waiter, (stdout, stderr))
            _free(process, tree, (stdout, stderr, waiter))
        exited = ending in (Ending.EXITED, Ending.LEFT_RUNNING)
        return Finished(
            ending=ending,
            exit_code=waiter.exit_code if exited else None,
            stdout=bytes(stdout.data),
            stderr=bytes(stderr.data[-order.stderr_limit :]),
            pipes_held=held,
        )

    def _watch(self, deadline: float, tree: Tree, waiter: _Waiter) -> Ending:
        awaited = {"stdout", "stderr", "exit"}
        limit, late = deadline, Ending.TIMEOUT
        while awaited:
            remaining = limit - time.monotonic()
            if remaining <= 0:
                return late
            try:
                news = self._news.get(timeout=min(remaining, _HOUR))
            except queue.Empty:
                continue
            if news == "cancel":
                return Ending.CANCELLED
            if news == "too_large":
                return Ending.TOO_LARGE
            awaited.discard(news)
            if news == "exit":
                if waiter.exit_code != 0:
                    return Ending.EXITED  # the pipes are read after all processes are ended
                limit, late = time.monotonic() + GRACE, Ending.LEFT_RUNNING
        # Processes that closed their output, or never had it.
        while tree.survivors():
            if time.monotonic() > limit:
                return Ending.LEFT_RUNNING
            time.sleep(0.01)
        return Ending.EXITED


class _Reader(threading.Thread):
    """Reads a pipe to its end and keeps a limited part of it."""

    def __init__(self, name: str, pipe: IO[bytes], limit: int, news: queue.SimpleQueue[str], *, last: bool) -> None:
        super().__init__(name=f"curriculum {name}", daemon=True)
        self.data = bytearray()
        self.pipe = pipe
        self._token = name
        self._limit = limit
        self._news = news
        self._last = last

    def run(self) -> None:
        with contextlib.suppress(OSError), self.pipe:
            while chunk := os.read(self.pipe.fileno(), _CHUNK):
                self._keep(chunk)
        self._news.put(self._token)

    def _keep(self, chunk: bytes) -> None:
        if self._last:
            self.data += chunk
            if len(self.data) > self._limit + _CHUNK * 4:  # not at every chunk: it copies all that stays
                del self.data[: -self._limit]
        elif len(self.data) + len(chunk) <= self._limit:
            self.data += chunk
        else:
            self._limit = 0  # keep nothing more
            self._news.put("too_large")


class _Waiter(threading.Thread):
    """Waits for the command's own process: one that it left running may hold the pipes for ever."""

    def __init__(self, tree: Tree, news: queue.SimpleQueue[str]) -> None:
        super().__init__(name="curriculum exit", daemon=True)
        self.exit_code: int | None = None
        self._tree = tree
        self._news = news

    def run(self) -> None:
        self.exit_code = self._tree.wait()
        self._news.put("exit")


def _end(tree: Tree, waiter: _Waiter, readers: Iterable[_Reader]) -> None:
    """End all processes and read what they left in the pipes."""
    tree.kill()
    for thread in (waiter, *readers):
        if thread.ident is not None:
            thread.join(_DRAIN)
    held = [reader.pipe.fileno() for reader in readers if reader.is_alive()]
    if held:  # by a process that only the pipes still connect to the call
        tree.kill(held)
        for reader in readers:
            reader.join(_DRAIN)


def _free(process: Started, tree: Tree, threads: Iterable[threading.Thread]) -> None:
    for thread in threads:
        if thread.ident is None and isinstance(thread, _Reader):
            thread.pipe.close()
    # A process that not even the system could end is left to Python to reap.
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_DRAIN)
    tree.close()
