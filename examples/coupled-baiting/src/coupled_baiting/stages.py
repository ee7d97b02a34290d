"""Stages: the four phases of the training, each with its parameters. There are no policies."""

from aind_behavior_curriculum import MetricsProvider, Stage

from .metrics import metrics_from_dataset
from .task import ForagingParameters, ForagingTask

# In the order of the training.

s_stage_1 = Stage(
    name="STAGE_1",
    task=ForagingTask(
        stage_name="STAGE_1",
        description="Phase B in Han's slides (block = [10, 20, 5], p_sum = 0.8, p_ratio = [1:0])",
        task_parameters=ForagingParameters(
            BaseRewardSum=0.8,
            RewardFamily=3,
            RewardPairsN=1,
            BlockMin=10,
            BlockMax=20,
            BlockBeta=5,
            DelayMin=0.5,
            DelayMax=0.5,
            AutoReward=True,
            Unrewarded=5,
            Ignored=5,
            ITIMin=1.0,
            ITIMax=7.0,
            ITIBeta=3.0,
            ResponseTime=5.0,
            StopIgnores=20000,
            AdvancedBlockAuto="now",
            SwitchThr=0.5,
        ),
    ),
    metrics_provider=MetricsProvider(metrics_from_dataset),
)

s_stage_2 = Stage(
    name="STAGE_2",
    task=ForagingTask(
        stage_name="STAGE_2",
        description="Phase C in Han's slides (block = [10, 40, 10], p_sum = 0.6, p_ratio = [8:1])",
        task_parameters=ForagingParameters(
            BaseRewardSum=0.6,
            RewardFamily=1,
            RewardPairsN=1,
            BlockMin=10,
            BlockMax=40,
            BlockBeta=10,
            DelayMin=1.0,
            DelayMax=1.0,
            AutoReward=True,
            Unrewarded=10,
            Ignored=10,
            ITIMin=2.0,
            ITIMax=10.0,
            ITIBeta=5.0,
            ResponseTime=3.0,
            StopIgnores=50,
            AdvancedBlockAuto="now",
            SwitchThr=0.6,
        ),
    ),
    metrics_provider=MetricsProvider(metrics_from_dataset),
)

s_stage_3 = Stage(
    name="STAGE_3",
    task=ForagingTask(
        stage_name="STAGE_3",
        # So it says; the blocks are those of the final stage.
        description="Phase D in Han's slides (block = [10, 40, 10], p_sum = 0.45, p_ratio = [8:1])",
        task_parameters=ForagingParameters(
            BaseRewardSum=0.45,
            RewardFamily=1,
            RewardPairsN=1,
            BlockMin=20,
            BlockMax=60,
            BlockBeta=20,
            DelayMin=1.5,
            DelayMax=1.5,
            AutoReward=True,
            Unrewarded=10,
            Ignored=10,
            ITIMin=3.0,
            ITIMax=15.0,
            ITIBeta=5.0,
            ResponseTime=2.0,
            StopIgnores=50,
            AdvancedBlockAuto="now",
            SwitchThr=0.6,
        ),
    ),
    metrics_provider=MetricsProvider(metrics_from_dataset),
)

s_stage_final = Stage(
    name="STAGE_FINAL",
    task=ForagingTask(
        stage_name="STAGE_FINAL",
        description="Phase E in Han's slides (full task: block = [20, 60, 20], p_sum = 0.45, "
        "p_ratio = [8:1], [6:1], [3:1], [1:1])",
        task_parameters=ForagingParameters(
            BaseRewardSum=0.45,
            RewardFamily=1,
            RewardPairsN=4,
            BlockMin=20,
            BlockMax=60,
            BlockBeta=20,
            DelayMin=2.0,
            DelayMax=2.0,
            AutoReward=False,
            Unrewarded=10,
            Ignored=10,
            ITIMin=3.0,
            ITIMax=30.0,
            ITIBeta=5.0,
            ResponseTime=2.0,
            StopIgnores=50,
            AdvancedBlockAuto="off",
            SwitchThr=0.6,
        ),
    ),
    metrics_provider=MetricsProvider(metrics_from_dataset),
)
