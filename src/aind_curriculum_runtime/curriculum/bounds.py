"""How long a stage may take: declared beside the ``Curriculum`` object, in sessions.

    STUCK_AFTER = {"s_shaping": 10}

An animal that stays longer is named to people; nothing else follows from it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ..contract.errors import CurriculumError

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum

__all__ = ["stuck_after"]

_ATTRIBUTE: Final = "STUCK_AFTER"


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
    found = getattr(sys.modules.get(module), _ATTRIBUTE, {})
    stages = [stage.name for stage in curriculum.see_stages()] if found else []
    if not isinstance(found, Mapping) or not all(type(one) is int and one > 0 for one in found.values()):
        wrong = "is not a dict of stages' names and numbers of sessions"
    elif unknown := [name for name in found if name not in stages]:
        wrong = f"names {unknown[0]!r}, which is no stage"
    else:
        return found
    raise CurriculumError(
        "repo.curriculum_invalid",
        f"{module}.{_ATTRIBUTE} {wrong}.",
        f"Write {_ATTRIBUTE} = {{{(stages or ['s_stage'])[0]!r}: 10}}.",
        where=f"{module}:{_ATTRIBUTE}",
    )
