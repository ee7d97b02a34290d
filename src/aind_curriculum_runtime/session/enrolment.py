"""The trainer state that a subject starts with, at the first stage or at another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..contract.errors import CurriculumError

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum, Stage, Trainer, TrainerState

__all__ = ["enrolled", "stage_named"]


def enrolled(trainer: Trainer[Any], stage: str | None = None) -> TrainerState[Any]:
    """Make the trainer state of a subject that starts a curriculum.

    Args:
        trainer: The trainer of the curriculum.
        stage: Name of the stage, or None for the first one.

    Returns:
        The trainer state, as the library's own enrolment makes it.

    Raises:
        CurriculumError: ``usage.unknown_stage``.
    """
    if stage is None:
        return trainer.create_enrollment()
    own = stage_named(trainer.curriculum, stage)
    return trainer.create_trainer_state(stage=own, is_on_curriculum=True, active_policies=own.start_policies)


def stage_named(curriculum: Curriculum[Any], name: str) -> Stage[Any, Any]:
    """Find a stage that a person named.

    Args:
        curriculum: The curriculum.
        name: Name of the stage.

    Returns:
        The curriculum's own stage.

    Raises:
        CurriculumError: ``usage.unknown_stage``.
    """
    stages = {stage.name: stage for stage in curriculum.see_stages()}
    if name not in stages:
        raise CurriculumError(
            "usage.unknown_stage", f"{curriculum.name!r} has no stage {name!r}.", f"Its stages: {', '.join(stages)}."
        )
    return stages[name]
