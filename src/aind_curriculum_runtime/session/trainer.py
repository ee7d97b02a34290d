"""The library's Trainer, with active policies in a fixed order.

Knows nothing of files or of JSON.

Source of the rules: the contract's section "Success" (docs/contract.md) and
``aind_behavior_curriculum.Trainer.evaluate``, whose result this is, except for the order of policies.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aind_behavior_curriculum import Metrics, Task, Trainer

from ..contract.errors import CurriculumError
from ..curriculum.author_code import a_value, curriculum_code

if TYPE_CHECKING:
    from aind_behavior_curriculum import Policy, Stage, StageTransition, TrainerState

__all__ = ["OrderedTrainer", "next_state"]


class OrderedTrainer(Trainer[Any]):
    """The library's Trainer, with active policies applied in the order of the stage's graph.

    The library passes them through a ``set`` (``Trainer._get_unique_policies``), so two policies that do not commute
    can give different parameters in different processes.
    """

    moved_by: StageTransition[Any] | None = None
    """The stage transition that held in the last evaluation; None where none did."""

    def _evaluate_stage_transition(  # type: ignore[override]  # the library calls it on the object
        self, curriculum: Any, current_stage: Stage[Any, Any], metrics: Any
    ) -> Stage[Any, Any] | None:
        transitions = curriculum.see_stage_transitions(current_stage)
        self.moved_by, stage = next((one for one in transitions if one[0].invoke(metrics)), (None, None))
        return stage

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
                    f"The policy {policy.name} returned {a_value(updated)} instead of the task.",
                    "End the policy with `return task`.",
                )
            task = updated
        return task


def next_state(trainer: Trainer[Any], state: TrainerState[Any], metrics: Metrics) -> TrainerState[Any]:
    """Compute the next trainer state of a subject.

    Args:
        trainer: An ``OrderedTrainer`` of the repo's curriculum.
        state: A trainer state on the curriculum; it is left as it is.
        metrics: Metrics of the session that just ended; they are left as they are.

    Returns:
        The next trainer state.

    Raises:
        CurriculumError: ``code.raised`` or ``code.exited`` when a rule raises or exits, ``result.task_type``, or
            ``result.not_serialisable`` for metrics that cannot even be copied.
    """
    # Copies, because the library changes the stage that it is given, and a rule may change the metrics.
    try:
        metrics = metrics.model_copy(deep=True)
    except Exception as error:  # nested too deeply, or with a value that cannot be copied
        raise CurriculumError(
            "result.not_serialisable",
            f"The metrics cannot be written as JSON ({type(error).__name__}).",
            "Use float, int, bool, str and lists or dicts of them; convert numpy values with .item() or .tolist().",
            where="$.metrics",
        ) from error
    state = state.model_copy(update={"stage": state.stage.model_copy(deep=True) if state.stage else None})
    with curriculum_code("code.raised", "A rule of the curriculum failed", "Fix the function that is named."):
        return trainer.evaluate(state, metrics)
