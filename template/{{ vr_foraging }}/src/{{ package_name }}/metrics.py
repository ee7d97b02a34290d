"""What a session tells about the subject: metrics, read from the session directory."""

import json
import os
from bisect import bisect
from pathlib import Path
from statistics import median
from typing import Any

from aind_behavior_curriculum import Metrics
from aind_curriculum_runtime import SessionError, previous_metrics
from pydantic import Field

CRITERION = 0.75
"""Share of stops that counts as a good session."""


class ForagingMetrics(Metrics):
    """Metrics of one session; transitions and policies see nothing else."""

    trials: int = Field(
        ge=0, description="Reward sites that the subject reached.", json_schema_extra={"unit": "trials"}
    )
    stop_rate: float = Field(
        ge=0, le=1, description="Share of them at which it stopped.", json_schema_extra={"unit": "1"}
    )
    median_time_to_stop: float | None = Field(
        default=None, description="From reaching a site to its choice there.", json_schema_extra={"unit": "s"}
    )
    water: float = Field(ge=0, description="Water given.", json_schema_extra={"unit": "ul"})
    good_sessions_in_a_row: int = Field(
        default=0,
        ge=0,
        description="Sessions at the criterion, up to this one.",
        json_schema_extra={"unit": "sessions"},
    )


def metrics_from_dataset(data_directory: str | os.PathLike[str]) -> ForagingMetrics:
    """Compute the metrics of a session.

    The launcher calls it through the stages' metrics provider. Add no file to the directory that you
    would not want to keep, and change none.
    """
    active = read_software_events(data_directory, "ActiveSite")
    sites = [site["timestamp"] for site in active if site["data"]["label"] == "RewardSite"]
    if not sites:
        raise SessionError("The subject reached no reward site.", "Was the session stopped before its first patch?")
    choices = [choice["timestamp"] for choice in read_software_events(data_directory, "ChoiceFeedback")]
    # By site, as the number of sites reached until then: how long after reaching it the subject stopped.
    stops = {bisect(sites, at): at - sites[bisect(sites, at) - 1] for at in choices if at >= sites[0]}
    stop_rate = len(stops) / len(sites)
    rewards = [reward["data"] for reward in read_software_events(data_directory, "GiveReward")]

    before = previous_metrics(data_directory, ForagingMetrics)  # None in a subject's first session
    in_a_row = before.good_sessions_in_a_row if before is not None else 0
    return ForagingMetrics(
        trials=len(sites),
        stop_rate=stop_rate,
        median_time_to_stop=round(median(stops.values()), 3) if stops else None,
        water=sum(reward or 0.0 for reward in rewards),  # null where none was paid
        good_sessions_in_a_row=in_a_row + 1 if stop_rate >= CRITERION else 0,
    )


def read_software_events(data_directory: str | os.PathLike[str], name: str) -> list[dict[str, Any]]:
    """Read one stream of events: JSON lines, one event a line, with `data`, `timestamp` and `name`.

    A stream without an event has no file.
    """
    path = Path(data_directory) / "behavior" / "SoftwareEvents" / f"{name}.json"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]
