"""Recorded training: 411 sessions of 26 mice, and the repo of the curriculum that trained them.

How the record is read: a session was run at the stage that somebody wrote down, or at the suggested
one where nobody did ("open loop"); an empty efficiency is a session without a trial.
"""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from support import PROJECT, Repo, call, commit_all, generate

NAME = "coupled-baiting"
EXAMPLE = PROJECT / "examples" / NAME
RECORDED = PROJECT / "tests" / "data" / "recorded"

STAGES = ("STAGE_1", "STAGE_2", "STAGE_3", "STAGE_FINAL", "GRADUATED")
"""In the order of the training, which is what makes a move a progress or a rollback."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """One session of the record, with the decision that was taken after it."""

    subject: str
    number: int
    date: str
    suggested_stage: str
    stage: str
    finished_trials: int
    foraging_efficiency: float | None
    decision: str
    next_stage: str

    @property
    def name(self) -> str:
        """A name for its directory; directories of one subject sort by time."""
        return f"{self.subject}_{self.number:03}_{self.date}"


def read_sessions() -> list[Session]:
    """All sessions, subject by subject, in the order in which they were run."""
    with (RECORDED / "autotrain_overrides_26_mice.csv").open(encoding="utf-8", newline="") as file:
        return [
            Session(
                subject=row["subject_id"],
                number=int(row["session"]),
                date=row["session_date"],
                suggested_stage=row["current_stage_suggested"],
                stage=row["current_stage_actual"]
                if row["current_stage_actual"] in STAGES
                else row["current_stage_suggested"],
                finished_trials=int(row["finished_trials"]),
                foraging_efficiency=float(row["foraging_efficiency"]) if row["foraging_efficiency"] else None,
                decision=row["decision"],
                next_stage=row["next_stage_suggested"],
            )
            for row in csv.DictReader(file)
        ]


def by_subject(sessions: list[Session]) -> dict[str, list[Session]]:
    """The sessions of each subject."""
    return {subject: list(group) for subject, group in groupby(sessions, key=lambda session: session.subject)}


def read_rules() -> dict[str, Any]:
    """The curriculum of the time: parameters and rules by stage."""
    rules: dict[str, Any] = json.loads((RECORDED / "coupled_baiting_v0.1_rules.json").read_text(encoding="utf-8"))
    return rules


def stage_in_rules(stage: str) -> str:
    """The rules' spelling of a stage: ``Stage final`` for ``STAGE_FINAL``."""
    return stage.replace("_", " ").capitalize()


def decision(stage: str, next_stage: str) -> str:
    """What the record calls a move from one stage to another."""
    moved = STAGES.index(next_stage) - STAGES.index(stage)
    return "PROGRESS" if moved > 0 else "ROLLBACK" if moved < 0 else "STAY"


def make_example(template: Path, target: Path) -> Repo:
    """Make the repo of the curriculum as its README says, with its environment."""
    repo = Repo(generate(template, target, curriculum_name=NAME), quick=True)
    shutil.copytree(EXAMPLE / "src", repo.path / "src", dirs_exist_ok=True)
    (repo.path / "tests" / "test_examples.py").unlink()
    shutil.rmtree(repo.session)
    repo.sync()
    enrolled = repo.curriculum("init")
    assert enrolled.code == 0, enrolled.text
    write_session(repo.session, read_sessions()[2], enrolled.document)
    (repo.session / "behavior" / "trainer_state.json").unlink()
    commit_all(repo.path, "The curriculum of the record")
    return repo


def as_recorded(stage: str) -> str:
    """The record's spelling of a stage of a repo: ``STAGE_1`` for ``s_stage_1`` too."""
    return stage.removeprefix("s_").upper()


def evaluate(repo: Repo, states: dict[str, dict[str, Any]], folder: Path) -> dict[str, dict[str, str]]:
    """What the production path says of every recorded session, by the session's name.

    ``states`` are trainer states by the record's stages.
    """
    for session in read_sessions():
        write_session(folder / "sessions" / session.subject / session.name, session, states[session.stage])
    script = PROJECT / "tests" / "evaluate_recorded.py"
    done = call([repo.script("python"), script, folder / "sessions", folder / "found.jsonl"])
    assert done.code == 0, done.text
    lines = (folder / "found.jsonl").read_text(encoding="utf-8").splitlines()
    return {found["session"]: found for found in map(json.loads, lines)}


def compare_rules(repo: Repo) -> list[dict[str, Any]]:
    """What the repo's transitions say beside the rules of the time, over many metrics and with the real NumPy."""
    script, rules = PROJECT / "tests" / "compare_rules.py", RECORDED / "coupled_baiting_v0.1_rules.json"
    done = call(["uv", "run", "-q", "--directory", repo.path, "--with", "numpy", "python", script, rules])
    assert done.code == 0, done.text
    found: list[dict[str, Any]] = done.document
    return found


def write_session(
    directory: Path, session: Session, state: dict[str, Any], previous: dict[str, Any] | None = None
) -> Path:
    """Write a session directory as launcher and rig leave it.

    ``state`` is what the session was run with; ``previous`` are the metrics that the last suggestion gave.
    """
    assert as_recorded(state["stage"]["name"]) == session.stage
    summary = {"foraging_efficiency": session.foraging_efficiency, "finished_trials": session.finished_trials}
    event = {
        "data": summary,
        "timestamp": 5400.0,
        "timestamp_source": "harp",
        "frame_index": None,
        "frame_timestamp": None,
        "name": "ForagingSummary",
        "data_type": "object",
    }
    about = {"subject": session.subject, "date": f"{session.date}T00:00:00Z", "experiment": "coupled-baiting"}
    files = {
        "SoftwareEvents/ForagingSummary.json": event,
        "Logs/session_input.json": about,
        "Logs/tasklogic_input.json": state["stage"]["task"],
        "trainer_state.json": state,
        "previous_metrics.json": previous,
    }
    for name, content in files.items():
        if content is not None:
            path = directory / "behavior" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content) + "\n", encoding="utf-8", newline="\n")
    return directory
