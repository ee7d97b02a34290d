"""How long a stage may take: declared beside the ``Curriculum`` object, in sessions.

    STUCK_AFTER = {"s_shaping": 10}

An animal that stays longer is named to people; nothing else follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..contract.errors import CurriculumError
from .beside import STUCK_AFTER, beside

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum

__all__ = ["stuck_after"]


def stuck_after(target: str, curriculum: Curriculum[Any]) -> Mapping[str, int]:
    """The bounds that a loaded curriculum declares.

    Args:
        target: Where its object is, ``package.module:OBJECT``.
        curriculum: The object.

    Returns:
        Sessions by the name of the stage; empty when the module declares none.

    Raises:
        CurriculumError: ``repo.curriculum_invalid`` when ``STUCK_AFTER`` is something else, or names no stage.
    """
    module = target.partition(":")[0]
    found = beside(target, STUCK_AFTER)
    if found is None:
        return {}
    stages = [stage.name for stage in curriculum.see_stages()] if found else []
    if not isinstance(found, Mapping) or not all(type(one) is int and one > 0 for one in found.values()):
        wrong = "is not a dict of stages' names and numbers of sessions"
    elif unknown := [name for name in found if name not in stages]:
        wrong = f"names {unknown[0]!r}, which is no stage"
    else:
        return found
    raise CurriculumError(
        "repo.curriculum_invalid",
        f"{module}.{STUCK_AFTER} {wrong}.",
        f"Write {STUCK_AFTER} = {{{(stages or ['s_stage'])[0]!r}: 10}}.",
        where=f"{module}:{STUCK_AFTER}",
    )
