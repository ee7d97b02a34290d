"""Stages: the task with its parameters, and the policies that tune them from session to session."""

from aind_behavior_curriculum import MetricsProvider, Policy, PolicyTransition, Stage

from .metrics import metrics_from_dataset
from .rules import p_hold_delay, p_lengthen_delay, pt_lengthen_delay_hold_delay
from .task import DetectionParameters, DetectionTask

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
