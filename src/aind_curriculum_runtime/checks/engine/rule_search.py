"""Searching for metrics that make a rule hold (witnesses), and for rules and policies that misbehave.

Owns what can be learned by trying them on many random metrics. It cannot prove that a rule never holds, and never says
so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ...curriculum.manual import is_manual
from ...curriculum.validation import first_fault
from .random_metrics import code_of, for_many

__all__ = ["TRIES", "search", "undeclared"]

TRIES: Final = 400
"""Metrics tried for each metrics class."""

_APPLICATIONS: Final = 20_000
"""How often policies are applied in all when there are many; this is slower than asking a transition."""


def search(curriculum: Any) -> dict[str, Any]:
    """Try the rules of every stage on many metrics.

    Args:
        curriculum: The curriculum.

    Returns:
        ``tries`` and two lists. ``rules`` has, for each stage transition and policy transition, its stage, kind and
        name, the rules before it, whether it ever held, whether it ever decided (held while none before it did),
        what went wrong and with which metrics, and why it was not tried, if so. ``policies`` has the same faults for
        each policy, and the parameters it set that the task does not declare.
    """
    groups = list(_groups(curriculum))
    rules, policies = [], []
    for model in dict.fromkeys(model for model, *_ in groups):
        rules += _try(model, [group for group in groups if group[0] is model])
    owned = list(_policies(curriculum))
    tries = min(TRIES, max(40, _APPLICATIONS // max(1, len(owned))))
    for model in dict.fromkeys(model for model, *_ in owned):
        policies += _try_policies(model, [one[1:] for one in owned if one[0] is model], tries)
    return {"tries": TRIES, "rules": rules, "policies": policies}


def _groups(curriculum: Any) -> Iterator[tuple[Any, str, str, list[Any]]]:
    """Groups of rules in which the first that holds decides, each with the metrics class that its rules take."""
    for stage in curriculum.see_stages():
        transitions = [rule for rule, _ in curriculum.see_stage_transitions(stage) if not is_manual(rule.callable)]
        fallback = _model_of([*transitions, *((stage.metrics_provider and [stage.metrics_provider]) or [])])
        if transitions:
            yield _model_of(transitions) or fallback, stage.name, "stage transition", transitions
        for policy in stage.see_policies():
            rules = [rule for rule, _ in stage.see_policy_transitions(policy) if not is_manual(rule.callable)]
            if rules:
                yield _model_of(rules) or fallback, stage.name, "policy transition", rules


def _policies(curriculum: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Every policy with the metrics class that it takes and its stage."""
    for stage in curriculum.see_stages():
        transitions = [rule for rule, _ in curriculum.see_stage_transitions(stage)]
        others = [*transitions, *((stage.metrics_provider and [stage.metrics_provider]) or [])]
        for policy in stage.see_policies():
            yield _model_of([policy, *others]), stage, policy


def _model_of(rules: list[Any]) -> Any:
    """The first metrics class in the rules' annotations, or None."""
    import inspect

    from aind_behavior_curriculum import Metrics

    for rule in rules:
        try:
            signature = inspect.signature(rule.callable, eval_str=True)
        except (NameError, TypeError, ValueError):
            continue
        for annotation in [*(one.annotation for one in signature.parameters.values()), signature.return_annotation]:
            if isinstance(annotation, type) and issubclass(annotation, Metrics) and annotation is not Metrics:
                return annotation
    return None


def _try(model: Any, groups: list[tuple[Any, str, str, list[Any]]]) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = [
        {
            **_record(stage, kind, rule),
            "before": [_name(one) for one in rules[:index]],
            "held": False,
            "decided": False,
        }
        for _, stage, kind, rules in groups
        for index, rule in enumerate(rules)
    ]
    if model is None:
        return _untried(records, "no annotation names their metrics class")

    def apply(metrics: Any) -> None:
        at = iter(records)
        given_metrics = metrics.model_copy(deep=True)
        for _, _, _, rules in groups:
            decided = False
            for rule in rules:
                record = next(at)
                held: bool | None = None
                try:
                    held = bool(rule.invoke(given_metrics))
                except (Exception, SystemExit) as error:
                    if record["raised"] is None:
                        record["raised"] = f"raised {type(error).__name__}: {error} for {metrics!r}"[:500]
                if given_metrics != metrics:
                    if record["altered"] is None:
                        record["altered"] = ", ".join(_unequal_fields(given_metrics, metrics)) or "they differ"
                    given_metrics = metrics.model_copy(deep=True)
                if held is None:
                    continue
                if record["wavers"] is None:
                    if _answers(rule, given_metrics) is not held:
                        record["wavers"] = repr(metrics)[:300]
                    if given_metrics != metrics:
                        given_metrics = metrics.model_copy(deep=True)
                record["held"] |= held
                record["decided"] |= held and not decided
                decided |= held

    why = for_many(model, [rule for *_, rules in groups for rule in rules], TRIES, apply)
    return records if why is None else _untried(records, why)


def _try_policies(model: Any, owned: list[tuple[Any, Any]], tries: int) -> list[dict[str, Any]]:
    """Apply each policy many times, as over many sessions: to the task that it returned the last time."""
    records = [{**_record(stage.name, "policy", policy), "sets": []} for stage, policy in owned]
    if model is None:
        return _untried(records, "no annotation names their metrics class")
    tasks = [stage.task for stage, _ in owned]

    def apply(metrics: Any) -> None:
        for index, (stage, policy) in enumerate(owned):
            after = _applied(records[index], policy, metrics, tasks[index])
            tasks[index] = stage.task if after is None else after

    why = for_many(model, [policy for _, policy in owned], tries, apply)
    return records if why is None else _untried(records, why)


def _applied(record: dict[str, Any], policy: Any, metrics: Any, task: Any) -> Any:
    """Apply a policy, twice to compare; None when the task it returns cannot be used."""
    from pydantic import ValidationError

    given_metrics = metrics.model_copy(deep=True)
    try:
        after = policy.invoke(given_metrics, task.model_copy(deep=True))
        fault = _refused(after, before=task)
    except (Exception, SystemExit) as error:
        fault = _refusal(error) if isinstance(error, ValidationError) else f"raised {type(error).__name__}: {error}"
    if record["altered"] is None and given_metrics != metrics:
        record["altered"] = ", ".join(_unequal_fields(given_metrics, metrics)) or "they differ"
    if fault is not None:
        if record["raised"] is None:
            record["raised"] = f"{fault} for {metrics!r}"[:500]
        return None
    record["sets"] = sorted({*record["sets"]} | ({*undeclared(after)} - {*undeclared(task)}))
    first = after.model_copy(deep=True)
    if record["wavers"] is None:
        try:
            again = policy.invoke(metrics.model_copy(deep=True), task.model_copy(deep=True))
        except (Exception, SystemExit):
            again = None
        if again != first:
            record["wavers"] = repr(metrics)[:300]
    return first


def _refused(task: Any, before: Any = None) -> str | None:
    """Why what a policy returned cannot be the next session's task; None when the task before could not either."""
    from aind_behavior_curriculum import Task
    from pydantic import ValidationError

    if not isinstance(task, Task):
        return f"returned {'None' if task is None else f'a {type(task).__name__}'} instead of the task"
    try:
        type(task).model_validate_json(task.model_dump_json(warnings=False))
    except ValueError as error:
        if before is not None and _refused(before) is not None:
            return None
        if isinstance(error, ValidationError):
            return _refusal(error)
        return f"gave a task that cannot be written as JSON ({' '.join(str(error).split())})"
    return None


def _refusal(error: Any) -> str:
    """The first fault of a pydantic ValidationError, as the end of a sentence."""
    fault = first_fault(error)
    return f"gave {fault.place} the value {repr(fault.found)[:60]}, which is refused ({fault.message}),"


def undeclared(model: Any, where: str = "") -> Iterator[str]:
    """Parameters that a task has and its class does not declare; the library accepts every name.

    Args:
        model: A task, or a model in one of its fields.
        where: Its place, with a dot at the end.

    Yields:
        Their places; nothing for a class that declares no field at all, which is open on purpose.
    """
    from pydantic import BaseModel

    fields = type(model).model_fields
    if fields:
        yield from (f"{where}{name}" for name in model.model_extra or {})
    for name in fields:
        if isinstance(value := getattr(model, name, None), BaseModel):
            yield from undeclared(value, f"{where}{name}.")


def _record(stage: str, kind: str, rule: Any) -> dict[str, Any]:
    return {
        "stage": stage,
        "kind": kind,
        "rule": _name(rule),
        "file": getattr(code_of(rule), "co_filename", None),
        "line": getattr(code_of(rule), "co_firstlineno", None),
        "raised": None,
        "altered": None,
        "wavers": None,
        "untried": None,
    }


def _untried(records: list[dict[str, Any]], why: str) -> list[dict[str, Any]]:
    return [{**record, "untried": why} for record in records]


def _answers(rule: Any, metrics: Any) -> bool | None:
    """A rule's answer; None when it raises."""
    try:
        return bool(rule.invoke(metrics))
    except (Exception, SystemExit):
        return None


def _unequal_fields(left: Any, right: Any) -> Iterator[str]:
    for name in {**dict(left), **dict(right)}:
        if getattr(left, name, ...) != getattr(right, name, ...):
            yield name


def _name(rule: Any) -> str:
    return str(getattr(rule.callable, "__qualname__", rule.callable))
