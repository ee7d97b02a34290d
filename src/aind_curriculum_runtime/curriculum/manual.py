"""Manual transitions: rules that never hold by themselves, because a person decides.

Owns the mark on such a rule. Knows nothing of how it is shown.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, TypeVar

__all__ = ["is_manual", "manual_transition"]

_MARK: Final = "__curriculum_manual__"

MetricsT = TypeVar("MetricsT")


def manual_transition(function: Callable[[MetricsT], bool]) -> Callable[[MetricsT], bool]:
    """Make a transition that only a person triggers, as a decorator.

    The function's docstring says who decides and by what; its body is never run. The person moves the
    subject with ``curriculum init --stage NAME``, and the launcher takes that trainer state from then on.

    Args:
        function: A stage transition or policy transition, at the top level of a module.

    Returns:
        A function of the same name and signature that never holds.

    Raises:
        TypeError: It has no docstring.
    """
    if not (function.__doc__ or "").strip():
        name = getattr(function, "__qualname__", repr(function))
        raise TypeError(f"the manual transition {name} needs a docstring that says who decides, and by what")

    @functools.wraps(function)
    def never(metrics: MetricsT) -> bool:
        return False

    setattr(never, _MARK, True)
    return never


def is_manual(function: Any) -> bool:
    """Whether a person decides about a rule, and not the metrics.

    Args:
        function: The function behind a rule.

    Returns:
        True for what ``manual_transition`` made.
    """
    return getattr(function, _MARK, False) is True
