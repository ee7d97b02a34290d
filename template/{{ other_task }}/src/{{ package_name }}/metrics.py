"""What a session tells about the subject: metrics, read from the session directory."""

import json
import os
from pathlib import Path
from typing import Any

from aind_behavior_curriculum import Metrics
from aind_curriculum_runtime import SessionError, previous_metrics
from pydantic import Field

TRIALS = "TrialOutcome"
"""The stream that has one event a trial: a file of behavior/SoftwareEvents."""

CRITERION = 0.75
"""Hit rate that counts as a good session."""


class SessionMetrics(Metrics):
    """Metrics of one session; transitions and policies see nothing else."""

    trials: int = Field(ge=0, description="Trials that ended with an outcome.", json_schema_extra={"unit": "trials"})
    hit_rate: float = Field(ge=0, le=1, description="Share of hits among them.", json_schema_extra={"unit": "1"})
    good_sessions_in_a_row: int = Field(
        default=0,
        ge=0,
        description="Sessions at the criterion, up to this one.",
        json_schema_extra={"unit": "sessions"},
    )


def metrics_from_dataset(data_directory: str | os.PathLike[str]) -> SessionMetrics:
    """Compute the metrics of a session.

    The launcher calls it through the stages' metrics provider. Add no file to the directory that you
    would not want to keep, and change none.
    """
    trials = read_software_events(data_directory, TRIALS)
    if not trials:
        raise SessionError(f"The session has no {TRIALS} events.", "Was the session stopped before its first trial?")
    hit_rate = sum(trial["data"]["outcome"] == "hit" for trial in trials) / len(trials)

    before = previous_metrics(data_directory, SessionMetrics)  # None in a subject's first session
    in_a_row = before.good_sessions_in_a_row if before is not None else 0
    return SessionMetrics(
        trials=len(trials),
        hit_rate=hit_rate,
        good_sessions_in_a_row=in_a_row + 1 if hit_rate >= CRITERION else 0,
    )


def read_software_events(data_directory: str | os.PathLike[str], name: str) -> list[dict[str, Any]]:
    """Read one stream of events: JSON lines, one event a line, with `data`, `timestamp` and `name`."""
    path = Path(data_directory) / "behavior" / "SoftwareEvents" / f"{name}.json"
    if not path.is_file():
        raise SessionError(f"The session has no {path.name} in behavior/SoftwareEvents.")
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]
