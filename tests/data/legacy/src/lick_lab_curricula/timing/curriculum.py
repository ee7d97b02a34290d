"""Its transitions are added by another module, and its values come from a file and from the rig."""

import json
import os
from pathlib import Path

from aind_behavior_curriculum import MetricsProvider, Stage, create_curriculum

from .. import __version__
from ..shaping.metrics import metrics_from_dataset
from ..task import LickParameters, LickTask

VALUES = json.loads((Path(__file__).parent / "values.json").read_text(encoding="utf-8"))


def stage(name: str) -> Stage:
    delay = VALUES[name] + float(os.environ.get("LICK_LAB_DELAY", "0"))
    task = LickTask(task_parameters=LickParameters(delay=delay))
    return Stage(name=name, task=task, metrics_provider=MetricsProvider(metrics_from_dataset))


CURRICULUM = create_curriculum("Timing", __version__, (LickTask,))()
