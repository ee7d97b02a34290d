"""Stages: the task with its parameters, and the policies that tune them from session to session."""

from aind_behavior_curriculum import MetricsProvider, Policy, PolicyTransition, Stage

from .metrics import DetectionMetrics, metrics_from_dataset
from .task import DetectionParameters, DetectionTask

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


# Stages, in the order of the training.

s_habituation = Stage(
    name="s_habituation",
    task=DetectionTask(task_parameters=DetectionParameters(reward_volume=6.0)),
    metrics_provider=MetricsProvider(metrics_from_dataset),
)

s_shaping = Stage(
    name="s_shaping",
    task=DetectionTask(task_parameters=DetectionParameters(reward_volume=4.0)),
    start_policies=[Policy(p_lengthen_delay)],
    metrics_provider=MetricsProvider(metrics_from_dataset),
)
s_shaping.add_policy_transition(
    Policy(p_lengthen_delay), Policy(p_hold_delay), PolicyTransition(pt_lengthen_delay_hold_delay)
)

s_discrimination = Stage(
    name="s_discrimination",
    task=DetectionTask(
        task_parameters=DetectionParameters(
            reward_volume=3.0, stimulus_contrast=0.5, response_delay=1.0, distractors=True
        )
    ),
    metrics_provider=MetricsProvider(metrics_from_dataset),
)
