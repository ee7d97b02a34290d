"""Rules that a replay could get wrong: they share values, change what they get, or raise half-way.

In a module of their own for the reason of ``small_rules``.
"""

from pathlib import Path

from aind_behavior_curriculum import Metrics, Task, TaskParameters, create_task
from pydantic import BaseModel, Field


class Box(BaseModel):
    """A value that can be changed where it is."""

    size: float = 1.0


class NestedParameters(TaskParameters):
    """Plain and nested values."""

    a: float = 0.0
    maybe: float | None = None
    box: Box = Field(default_factory=Box)
    boxes: list[Box] = Field(default_factory=list)


NestedTask = create_task(name="Nested", task_parameters=NestedParameters)

PRESET = Box(size=1.0)
"""A value of the module that policies put into tasks."""


class Seen(Metrics):
    """What transitions look at."""

    level: int = 0
    trail: list[int] = Field(default_factory=list)


def metrics_of(data_directory: Path) -> Seen:
    return Seen()


def p_preset(metrics: Seen, task: Task) -> Task:
    task.task_parameters.box = PRESET
    return task


def p_grow(metrics: Seen, task: Task) -> Task:
    task.task_parameters.box.size += metrics.level
    return task


def p_collect(metrics: Seen, task: Task) -> Task:
    task.task_parameters.boxes = [*task.task_parameters.boxes, task.task_parameters.box][-3:]
    return task


def p_copy(metrics: Seen, task: Task) -> Task:
    return task.model_copy(deep=True, update={"description": f"level {metrics.level}"})


def p_maybe(metrics: Seen, task: Task) -> Task:
    task.task_parameters.maybe = None if metrics.level % 2 else 0.5
    return task


def p_raises_half_way(metrics: Seen, task: Task) -> Task:
    task.task_parameters.a += 1
    if metrics.level == 3:
        raise ValueError("half-way")
    return task


def p_not_finite(metrics: Seen, task: Task) -> Task:
    task.task_parameters.a = float("nan") if metrics.level == 4 else task.task_parameters.a
    return task


def p_nothing(metrics: Seen, task: Task) -> Task:
    return None if metrics.level == 2 else task


def p_spoils(metrics: Seen, task: Task) -> Task:
    metrics.level = 99
    metrics.trail.append(99)
    task.task_parameters.a *= 2
    return task


def p_not_of_its_type(metrics: Seen, task: Task) -> Task:
    if metrics.level == 1:
        task.task_parameters.box.__dict__["size"] = "large"
    return task


def pt_even(metrics: Seen) -> bool:
    return metrics.level % 2 == 0


def pt_raises(metrics: Seen) -> bool:
    return 1 / (metrics.level - 3) > 0


def pt_truthy(metrics: Seen) -> bool:
    return metrics.trail


def st_two(metrics: Seen) -> bool:
    return metrics.level >= 2


def st_raises(metrics: Seen) -> bool:
    return 1 / (metrics.level - 5) > 0


def st_truthy(metrics: Seen) -> bool:
    return metrics.trail


BOUND = 20


def m_constant(metrics: Seen) -> bool:
    """With a docstring."""
    return metrics.level >= 20


def m_mirrored(metrics: Seen) -> bool:
    return BOUND > metrics.level  # noqa: SIM300


def m_either(metrics: Seen) -> bool:
    return metrics.level > 30 or sum(metrics.trail) < -2.5


def m_both(metrics: Seen) -> bool:
    return metrics.level > 30 and metrics.level < 40


def m_two_values(metrics: Seen) -> bool:
    return metrics.level > len(metrics.trail)


def m_statements(metrics: Seen) -> bool:
    level = metrics.level
    return level > 3
