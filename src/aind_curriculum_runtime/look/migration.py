"""What migrations did to the trainer state of an animal, as data and as text.

Migrates nothing itself: it is given the state before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..contract.leaves import Changed, changed
from ..curriculum.migration import named
from ..session.plain_state import PlainState
from ..session.state import Arrived
from .changes import LISTED, change_lines, folded, in_short, more

__all__ = ["account", "as_text"]


def account(before: PlainState, arrived: Arrived, after: dict[str, Any]) -> dict[str, Any]:
    """Compare a trainer state with what it is in this version.

    Args:
        before: The state as it was read.
        arrived: How it arrived.
        after: What is written of it in this version, as JSON.

    Returns:
        JSON values: ``curriculum``, ``from_version``, ``to_version``, ``stage``, ``migration`` (null for a state that
        needs none), ``parameters`` (the leaves that differ, each with ``path``, ``before``, ``after`` and ``within``),
        ``added_parameters`` (those with the stage's value) and ``trainer_state``, in this version's form.
    """
    assert before.written_by is not None and after["stage"] is not None
    task = before.content["stage"].get("task")
    parameters = task.get("task_parameters") if isinstance(task, dict) else None
    return {
        "curriculum": after["curriculum"]["name"],
        "from_version": before.written_by.version,
        "to_version": after["curriculum"]["version"],
        "stage": after["stage"]["name"],
        "migration": arrived.moved.document()["migration"] if arrived.moved is not None else None,
        "parameters": [one.as_json() for one in changed(parameters, after["stage"]["task"]["task_parameters"])],
        "added_parameters": [one.as_json() for one in arrived.added],
        "trainer_state": after,
    }


def as_text(told: Mapping[str, Any], *, everything: bool = False) -> str:
    """Write what ``account`` returned as text.

    Args:
        told: The account.
        everything: Whether to list all parameters, and not only the first of many.

    Returns:
        Lines with a final newline.
    """
    name, migration = told["curriculum"], told["migration"]
    versions = told["from_version"], told["to_version"]
    added = [Changed.from_json(one) for one in told["added_parameters"]]
    new = _block("new task parameters, with the values of the stage", change_lines(added, "  ", everything=everything))
    if migration is None:
        there = f"version {versions[1]}" + (f" as version {versions[0]} wrote it" if versions[0] != versions[1] else "")
        lines = [f"{name}: the state needs no migration: at the stage {told['stage']} it is read by {there}."]
        return "\n".join([*lines, *new]) + "\n"
    ways = " and the ".join(named(step["key"]) for step in migration["steps"])
    lines = folded(f"{name}: {versions[0]} -> {versions[1]}, by the {ways}", "  ")
    stage = migration["stage"]
    same = stage["from"] == stage["to"]
    lines += _block("stage", [f"  {stage['from']}" if same else f"  {stage['from']} -> {stage['to']}"])
    start = ["  the stage begins with its start policies"] if migration["start_policies"] else []
    lines += _block("active policies", [*_renames(migration["policies"]), *start])
    for step in migration["steps"]:
        lines += _block(f"rules of the stage, by the {named(step['key'])}", _renames(step["rules"]))
        lines += _block(f"task parameters, by the {named(step['key'])}", _operations(step, everything))
    kept = [f"  {one['path']}: {in_short(one['value'])}{_at_stage(one)}" for one in migration.get("kept", [])]
    lines += _block("task parameters that the animal keeps, unlike those of the stage", kept, everything)
    given_up = [Changed.from_json(one) for one in migration.get("given_up", [])]
    told_given_up = change_lines(given_up, "  ", everything=everything)
    lines += _block("task parameters of the animal, given up for those of the stage", told_given_up)
    lines += [*new, *(["", *folded(migration["note"], "")] if migration["note"] else [])]
    return "\n".join(lines) + "\n"


def _at_stage(one: Mapping[str, Any]) -> str:
    return f" (at the stage {in_short(one['at_stage'])})" if "at_stage" in one else ""


def _renames(names: Mapping[str, str | None]) -> list[str]:
    return [f"  {old}" if old == new else f"  {old} -> {new or 'none'}" for old, new in names.items()]


def _operations(step: Mapping[str, Any], everything: bool) -> list[str]:
    """What a migration did to parameters: those renamed first, each with its value."""
    renamed = [one for one in step["parameters"] if one["did"] == "renamed"]
    told = [f"  {one['was']} -> {one['path']}: {in_short(one['after'])}" for one in renamed]
    others = [Changed.from_json(one) for one in step["parameters"] if one["did"] != "renamed"]
    return [*_listed(told, everything), *change_lines(others, "  ", everything=everything)]


def _listed(lines: list[str], everything: bool) -> list[str]:
    listed = lines if everything else lines[:LISTED]
    left_out = len(lines) - len(listed)
    return [
        *(part for line in listed for part in folded(line, "      ")),
        *([f"  {more(left_out)}"] if left_out else []),
    ]


def _block(heading: str, lines: Iterable[str], everything: bool = True) -> list[str]:
    told = _listed(list(lines), everything)
    return ["", heading, *told] if told else []
