"""Stages: the task with its parameters, and the policies that tune them from session to session."""

from aind_behavior_curriculum import MetricsProvider, Policy, PolicyTransition, Stage

from .metrics import metrics_from_dataset
from .rules import p_hold_delay, p_lengthen_delay, pt_lengthen_delay_hold_delay
from .task import make_patch, make_task

# Stages, in the order of the training. No two stages share a patch: a policy changes what it is given.

s_habituation = Stage(
    name="s_habituation",
    task=make_task([make_patch("rich", 0, amount=6.0)], stop_velocity=60.0),
    metrics_provider=MetricsProvider(metrics_from_dataset),
)

s_shaping = Stage(
    name="s_shaping",
    task=make_task([make_patch("rich", 0, stop=0.5)], stop_velocity=20.0),
    start_policies=[Policy(p_lengthen_delay)],
    metrics_provider=MetricsProvider(metrics_from_dataset),
)
s_shaping.add_policy_transition(
    Policy(p_lengthen_delay), Policy(p_hold_delay), PolicyTransition(pt_lengthen_delay_hold_delay)
)

s_discrimination = Stage(
    name="s_discrimination",
    task=make_task(
        [
            make_patch("rich", 0, stop=0.5, delay=1.0, probability=0.9),
            make_patch("poor", 1, stop=0.5, delay=1.0, probability=0.2),
        ],
        stop_velocity=8.0,
    ),
    metrics_provider=MetricsProvider(metrics_from_dataset),
)
