"""The start of a process that decides for another one: it ends with that one, and leaves Ctrl-C to it.

Imports nothing of the runtime, so that it is done quickly.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["ignored_from_birth", "settle"]


@contextmanager
def ignored_from_birth() -> Iterator[None]:
    """Ignore Ctrl-C while processes are started: they inherit that, and print no traceback of their own start."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def settle() -> None:
    """Settle this process as somebody's child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
