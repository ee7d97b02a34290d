"""Three stages; the second transition out of the first never decides."""

from pathlib import Path

from aind_behavior_curriculum import MetricsProvider, Stage, StageTransition, Trainer, create_curriculum

from .. import __version__
from ..cli import Suggestion
from ..metrics import ForagingMetrics, metrics_from_dataset
from ..task import ForagingParameters, ForagingTask


def stage(name: str, patches: int) -> Stage:
    task = ForagingTask(task_parameters=ForagingParameters(patches=patches))
    return Stage(name=name, task=task, metrics_provider=MetricsProvider(metrics_from_dataset))


def st_one_two(metrics: ForagingMetrics) -> bool:
    return metrics.patches_visited > 20


def st_one_all(metrics: ForagingMetrics) -> bool:
    return metrics.patches_visited > 40


def st_two_all(metrics: ForagingMetrics) -> bool:
    return metrics.patches_visited > 30


CURRICULUM = create_curriculum("Depletion", __version__, (ForagingTask,), pkg_location="foraging_curricula.depletion")()
CURRICULUM.add_stage_transition(stage("s_one", 1), stage("s_two", 2), StageTransition(st_one_two))
CURRICULUM.add_stage_transition(stage("s_one", 1), stage("s_all", 4), StageTransition(st_one_all))
CURRICULUM.add_stage_transition(stage("s_two", 2), stage("s_all", 4), StageTransition(st_two_all))


def run(state: str, data_directory: Path) -> Suggestion:
    trainer = Trainer(CURRICULUM)
    before = trainer.trainer_state_model.model_validate_json(state)
    metrics = before.stage.metrics_provider.callable(data_directory)
    return Suggestion(trainer_state=trainer.evaluate(before, metrics), metrics=metrics)
