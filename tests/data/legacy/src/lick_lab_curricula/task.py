"""The task that all curricula of the lab train."""

from typing import Annotated, Literal

from aind_behavior_curriculum import Task, TaskParameters
from annotated_types import Ge
from pydantic import Field


class Port(TaskParameters):
    label: str
    water: Annotated[float, Ge(0)] = 4.0


class LickParameters(TaskParameters):
    delay: Annotated[float, Ge(0)] = 0.2
    ports: list[Port] = Field(default_factory=lambda: [Port(label="left"), Port(label="right")])


class LickTask(Task):
    name: Literal["Lick"] = "Lick"
    task_parameters: LickParameters = Field(default_factory=LickParameters)


class OldTask(LickTask):
    """A task that no curriculum trains any more."""
