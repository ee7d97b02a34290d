"""A progress bar on stderr, for a person at a terminal and nobody else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress"]


@contextmanager
def progress(label: str, total: int, *, after: float = 0) -> Iterator[Callable[[int], None]]:
    """Show how much of some work is done.

    Args:
        label: What the bar says.
        total: How much there is to do.
        after: Seconds until it shows, so that what is quick shows none.

    Yields:
        Called with how much more is done; it does nothing where stderr is no terminal.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task, due = bar.add_task(label, total=total), time.monotonic() + after

    def advance(count: int) -> None:
        bar.update(task, advance=count)
        if time.monotonic() >= due:
            bar.start()

    try:
        advance(0)
        yield advance
    finally:
        if bar.live.is_started:
            bar.stop()
