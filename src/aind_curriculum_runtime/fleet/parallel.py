"""Do the same work for many curricula, several at a time.

Owns threads, the progress bar and Ctrl-C. Knows nothing of the work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

from ..processes.children import Cancelled, Children

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
    with _progress_bar(label, len(items)) as advance, ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
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


@contextmanager
def _progress_bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; nothing at all elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda count: bar.update(task, advance=count)
