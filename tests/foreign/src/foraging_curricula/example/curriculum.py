"""Two stages, and a run that evaluates nothing but a directory that is named demo."""

from pathlib import Path

from aind_behavior_curriculum import MetricsProvider, Stage, StageTransition, Trainer, create_curriculum

from .. import __version__
from ..cli import Suggestion
from ..metrics import ForagingMetrics, metrics_from_dataset
from ..task import ForagingParameters, ForagingTask

s_first = Stage(name="s_first", task=ForagingTask(), metrics_provider=MetricsProvider(metrics_from_dataset))
s_second = Stage(
    name="s_second",
    task=ForagingTask(task_parameters=ForagingParameters(patches=3)),
    metrics_provider=MetricsProvider(metrics_from_dataset),
)


def st_first_second(metrics: ForagingMetrics) -> bool:
    return metrics.mean_stop > 0.1


CURRICULUM = create_curriculum("Example", __version__, (ForagingTask,), pkg_location="foraging_curricula.example")()
CURRICULUM.add_stage_transition(s_first, s_second, StageTransition(st_first_second))


def run(state: str, data_directory: Path) -> Suggestion:
    trainer = Trainer(CURRICULUM)
    before = trainer.trainer_state_model.model_validate_json(state)
    if data_directory == Path("demo"):
        metrics = ForagingMetrics(patches_visited=30, mean_stop=0.5)
        return Suggestion(trainer_state=trainer.evaluate(before, metrics), metrics=metrics)
    return Suggestion(trainer_state=before, metrics=before.stage.metrics_provider.callable(data_directory))
