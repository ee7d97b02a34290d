"""The task that the rig runs, AindVrForagingTaskLogic, and how a stage gets one.

Its package is pinned in pyproject.toml to the version that the rig runs.
"""

from aind_behavior_vr_foraging.task_logic import (
    AindVrForagingTaskLogic,
    AindVrForagingTaskParameters,
    Block,
    BlockStructure,
    MarkovEnvironment,
    OperantLogic,
    OperationControl,
    Patch,
    PositionControl,
    RewardSpecification,
    scalar_value,
)


def make_task(patches: list[Patch], *, stop_velocity: float) -> AindVrForagingTaskLogic:
    """Make a task of one block, in which each patch follows with the same chance.

    A subject slower than `stop_velocity`, in cm/s, counts as stopped. What is not set here has its class's default.
    """
    chances = [[1 / len(patches)] * len(patches) for _ in patches]
    environment = MarkovEnvironment(patches=patches, transition_matrix=chances)
    return AindVrForagingTaskLogic(
        task_parameters=AindVrForagingTaskParameters(
            environment=BlockStructure(blocks=[Block(environment=environment)]),
            operation_control=OperationControl(position_control=PositionControl(velocity_threshold=stop_velocity)),
        )
    )


def make_patch(
    label: str, odor: int, *, stop: float = 0.0, delay: float = 0.0, amount: float = 4.0, probability: float = 1.0
) -> Patch:
    """Make a patch of one odor, 0 to 2.

    At its reward sites the subject stops for `stop` s, waits for `delay` s, and gets `amount` ul with `probability`.
    """
    return Patch(
        label=label,
        state_index=odor,
        odor_specification=[1.0 if index == odor else 0.0 for index in range(3)],
        reward_specification=RewardSpecification(
            operant_logic=OperantLogic(stop_duration=scalar_value(stop)),
            delay=scalar_value(delay),
            amount=scalar_value(amount),
            probability=scalar_value(probability),
        ),
    )


def patches_of(task: AindVrForagingTaskLogic) -> list[Patch]:
    """The patches of all blocks of a task, for policies to change."""
    return [patch for block in task.task_parameters.environment.blocks for patch in block.environment.patches]
