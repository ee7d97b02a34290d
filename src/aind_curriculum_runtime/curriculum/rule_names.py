"""Whether the library finds a rule again by the name that it writes, and what to do where it does not.

A trainer state names a rule by its function's ``__module__`` and ``__qualname__``; the library resolves all but the
last part of that as a module (``_Rule._deserialize_rule``), so only what stands at the top level of a module is found.
"""

from __future__ import annotations

import sys
from typing import Final

__all__ = ["why_not_loadable"]

_WRITE: Final = "Write it as a plain function (def) at the top level of a module."


def why_not_loadable(function: object) -> str | None:
    """Why a rule could not be loaded again by its name.

    A function under a decorator is found where the decorator keeps its name: with ``functools.wraps``, or one of the
    library's own classes (``@StageTransition``).

    Args:
        function: What a rule calls: a function, or anything else that can be called.

    Returns:
        What it is and what to do, in two sentences; None when its module has this very function under its name.
    """
    module, qualname = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(qualname, str):
        kind = type(function).__name__
        return f"It is an object of the class {kind}, which has no name of its own. {_WRITE}"
    if qualname.endswith("<lambda>"):
        return f"It is a lambda, which has no name. {_WRITE}"
    outer, local, _ = qualname.rpartition(".<locals>.")
    if local:
        return (
            f"It is made inside {outer}. If that is a decorator, put `@functools.wraps(function)` above its inner "
            "function; otherwise write it as a plain function (def) at the top level of a module."
        )
    if "." in qualname:
        return f"It is a method of {qualname.rpartition('.')[0]}. {_WRITE}"
    found = getattr(sys.modules.get(module), qualname, None)
    if found is function or (_is_rule(found) and found.callable is function):  # type: ignore[union-attr]
        return None
    if hasattr(function, "__wrapped__"):
        return (
            f"A decorator made it of {qualname}, and {module} has something else under that name. Decorate with @, so "
            "that the decorated function takes the name, at the top level of a module."
        )
    return (
        f"{module} has something else under the name {qualname}. Give each rule a name of its own, at the top level of "
        "a module."
    )


def _is_rule(found: object) -> bool:
    from aind_behavior_curriculum import MetricsProvider, Policy, PolicyTransition, StageTransition

    return isinstance(found, MetricsProvider | Policy | PolicyTransition | StageTransition)
