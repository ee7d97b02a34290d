from lick_lab_curricula.task import LickTask

from .. import helpers
from .metrics import LickMetrics

# Steps of the delay, in seconds: the value of the pilot study (n = 6 µl).
STEP = 0.15


def p_lengthen_delay(metrics: LickMetrics, task: LickTask) -> LickTask:
    """Ask for more waiting."""
    delay = task.task_parameters.delay + STEP * metrics.rate  # by the rate of this session
    task.task_parameters.delay = helpers.clamp(delay, 0.0, 1.0)
    return task


def p_less_water(metrics: LickMetrics, task: LickTask) -> LickTask:
    task.task_parameters.ports[0].water = helpers.clamp(task.task_parameters.ports[0].water - 0.5, 1.0, 4.0)
    return task


def pt_lengthen_delay_less_water(metrics: LickMetrics) -> bool:
    return metrics.licks >= 4
