"""Rules and tasks of the small curricula that tests build in their own process.

They stand in a module of their own because the library resolves a rule by its dotted name, and because
it cannot read annotations that are strings (so there is no ``from __future__ import annotations`` here).
"""

from os import system  # noqa: F401  # the reason why a package prefix is not enough: small_rules.system
from pathlib import Path

from aind_behavior_curriculum import Metrics, Task, TaskParameters, create_task


class LickParameters(TaskParameters):
    """Four numbers, so that policies which each own one of them commute."""

    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0


LickTask = create_task(name="Lick", task_parameters=LickParameters)


class Level(Metrics):
    """One number that transitions look at."""

    level: int = 0


def metrics_a(data_directory: Path) -> Level:
    return Level(level=1)


def metrics_b(data_directory: Path) -> Level:
    return Level(level=2)


def p_a(metrics: Level, task: Task) -> Task:
    task.task_parameters.a += metrics.level + 1
    return task


def p_b(metrics: Level, task: Task) -> Task:
    task.task_parameters.b = task.task_parameters.b * 2 + 1
    return task


def p_c(metrics: Level, task: Task) -> Task:
    changed = task.model_copy(deep=True)
    changed.task_parameters.c = float(metrics.level)
    return changed


def p_d(metrics: Level, task: Task) -> Task:
    return type(task)(task_parameters=task.task_parameters.model_copy(update={"d": -1.0}))


def p_a_double(metrics: Level, task: Task) -> Task:
    task.task_parameters.a *= 2
    return task


def p_a_halve_less_one(metrics: Level, task: Task) -> Task:
    task.task_parameters.a = task.task_parameters.a / 2 - 1
    return task


def p_spoils_metrics(metrics: Level, task: Task) -> Task:
    metrics.level = 99
    return task


def pt_at_one(metrics: Level) -> bool:
    return metrics.level >= 1


def pt_at_two(metrics: Level) -> bool:
    return metrics.level >= 2


def pt_never(metrics: Level) -> bool:
    return False


def st_at_one(metrics: Level) -> bool:
    return metrics.level >= 1


def st_at_two(metrics: Level) -> bool:
    return metrics.level >= 2


def st_at_three(metrics: Level) -> bool:
    return metrics.level >= 3
