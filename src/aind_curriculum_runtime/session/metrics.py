"""The metrics of the session that just ended: one call of the stage's metrics provider."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aind_behavior_curriculum import Metrics

from ..contract.errors import CurriculumError
from ..curriculum.author_code import a_value, curriculum_code

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum, Stage

__all__ = ["compute_metrics"]


def compute_metrics(stage: Stage[Any, Any], curriculum: Curriculum[Any], data_directory: Path) -> Metrics:
    """Call the metrics provider that the repo's curriculum has for a stage.

    Args:
        stage: The stage the subject is at, as the trainer state has it.
        curriculum: The repo's own curriculum.
        data_directory: Absolute path of the session directory.

    Returns:
        The session's metrics; empty ones for a final stage that no rule leaves, such as GRADUATED.

    Raises:
        CurriculumError: ``code.raised``, ``code.exited``, ``transient.io``, ``result.metrics_type`` or
            ``repo.no_metrics_provider``; whatever ``CurriculumError`` the provider raised itself.
    """
    own = next(one for one in curriculum.see_stages() if one.name == stage.name)
    provider = own.metrics_provider
    if provider is None:
        if not curriculum.see_stage_transitions(own) and not stage.see_policies():
            return Metrics()
        raise CurriculumError(
            "repo.no_metrics_provider",
            f"The stage {stage.name!r} has no metrics provider, so its rules have nothing to go by.",
            "Give the stage metrics_provider=MetricsProvider(metrics_from_dataset).",
        )
    with curriculum_code(
        "code.raised",
        f"The metrics provider {provider.name} failed",
        "Fix it there; if the session is incomplete, raise SessionError instead.",
    ):
        metrics: object = provider.callable(data_directory)
    if not isinstance(metrics, Metrics):
        raise CurriculumError(
            "result.metrics_type",
            f"The metrics provider {provider.name} returned {a_value(metrics)} instead of Metrics.",
            "Return an object of the curriculum's Metrics class.",
        )
    return metrics
