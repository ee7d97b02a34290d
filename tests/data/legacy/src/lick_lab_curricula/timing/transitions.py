from aind_behavior_curriculum import StageTransition

from ..shaping.curriculum import st_shape_final
from .curriculum import CURRICULUM, stage

CURRICULUM.add_stage_transition(stage("s_early"), stage("s_late"), StageTransition(st_shape_final))
