"""Whether the task parameters that a trainer state holds are still those of its stage, leaf by leaf.

Between two versions of a curriculum, or of the package its task comes from, a parameter may be added, removed or
renamed. The library keeps what it does not know beside the fields, and gives a field that the state lacks the default
of its class: a session of wrong parameters, which nobody sees. Here the one is refused, and the other gets the value
of the repo's own stage.

Knows nothing of files, of versions or of messages. Source of the rule: the contract's section "Versions".
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..contract.leaves import ABSENT, Changed, changed, located, matched

if TYPE_CHECKING:
    from aind_behavior_curriculum import Task

__all__ = ["Fit", "fit", "with_missing", "without"]


class Fit(NamedTuple):
    """How a state's task parameters fit the stage of this version."""

    unknown: tuple[Changed, ...]
    """Leaves that neither the task's model nor the repo's own stage has; their values would be lost."""

    retyped: tuple[Changed, ...]
    """Leaves that the model reads as a value of another type."""

    added: tuple[Changed, ...]
    """Leaves that the state lacks, with the value that they get."""

    parameters: dict[str, Any]
    """The state's task parameters with those that were added, as JSON."""


def fit(written: dict[str, Any], task: Task[Any], own: Task[Any]) -> Fit:
    """Compare the task parameters of a trainer state with this version of its stage.

    Args:
        written: The task parameters as the state has them, in JSON.
        task: What the library reads the state's task as.
        own: The task of the repo's own stage.

    Returns:
        What does not fit, and what was added.
    """
    read = _plain(task)
    changes = changed(written, read) if written != read else []
    beside = [leaf for leaf in located(read) if _is_beside_fields(task.task_parameters, leaf.place)]
    lacks_some = any(one.before is ABSENT for one in changes)
    # Most states fit, and the launcher waits: the stage is written as JSON only for those that do not.
    of_stage = _plain(own) if beside or lacks_some else {}
    at_stage = {leaf.path for leaf in located(of_stage)}
    lost = [Changed(path=leaf.path, before=leaf.value, after=ABSENT) for leaf in beside if leaf.path not in at_stage]
    whole = _with_added(written, read, of_stage) if lacks_some else read
    return Fit(
        unknown=(*(one for one in changes if one.after is ABSENT), *lost),
        retyped=tuple(one for one in changes if ABSENT not in (one.before, one.after) and _kinds_differ(one)),
        added=tuple(one for one in changed(written, whole) if one.before is ABSENT) if lacks_some else (),
        parameters=whole,
    )


def _plain(task: Task[Any]) -> dict[str, Any]:
    """The task parameters as JSON."""
    parameters: dict[str, Any] = task.model_dump(mode="json", warnings=False)["task_parameters"]
    return parameters


def with_missing(written: dict[str, Any], steps: Sequence[str | int], own: Task[Any]) -> dict[str, Any] | None:
    """Add a required parameter that a state lacks, as the repo's own stage has it.

    Args:
        written: The task parameters as the state has them, in JSON; they are left as they are.
        steps: Keys and indexes that lead to the parameter.
        own: The task of the repo's own stage.

    Returns:
        The task parameters with it, or None where the stage does not have it either.
    """
    whole = copy.deepcopy(written)
    here: Any = whole
    there: Any = _plain(own)
    *before, last = steps
    for step in before:
        if isinstance(step, int) and isinstance(there, list):
            there = dict(enumerate(there)).get(matched(here, there).get(step, -1))
        else:
            there = there.get(step) if isinstance(there, dict) else None
        here = here[step]
    if not isinstance(there, dict) or last not in there:
        return None
    here[last] = there[str(last)]
    return whole


def without(written: dict[str, Any], steps: Sequence[str | int]) -> dict[str, Any] | None:
    """Leave out a parameter, or the list that it is an element of: without one the others would change places.

    Args:
        written: The task parameters as the state has them, in JSON; they are left as they are.
        steps: Keys and indexes that lead to the parameter.

    Returns:
        The task parameters without it, or None where they do not have it.
    """
    names = [index for index, step in enumerate(steps) if isinstance(step, str)]
    if not names:
        return None
    *before, last = steps[: names[-1] + 1]
    rest = copy.deepcopy(written)
    here: Any = rest
    try:
        for step in before:
            here = here[step]
        del here[last]
    except (LookupError, TypeError):
        return None
    return rest


def _is_beside_fields(value: Any, place: tuple[str | int, ...]) -> bool:
    """Whether a leaf is one of those that a model with extra="allow" keeps although no field is named so."""
    from pydantic import BaseModel

    for step in place:
        if isinstance(value, BaseModel):
            if step in (value.model_extra or {}):
                return True
            value = getattr(value, str(step), None)
        elif isinstance(value, Mapping):
            # A key may be a number or a member of an enum; in JSON it is a text.
            value = next((one for key, one in value.items() if str(getattr(key, "value", key)) == step), None)
        elif isinstance(value, list | tuple) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return False
    return False


def _with_added(written: Any, read: Any, own: Any) -> Any:
    """What was read, where whatever was not written has the value of the repo's own stage."""
    if isinstance(written, dict) and isinstance(read, dict):
        own = own if isinstance(own, dict) else {}
        return {
            key: _with_added(written[key], value, own.get(key)) if key in written else own.get(key, value)
            for key, value in read.items()
        }
    if isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        others = own if isinstance(own, list) else []
        partners = matched(read, others)
        return [
            _with_added(before, value, others[partners[index]] if index in partners else None)
            for index, (before, value) in enumerate(zip(written, read, strict=True))
        ]
    return read


def _kinds_differ(one: Changed) -> bool:
    """Whether two JSON values are of different kinds; a number is a number with or without a fraction."""
    kinds = [float if type(value) is int else type(value) for value in (one.before, one.after)]
    return kinds[0] is not kinds[1]
