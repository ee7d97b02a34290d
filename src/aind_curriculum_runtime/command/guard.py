"""The stdout guard: one document reaches stdout, whatever curriculum code writes.

Owns the process's standard descriptors from the first line of ``main`` to the last: it points
descriptor 1 at stderr and descriptor 0 at the null device, keeps the real stdout aside, and ends
the process. It must not know what a command does or what a document holds.

Source of the rules: the contract's section "The stdout guard" (docs/contract.md).
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable
from typing import Any, Final, NoReturn

from ..contract.errors import CurriculumError

__all__ = ["EXIT_HANDLERS_LIMIT", "Guard"]

EXIT_HANDLERS_LIMIT: Final = 5.0
"""Seconds that curriculum code's exit handlers may take; the result is ready by then."""


class Guard:
    """Holds the real stdout and stderr while curriculum code runs with substitutes.

    Install it once, before anything of the curriculum's is imported; end the process with
    ``succeed`` or ``fail``. Neither returns. A process that was forked from a guarded one has no guard until it
    installs its own.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._on_exit_call: Callable[[str], NoReturn] | None = None
        self._ending = False
        has_stdout = _is_open(1)
        self.stdout_is_terminal = has_stdout and os.isatty(1)
        # A standard descriptor that is closed would be given to the next file that is opened, and the
        # copies below would be taken for standard descriptors. In this order, so that each gets its own.
        for descriptor, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
            if not _is_open(descriptor):
                _point_at_null(descriptor, flags)
        self._stderr = os.dup(2)
        self._stdout: int | None = os.dup(1) if has_stdout else None
        self._identities = {one: _identity(one) for one in (self._stdout, self._stderr) if one is not None}
        _point_at_null(0, os.O_RDONLY)
        os.dup2(2, 1)
        # A stream of its own over descriptor 1: code that closes sys.stdout must not close stderr.
        sys.stdout = sys.__stdout__ = io.TextIOWrapper(  # type: ignore[misc]
            io.FileIO(1, "w", closefd=False),
            encoding=None,  # the machine's own, as on stderr: a launcher decodes both with it, and strictly
            errors="backslashreplace",
            write_through=True,
        )
        if sys.stderr is None:  # it was closed; the library and curriculum code write there all the same
            sys.stderr = sys.__stderr__ = io.TextIOWrapper(  # type: ignore[misc]
                io.FileIO(2, "w", closefd=False), write_through=True
            )
        if sys.stdin is None:
            sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.FileIO(0, "r", closefd=False))  # type: ignore[misc]
        if sys.platform == "win32":
            import msvcrt

            for kept in (self._stdout, self._stderr):
                if kept is not None:
                    msvcrt.setmode(kept, os.O_BINARY)
        else:
            # A forked child would otherwise hold the launcher's pipe open after this process ends.
            os.register_at_fork(after_in_child=self._forget_stdout)
        global _installed
        _installed = self
        os._exit = _refuse_exit
        os.execv = _refuse_execv  # every other exec function ends in one of these two
        os.execve = _refuse_execve

    @property
    def stdout_is_open(self) -> bool:
        """Whether there was a stdout to write to when the guard was installed."""
        return self._stdout is not None

    def on_exit_call(self, report: Callable[[str], NoReturn]) -> None:
        """Say what becomes of an ``os._exit`` or ``os.exec`` call in curriculum code, which would look like success.

        Args:
            report: Told the call that was made, as ``os._exit(0)``; must end the process.
        """
        self._on_exit_call = report

    def refuse_c_exit(self, report: bytes, status: int) -> None:
        """Have ``exit`` of the C library end the process as ``fail`` does: with 0, it would look like success.

        Args:
            report: Text that ends with the error line.
            status: Exit code, whatever ``exit`` is given.
        """
        # Windows has a C library for each of its compilers, and none takes an argument for a handler.
        if sys.platform != "win32":
            with contextlib.suppress(Exception):  # a Python without ctypes
                _register_with_c(report, status)

    def succeed(self, document: bytes, status: int = 0) -> NoReturn:
        """Write ``document`` to the real stdout in one piece and end the process with ``status``.

        Args:
            document: All that stdout will hold; may be empty.
            status: Exit code; other than 0 for a command whose result is bad news, such as findings.

        Raises:
            CurriculumError: ``output.stdout`` when it cannot be written (closed, full, pipe gone).
        """
        self._run_exit_handlers()
        if self._is_forked():
            _EXIT(70)
        if document:
            self._write_document(document)
        _EXIT(status)

    def fail(self, report: bytes, status: int) -> NoReturn:
        """Write ``report`` to the real stderr as the last thing there and end with ``status``.

        Args:
            report: Text that ends with the error line; stdout stays empty.
            status: Exit code, one of the contract's.
        """
        self._run_exit_handlers()
        if self._is_forked():
            _EXIT(status)
        with contextlib.suppress(OSError):
            if not self._is_ours(self._stderr):  # curriculum code closed every descriptor it did not know
                self._stderr = os.dup(2)
            # Threads that are still alive write to descriptors 1 and 2: not after the error line.
            for descriptor in (1, 2):
                _point_at_null(descriptor, os.O_WRONLY)
        with contextlib.suppress(OSError):
            _write_all(self._stderr, report)
        _EXIT(status)

    def _write_document(self, document: bytes) -> None:
        if self._stdout is None:
            raise CurriculumError("output.stdout", "stdout is closed, so the result has nowhere to go.", _STDOUT_HINT)
        if not self._is_ours(self._stdout):
            # Its number may since have been given to a file, which would get the document.
            raise CurriculumError(
                "output.stdout",
                "Curriculum code closed the descriptor that leads to stdout.",
                "Take out what closes descriptors it did not open, such as os.closerange.",
            )
        try:
            _write_all(self._stdout, document)
            # Some devices report a full disk only when closed.
            os.close(self._stdout)
        except OSError as error:
            raise CurriculumError(
                "output.stdout", f"The result could not be written to stdout: {error.strerror}.", _STDOUT_HINT
            ) from error
        finally:
            self._stdout = None

    def _run_exit_handlers(self) -> None:
        """Run what curriculum code left for the end now, while it still cannot reach stdout.

        The process then ends by ``os._exit``: threads that outlive the evaluation are not waited
        for, and no late handler can change the exit code.
        """
        # Forked children that fell through to here have no business in the parent's handlers, and a
        # handler that calls os._exit comes here again.
        if self._ending or self._is_forked():
            return
        self._ending = True
        import threading

        # In a thread, because a handler may wait for something that never comes.
        with contextlib.suppress(RuntimeError):  # no thread to be had
            handlers = threading.Thread(target=_exit_handlers, daemon=True)
            handlers.start()
            handlers.join(EXIT_HANDLERS_LIMIT)
        with contextlib.suppress(Exception):
            _end_worker_processes()
        for name in ("stdout", "stderr"):
            with contextlib.suppress(Exception):
                getattr(sys, name).flush()

    def refusal(self) -> Callable[[str], NoReturn] | None:
        """What ``on_exit_call`` was given; None in a process forked from this one, which may end as it likes."""
        return None if self._is_forked() else self._on_exit_call

    def _forget_stdout(self) -> None:
        if self._stdout is not None:
            with contextlib.suppress(OSError):
                os.close(self._stdout)
            self._stdout = None

    def _is_ours(self, descriptor: int) -> bool:
        with contextlib.suppress(OSError):
            return _identity(descriptor) == self._identities[descriptor]
        return False

    def _is_forked(self) -> bool:
        return os.getpid() != self._pid


_installed: Guard | None = None
"""The last guard. What replaces ``os._exit`` asks it, because curriculum code may hold on to that over a fork."""

_EXIT: Final = os._exit


def _refuse_exit(status: int) -> NoReturn:
    if _installed is None or (refuse := _installed.refusal()) is None:
        _EXIT(status)
    refuse(f"os._exit({status!r})")


def _instead_of(replace_process: Callable[..., NoReturn]) -> Callable[..., NoReturn]:
    def refuse_call(*arguments: Any) -> NoReturn:
        if _installed is None or (refuse := _installed.refusal()) is None:
            replace_process(*arguments)
        refuse(f"os.{replace_process.__name__}(...)")

    return refuse_call


_refuse_execv, _refuse_execve = _instead_of(os.execv), _instead_of(os.execve)

_STDOUT_HINT = "The launcher closed its end, or the disk that stdout goes to is full; nothing else was lost."


def _register_with_c(report: bytes, status: int) -> None:
    """Leave functions of the C library to its ``exit``, which need no interpreter; ``os._exit`` passes them by."""
    import ctypes

    c = ctypes.CDLL(None)
    c.strdup.restype = ctypes.c_void_p
    kept = c.strdup(report.rstrip(b"\n"))  # Python may free its own before that
    # The last is called first. What `puts` writes goes to descriptor 1, which is stderr.
    for function, argument in ((c._exit, status), (c.fflush, None), (c.puts, kept)):
        c["__cxa_atexit"](function, ctypes.c_void_p(argument), None)


def _exit_handlers() -> None:
    import atexit

    # The interpreter tells process pools to end before it calls the handlers, one of which waits for them.
    pools = sys.modules.get("concurrent.futures.process")
    for run in (getattr(pools, "_python_exit", None), atexit._run_exitfuncs):
        if run is not None:
            with contextlib.suppress(BaseException):
                run()


def _end_worker_processes() -> None:
    """End what is still there of ``multiprocessing``: it would hold the launcher's pipe to stderr open."""
    processes = sys.modules.get("multiprocessing.process")
    for process in processes.active_children() if processes is not None else []:
        process.kill()


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _identity(descriptor: int) -> tuple[int, int, int]:
    found = os.fstat(descriptor)
    return found.st_mode, found.st_dev, found.st_ino


def _point_at_null(descriptor: int, flags: int) -> None:
    null = os.open(os.devnull, flags)
    if null == descriptor:
        os.set_inheritable(descriptor, True)
    else:
        os.dup2(null, descriptor)
        os.close(null)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
