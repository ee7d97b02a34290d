"""A ledger as a source: the sessions of each animal as its entries tell them, with the metrics that were recorded.

A session that could not be evaluated then has no metrics, and so no decision now.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ..ledger.entry import Entry
from ..ledger.known import entries_of
from ..ledger.opening import open_store
from ..ledger.standing import counting
from ..tables.autotrain import TrainedSession
from .sessions import Ran, Sessions

__all__ = ["Ledger"]


class Ledger:
    """A ledger.

    Args:
        url: Where it is.

    Raises:
        CurriculumError: As ``open_store`` raises it.
    """

    def __init__(self, url: str) -> None:
        self.cut: str | None = None
        self._store = open_store(url)

    def animals(self) -> Iterator[Sessions]:
        """As ``Source`` says."""
        for subject in self._store.subjects():
            ran = list(_ran(subject, entries_of(self._store, subject)))
            if ran:
                yield Sessions(subject, ran)


def _ran(subject: str, entries: list[Entry]) -> Iterator[Ran]:
    suggested: str | None = None
    number = 0
    for entry in sorted(counting(entries), key=_time):  # sorting keeps the order of those at the same time
        stage = ((entry.state or {}).get("stage") or {}).get("name")
        if entry.session is not None and entry.kind in ("evaluated", "held"):
            number += 1
            content = entry.content
            run = content.get("stage_run")
            error: dict[str, Any] = content.get("error") or {}
            found = TrainedSession(
                subject=subject,
                number=number,
                start=datetime.fromisoformat(entry.session.start),
                curriculum=(content.get("curriculum") or {}).get("name"),
                metrics=entry.metrics,
                suggested=suggested,
                actual=run,
                is_closed_loop=run is not None,
            )
            fault = f"It could not be evaluated then: {error.get('message')}" if entry.kind == "held" else None
            yield Ran(subject, found, fault)
        if entry.kind in ("enrolled", "evaluated", "migrated"):
            suggested = stage


def _time(entry: Entry) -> str:
    return entry.session.start if entry.session is not None else entry.time
