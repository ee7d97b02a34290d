"""Rules: when a subject moves to another stage, and how its task is tuned until then.

Trainer states name each rule by its path, my_package.rules.p_hold_delay, so every rule belongs in this file:
one that is moved or renamed later needs a line in FORMERLY, or the states of subjects in training do not find it.
"""

from .metrics import DetectionMetrics
from .task import DetectionTask

# Stage transitions: given the session's metrics, whether the subject moves. Which one leads where stands in
# curriculum.py; of those that leave a stage, the first that holds wins.


def st_habituation_shaping(metrics: DetectionMetrics) -> bool:
    """Enough trials to go on."""
    return metrics.trials >= 20


def st_shaping_discrimination(metrics: DetectionMetrics) -> bool:
    """Two good sessions in a row."""
    return metrics.good_sessions_in_a_row >= 2


def st_discrimination_graduated(metrics: DetectionMetrics) -> bool:
    """Three good sessions in a row."""
    return metrics.good_sessions_in_a_row >= 3


def st_discrimination_shaping(metrics: DetectionMetrics) -> bool:
    """The subject lost the task: back to shaping."""
    return metrics.hit_rate < 0.4


# Policies: given the session's metrics and the task, return the task of the next session.


def p_lengthen_delay(metrics: DetectionMetrics, task: DetectionTask) -> DetectionTask:
    """Ask for 0.25 s more of waiting after a session above 60 % hits, up to 1 s."""
    if metrics.hit_rate > 0.6:
        task.task_parameters.response_delay = min(1.0, task.task_parameters.response_delay + 0.25)
    return task


def p_hold_delay(metrics: DetectionMetrics, task: DetectionTask) -> DetectionTask:
    """Keep the delay, and pay a little more for it."""
    task.task_parameters.reward_volume = 5.0
    return task


# Policy transitions: given the session's metrics, whether one policy gives way to another.


def pt_lengthen_delay_hold_delay(metrics: DetectionMetrics) -> bool:
    """Responses slower than 1.5 s: the delay is long enough for now."""
    return metrics.median_reaction_time is not None and metrics.median_reaction_time > 1.5
