"""A record of one evaluation: which rules the library called, which metrics they read and what they returned.

The evaluation is the one of ``run``: it is recorded, not done again, and the record changes nothing in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

__all__ = ["RuleCall", "watched"]


@dataclass
class RuleCall:
    """One call of a rule."""

    rule: Any
    """The library's rule object."""

    read: list[str] = field(default_factory=list)
    """The metrics that it read, in order, each once."""

    before: Any = None
    """The task as JSON before it; None if it is no policy."""

    result: Any = None
    """Whether a transition held, or the task as JSON after a policy."""


@contextmanager
def watched() -> Iterator[list[RuleCall]]:
    """Record every rule that is called in the body.

    Yields:
        A list to which each call is added when it is made.
    """
    from aind_behavior_curriculum import Policy, PolicyTransition, StageTransition

    calls: list[RuleCall] = []
    kinds = (StageTransition, PolicyTransition, Policy)
    base: Any = next(one for one in Policy.__mro__ if "invoke" in vars(one))
    invoke = base.invoke

    inside = False

    def recording(rule: Any, *arguments: Any, **named: Any) -> Any:
        nonlocal inside
        if inside or not isinstance(rule, kinds):  # a rule that another rule calls is part of that one
            return invoke(rule, *arguments, **named)
        call = RuleCall(rule=rule)
        calls.append(call)
        if isinstance(rule, Policy):
            call.before = _task(arguments[1])
        inside = True
        try:
            with _reading(arguments[0], call.read):
                result = invoke(rule, *arguments, **named)
        finally:
            inside = False
        call.result = _task(result) if isinstance(rule, Policy) else bool(result)
        return result

    base.invoke = recording
    try:
        yield calls
    finally:
        base.invoke = invoke


def _task(task: Any) -> Any:
    from pydantic import BaseModel

    from ..session.suggestion import as_json

    return as_json(task, "task") if isinstance(task, BaseModel) else None


@contextmanager
def _reading(metrics: Any, read: list[str]) -> Iterator[None]:
    """Record which metrics are read. The class is changed and not the object, which a rule sees as it does in `run`."""
    cls: Any = type(metrics)
    fields = [*cls.model_fields, *(metrics.model_extra or {})]
    had = vars(cls).get("__getattribute__")
    get: Any = cls.__getattribute__

    def reading(self: Any, name: str) -> Any:
        if self is metrics:
            # These read all fields without asking for each.
            for one in fields if name in ("__dict__", "__iter__", "model_dump", "model_dump_json") else [name]:
                if one in fields and one not in read:
                    read.append(one)
        return get(self, name)

    cls.__getattribute__ = reading
    try:
        yield
    finally:
        if had is not None:
            cls.__getattribute__ = had
        else:
            del cls.__getattribute__
