"""The program that imports a curriculum once, and then forks a process for every run that checks ask it for.

Owns what makes a fork as good as a fresh start. Importing takes most of what a run takes; a fork has it done. Each fork
is a process of its own, with its own descriptors, variables, arguments, exit code and exit handlers, and the guard
stood when the curriculum was imported, as it does in a fresh run.

What a fork cannot show is the start itself: what a module reads, prints or opens while it is imported, and the hash
seed. Runs about these are fresh processes (``scenarios`` says which), the launcher's own call first of all.

What a fork would share or lose ends this program before it serves, and every run is a fresh process then: threads that
the import started (OpenBLAS ends its own before each fork, so they are counted after one), files and sockets left open
(their position is shared), children, and finalizers (each fork would remove the same temporary folder). What is left is
state that no system call shows, such as a numpy generator without a seed, which every fork continues alike; runs that
must give the same are compared with fresh ones for that reason.

Linux only: it needs pidfd, and on macOS the system's own libraries do not survive a fork.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import shutil
import signal
import socket
import sys
import time
import traceback
import warnings
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from ...command.guard import Guard
from . import probe
from .forks import LARGEST, READY

assert sys.platform == "linux"

__all__: list[str] = []

_IMPORTED_BY_A_RUN: Final = ("session.evaluate", "session.metrics", "session.suggestion", "session.trainer")
"""Modules of the runtime that a run imports after the curriculum."""

_EXIT: Final = os._exit


def main() -> None:
    """Import the curriculum and serve until the other end closes the connection."""
    parser = argparse.ArgumentParser(prog="python -m aind_curriculum_runtime.checks.engine.fork_server")
    parser.add_argument("--object", required=True)
    parser.add_argument("--connection", type=int, required=True)
    arguments = parser.parse_args()
    connection = socket.socket(fileno=arguments.connection)
    connection.set_inheritable(False)
    script = shutil.which("curriculum")
    assert script is not None
    os.close(os.pidfd_open(os.getpid()))  # an old kernel has none
    sys.path[0] = os.path.dirname(script)  # as for the console script; `-m` puts the working directory there
    guard = Guard()
    before = _open_files()
    gc.disable()  # a fifth of the import would be looking for garbage
    try:
        importlib.import_module(arguments.object.partition(":")[0])
        if _finds_forks_unfit(before):
            guard.succeed(b"")  # which does not wait for threads that the import started
        for name in _IMPORTED_BY_A_RUN:
            importlib.import_module(f"aind_curriculum_runtime.{name}")
    except BaseException:
        traceback.print_exc()
        guard.fail(b"", 1)
    gc.freeze()  # or collecting garbage would copy all that was imported, in every fork
    gc.enable()
    sys.stderr.flush()
    connection.send(READY)
    order = _serve(connection)
    if order is None:
        guard.succeed(b"")
    _carry_out(order, script)


def _open_files() -> dict[str, str]:
    found = {}
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the listing's own
            found[name] = str(Path("/proc/self/fd", name).readlink())
    return found


def _finds_forks_unfit(before: dict[str, str]) -> bool:
    """Whether the import left something that a fork would share with others, or lose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python's own, on forks with threads
        trial = os.fork()
    if trial == 0:
        _EXIT(0)
    os.waitpid(trial, 0)
    try:
        os.waitpid(-1, os.WNOHANG)
        has_children = True
    except ChildProcessError:
        has_children = False
    has_threads = len(os.listdir("/proc/self/task")) > 1
    has_finalizers = any(one.atexit for one in getattr(weakref.finalize, "_registry", {}))
    return has_threads or has_children or has_finalizers or _open_files() != before


@dataclass(frozen=True)
class _Child:
    """A fork, and the connection on which its caller waits for its end."""

    pid: int
    ended: int
    """Its pidfd, which can be read when it ends."""
    caller: socket.socket


def _serve(connection: socket.socket) -> dict[str, Any] | None:
    """Fork for every order, and tell each caller how its fork ended.

    Returns:
        In a fork its order; None when there are no more.
    """
    waiting = selectors.DefaultSelector()
    waiting.register(connection, selectors.EVENT_READ)
    while True:
        (key, _), *_others = waiting.select()  # the others are told again
        child: _Child | None = key.data
        if child is None:
            message, files, _, _ = socket.recv_fds(connection, LARGEST, 3)
            if not message:
                return None
            order = _fork(message, files, waiting)
            if order is not None:
                return order
        elif key.fd == child.ended:
            waiting.unregister(child.ended)
            # Without reaping it, so that its id is not used again before the caller has ended what it left.
            ended = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
            assert ended is not None
            code = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
            with contextlib.suppress(OSError):  # the caller is gone
                child.caller.send(str(code).encode())
        else:  # the caller is done with it
            if child.ended in waiting.get_map():
                waiting.unregister(child.ended)
            waiting.unregister(child.caller)
            child.caller.close()
            os.kill(child.pid, signal.SIGKILL)  # for a caller that was killed itself
            os.waitpid(child.pid, 0)
            os.close(child.ended)


def _fork(message: bytes, files: Sequence[int], waiting: selectors.BaseSelector) -> dict[str, Any] | None:
    caller, stdout, stderr = files
    pid = os.fork()
    if pid == 0:
        for key in list(waiting.get_map().values()):
            os.close(key.fd)
        waiting.close()
        os.close(caller)
        os.setsid()
        for standard, given in ((1, stdout), (2, stderr)):
            os.dup2(given, standard)
            os.close(given)
        order: dict[str, Any] = json.loads(message)
        return order
    os.close(stdout)
    os.close(stderr)
    child = _Child(pid, os.pidfd_open(pid), socket.socket(fileno=caller))
    child.caller.send(str(pid).encode())
    waiting.register(child.ended, selectors.EVENT_READ, child)
    waiting.register(child.caller, selectors.EVENT_READ, child)
    return None


def _carry_out(order: dict[str, Any], script: str) -> NoReturn:
    """Be the process that a fresh start would be from here on."""
    try:
        _take_over(order["environment"])
        sys.argv = [script if order["program"] == "curriculum" else probe.__file__, *order["arguments"]]
        if order["program"] == "curriculum":
            runpy.run_path(script, run_name="__main__")
        else:
            probe.main()
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    _EXIT(1)


def _take_over(environment: Mapping[str, str]) -> None:
    """Set variables, and do what Python does of them at its start."""
    os.environ.update(environment)
    time.tzset()
    for folder in filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)):
        sys.path.insert(1, folder)
        customize = Path(folder) / "sitecustomize.py"
        if customize.is_file():
            runpy.run_path(str(customize))
    importlib.invalidate_caches()


if __name__ == "__main__":
    main()
