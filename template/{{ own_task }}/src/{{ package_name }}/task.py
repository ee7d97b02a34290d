"""The task that the rig runs, and the parameters that stages and policies set."""

from typing import Literal

from aind_behavior_curriculum import Task, TaskParameters
from pydantic import Field


class DetectionParameters(TaskParameters):
    """Parameters of the detection task, as the rig reads them."""

    reward_volume: float = Field(
        default=4.0, gt=0, le=10, description="Water per correct response.", json_schema_extra={"unit": "ul"}
    )
    stimulus_contrast: float = Field(
        default=1.0, gt=0, le=1, description="Contrast of the stimulus, 1 is full.", json_schema_extra={"unit": "1"}
    )
    response_delay: float = Field(
        default=0.0, ge=0, le=2, description="Time to wait before a response counts.", json_schema_extra={"unit": "s"}
    )
    distractors: bool = Field(default=False, description="Whether stimuli without reward are shown too.")


class DetectionTask(Task):
    """Report a stimulus by a response, after a delay."""

    name: Literal["Detection"] = "Detection"
    task_parameters: DetectionParameters = Field(default_factory=DetectionParameters, description="What a stage sets.")
