import json
from pathlib import Path

from aind_behavior_curriculum import Metrics


class LickMetrics(Metrics):
    licks: int
    rate: float


def metrics_from_dataset(data_directory: str) -> LickMetrics:
    events = json.loads((Path(data_directory) / "behavior" / "licks.json").read_text(encoding="utf-8"))
    return LickMetrics(licks=len(events), rate=sum(events) / max(1, len(events)))
