"""Sessions that animals had, as a source tells them: plain values, which go from one process to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, Protocol

from ..contract.errors import CurriculumError
from ..tables.autotrain import TrainedSession, session
from ..tables.row import Row

__all__ = ["Ran", "Sessions", "Source", "chunks"]

_DIRECTORY: Final = 500
"""Rows of a table that are decided while the metrics of one session directory are computed, or more."""


class Ran(NamedTuple):
    """A session, or why it cannot be read."""

    subject: str
    """Whose it is, as the source says."""

    session: TrainedSession | None
    fault: str | None = None
    directory: str | None = None
    """Its session directory, where its metrics are to be computed from that."""


def _of_row(row: Row) -> Ran:
    """Read a row of a table.

    Args:
        row: The row.

    Returns:
        Its session.
    """
    try:
        found = session(row)
    except CurriculumError as error:
        return Ran(str(row.cells.get("subject_id") or ""), None, error.message)
    return Ran(found.subject, found)


class Sessions(NamedTuple):
    """The sessions of one animal; rows are read as sessions where they are decided."""

    subject: str
    given: list[Row] | list[Ran]

    @property
    def work(self) -> int:
        """How long it takes to decide them, in rows of a table: a provider reads a whole session directory."""
        return sum(1 if isinstance(one, Row) or one.directory is None else _DIRECTORY for one in self.given)

    def ran(self) -> Iterator[Ran]:
        """The sessions, in the source's order."""
        for one in self.given:
            yield _of_row(one) if isinstance(one, Row) else one


class Source(Protocol):
    """Where sessions come from."""

    cut: str | None
    """Why it ended before its end, once that is known."""

    def animals(self) -> Iterator[Sessions]:
        """Its animals, one after the other.

        Yields:
            The sessions of an animal.

        Raises:
            CurriculumError: As the source raises it.
        """


def chunks(animals: Iterable[Sessions], size: int) -> Iterator[list[Sessions]]:
    """Put animals together for one call of another process.

    Args:
        animals: One after the other.
        size: Work from which on a chunk is full, in rows of a table.

    Yields:
        Animals of at least so much work, but for the last chunk.
    """
    held: list[Sessions] = []
    work = 0
    for one in animals:
        held.append(one)
        work += one.work
        if work >= size:
            yield held
            held, work = [], 0
    if held:
        yield held
