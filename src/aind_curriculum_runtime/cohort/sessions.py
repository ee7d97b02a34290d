"""The animals of a table with their sessions: what the table says, and what follows from it where it does not say.

What is wrong with one row leaves that row out, with the reason; the rest goes on. A session whose stage nobody wrote
down was run "open loop" and counts for the stage that was suggested, as auto-train counts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from ..contract.errors import CurriculumError
from ..look.wording import counted
from ..replay.columns import COLUMNS, SIMULATED
from ..tables.autotrain import TrainedSession, session
from ..tables.row import Row
from .order import decision, stage_order

__all__ = ["Animal", "Cohort", "LeftOut", "Session", "read"]

_NEEDED: Final = ("subject_id", "session", "session_date")
_STAGES: Final = ("current_stage_suggested", "current_stage_actual")
"""One of these must be there too."""

_OF_A_REPLAY: Final = frozenset(one.name for one in COLUMNS)
"""What ``curriculum replay`` writes was not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session."""

    number: int
    day: date
    curriculum: str
    """Name and version, as far as the table has them."""

    task: str | None
    stage: str
    """The stage at which it was run, or the one that was suggested where nobody wrote that down."""

    suggested: str
    is_closed_loop: bool
    """Whether somebody wrote down the stage at which it was run."""

    is_overridden: bool
    """Whether a person had moved the animal."""

    at_stage: int
    """The how many-th session in a row at its stage it is."""

    decision: str | None
    following: str | None
    """The stage that it leads to; None where no decision was taken."""

    rule: str | None
    margin: float | None
    error: str | None
    """Why there is no decision, where the table says so."""

    metrics: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Animal:
    """One animal with its sessions, of which there is at least one, by their number."""

    subject: str
    group: str
    sessions: tuple[Session, ...]

    @property
    def stands_at(self) -> str:
        """The stage that its last session leads to."""
        last = self.sessions[-1]
        return last.following if last.following is not None else last.stage


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A row that could not be used, or where the table ends too early."""

    row: int
    subject: str | None
    reason: str
    """One sentence, with the row and the table."""

    @property
    def told(self) -> str:
        """The sentence, with the animal where it is known."""
        return self.reason if self.subject is None else f"{self.reason.removesuffix('.')} (animal {self.subject})."


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """All animals of a table."""

    animals: tuple[Animal, ...]
    """In the table's order."""

    stages: tuple[str, ...]
    """In the order in which animals advance."""

    left_out: tuple[LeftOut, ...]
    simulated: str | None = None
    """What the table says of itself where its animals follow suggestions that they never had; to be shown always."""

    @property
    def sessions(self) -> Iterator[Session]:
        """Those of all animals."""
        return (one for animal in self.animals for one in animal.sessions)

    def progress(self, stage: str) -> float:
        """How far along a stage is, from 0 for the first to 1 for the last; for its colour."""
        return self.stages.index(stage) / max(1, len(self.stages) - 1)

    @property
    def told(self) -> str:
        """How much it is, from when to when, and of which curricula."""
        days = [one.day for one in self.sessions]
        curricula = sorted({one.curriculum for one in self.sessions if one.curriculum})
        return (
            f"{counted(len(days), 'session')} of {counted(len(self.animals), 'animal')}, {min(days)} to {max(days)}"
            f"{': ' if curricula else ''}{', '.join(curricula)}{f' - {self.simulated}' if self.simulated else ''}"
        )


def read(rows: Iterable[Row], *, stages: Sequence[str] = (), group: str | None = None) -> Cohort:
    """Read a table of sessions.

    Args:
        rows: Its rows, with the columns of auto-train or fewer.
        stages: All stages in their order; without them they are read off the table.
        group: The column that says the group of an animal; None for one group.

    Returns:
        The animals, at least one.

    Raises:
        CurriculumError: ``source.invalid`` where a column is missing, or no row can be used; whatever reading the rows
            raises.
    """
    taken: dict[str, dict[int, Session]] = {}
    groups: dict[str, dict[str, None]] = {}
    left_out: list[LeftOut] = []
    simulated = None
    for row in _until_cut(rows, left_out):
        if not taken and not left_out:
            stage = [] if any(name in row.cells for name in _STAGES) else [" or ".join(_STAGES)]
            row.require([*_NEEDED, *stage, *([group] if group is not None else [])])
        cell = row.cells.get("subject_id")
        subject = str(cell) if cell is not None else None
        try:
            trained = session(row)
            subject = trained.subject
            one = _session(row, trained, stages)
            own = taken.setdefault(subject, {})
            if one.number in own:
                raise _refused(row, f"session {one.number} came before; the first one counts")
        except CurriculumError as error:
            if error.code != "source.invalid":
                raise
            left_out.append(LeftOut(row=row.number, subject=subject, reason=error.message))
            continue
        own[one.number] = one
        if (mode := row.text("mode") or "").startswith(SIMULATED.partition(":")[0]):
            simulated = mode
        groups.setdefault(subject, {})[(row.text(group) if group is not None else None) or ""] = None
    if not any(taken.values()):
        raise CurriculumError(
            "source.invalid",
            f"None of {counted(len(left_out), 'row')} can be used. {left_out[0].reason}"
            if left_out
            else "There are no sessions.",
            "Give a table with a row for each session.",
        )
    sorted_ones = {subject: [own[number] for number in sorted(own)] for subject, own in taken.items() if own}
    order = tuple(stages) or stage_order(
        (one.stage, one.decision, one.following) for own in sorted_ones.values() for one in own
    )
    animals = [
        Animal(subject=subject, group=", ".join(filter(None, groups[subject])), sessions=tuple(_completed(own, order)))
        for subject, own in sorted_ones.items()
    ]
    return Cohort(animals=tuple(animals), stages=order, left_out=tuple(left_out), simulated=simulated)


def _until_cut(rows: Iterable[Row], left_out: list[LeftOut]) -> Iterator[Row]:
    """Rows up to where the table can no longer be read."""
    number = 0
    try:
        for row in rows:
            number = row.number
            yield row
    except CurriculumError as error:
        if not number or error.code != "source.invalid":
            raise
        left_out.append(LeftOut(row=number + 1, subject=None, reason=f"{error.message} What follows was not read."))


def _refused(row: Row, what: str) -> CurriculumError:
    return CurriculumError("source.invalid", f"Row {row.number} of {row.table}: {what}.")


def _session(row: Row, trained: TrainedSession, stages: Sequence[str]) -> Session:
    stage = trained.stage
    if stage is None:
        raise _refused(row, "it has no stage, neither an actual nor a suggested one")
    for one in (stage, trained.suggested, trained.next_stage):
        if stages and one is not None and one not in stages:
            raise _refused(row, f"there is no stage {one} among {', '.join(stages)}")
    measured = {name: value for name, value in trained.measured.items() if name not in _OF_A_REPLAY}
    return Session(
        number=trained.number,
        day=trained.start.date(),
        curriculum=" ".join(filter(None, (trained.curriculum, trained.version))),
        task=trained.task,
        stage=stage,
        suggested=trained.suggested or "",
        is_closed_loop=trained.is_closed_loop,
        is_overridden=trained.is_overridden,
        at_stage=trained.number_at_stage or 0,
        decision=trained.decision,
        following=trained.next_stage,
        rule=trained.own.get("rule"),
        margin=row.real("margin"),
        error=row.text("error") or trained.own.get("held"),
        metrics={**(trained.metrics or {}), **measured},
    )


def _completed(sessions: Iterable[Session], order: tuple[str, ...]) -> Iterator[Session]:
    """Work out what the table does not say.

    That is the stage that was suggested, how long an animal was at a stage, and what a move is called.
    """
    before: Session | None = None
    count = 0
    for one in sessions:
        count = count + 1 if before is not None and one.stage == before.stage else 1
        if not one.suggested:
            suggested = (before.following if before is not None else None) or one.stage
            moved = one.is_closed_loop and suggested != one.stage
            one = replace(one, suggested=suggested, is_overridden=moved)
        before = one
        decided = one.decision
        if decided is None and one.following is not None and one.error is None:
            decided = decision(one.stage, one.following, order)
        if not one.at_stage or decided != one.decision:
            one = replace(one, at_stage=one.at_stage or count, decision=decided)
        yield one
