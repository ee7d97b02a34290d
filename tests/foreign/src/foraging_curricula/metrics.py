"""Metrics of a session, read from its software events."""

import json
import os
from pathlib import Path

from aind_behavior_curriculum import Metrics
from pydantic import Field


class ForagingMetrics(Metrics):
    patches_visited: int = Field(ge=0)
    mean_stop: float = Field(ge=0)


def metrics_from_dataset(data_directory: str | os.PathLike[str]) -> ForagingMetrics:
    path = Path(data_directory) / "behavior" / "SoftwareEvents" / "PatchVisit.json"
    lines = path.read_text(encoding="utf-8").splitlines()
    stops = [json.loads(line)["data"]["stop"] for line in lines]
    return ForagingMetrics(patches_visited=len(stops), mean_stop=sum(stops) / len(stops))
