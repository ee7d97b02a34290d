"""The explanation of one evaluation, as data and as text.

Says which rules were tried, in what order and with which metrics, which held, and what each policy changed.
Evaluates nothing itself: it is given the evaluation and the record of its calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..contract.leaves import Changed, changed
from ..curriculum.manual import is_manual
from ..session.evaluate import Evaluated
from ..session.suggestion import as_json
from .changes import WIDTH, change_lines, folded, in_short
from .read import docstring_of
from .terminal import table
from .trace import RuleCall
from .wording import BY_A_PERSON

__all__ = ["account", "as_text"]

HELD, NOT_HELD, NOT_TRIED = "held", "did not hold", "not tried"


def account(evaluated: Evaluated, calls: Iterable[RuleCall]) -> dict[str, Any]:
    """Explain an evaluation.

    Args:
        evaluated: The evaluation.
        calls: The calls of rules in it, as ``trace.watched`` records them.

    Returns:
        JSON values: ``curriculum``, ``version``, ``stage``, ``metrics``, ``stage_transitions``, ``next_stage``,
        ``policy_transitions``, ``active_policies``, ``policies``, ``parameters`` (those that changed, each with
        ``path``, ``before``, ``after``, ``within`` and ``by``), ``added_parameters`` (those that the state did not
        have, with the stage's values), ``migration`` (how the state came to this version, or null) and
        ``trainer_state``, which is the suggestion's.

    Raises:
        CurriculumError: ``result.not_finite`` or ``result.not_serialisable``.
    """
    trainer, state, after = evaluated.trainer, evaluated.before, evaluated.after
    assert state.stage is not None and after.stage is not None
    values = as_json(evaluated.metrics, "metrics")
    moved = after.stage.name != state.stage.name
    pending = iter(calls)
    leaving = trainer.curriculum.see_stage_transitions(state.stage)
    transitions = list(_outcomes([(rule, stage.name) for rule, stage in leaving], pending, values))
    went = any(one["outcome"] == HELD for one in transitions)
    policy_transitions, policies = [], []
    if not went:
        for active in state.active_policies or []:
            out = [(rule, policy.name) for rule, policy in state.stage.see_policy_transitions(active)]
            policy_transitions += [{"from": active.name, **one} for one in _outcomes(out, pending, values)]
        policies = [_applied(call, values) for call in pending]
    before = as_json(state, "trainer_state")["stage"]["task"]["task_parameters"]
    plain = as_json(after, "trainer_state")
    by: dict[str, list[str]] = {}
    for one in policies:
        for change in one["changed"]:
            by.setdefault(change["path"], []).append(one["policy"])
    changes = [
        one.as_json() | {"by": [f"stage {after.stage.name}"] if went else by.get(one.path, [])}
        for one in changed(before, plain["stage"]["task"]["task_parameters"])
    ]
    return {
        "curriculum": trainer.curriculum.name,
        "version": trainer.curriculum.version,
        "stage": state.stage.name,
        "metrics": values,
        "stage_transitions": transitions,
        "next_stage": after.stage.name,
        "moved": moved,
        "policy_transitions": policy_transitions,
        "active_policies": plain["active_policies"] or [],
        "policies": policies,
        "parameters": changes,
        "added_parameters": [one.as_json() for one in evaluated.added],
        "migration": evaluated.notes.get("migration"),
        "trainer_state": plain,
    }


def _outcomes(
    rules: Iterable[tuple[Any, str]], calls: Iterator[RuleCall], values: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Say of each rule whether it was tried and held; the first that holds decides, and the rest have no call."""
    decided = False
    for priority, (rule, target) in enumerate(rules, start=1):
        call = None if decided else next(calls)
        decided = decided or (call is not None and call.result)
        yield {
            "priority": priority,
            "to": target,
            "rule": rule.name,
            "docstring": docstring_of(rule.callable),
            "manual": is_manual(rule.callable),
            "outcome": NOT_TRIED if call is None else HELD if call.result else NOT_HELD,
            "read": _values(call, values) if call is not None else {},
        }


def _values(call: RuleCall, values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in call.read if name in values}


def _applied(call: RuleCall, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "policy": call.rule.name,
        "docstring": docstring_of(call.rule.callable),
        "read": _values(call, values),
        "changed": [one.as_json() for one in changed(call.before["task_parameters"], call.result["task_parameters"])],
    }


def as_text(explanation: dict[str, Any], *, everything: bool = False) -> str:
    """Write an explanation as text.

    Args:
        explanation: What ``account`` returned.
        everything: Whether to list all parameters that changed, and not only the first of many.

    Returns:
        Lines with a final newline.
    """
    lines = [
        f"{explanation['curriculum']} {explanation['version']}, at the stage {explanation['stage']}",
        "",
        "metrics",
    ]
    lines += table([[name, in_short(value)] for name, value in explanation["metrics"].items()]) or ["  none"]
    lines += ["", "stage transitions, in the order in which they are tried"]
    lines += _rules(explanation["stage_transitions"]) or ["  none leads away from this stage"]
    stays = "The subject stays at" if not explanation["moved"] else "The subject moves to"
    lines += ["", f"{stays} {explanation['next_stage']}."]
    if explanation["policy_transitions"]:
        lines += ["", "policy transitions"]
        lines += _rules(explanation["policy_transitions"])
    if explanation["policies"]:
        lines += ["", "policies, in the order in which they are applied"]
        for one in explanation["policies"]:
            lines += folded(f"  {_last(one['policy'])}{_because(one['read'])}", "      ")
            lines += _changes(one["changed"], everything) or ["    changes nothing"]
    active = ", ".join(map(_last, explanation["active_policies"])) or "none"
    lines += ["", *folded(f"Active policies from now on: {active}.", "  "), "", "task parameters that change"]
    for by, changes in _by_cause(explanation["parameters"]).items():
        lines += [*folded(f"  by {by}", "      "), *_changes(changes, everything)]
    return "\n".join(lines if explanation["parameters"] else [*lines, "  none"]) + "\n"


def _rules(outcomes: list[dict[str, Any]]) -> list[str]:
    """A table of the rules that were tried; what their authors say goes below if it is too long, and what they read."""
    rows = [_row(one) for one in outcomes]
    for end in (None, -1, -2):
        starts, below = table([row[:end] for row in rows]), [row[end:] if end else [] for row in rows]
        if all(len(start) <= WIDTH for start in starts):
            break
    return [
        line
        for start, rest in zip(starts, below, strict=True)
        for entry in [start, *(f"      {cell}" for cell in rest if cell)]
        for line in folded(entry, "      ")
    ]


def _row(one: dict[str, Any]) -> list[str]:
    said = " ".join(one["docstring"].partition("\n\n")[0].split())
    outcome = BY_A_PERSON if one["manual"] and one["outcome"] == NOT_HELD else one["outcome"]
    cells = [
        str(one["priority"]),
        f"-> {_last(one['to'])}",
        _last(one["rule"]),
        outcome,
        _values_text(one["read"]),
        said,
    ]
    return [_last(one["from"]), *cells] if "from" in one else cells


def _because(read: dict[str, Any]) -> str:
    return f" ({_values_text(read)})" if read else ""


def _values_text(read: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {in_short(value)}" for name, value in read.items())


def _changes(changes: list[dict[str, Any]], everything: bool) -> list[str]:
    return change_lines([Changed.from_json(one) for one in changes], "    ", everything=everything)


def _by_cause(changes: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in changes:
        found.setdefault(", ".join(map(_last, one["by"])) or "its own policies together", []).append(one)
    return found


def _last(reference: str) -> str:
    return reference.rpartition(".")[2]
