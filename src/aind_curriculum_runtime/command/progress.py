"""How far a long command is, on the stderr of a terminal; nothing at all elsewhere.

Owns when it is shown and how it is taken away again. Knows nothing of what is counted.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["counting"]

_AFTER: Final = 2.0
"""Seconds after which it is shown."""

_EVERY: Final = 0.2


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """Show a count that grows.

    Args:
        what: What is counted, such as "sessions".

    Yields:
        Called with how many there are now.
    """
    begun = time.monotonic()
    shown = 0.0

    def show(count: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - begun >= _AFTER and now - shown >= _EVERY:
            shown = now
            sys.stderr.write(f"\r{count:,} {what}, {count / (now - begun):,.0f} a second ")
            sys.stderr.flush()

    if not sys.stderr.isatty():
        yield lambda _: None
        return
    try:
        yield show
    finally:
        if shown:
            sys.stderr.write("\r\033[K" if sys.platform != "win32" else "\n")
