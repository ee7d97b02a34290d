"""Do the same work for many curricula, several at a time.

Owns threads and Ctrl-C. Knows nothing of the work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from ..processes.children import Cancelled, Children
from .progress import progress

__all__ = ["cores", "each"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """How many processes can run at once."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def each(
    items: Sequence[Item], work: Callable[[Item], Result], processes: Children, *, label: str, jobs: int
) -> tuple[list[Result | None], bool]:
    """Do the work for every item; when one fails, the others go on.

    Args:
        items: What to work on.
        work: Called in a thread; it may raise ``Cancelled``.
        processes: Starts the work's processes; cancelled on Ctrl-C.
        label: What the progress bar says.
        jobs: How many at a time.

    Returns:
        The results in the items' order, None where the work was cut short, and whether it was interrupted.
    """
    interrupted = False
    with progress(label, len(items)) as advance, ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        futures = [pool.submit(work, item) for item in items]
        open_: set[Future[Result]] = set(futures)
        while open_:
            try:
                # Not for ever: on Windows Ctrl-C does not interrupt a wait.
                done, open_ = wait(open_, timeout=0.5, return_when=FIRST_COMPLETED)
                advance(len(done))
            except KeyboardInterrupt:
                interrupted = True
                processes.cancel()
    return [_result(future) for future in futures], interrupted


def _result(future: Future[Result]) -> Result | None:
    try:
        return future.result()
    except Cancelled:
        return None
