"""Evaluating a curriculum: metrics of a session, then what the library's Trainer says of them.

Owns the calls into curriculum code and the order in which active policies are applied. Knows
nothing of files or of JSON.

Source of the rules: the contract's section "Success" (docs/contract.md) and
``aind_behavior_curriculum.Trainer.evaluate``, whose result this is but for the order of policies.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aind_behavior_curriculum import Metrics, Task, Trainer

from ..contract.errors import CurriculumError
from ..curriculum.author_code import curriculum_code

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum, Policy, Stage, TrainerState

__all__ = ["OrderedTrainer", "compute_metrics", "evaluate"]


class OrderedTrainer(Trainer[Any]):
    """The library's Trainer, with active policies applied in the order of the stage's graph.

    The library passes them through a ``set`` (``Trainer._get_unique_policies``), so two policies that
    do not commute give other parameters from one process to the next.
    """

    @classmethod
    def _evaluate_policy_transitions(
        cls, current_stage: Stage[Any, Any], active_policies: Iterable[Policy[Any, Any]], metrics: Any
    ) -> list[Policy[Any, Any]]:
        active = super()._evaluate_policy_transitions(current_stage, active_policies, metrics)
        # By number, which is the order in which they were added: a tool that sorts JSON keys puts "10" before "2".
        order = [policy for _, policy in sorted(current_stage.graph.nodes.items())]
        return sorted(active, key=order.index)

    @staticmethod
    def get_net_parameter_update(task: Any, stage_policies: Iterable[Any], curr_metrics: Any) -> Any:
        """Apply policies one after the other, each to the task that the one before gave.

        Args:
            task: The task of the current stage.
            stage_policies: Policies in the order to apply them in.
            curr_metrics: Metrics of the session.

        Returns:
            The task with its parameters updated.

        Raises:
            CurriculumError: ``result.task_type`` when a policy does not return a task.
        """
        for policy in stage_policies:
            updated = policy.invoke(curr_metrics, task)
            if not isinstance(updated, Task):
                raise CurriculumError(
                    "result.task_type",
                    f"The policy {policy.name} returned {_a(updated)} instead of the task.",
                    "End the policy with `return task`.",
                )
            task = updated
        return task


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
        "code.raised", f"The metrics provider {provider.name} failed", "Mend it, or look whether the session is whole."
    ):
        metrics: object = provider.callable(data_directory)
    if not isinstance(metrics, Metrics):
        raise CurriculumError(
            "result.metrics_type",
            f"The metrics provider {provider.name} returned {_a(metrics)} instead of Metrics.",
            "Return an object of the curriculum's Metrics class.",
        )
    return metrics


def evaluate(trainer: Trainer[Any], state: TrainerState[Any], metrics: Metrics) -> TrainerState[Any]:
    """Say what comes next for a subject.

    Args:
        trainer: An ``OrderedTrainer`` of the repo's curriculum.
        state: A trainer state on the curriculum; it is left as it is.
        metrics: Metrics of the session that just ended; they are left as they are.

    Returns:
        The next trainer state.

    Raises:
        CurriculumError: ``code.raised`` or ``code.exited`` when a rule does, ``result.task_type``, or
            ``result.not_serialisable`` for metrics that cannot even be copied.
    """
    # The library tunes the stage it is given, so it is given another one. A rule may do so to the metrics.
    try:
        metrics = metrics.model_copy(deep=True)
    except Exception as error:  # nested beyond all measure, or holding what cannot be copied
        raise CurriculumError(
            "result.not_serialisable",
            f"The metrics cannot be written as JSON ({type(error).__name__}).",
            "Use float, int, bool, str and lists or dicts of them; convert numpy values with .item() or .tolist().",
            where="$.metrics",
        ) from error
    state = state.model_copy(update={"stage": state.stage.model_copy(deep=True) if state.stage else None})
    with curriculum_code("code.raised", "A rule of the curriculum failed", "Mend the function that is named."):
        return trainer.evaluate(state, metrics)


def _a(value: object) -> str:
    return "nothing (None)" if value is None else f"a {type(value).__name__}"
