"""The task that all of these curricula train."""

from typing import Literal

from aind_behavior_curriculum import Task, TaskParameters
from pydantic import Field


class ForagingParameters(TaskParameters):
    stop_duration: float = Field(default=0.2, ge=0)
    patches: int = Field(default=1, ge=1)


class ForagingTask(Task):
    name: Literal["Foraging"] = "Foraging"
    task_parameters: ForagingParameters = Field(default_factory=ForagingParameters)
