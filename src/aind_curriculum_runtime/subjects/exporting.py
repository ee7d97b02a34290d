"""The sessions of an animal as rows with the columns of auto-train, worked out of its entries.

Owns what each column means in a ledger: the stage that was suggested, who had moved the animal, how a decision is
called. Rows are in the order in which the sessions began. What a table said of a session that was imported stands as it
did.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ..contract.strict_json import encode, parse
from ..ledger.entry import Entry
from ..ledger.standing import counting
from ..ledger.store import Store
from ..look.order import StageOrder, order_of
from ..tables.autotrain import AUTO_TRAIN, OWN, TrainedSession
from ..tables.writing import Column, Kind
from .history import SESSIONS, History, read_history

__all__ = ["TABLE_ROW", "exported"]

TABLE_ROW: Final = "table_row"
"""Key of an entry that came from a table: the cells of its row, by the names of their columns."""


@dataclass(frozen=True)
class _Graphs:
    """The graphs of the curricula of a ledger, each read once: how its stages follow each other.

    Args:
        store: The ledger.
    """

    store: Store
    _read: dict[str, StageOrder | None] = field(default_factory=dict)

    def of(self, entry: Entry) -> StageOrder | None:
        """The stages of the curriculum that an entry's trainer state was written with; None where it is not there."""
        digest = ((entry.state or {}).get("curriculum") or {}).get("graph")
        if digest is None:
            return None
        if digest not in self._read:
            data = self.store.graph(digest)
            self._read[digest] = None if data is None else _stages(parse(data))
        return self._read[digest]


def _decision(stages: StageOrder, run: str, after: str) -> str | None:
    """What auto-train calls it; None for a stage that is not of this version."""
    if run == after:
        return "STAY"
    if run not in stages.level or after not in stages.level:
        return None
    is_ahead = stages.kind(run, after) == "advance" or stages.level[after] > stages.level[run]
    return "PROGRESS" if is_ahead else "ROLLBACK"


def _stages(curriculum: Any) -> StageOrder | None:
    try:
        graph = curriculum["graph"]
        names = {key: stage["name"] for key, stage in graph["nodes"].items()}
        ways = [(names[source], names[str(to)]) for source, edges in graph["graph"].items() for _, to in edges]
    except (KeyError, TypeError, ValueError, AttributeError):  # of a library that writes them otherwise
        return None
    return order_of(list(names.values()), dict.fromkeys(ways))


@contextlib.contextmanager
def exported(
    store: Store, subjects: Iterable[str], advance: Callable[[int], None]
) -> Iterator[tuple[list[Column], Iterator[dict[str, Any]]]]:
    """Tell the sessions of animals as a table, in memory that does not grow with them.

    Args:
        store: The ledger.
        subjects: Their names.
        advance: Called with 1 after each animal.

    Yields:
        The columns: those of auto-train, what else the ledger knows, and one for each metric that is a plain value in
        every session. And the cells of each row by their names, which are read from a temporary file.

    Raises:
        CurriculumError: ``ledger.damaged``, or as the store raises it; before anything is yielded.
    """
    graphs, own = _Graphs(store), (*AUTO_TRAIN, *OWN)
    names = {one.name for one in own}
    kinds: dict[str, set[Kind | None]] = {}
    with tempfile.TemporaryFile() as spool:
        for subject in subjects:
            for cells in _trained(read_history(store, subject), graphs):
                for name in cells.keys() - names:
                    kinds.setdefault(name, set()).add(_kind(cells[name]))
                spool.write(encode(cells) + b"\n")
            advance(1)
        spool.seek(0)
        measured = [Column(name, _common(some)) for name, some in sorted(kinds.items())]
        yield [*own, *measured], map(parse, spool)


def _kind(value: Any) -> Kind | None:
    kinds: dict[type, Kind] = {bool: "flag", int: "whole", float: "number", str: "text"}
    return None if value is None else kinds.get(type(value), "json")


def _common(kinds: set[Kind | None]) -> Kind:
    """The one kind that holds values of several."""
    found = {one for one in kinds if one is not None}
    if found == {"whole", "number"}:
        return "number"
    return next(iter(found)) if len(found) == 1 else "json"


def _trained(history: History, graphs: _Graphs) -> Iterator[dict[str, Any]]:
    """The cells of each session that counts, in the order in which they began."""
    before = _Before()
    for entry in sorted(counting(history.entries), key=_time):  # sorting keeps the order of those at the same time
        if entry.kind in SESSIONS:
            yield _row(history, entry, before, graphs.of(entry))
        before.follow(entry)


def _time(entry: Entry) -> str:
    return entry.session.start if entry.session is not None else entry.time


@dataclass
class _Before:
    """What counts for the next row: where the sessions so far led, and what people did since."""

    suggested: str | None = None
    moved: Entry | None = None
    number: int = 0
    stage: str | None = None
    """The stage at which the last session with metrics was run."""

    at_stage: int = 0
    task: str | None = None
    """The name of the task that the next session runs."""

    def follow(self, entry: Entry) -> None:
        stage = ((entry.state or {}).get("stage") or {}).get("name")
        self.task = _task(entry) or self.task
        if entry.kind in SESSIONS:
            self.number = _number(entry, self)
        if entry.kind == "evaluated":
            run = entry.content.get("stage_run")
            self.at_stage = self.at_stage + 1 if run == self.stage else 1
            self.stage = run
        if entry.kind == "moved":
            self.moved = entry
        elif entry.kind in ("enrolled", "evaluated") or (entry.kind == "migrated" and self.moved is None):
            self.suggested, self.moved = stage, None


def _task(entry: Entry) -> str | None:
    name: str | None = (((entry.state or {}).get("stage") or {}).get("task") or {}).get("name")
    return name


def _number(entry: Entry, before: _Before) -> int:
    number: int = entry.content.get(TABLE_ROW, {}).get("session", before.number + 1)
    return number


def _row(history: History, entry: Entry, before: _Before, stages: StageOrder | None) -> dict[str, Any]:
    assert entry.session is not None
    content = entry.content
    run, after = content.get("stage_run"), ((entry.state or {}).get("stage") or {}).get("name")
    suggested = before.suggested if before.suggested is not None else run
    is_overridden = run is not None and run != suggested
    moved = before.moved if is_overridden else None
    curriculum = content.get("curriculum") or {}
    decision = _decision(stages, run, after) if stages is not None and run is not None and after is not None else None
    own = {
        "session_name": entry.session.name,
        "session_start": entry.session.start,
        "entry": entry.place,
        "late": entry.place in history.standing.late,
        "held": (content.get("error") or {}).get("code"),
        "rule": content.get("rule"),
        "overridden_by": moved.content.get("by") if moved is not None else None,
        "overridden_why": moved.content.get("reason") if moved is not None else None,
        "curriculum_commit": curriculum.get("commit"),
        "curriculum_dirty": curriculum.get("dirty"),
        "runtime_version": content.get("runtime"),
    }
    metrics, row = entry.metrics, content.get(TABLE_ROW, {})
    found = TrainedSession(
        subject=history.subject,
        number=_number(entry, before),
        start=datetime.fromisoformat(entry.session.start),
        task=before.task or _task(entry),
        number_at_stage=(before.at_stage + 1 if run == before.stage else 1) if entry.kind == "evaluated" else None,
        curriculum=curriculum.get("name"),
        version=curriculum.get("version"),
        metrics=metrics,
        measured={name: one for name, one in (metrics or {}).items() if not isinstance(one, dict | list)},
        suggested=suggested,
        actual=run,
        is_closed_loop=run is not None,
        is_overridden=is_overridden,
        decision=decision,
        next_stage=after,
        own=own,
    )
    return {**found.as_cells(), **row}
