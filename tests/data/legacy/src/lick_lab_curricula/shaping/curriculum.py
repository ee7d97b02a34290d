from aind_behavior_curriculum import (
    MetricsProvider,
    Policy,
    PolicyTransition,
    Stage,
    StageTransition,
    Trainer,
    create_curriculum,
)

from .. import __version__
from ..cli import suggested
from ..task import LickParameters, LickTask, Port
from .metrics import LickMetrics, metrics_from_dataset
from .policies import p_lengthen_delay, p_less_water, pt_lengthen_delay_less_water

CURRICULUM_NAME = "LickShaping"

# ---- stages ----

s_shape = Stage(
    name="s_shape",
    task=LickTask(task_parameters=LickParameters(delay=0.1)),
    metrics_provider=MetricsProvider(metrics_from_dataset),
    start_policies=[Policy(p_lengthen_delay)],
)
s_shape.add_policy_transition(
    Policy(p_lengthen_delay), Policy(p_less_water), PolicyTransition(pt_lengthen_delay_less_water)
)

s_final = Stage(
    name="s_final",
    task=LickTask(task_parameters=LickParameters(delay=1.0, ports=[Port(label="left", water=2.0)])),
    metrics_provider=MetricsProvider(metrics_from_dataset),
)

# ---- transitions ----


def st_shape_final(metrics: LickMetrics) -> bool:
    return metrics.licks >= 6


CURRICULUM = create_curriculum(CURRICULUM_NAME, __version__, (LickTask,), pkg_location=__package__)()
CURRICULUM.add_stage_transition(s_shape, s_final, StageTransition(st_shape_final))

# ---- the command ----

TRAINER = Trainer(CURRICULUM)


def run(session, text):
    return suggested(TRAINER, session, text)
