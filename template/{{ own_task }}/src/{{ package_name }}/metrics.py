"""What a session tells about the subject: metrics, read from the session directory."""

import json
import os
from pathlib import Path
from typing import Any

from aind_behavior_curriculum import Metrics
from aind_curriculum_runtime import SessionError, previous_metrics
from pydantic import Field

CRITERION = 0.75
"""Hit rate that counts as a good session."""


class DetectionMetrics(Metrics):
    """Metrics of one session; transitions and policies see nothing else."""

    trials: int = Field(ge=0, description="Trials that ended with an outcome.", json_schema_extra={"unit": "trials"})
    hit_rate: float = Field(ge=0, le=1, description="Share of hits among them.", json_schema_extra={"unit": "1"})
    median_reaction_time: float | None = Field(
        default=None,
        description="From stimulus to response, over hits; none without hits.",
        json_schema_extra={"unit": "s"},
    )
    water: float = Field(ge=0, description="Water earned.", json_schema_extra={"unit": "ul"})
    good_sessions_in_a_row: int = Field(
        default=0,
        ge=0,
        description="Sessions at the criterion, up to this one.",
        json_schema_extra={"unit": "sessions"},
    )


def metrics_from_dataset(data_directory: str | os.PathLike[str]) -> DetectionMetrics:
    """Compute the metrics of a session.

    The launcher calls it through the stages' metrics provider. Add no file to the directory that you
    would not want to keep, and change none.
    """
    trials = read_software_events(data_directory, "TrialOutcome")
    if not trials:
        raise SessionError("The session has no TrialOutcome events.", "Was the session stopped before its first trial?")
    hits = [trial["data"] for trial in trials if trial["data"]["outcome"] == "hit"]
    reaction_times = sorted(hit["reaction_time"] for hit in hits)
    hit_rate = len(hits) / len(trials)

    before = previous_metrics(data_directory, DetectionMetrics)  # None in a subject's first session
    in_a_row = before.good_sessions_in_a_row if before is not None else 0
    return DetectionMetrics(
        trials=len(trials),
        hit_rate=hit_rate,
        median_reaction_time=reaction_times[len(reaction_times) // 2] if reaction_times else None,
        water=sum(hit["reward_volume"] for hit in hits),
        good_sessions_in_a_row=in_a_row + 1 if hit_rate >= CRITERION else 0,
    )


def read_software_events(data_directory: str | os.PathLike[str], name: str) -> list[dict[str, Any]]:
    """Read one stream of events: JSON lines, one event a line, with `data`, `timestamp` and `name`."""
    path = Path(data_directory) / "behavior" / "SoftwareEvents" / f"{name}.json"
    if not path.is_file():
        raise SessionError(f"The session has no {path.name} in behavior/SoftwareEvents.")
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]
