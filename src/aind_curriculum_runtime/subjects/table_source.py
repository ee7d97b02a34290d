"""Animals of a table with the columns of auto-train: every row a session, at stages that a curriculum knows by name.

Owns which row is taken in, and what its entry says. A table has names of stages where a ledger has trainer states, so
the states come from the curriculum's own repo. The row itself stands in the entry too, and is what an export gives
again. Metrics of a table are history: they are not handed to the curriculum as previous metrics, whose form they need
not have, unless the table is the export of a ledger.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..contract.errors import CurriculumError
from ..contract.strict_json import encode
from ..ledger.entry import Session, at, digest
from ..tables.autotrain import OWN, TrainedSession, sessions
from ..tables.reading import rows
from .exporting import TABLE_ROW
from .incoming import Animal, Incoming, IncomingSession, State, why_left_out

__all__ = ["Curriculum", "read_table"]


@dataclass(frozen=True)
class Curriculum:
    """The curriculum that gives the trainer states of the stages that a table names.

    Args:
        name: Its name.
        stages: Names of its stages.
        state: Gives the trainer state at a stage.
        is_named: Whether a person said that it is the one that the table means, whatever the table calls it.
    """

    name: str
    stages: tuple[str, ...]
    state: Callable[[str], State]
    is_named: bool

    def is_meant(self, name: str | None) -> bool:
        """Whether a table means it by a name: capitals, spaces and dashes do not count."""
        return self.is_named or name is None or _plain(name) == _plain(self.name)

    def stage(self, name: str) -> str | None:
        """The stage that a table means by a name; None where there is none."""
        if name in self.stages:
            return name
        alike = [one for one in self.stages if _plain(one) == _plain(name)]
        return alike[0] if len(alike) == 1 else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip().casefold())


_REQUIRED: Final = ("current_stage_suggested", "next_stage_suggested")
_OWN: Final = frozenset(one.name for one in OWN)


def read_table(path: Path, existing: list[str], ask: Callable[[], Curriculum]) -> Incoming:
    """Read a table.

    Args:
        path: The file.
        existing: Names of the animals that the ledger has.
        ask: Gives the curriculum; called once the table was read.

    Returns:
        Its animals, and what is left out.

    Raises:
        CurriculumError: As ``tables`` raises it for a table that is wrong anywhere, and ``ask``.
    """
    found = Incoming(source=path.name)
    read = list(sessions(rows(path), required=_REQUIRED))  # all of it, before a curriculum is asked
    curriculum = ask()
    refused: set[str] = set()
    for one in sorted(read, key=lambda one: (at(one.start), one.number)):
        where = f"row {one.row.number}" if one.row is not None else ""
        if one.subject not in found.animals and (
            one.subject in refused or not found.named(one.subject, existing, where)
        ):
            refused.add(one.subject)
            continue
        if not curriculum.is_meant(one.curriculum):
            why = f"The curriculum {one.curriculum!r} is not {curriculum.name!r}; --repo NAME says which one it is now."
            found.leave_out(one.subject, why, where)
            continue
        try:
            session = _of_row(one, curriculum, where)
        except CurriculumError as error:
            found.leave_out(one.subject, why_left_out(error), where)
            continue
        if one.subject not in found.animals:
            first = curriculum.stage(one.suggested or "")
            state = session.run if first is None else curriculum.state(first)
            found.animals[one.subject] = Animal(subject=one.subject, first=state)
        found.animals[one.subject].sessions.append(session)
    return found


def _of_row(one: TrainedSession, curriculum: Curriculum, where: str) -> IncomingSession:
    run = curriculum.state(_stage(one.stage, "at which the session was run", curriculum))
    held = one.own.get("held")
    after = None if held else curriculum.state(_stage(one.next_stage, "to which it leads", curriculum))
    cells = {name: value for name, value in one.as_cells().items() if name not in _OWN}
    cells = {name: value for name, value in cells.items() if value is not None or name in one.measured}
    decided = {"commit": one.own.get("curriculum_commit"), "dirty": one.own.get("curriculum_dirty")}
    facts: dict[str, Any] = {
        "curriculum": {
            "name": one.curriculum,
            "version": one.version,
            **{key: value for key, value in decided.items() if value is not None},
        },
        TABLE_ROW: cells,
    }
    if after is None:
        facts["error"] = {"code": held, "exit": None, "message": "The table says so.", "hint": ""}
    else:
        facts["outcome"] = digest(encode(cells))
    if one.own.get("runtime_version") is not None:  # the export of a ledger: the metrics are the curriculum's own
        facts |= {"runtime": one.own["runtime_version"], "metrics": one.metrics}
    name, day = one.own.get("session_name"), one.start.date().isoformat()
    return IncomingSession(
        where=where,
        session=Session(name or f"{one.subject}_{day}_{one.number}", at(one.start)),
        is_day_only=name is None,
        run=run,
        after=after,
        facts=facts,
        moved_by=one.own.get("overridden_by"),
        moved_why=one.own.get("overridden_why"),
    )


def _stage(name: str | None, which: str, curriculum: Curriculum) -> str:
    if name is None:
        raise CurriculumError("source.invalid", f"No stage is named {which}.")
    found = curriculum.stage(name)
    if found is None:
        raise CurriculumError("source.invalid", f"The curriculum {curriculum.name!r} has no stage {name!r}.")
    return found
