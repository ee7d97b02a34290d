"""What the sessions so far tell about a subject: this one is read, the ones before come as metrics."""

import json
import os
from pathlib import Path
from statistics import fmean
from typing import Any

from aind_behavior_curriculum import Metrics
from aind_curriculum_runtime import SessionError, previous_metrics
from pydantic import Field

LOOK_BACK = 5
"""Sessions that the rules look back over, at the most; older ones are only counted."""


class ForagingMetrics(Metrics):
    """Metrics of a subject's latest sessions, oldest first, this one last."""

    finished_trials: list[int] = Field(
        min_length=1,
        max_length=LOOK_BACK,
        description="Trials with a choice, of each session.",
        json_schema_extra={"unit": "trials"},
    )
    foraging_efficiency: list[float | None] = Field(
        min_length=1,
        max_length=LOOK_BACK,
        description="Reward collected over what an ideal forager would have; none in a session without a trial.",
        json_schema_extra={"unit": "1"},
    )
    session_total: int = Field(ge=1, description="Sessions so far.", json_schema_extra={"unit": "sessions"})
    session_at_current_stage: int = Field(
        ge=1, description="Sessions in a row at the stage of this one.", json_schema_extra={"unit": "sessions"}
    )
    stage_name: str = Field(description="The stage that this session was run at; the next one counts by it.")

    def mean_finished_trials(self, sessions: int) -> float:
        """Mean over the latest sessions, or over all where there are fewer."""
        return fmean(self.finished_trials[-sessions:])

    def mean_foraging_efficiency(self, sessions: int) -> float:
        """Mean over the latest sessions; not a number, so that no rule holds, where one has no efficiency."""
        latest = self.foraging_efficiency[-sessions:]
        return fmean(float("nan") if efficiency is None else efficiency for efficiency in latest)


def metrics_from_dataset(data_directory: str | os.PathLike[str]) -> ForagingMetrics:
    """Compute the metrics of a session; the launcher calls it through the stages' metrics provider."""
    summary = foraging_summary(data_directory)
    stage_name = stage_of_session(data_directory)

    before = previous_metrics(data_directory, ForagingMetrics)  # None in a subject's first session
    return leading_on(summary, stage_name, before)


def metrics_from_row(row: dict[str, Any], previous: ForagingMetrics | None) -> ForagingMetrics:
    """The same for a session that stands in a table, which has a column for each of its values."""
    return leading_on(row, row["current_stage_actual"], previous)


def leading_on(summary: dict[str, Any], stage_name: str, before: ForagingMetrics | None) -> ForagingMetrics:
    """The metrics of a session, after those of the one before it."""
    trials, efficiency, total, at_stage = [], [], 0, 0
    if before is not None:
        trials, efficiency, total = before.finished_trials, before.foraging_efficiency, before.session_total
        # People move subjects between sessions, so the stage is what was run and not what was suggested.
        at_stage = before.session_at_current_stage if before.stage_name == stage_name else 0
    return ForagingMetrics(
        finished_trials=[*trials, summary["finished_trials"]][-LOOK_BACK:],
        foraging_efficiency=[*efficiency, summary["foraging_efficiency"]][-LOOK_BACK:],
        session_total=total + 1,
        session_at_current_stage=at_stage + 1,
        stage_name=stage_name,
    )


def foraging_summary(data_directory: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what the rig wrote when the session ended: the data of the last ForagingSummary event."""
    path = Path(data_directory) / "behavior" / "SoftwareEvents" / "ForagingSummary.json"
    if not path.is_file():
        raise SessionError(f"The session has no {path.name} in behavior/SoftwareEvents.")
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not lines:
        raise SessionError(f"{path.name} holds no event.", "Was the session stopped before its end was written?")
    data: dict[str, Any] = json.loads(lines[-1])["data"]
    return data


def stage_of_session(data_directory: str | os.PathLike[str]) -> str:
    """Read which stage was run, from the task as the rig wrote it down."""
    path = Path(data_directory) / "behavior" / "Logs" / "tasklogic_input.json"
    if not path.is_file():
        raise SessionError(f"The session has no {path.name} in behavior/Logs, so its stage is unknown.")
    stage_name = json.loads(path.read_text(encoding="utf-8")).get("stage_name")
    if not isinstance(stage_name, str):
        raise SessionError(f"{path.name} names no stage.", "Was the session run with a task of this curriculum?")
    return stage_name
