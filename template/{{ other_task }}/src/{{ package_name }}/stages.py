"""Stages: the task with its parameters, and the policies that tune them from session to session."""

from aind_behavior_curriculum import MetricsProvider, Policy, Stage

from .metrics import metrics_from_dataset
from .rules import p_tune
from .task import read_task

# Stages, in the order of the training. All have the task in task.json; to give one a task of its own, put a file
# beside it and read that: read_task("s_shaping.json").

s_habituation = Stage(
    name="s_habituation",
    task=read_task(),
    metrics_provider=MetricsProvider(metrics_from_dataset),
)

s_shaping = Stage(
    name="s_shaping",
    task=read_task(),
    start_policies=[Policy(p_tune)],
    metrics_provider=MetricsProvider(metrics_from_dataset),
)

s_discrimination = Stage(
    name="s_discrimination",
    task=read_task(),
    metrics_provider=MetricsProvider(metrics_from_dataset),
)
