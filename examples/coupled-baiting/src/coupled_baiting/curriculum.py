"""The curriculum: which stage follows which."""

from aind_behavior_curriculum import GRADUATED, Graduated, StageTransition, create_curriculum
from aind_curriculum_runtime import curriculum_version

from .metrics import metrics_from_row
from .rules import (
    st_stage_1_stage_2,
    st_stage_2_stage_1,
    st_stage_2_stage_3,
    st_stage_3_stage_2,
    st_stage_3_stage_final,
    st_stage_final_graduated,
    st_stage_final_stage_3,
)
from .stages import s_stage_1, s_stage_2, s_stage_3, s_stage_final
from .task import ForagingTask

__all__ = ["CURRICULUM", "metrics_from_row"]

# create_curriculum makes a class, and the call of that class the curriculum.
CURRICULUM = create_curriculum(
    "coupled-baiting",
    curriculum_version("coupled-baiting"),
    (ForagingTask, Graduated),
    pkg_location=__name__,
)(version=curriculum_version("coupled-baiting"))

# Of the transitions that leave a stage, the first that holds wins, in the order in which they are added here.
CURRICULUM.add_stage_transition(s_stage_1, s_stage_2, StageTransition(st_stage_1_stage_2))
CURRICULUM.add_stage_transition(s_stage_2, s_stage_3, StageTransition(st_stage_2_stage_3))
CURRICULUM.add_stage_transition(s_stage_2, s_stage_1, StageTransition(st_stage_2_stage_1))
CURRICULUM.add_stage_transition(s_stage_3, s_stage_final, StageTransition(st_stage_3_stage_final))
CURRICULUM.add_stage_transition(s_stage_3, s_stage_2, StageTransition(st_stage_3_stage_2))
CURRICULUM.add_stage_transition(s_stage_final, GRADUATED, StageTransition(st_stage_final_graduated))
CURRICULUM.add_stage_transition(s_stage_final, s_stage_3, StageTransition(st_stage_final_stage_3))
