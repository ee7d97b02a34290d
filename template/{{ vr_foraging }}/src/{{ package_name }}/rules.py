"""Rules: when a subject moves to another stage, and how its task is tuned until then.

Trainer states name each rule by its path, my_package.rules.p_hold_delay, so every rule belongs in this file:
one that is moved or renamed later needs a line in FORMERLY, or the states of subjects in training do not find it.
"""

from aind_behavior_services.task.distributions import Scalar
from aind_behavior_vr_foraging.task_logic import AindVrForagingTaskLogic, scalar_value

from .metrics import ForagingMetrics
from .task import patches_of

# Stage transitions: given the session's metrics, whether the subject moves. Which one leads where stands in
# curriculum.py; of those that leave a stage, the first that holds wins.


def st_habituation_shaping(metrics: ForagingMetrics) -> bool:
    """Enough trials to go on."""
    return metrics.trials >= 20


def st_shaping_discrimination(metrics: ForagingMetrics) -> bool:
    """Two good sessions in a row."""
    return metrics.good_sessions_in_a_row >= 2


def st_discrimination_graduated(metrics: ForagingMetrics) -> bool:
    """Three good sessions in a row."""
    return metrics.good_sessions_in_a_row >= 3


def st_discrimination_shaping(metrics: ForagingMetrics) -> bool:
    """The subject lost the task: back to shaping."""
    return metrics.stop_rate < 0.4


# Policies: given the session's metrics and the task, return the task of the next session.


def p_lengthen_delay(metrics: ForagingMetrics, task: AindVrForagingTaskLogic) -> AindVrForagingTaskLogic:
    """Ask for 0.25 s more of waiting after a session with stops at over 60 % of the sites, up to 1 s."""
    if metrics.stop_rate > 0.6:
        for patch in patches_of(task):
            delay = patch.reward_specification.delay
            if isinstance(delay, Scalar):
                value = delay.distribution_parameters.value
                patch.reward_specification.delay = scalar_value(min(1.0, value + 0.25))
    return task


def p_hold_delay(metrics: ForagingMetrics, task: AindVrForagingTaskLogic) -> AindVrForagingTaskLogic:
    """Keep the delay, and pay a little more for it."""
    for patch in patches_of(task):
        patch.reward_specification.amount = scalar_value(5.0)
    return task


# Policy transitions: given the session's metrics, whether one policy gives way to another.


def pt_lengthen_delay_hold_delay(metrics: ForagingMetrics) -> bool:
    """Stops later than 1.5 s after the site was reached: the delay is long enough for now."""
    return metrics.median_time_to_stop is not None and metrics.median_time_to_stop > 1.5
