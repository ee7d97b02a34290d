"""A curriculum of any number of stages, to see how cost grows with them.

The benchmarks copy this file into the package of a generated repo. Each stage has ten parameters, two
policies with a transition between them, and a transition to the next stage.
"""

from itertools import pairwise
from pathlib import Path

from aind_behavior_curriculum import (
    Curriculum,
    Metrics,
    MetricsProvider,
    Policy,
    PolicyTransition,
    Stage,
    StageTransition,
    Task,
    TaskParameters,
    create_curriculum,
    create_task,
)


class Parameters(TaskParameters):
    """Ten numbers."""

    p0: float = 0.0
    p1: float = 1.0
    p2: float = 2.0
    p3: float = 3.0
    p4: float = 4.0
    p5: float = 5.0
    p6: float = 6.0
    p7: float = 7.0
    p8: float = 8.0
    p9: float = 9.0


SyntheticTask = create_task(name="Synthetic", task_parameters=Parameters)


def metrics_from_dataset(data_directory: Path) -> Metrics:
    return Metrics()


def p_raise(metrics: Metrics, task: Task) -> Task:
    task.task_parameters.p0 += 1
    return task


def p_hold(metrics: Metrics, task: Task) -> Task:
    return task


def pt_raise_hold(metrics: Metrics) -> bool:
    return False


def st_next(metrics: Metrics) -> bool:
    return False


def make(name: str, stages: int) -> Curriculum:
    """Make a curriculum whose stages follow one another."""
    made = []
    for number in range(stages):
        stage = Stage(
            name=f"s_{number}",
            task=SyntheticTask(task_parameters=Parameters()),
            start_policies=[Policy(p_raise)],
            metrics_provider=MetricsProvider(metrics_from_dataset),
        )
        stage.add_policy_transition(Policy(p_raise), Policy(p_hold), PolicyTransition(pt_raise_hold))
        made.append(stage)
    curriculum = create_curriculum(name, "0.1.0", (SyntheticTask,), pkg_location=__name__)()
    curriculum.add_stage(made[0])
    for before, after in pairwise(made):
        curriculum.add_stage_transition(before, after, StageTransition(st_next))
    return curriculum
