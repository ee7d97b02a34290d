"""Transitions that never answer: the ``return`` was forgotten.

The library takes None for "did not hold", so such a transition leaves the animal at its stage for ever, and nothing
says so. Source of the rule: the contract's section "Success" (docs/contract.md).
"""

from __future__ import annotations

import dis
import inspect
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.errors import CurriculumError
from .references import places

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum

__all__ = ["never_answers", "require_answers", "transitions_without_answer"]


def require_answers(curriculum: Curriculum[Any]) -> None:
    """Refuse a curriculum that has a transition which can return no value on any path.

    Args:
        curriculum: The repo's own curriculum.

    Raises:
        CurriculumError: ``result.no_answer`` with the transition's name, file and line.
    """
    for where, rule in transitions_without_answer(curriculum):
        code = rule.callable.__code__
        raise CurriculumError(
            "result.no_answer",
            f"The rule {rule.name} ({where}) returns nothing, so it can never hold "
            f"({Path(code.co_filename).name}, line {code.co_firstlineno}).",
            "End it with `return` and what decides, such as `return metrics.trials >= 20`.",
            where=rule.name,
        )


def transitions_without_answer(curriculum: Curriculum[Any]) -> Iterator[tuple[str, Any]]:
    """Find the transitions that can return no value on any path.

    Args:
        curriculum: The repo's own curriculum.

    Yields:
        Their places in words, and the rule objects of the library.
    """
    from aind_behavior_curriculum import PolicyTransition, StageTransition

    for where, rule in places(curriculum):
        if isinstance(rule, PolicyTransition | StageTransition) and never_answers(rule.callable):
            yield where, rule


def never_answers(function: Callable[..., Any]) -> bool:
    """Whether a function ends on some path, and returns a value on none.

    Args:
        function: The function behind a rule, as the library calls it: a decorator's own, where there is one.

    Returns:
        True when every ``return`` of it gives None. False for a function that only raises, and for what has no
        Python code.
    """
    code = getattr(function, "__code__", None)
    if code is None or code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE):
        return False
    steps = list(dis.get_instructions(code))
    gives_none = [
        one.argval is None if one.opname == "RETURN_CONST" else (before.opname, before.argval) == ("LOAD_CONST", None)
        for before, one in itertools.pairwise(steps)
        if one.opname in ("RETURN_VALUE", "RETURN_CONST")
    ]
    return bool(gives_none) and all(gives_none)
