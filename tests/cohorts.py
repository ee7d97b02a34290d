"""Tables of sessions for the tests of statistics and pictures: recorded mice, and as many made-up animals as wanted."""

from __future__ import annotations

import csv
import json
import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from recorded import RECORDED
from support import Result, call

from aind_curriculum_runtime.cohort.sessions import Cohort, read
from aind_curriculum_runtime.tables.row import Row

RECORD = RECORDED / "autotrain_overrides_26_mice.csv"
STAGES = ("s_habituation", "s_shaping", "s_discrimination", "s_reversal", "GRADUATED")


def record() -> list[dict[str, str]]:
    """The cells of the recorded sessions."""
    with RECORD.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def made_up(animals: int, sessions: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Sessions of animals that move up and down, with what only a replay says: rule, margin and metrics."""
    chance = random.Random(seed)
    for number in range(animals):
        day, suggested = date(2025, 1, 1) + timedelta(days=chance.randrange(100)), 0
        for session in range(1, sessions + 1):
            stage = min(len(STAGES) - 1, max(0, suggested + chance.choice((0,) * 20 + (-1, 1))))
            move = chance.random()
            following = min(len(STAGES) - 1, max(0, stage + (move < 0.06) - (move > 0.98)))
            moved = following - stage
            yield {
                "subject_id": f"mouse-{number}",
                "session": session,
                "session_date": day.isoformat(),
                "curriculum_name": "made-up",
                "curriculum_version": "1.0.0",
                "task": "foraging",
                "current_stage_suggested": STAGES[suggested],
                "current_stage_actual": "unknown (open loop)" if chance.random() < 0.02 else STAGES[stage],
                "decision": ("ROLLBACK", "STAY", "PROGRESS")[moved + 1],
                "next_stage_suggested": STAGES[following],
                "metrics": json.dumps({"hit_rate": chance.random(), "trials": chance.randrange(900)}),
                "rule": "made_up.rules:enough" if moved else "",
                "margin": round(chance.random() - 0.5, 3) if moved else "",
            }
            suggested = following
            day += timedelta(days=chance.choice((0, 1, 1, 1, 3)))


def written(path: Path, cells: list[dict[str, Any]]) -> Path:
    """Write a table as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, cells[0].keys())
        writer.writeheader()
        writer.writerows(cells)
    return path


def cohort(cells: list[dict[str, Any]], **options: Any) -> Cohort:
    """The animals of a table that is not written."""
    return read(
        (Row("table", number, {k: v or None for k, v in one.items()}) for number, one in enumerate(cells, 2)), **options
    )


def curriculum(*arguments: object) -> Result:
    """Run a command of ``curriculum`` that needs no curriculum."""
    return call([sys.executable, "-m", "aind_curriculum_runtime.cli", *map(str, arguments)])
