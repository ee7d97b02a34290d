"""A suggestion in a few lines for a person.

Owns the wording; knows only the suggestion's JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..contract.leaves import changed
from .changes import change_lines, folded, in_short

__all__ = ["summarise"]

_INDENT: Final = " " * 10


def summarise(before: dict[str, Any], suggestion: dict[str, Any], *, everything: bool = False) -> str:
    """Summarise what a suggestion changes.

    Args:
        before: The trainer state's JSON that went in.
        suggestion: The suggestion's JSON that came out.
        everything: Whether to list all parameters that changed, and not only the first of many.

    Returns:
        Lines without a final newline: the stage, the active policies, the parameters that changed and
        the metrics.
    """
    after = suggestion["trainer_state"]
    old_stage, new_stage = before["stage"], after["stage"]
    stayed = old_stage["name"] == new_stage["name"]
    stage = f"{old_stage['name']} (stays)" if stayed else f"{old_stage['name']} -> {new_stage['name']}"
    lines = _column("stage", [_INDENT + stage])
    policies = ", ".join(_last(name) for name in after["active_policies"] or []) or "none"
    lines += _column("policies", folded(_INDENT + policies, _INDENT))
    if stayed:
        changes = changed(old_stage["task"]["task_parameters"], new_stage["task"]["task_parameters"])
        lines += _column("changed", change_lines(changes, _INDENT, everything=everything))
    metrics = [f"{_INDENT}{name}: {in_short(value)}" for name, value in suggestion["metrics"].items()]
    lines += _column("metrics", metrics)
    return "\n".join(lines)


def _column(title: str, entries: Sequence[str]) -> list[str]:
    first, *others = entries or [f"{_INDENT}nothing"]
    return [f"{title:<10}{first.removeprefix(_INDENT)}", *others]


def _last(reference: str) -> str:
    return reference.rpartition(".")[2]
