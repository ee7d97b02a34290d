"""`curriculum diff --cohort` where policies tune parameters: two folders with a small curriculum each, no repos."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from support import Result, call

from aind_curriculum_runtime.cohort.provenance import provenance
from aind_curriculum_runtime.project.distributions import ENTRY_POINT_GROUP
from aind_curriculum_runtime.versions.snapshot import Place

CODE = """\
from aind_behavior_curriculum import *
from aind_behavior_curriculum import GRADUATED, Graduated, Metrics, TaskParameters, create_curriculum, create_task


class Seen(Metrics):
    level: int


class Parameters(TaskParameters):
    gain: float = 1.0
    label: str = "plain"


SmallTask = create_task(name="Small", task_parameters=Parameters)


def p_grow(metrics: Seen, task: SmallTask) -> SmallTask:
    task.task_parameters.gain += STEP
    return task


def st_done(metrics: Seen) -> bool:
    return metrics.level > BOUND


def metrics_of(data_directory: str) -> Seen:
    return Seen(level=0)


CURRICULUM = create_curriculum("small", "0.1.0", (SmallTask, Graduated), pkg_location=__name__)(version="0.1.0")
s_1 = Stage(
    name="s_1",
    task=SmallTask(task_parameters=Parameters()),
    start_policies=[Policy(p_grow)],
    metrics_provider=MetricsProvider(metrics_of),
)
CURRICULUM.add_stage_transition(s_1, GRADUATED, StageTransition(st_done))
"""


def version(folder: Path, step: float, bound: int) -> Path:
    """Write a version of the curriculum."""
    (folder / "src" / "small").mkdir(parents=True)
    text = f'[project]\nname = "small"\nversion = "0.1.0"\n\n[project.entry-points."{ENTRY_POINT_GROUP}"]\n'
    (folder / "pyproject.toml").write_text(f'{text}small = "small:CURRICULUM"\n', encoding="utf-8")
    code = CODE.replace("STEP", str(step)).replace("BOUND", str(bound))
    (folder / "src" / "small" / "__init__.py").write_text(code, encoding="utf-8")
    return folder


def diff(folder: Path, *arguments: str) -> Result:
    command = [sys.executable, "-m", "aind_curriculum_runtime.cli", "diff", "./old", "./new", "--repo", "old"]
    return call([*command, *arguments], cwd=folder)


def session(subject: str, number: int, level: int) -> dict[str, Any]:
    date = f"2026-01-{number:02}"
    row = {"subject_id": subject, "session": number, "session_date": date, "current_stage_actual": "s_1"}
    return {**row, "metrics": {"level": level}}


def test_what_policies_make_of_the_parameters_is_compared_from_session_to_session(tmp_path: Path) -> None:
    version(tmp_path / "old", 1.0, 5)
    version(tmp_path / "new", 2.0, 6)
    rows = [session("m1", 1, 1), session("m1", 2, 1), session("m1", 3, 6), session("m2", 1, 9)]
    (tmp_path / "sessions.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    result = diff(tmp_path, "--cohort", "sessions.jsonl", "--format", "json")
    assert result.code == 0, result.text
    happened = result.document["as_it_happened"]
    assert happened["parameters"] == [
        {
            "decisions": 2,
            "subjects": 1,
            "stage": "s_1",
            "path": "gain",
            "first": {"path": "gain", "before": 2.0, "after": 3.0},
            "varies": True,
        }
    ]
    (one,) = result.document["first_divergence"]
    assert (one["subject"], one["session"], one["parameters_since"]) == ("m1", 3, 1)
    assert (one["old"]["rule"], one["old"]["margin"]) == ("small.st_done", 1.0)
    assert result.document["provenance"]["old"] == {
        "label": "the working tree",
        "number": "0.1.0",
        "commit": None,
        "is_changed": False,
    }


def test_the_hash_of_a_folder_is_that_of_its_names_and_contents(tmp_path: Path) -> None:
    place = Place(label="here", folder=tmp_path, project=None, names=())

    def data(source: Path) -> str:
        return provenance(place, place, "small", str(source)).data

    for name in ("one", "two"):
        (tmp_path / name / "behavior").mkdir(parents=True)
        (tmp_path / name / "behavior" / "a.json").write_text("1", encoding="utf-8")
    same = data(tmp_path / "one")
    assert same == data(tmp_path / "two")
    (tmp_path / "two" / "behavior" / "a.json").write_text("2", encoding="utf-8")
    (tmp_path / "one" / "behavior" / "a.json").rename(tmp_path / "one" / "behavior" / "b.json")
    assert len({same, data(tmp_path / "one"), data(tmp_path / "two")}) == 3
