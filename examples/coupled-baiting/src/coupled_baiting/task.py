"""The dynamic foraging task with coupled baiting, and the parameters that a stage sets.

Two lick spouts pay with probabilities that change from block to block. In the coupled task both
change together, and with baiting a reward that was not collected stays where it is.
"""

from typing import Any, Literal

from aind_behavior_curriculum import Task, TaskParameters
from pydantic import Field

TRIALS: dict[str, Any] = {"unit": "trials"}
SECONDS: dict[str, Any] = {"unit": "s"}
MICROLITRES: dict[str, Any] = {"unit": "ul"}


class ForagingParameters(TaskParameters):
    """Parameters of the task, under the names by which the rig's own program knows them.

    Those without a default differ from stage to stage.
    """

    BaseRewardSum: float = Field(
        gt=0, le=2, description="Sum of both sides' reward probabilities.", json_schema_extra={"unit": "1"}
    )
    RewardFamily: int = Field(ge=1, description="Set of ratios between the sides that blocks draw from.")
    RewardPairsN: int = Field(ge=1, description="How many ratios of that set are in use.")
    UncoupledReward: str = Field(default="", description="Reward probabilities of uncoupled tasks; none here.")
    Randomness: Literal["Exponential", "Even"] = Field(
        default="Exponential", description="How lengths and delays are drawn between their bounds."
    )

    BlockMin: int = Field(ge=1, description="Shortest block.", json_schema_extra=TRIALS)
    BlockMax: int = Field(ge=1, description="Longest block.", json_schema_extra=TRIALS)
    BlockBeta: int = Field(ge=0, description="Scale of the block lengths.", json_schema_extra=TRIALS)
    BlockMinReward: int = Field(
        default=0, ge=0, description="Rewards in a block before it may end.", json_schema_extra={"unit": "rewards"}
    )

    DelayMin: float = Field(ge=0, description="Shortest delay before the go cue.", json_schema_extra=SECONDS)
    DelayMax: float = Field(ge=0, description="Longest delay before the go cue.", json_schema_extra=SECONDS)
    DelayBeta: float = Field(default=0.0, ge=0, description="Scale of the delays.", json_schema_extra=SECONDS)
    RewardDelay: float = Field(
        default=0.0, ge=0, description="From the choice to its reward.", json_schema_extra=SECONDS
    )

    AutoReward: bool = Field(description="Whether water is given after a run of misses.")
    AutoWaterType: Literal["Natural", "Both", "High pro"] = Field(
        default="Natural", description="Which side such water comes from."
    )
    Multiplier: float = Field(
        default=0.5, ge=0, le=1, description="Its size, as a share of a reward.", json_schema_extra={"unit": "1"}
    )
    Unrewarded: int = Field(ge=0, description="Unrewarded trials in a row before it.", json_schema_extra=TRIALS)
    Ignored: int = Field(ge=0, description="Ignored trials in a row before it.", json_schema_extra=TRIALS)

    ITIMin: float = Field(ge=0, description="Shortest interval between trials.", json_schema_extra=SECONDS)
    ITIMax: float = Field(ge=0, description="Longest interval between trials.", json_schema_extra=SECONDS)
    ITIBeta: float = Field(ge=0, description="Scale of the intervals.", json_schema_extra=SECONDS)
    ITIIncrease: float = Field(default=0.0, ge=0, description="What is added to them.", json_schema_extra=SECONDS)

    ResponseTime: float = Field(gt=0, description="Time to respond after the go cue.", json_schema_extra=SECONDS)
    RewardConsumeTime: float = Field(
        default=3.0, ge=0, description="Time to drink before the trial ends.", json_schema_extra=SECONDS
    )
    StopIgnores: int = Field(ge=1, description="Ignored trials that end the session.", json_schema_extra=TRIALS)

    AdvancedBlockAuto: Literal["off", "now", "once"] = Field(
        description="Whether a block may end only once the subject has switched sides."
    )
    SwitchThr: float = Field(
        ge=0, le=1, description="Share of choices that counts as switched.", json_schema_extra={"unit": "1"}
    )
    PointsInARow: int = Field(default=5, ge=1, description="Trials that it must hold for.", json_schema_extra=TRIALS)

    MaxTrial: int = Field(default=1000, ge=1, description="Trials that end the session.", json_schema_extra=TRIALS)
    MaxTime: int = Field(default=90, ge=1, description="Time that ends the session.", json_schema_extra={"unit": "min"})

    RightValue: float = Field(default=0.05, gt=0, description="Right valve, open time.", json_schema_extra=SECONDS)
    LeftValue: float = Field(default=0.05, gt=0, description="Left valve, open time.", json_schema_extra=SECONDS)
    RightValue_volume: float = Field(default=5.0, gt=0, description="Right reward.", json_schema_extra=MICROLITRES)
    LeftValue_volume: float = Field(default=5.0, gt=0, description="Left reward.", json_schema_extra=MICROLITRES)

    # What people press during a session; a stage only says how the buttons stand at the start.
    NextBlock: bool = Field(default=False, description="Go to the next block.")
    GiveLeft: bool = Field(default=False, description="Give water on the left.")
    GiveRight: bool = Field(default=False, description="Give water on the right.")
    GiveWaterL: float = Field(
        default=0.03, gt=0, description="Left valve for it, open time.", json_schema_extra=SECONDS
    )
    GiveWaterR: float = Field(
        default=0.03, gt=0, description="Right valve for it, open time.", json_schema_extra=SECONDS
    )
    GiveWaterL_volume: float = Field(default=3.0, gt=0, description="Left water.", json_schema_extra=MICROLITRES)
    GiveWaterR_volume: float = Field(default=3.0, gt=0, description="Right water.", json_schema_extra=MICROLITRES)
    IncludeAutoReward: bool = Field(default=False, description="Whether water given without a choice counts as reward.")
    SaveTraining: bool = Field(default=True, description="Whether the parameters are saved with the session.")
    InitiallyInactiveN: int = Field(
        default=2, ge=0, description="Trials at the start in which both sides are inactive.", json_schema_extra=TRIALS
    )


class ForagingTask(Task):
    """Choose between two lick spouts whose reward probabilities change.

    `stage_name` is set by every stage: the rig writes the task it ran into the session directory, and
    the metrics read there which stage the session was run at.
    """

    name: Literal["Coupled Baiting"] = "Coupled Baiting"
    version: Literal["1.0.0"] = "1.0.0"
    task_parameters: ForagingParameters = Field(description="What a stage sets.")
