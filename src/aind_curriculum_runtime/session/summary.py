"""A suggestion in a few lines for a person.

Owns the wording; knows only the suggestion's JSON.
"""

from __future__ import annotations

from typing import Any

__all__ = ["summarise"]


def summarise(before: dict[str, Any], suggestion: dict[str, Any]) -> str:
    """Summarise what a suggestion changes.

    Args:
        before: The trainer state's JSON that went in.
        suggestion: The suggestion's JSON that came out.

    Returns:
        Lines without a final newline: the stage, the active policies, the parameters that changed and
        the metrics.
    """
    after = suggestion["trainer_state"]
    old_stage, new_stage = before["stage"], after["stage"]
    stayed = old_stage["name"] == new_stage["name"]
    policies = ", ".join(_last(name) for name in after["active_policies"] or []) or "none"
    lines = [
        f"stage     {old_stage['name']} (stays)" if stayed else f"stage     {old_stage['name']} -> {new_stage['name']}",
        f"policies  {policies}",
    ]
    old, new = old_stage["task"]["task_parameters"], new_stage["task"]["task_parameters"]
    changed = [
        f"{name}: {old.get(name, 'unset')} -> {value}"
        for name, value in new.items()
        if stayed and old.get(name) != value
    ]
    lines += _column("changed", changed) if stayed else []
    lines += _column("metrics", [f"{name}: {value}" for name, value in suggestion["metrics"].items()])
    return "\n".join(lines)


def _column(title: str, entries: list[str]) -> list[str]:
    entries = entries or ["nothing"]
    return [f"{title if index == 0 else '':<10}{entry}" for index, entry in enumerate(entries)]


def _last(reference: str) -> str:
    return reference.rpartition(".")[2]
