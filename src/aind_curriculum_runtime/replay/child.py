"""The start of a process that decides for another one: it ends with that one, and leaves Ctrl-C to it.

Imports nothing of the runtime, so that it is done before a person can interrupt.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading

__all__ = ["settle"]


def settle() -> None:
    """Settle this process as somebody's child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
