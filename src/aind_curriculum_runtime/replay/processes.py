"""Many animals at once: in this process, in several of this machine, or on a Dask cluster.

An animal is decided as a whole by one process, and the results come in the source's order: they are the same, byte for
byte, however many processes there are, and the work of a process that is killed is another one's.
"""

from __future__ import annotations

import contextlib
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache, partial
from typing import Any, Final

from ..contract.errors import CurriculumError
from .child import ignored_from_birth, settle
from .decisions import Asked, Decided, Replay
from .sessions import Sessions, chunks

__all__ = ["Results", "here", "in_processes", "on_cluster"]

_CHUNK: Final = 2000
"""Rows of a table that go to another process at once, or what takes as long."""

_AHEAD: Final = 3
"""Chunks for each process that are read before their results are written."""

_WAIT: Final = 5
"""Seconds for a scheduler to answer."""

_LOST: Final = 3
"""Processes that may end by themselves before it is said."""

Chunk = list[Sessions]
Results = Iterator[tuple[Sessions, list[Decided]]]


def here(replay: Replay, animals: Iterable[Sessions]) -> Results:
    """Decide in this process.

    Args:
        replay: Decides.
        animals: What to decide.

    Yields:
        Each animal with its rows.
    """
    for one in animals:
        yield one, list(replay.decide(one.ran()))


def in_processes(asked: Asked, animals: Iterable[Sessions], jobs: int) -> Results:
    """Decide in several processes of this machine.

    Args:
        asked: What is asked for.
        animals: What to decide.
        jobs: How many processes.

    Yields:
        Each animal with its rows, in their order.

    Raises:
        CurriculumError: ``code.exited`` when processes end by themselves again and again.
    """
    pending: deque[tuple[Chunk, Any]] = deque()
    left, lost = chunks(animals, _CHUNK), 0
    while True:
        pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), settle)
        submit = partial(_submitted, pool, asked)
        try:
            pending = deque((chunk, submit(chunk)) for chunk, _ in pending)
            yield from _in_order(left, pending, submit, jobs * _AHEAD)
            return
        except BrokenProcessPool:
            lost += 1
            if lost == _LOST:
                raise _exited([one.subject for one in pending[0][0]]) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def on_cluster(asked: Asked, animals: Iterable[Sessions], address: str) -> Results:
    """Decide on a Dask cluster, whose workers have the same environment.

    Args:
        asked: What is asked for; its ``code`` is compared on the workers.
        animals: What to decide.
        address: Where its scheduler is.

    Yields:
        Each animal with its rows, in their order.

    Raises:
        CurriculumError: ``usage.extra_needed``; ``transient.io`` where the scheduler is away, or goes away.
    """
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise CurriculumError(
            "usage.extra_needed",
            "A Dask cluster needs distributed, which is not installed.",
            'Depend on "aind-curriculum-runtime[dask]" and run `uv sync`.',
        ) from None
    pending: deque[tuple[Chunk, Any]] = deque()
    with _away(address), Client(address, timeout=_WAIT, set_as_default=False) as client:
        workers = max(1, len(client.nthreads()))

        def submit(chunk: Chunk) -> Any:
            return client.submit(_decided, asked, chunk, pure=False)

        try:
            yield from _in_order(chunks(animals, _CHUNK), pending, submit, workers * _AHEAD)
        except KilledWorker:
            raise _exited([one.subject for one in pending[0][0]]) from None


def _in_order(
    left: Iterator[Chunk], pending: deque[tuple[Chunk, Any]], submit: Callable[[Chunk], Any], ahead: int
) -> Results:
    """Keep so many chunks going, and take the results of the oldest; a chunk stays pending until they were taken."""
    while True:
        while len(pending) < ahead and (chunk := next(left, None)) is not None:
            pending.append((chunk, None))
            pending[-1] = (chunk, submit(chunk))
        if not pending:
            return
        chunk, future = pending[0]
        results = future.result()
        pending.popleft()
        yield from zip(chunk, results, strict=True)


def _submitted(pool: ProcessPoolExecutor, asked: Asked, chunk: Chunk) -> Any:
    with ignored_from_birth():
        return pool.submit(_decided, asked, chunk)


def _decided(asked: Asked, chunk: Chunk) -> list[list[Decided]]:
    """Decide in another process, which loads the curriculum once."""
    return [rows for _, rows in here(_replay(asked), chunk)]


@lru_cache(maxsize=1)
def _replay(asked: Asked) -> Replay:
    return Replay(asked)


def _exited(subjects: list[str]) -> CurriculumError:
    return CurriculumError(
        "code.exited",
        f"The process that decided {', '.join(subjects[:3])} ended by itself, {_LOST} times.",
        "A rule may end it, or there is too little memory; try --jobs 1.",
    )


@contextlib.contextmanager
def _away(address: str) -> Iterator[None]:
    from asyncio import CancelledError
    from concurrent.futures import CancelledError as Cancelled

    try:
        yield
    except (OSError, TimeoutError, CancelledError, Cancelled) as error:
        raise CurriculumError(
            "transient.io",
            f"The scheduler at {address} does not answer ({type(error).__name__}).",
            "Start it, or check the address; without --scheduler the replay runs on this machine.",
            where=address,
        ) from None
