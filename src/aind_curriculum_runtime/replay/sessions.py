"""Sessions that animals had, as a source tells them: plain values, which go from one process to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from ..contract.errors import CurriculumError
from ..tables.autotrain import TrainedSession, session
from ..tables.row import Row

__all__ = ["Ran", "Sessions", "Source", "chunks"]


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
        size: Sessions from which on a chunk is full.

    Yields:
        Animals of at least so many sessions, but for the last chunk.
    """
    held: list[Sessions] = []
    for one in animals:
        held.append(one)
        if sum(len(each.given) for each in held) >= size:
            yield held
            held = []
    if held:
        yield held
