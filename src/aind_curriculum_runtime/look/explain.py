"""The explanation of one evaluation, as data and as text.

Says which rules were tried, in what order and with which metrics, which held, and what each policy changed.
Evaluates nothing itself: it is given the evaluation and the record of its calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..curriculum.manual import is_manual
from ..session.evaluate import Evaluated
from ..session.suggestion import as_json
from .read import docstring_of
from .terminal import table
from .trace import RuleCall
from .wording import BY_A_PERSON, shown

__all__ = ["account", "as_text"]

HELD, NOT_HELD, NOT_TRIED = "held", "did not hold", "not tried"


def account(evaluated: Evaluated, calls: Iterable[RuleCall]) -> dict[str, Any]:
    """Explain an evaluation.

    Args:
        evaluated: The evaluation.
        calls: The calls of rules in it, as ``trace.watched`` records them.

    Returns:
        JSON values: ``curriculum``, ``version``, ``stage``, ``metrics``, ``stage_transitions``, ``next_stage``,
        ``policy_transitions``, ``active_policies``, ``policies``, ``parameters`` (those that changed, and by what) and
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
    before = _flat(as_json(state, "trainer_state")["stage"]["task"]["task_parameters"])
    plain = as_json(after, "trainer_state")
    changes = _changes(before, _flat(plain["stage"]["task"]["task_parameters"]))
    for change in changes:
        change["by"] = (
            [f"stage {after.stage.name}"]
            if went
            else [
                one["policy"] for one in policies if any(c["parameter"] == change["parameter"] for c in one["changed"])
            ]
        )
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
        "changed": _changes(_flat(call.before["task_parameters"]), _flat(call.result["task_parameters"])),
    }


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and value:
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found


def _changes(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """List the parameters that changed; a new one has no ``before``, one that is gone has no ``after``."""
    changes = []
    for name in dict.fromkeys([*before, *after]):
        if name not in before or name not in after or before[name] != after[name]:
            change = {"parameter": name}
            change |= {"before": before[name]} if name in before else {}
            change |= {"after": after[name]} if name in after else {}
            changes.append(change)
    return changes


def as_text(explanation: dict[str, Any]) -> str:
    """Write an explanation as text.

    Args:
        explanation: What ``account`` returned.

    Returns:
        Lines with a final newline.
    """
    lines = [
        f"{explanation['curriculum']} {explanation['version']}, at the stage {explanation['stage']}",
        "",
        "metrics",
    ]
    lines += table([[name, shown(value)] for name, value in explanation["metrics"].items()]) or ["  none"]
    lines += ["", "stage transitions, in the order in which they are tried"]
    lines += table([_row(one) for one in explanation["stage_transitions"]]) or ["  none leads away from this stage"]
    stays = "The subject stays at" if not explanation["moved"] else "The subject moves to"
    lines += ["", f"{stays} {explanation['next_stage']}."]
    if explanation["policy_transitions"]:
        lines += ["", "policy transitions"]
        lines += table([[_last(one["from"]), *_row(one)] for one in explanation["policy_transitions"]])
    if explanation["policies"]:
        lines += ["", "policies, in the order in which they are applied"]
        for one in explanation["policies"]:
            lines += [f"  {_last(one['policy'])}{_because(one['read'])}: {_changed(one['changed'])}"]
    active = ", ".join(map(_last, explanation["active_policies"])) or "none"
    lines += ["", f"Active policies from now on: {active}.", "", "task parameters that change"]
    lines += table(
        [
            [
                one["parameter"],
                shown(one["before"]) if "before" in one else "-",
                "->",
                shown(one["after"]) if "after" in one else "-",
                "by " + (", ".join(map(_last, one["by"])) or "its own policies together"),
            ]
            for one in explanation["parameters"]
        ]
    ) or ["  none"]
    return "\n".join(lines) + "\n"


def _row(one: dict[str, Any]) -> list[str]:
    said = " ".join(one["docstring"].partition("\n\n")[0].split())
    outcome = BY_A_PERSON if one["manual"] and one["outcome"] == NOT_HELD else one["outcome"]
    read = ", ".join(f"{name} = {shown(value)}" for name, value in one["read"].items())
    return [str(one["priority"]), f"-> {_last(one['to'])}", _last(one["rule"]), outcome, read, said]


def _because(read: dict[str, Any]) -> str:
    values = ", ".join(f"{name} = {shown(value)}" for name, value in read.items())
    return f" ({values})" if values else ""


def _changed(changes: list[dict[str, Any]]) -> str:
    return (
        "; ".join(
            f"{one['parameter']} {shown(one['before']) if 'before' in one else '-'} -> "
            f"{shown(one['after']) if 'after' in one else '-'}"
            for one in changes
        )
        or "changes nothing"
    )


def _last(reference: str) -> str:
    return reference.rpartition(".")[2]
