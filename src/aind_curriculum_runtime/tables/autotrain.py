"""The columns of auto-train, one row a session: what its manager keeps, and what a ledger exports beside them.

Owns the columns' names and what each means, in both directions. auto-train (aind-foraging-behavior-bonsai-automatic-
training) keeps them in ``df_manager``; fewer columns do, such as twelve of a record of overrides. A session whose stage
nobody wrote down was run "open loop": at the suggested stage, as far as anybody knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from .row import Row
from .writing import Column

__all__ = ["AUTO_TRAIN", "OPEN_LOOP", "OWN", "TrainedSession", "session", "sessions"]

OPEN_LOOP: Final = "unknown (open loop)"
"""What stands for the actual stage of a session where nobody wrote it down."""

_UNKNOWN: Final = frozenset({OPEN_LOOP, "unknown", "nan", "none", "null"})

AUTO_TRAIN: Final = (
    Column("subject_id", "text", "the animal"),
    Column("session_date", "text", "the day on which the session began, in UTC"),
    Column("task", "text", "the task, by its name at the stage where the animal stood"),
    Column("session", "whole", "number of the session among the animal's, from 1"),
    Column("session_at_current_stage", "whole", "sessions in a row at the stage of this one, this one counted"),
    Column("curriculum_name", "text", "the curriculum that decided"),
    Column("curriculum_version", "text", "its version"),
    Column("metrics", "json", "the metrics that it decided by"),
    Column("current_stage_suggested", "text", "the stage to which the session before led"),
    Column("current_stage_actual", "text", f"the stage at which the session was run, or `{OPEN_LOOP}`"),
    Column("if_closed_loop", "flag", "whether the stage at which it was run is known"),
    Column("if_overriden_by_trainer", "flag", "whether a person had moved the animal to another stage than suggested"),
    Column("decision", "text", "`STAY`, `PROGRESS` or `ROLLBACK`; empty for a session that was held"),
    Column("next_stage_suggested", "text", "the stage to which the session leads"),
)
"""The columns of auto-train's ``df_manager``, but for the names of its files."""

OWN: Final = (
    Column("session_name", "text", "the session's name"),
    Column("session_start", "text", "when it began, in UTC"),
    Column("entry", "whole", "number of its entry in the animal's ledger"),
    Column("late", "flag", "whether it came too late to move the animal"),
    Column("held", "text", "the error code of a session that could not be evaluated"),
    Column("rule", "text", "the rule that decided; empty where the animal stays or the ledger does not say"),
    Column("overridden_by", "text", "who had moved the animal"),
    Column("overridden_why", "text", "the reason that was given"),
    Column("curriculum_commit", "text", "the commit of the curriculum's repo"),
    Column("curriculum_dirty", "flag", "whether the repo had changes that were not committed"),
    Column("runtime_version", "text", "the version of this runtime"),
)
"""What else a ledger knows of a session."""

_FILES: Final = ("task_schema_version", "curriculum_schema_version", "curriculum_json_name")
"""Columns of auto-train about files that a curriculum of a repo does not have."""

_KNOWN: Final = {*(one.name for one in (*AUTO_TRAIN, *OWN)), *_FILES, "", "index", "Unnamed: 0"}

_ALWAYS: Final = ("subject_id", "session", "session_date")


@dataclass(frozen=True, kw_only=True)
class TrainedSession:
    """A session of a table, with the decision that was taken after it."""

    row: Row | None = None
    """Where it stands; None for one that is going to be written."""

    subject: str
    number: int
    start: datetime
    """When it began, with a time zone; a day without a time is its beginning in UTC."""

    task: str | None = None
    number_at_stage: int | None = None
    curriculum: str | None = None
    version: str | None = None
    metrics: Mapping[str, Any] | None = None
    """What the decision was taken by, where the table has it as one cell; auto-train's hold the sessions before too."""

    measured: Mapping[str, Any] = field(default_factory=dict)
    """Columns that are none of auto-train's nor ours: what was measured in this session."""

    suggested: str | None = None
    actual: str | None = None
    """The stage at which it was run; None where nobody wrote it down."""

    is_closed_loop: bool = False
    is_overridden: bool = False
    decision: str | None = None
    next_stage: str | None = None
    own: Mapping[str, Any] = field(default_factory=dict)
    """Cells of the columns ``OWN``, by their names; those that are empty are left out."""

    @property
    def stage(self) -> str | None:
        """The stage to decide from: the actual one, or the suggested one where that is unknown."""
        return self.actual if self.actual is not None else self.suggested

    def as_cells(self) -> dict[str, Any]:
        """The same as cells by the names of ``AUTO_TRAIN``, ``OWN`` and what was measured."""
        return {
            **self.measured,
            "subject_id": self.subject,
            "session_date": self.start.date().isoformat(),
            "task": self.task,
            "session": self.number,
            "session_at_current_stage": self.number_at_stage,
            "curriculum_name": self.curriculum,
            "curriculum_version": self.version,
            "metrics": self.metrics,
            "current_stage_suggested": self.suggested,
            "current_stage_actual": self.actual if self.actual is not None else OPEN_LOOP,
            "if_closed_loop": self.is_closed_loop,
            "if_overriden_by_trainer": self.is_overridden,
            "decision": self.decision,
            "next_stage_suggested": self.next_stage,
            **self.own,
        }


def sessions(rows: Iterable[Row], *, required: Iterable[str] = ()) -> Iterator[TrainedSession]:
    """Read rows as sessions.

    Args:
        rows: Rows of a table, with the columns of auto-train or fewer.
        required: Columns that the caller needs beside subject, session and date.

    Yields:
        The sessions, in the table's order.

    Raises:
        CurriculumError: ``source.invalid`` with the row and the column.
    """
    needed = (*_ALWAYS, *required)
    for count, row in enumerate(rows):
        if not count:
            row.require(needed)
        yield session(row)


def session(row: Row) -> TrainedSession:
    """Read one row.

    Args:
        row: The row.

    Returns:
        The session.

    Raises:
        CurriculumError: ``source.invalid`` with the row and the column.
    """
    number, start = row.whole("session"), row.time("session_date")
    if number is None:
        raise row.wrong("session", "a whole number")
    if start is None:
        raise row.wrong("session_date", "a date")
    suggested, actual = row.text("current_stage_suggested"), _known(row.text("current_stage_actual"))
    closed, overridden = row.flag("if_closed_loop"), row.flag("if_overriden_by_trainer")
    is_closed = actual is not None and closed is not False
    return TrainedSession(
        row=row,
        subject=_subject(row),
        number=number,
        start=row.time("session_start") or start,
        task=row.text("task"),
        number_at_stage=row.whole("session_at_current_stage"),
        curriculum=row.text("curriculum_name"),
        version=row.text("curriculum_version"),
        metrics=row.object("metrics"),
        measured={name: row.value(name) for name in row.cells if name not in _KNOWN},
        suggested=suggested,
        actual=actual,
        is_closed_loop=is_closed,
        is_overridden=overridden if overridden is not None else is_closed and actual != suggested,
        decision=row.text("decision"),
        next_stage=row.text("next_stage_suggested"),
        own={name: value for name, value in _own(row) if value is not None},
    )


def _subject(row: Row) -> str:
    """The animal; pandas may have read its number as one with a point."""
    return re.sub(r"(?<=\d)\.0\Z", "", row.filled("subject_id").strip())


def _known(stage: str | None) -> str | None:
    return None if stage is None or stage.strip().casefold() in _UNKNOWN else stage


def _own(row: Row) -> Iterator[tuple[str, Any]]:
    read = {"flag": row.flag, "whole": row.whole, "text": row.text}
    for name, kind, _ in OWN:
        yield name, read[kind](name)
