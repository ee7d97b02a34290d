"""Searching for metrics that make a rule hold (witnesses), and for rules and policies that misbehave.

Owns what can be learned by trying them on many metrics, at random first and then steered. It cannot prove that a rule
never holds, and never says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ...curriculum.manual import is_manual
from ...curriculum.validation import first_fault
from .compared import code_of, compared
from .random_metrics import for_many
from .steered_metrics import steer

__all__ = ["STEERED", "TRIES", "search", "undeclared"]

TRIES: Final = 400
"""Random metrics tried for each metrics class."""

STEERED: Final = 8_000
"""Steered metrics that may lead nowhere new, in a row, before a group with a rule that has not decided is given up."""

_FEWEST: Final = 40
"""Metrics that policies are tried on however large their tasks are."""

_APPLIED: Final = 3_000_000
"""Characters of tasks that policies are applied to in all: the time it takes goes by the size of the tasks."""


def search(curriculum: Any) -> dict[str, Any]:
    """Try the rules of every stage on many metrics.

    Args:
        curriculum: The curriculum.

    Returns:
        Two lists. ``rules`` has, for each stage transition and policy transition, its stage, kind and name, the rules
        before it, how many metrics it was tried on, whether it ever held, whether it ever decided (held while none
        before it did), what it gave that was no bool, what went wrong and with which metrics, and why it was not tried,
        if so. ``policies`` has the same faults for each policy, and the parameters it set that the task does not
        declare.
    """
    groups = [(model, _Group(*facts)) for model, *facts in _groups(curriculum)]
    rules, policies = [], []
    for model in dict.fromkeys(model for model, _ in groups):
        rules += _try(model, [group for one, group in groups if one is model])
    owned = list(_policies(curriculum))
    size = sum(len(stage.task.model_dump_json(warnings=False)) for _, stage, _ in owned)
    tries = min(TRIES, max(_FEWEST, _APPLIED // max(1, size)))
    for model in dict.fromkeys(model for model, *_ in owned):
        policies += _try_policies(model, [one[1:] for one in owned if one[0] is model], tries)
    return {"rules": rules, "policies": policies}


def _groups(curriculum: Any) -> Iterator[Any]:
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


class _Group:
    """Rules of which the first that holds decides, with what was seen of each.

    Args:
        stage: The stage's name.
        kind: What they are.
        rules: In the order in which they are asked.
    """

    def __init__(self, stage: str, kind: str, rules: list[Any]) -> None:
        self.rules = rules
        self.records: list[dict[str, Any]] = [
            {
                **_record(stage, kind, rule),
                "before": [_name(one) for one in rules[:index]],
                "held": False,
                "decided": False,
                "gave": {},
            }
            for index, rule in enumerate(rules)
        ]

    def ask(self, metrics: Any) -> bool:
        """Ask each rule; say whether each has decided by now."""
        given_metrics = metrics.model_copy(deep=True)
        decided = False
        for rule, record in zip(self.rules, self.records, strict=True):
            record["tries"] += 1
            held: bool | None = None
            try:
                answer = rule.invoke(given_metrics)
                held = bool(answer)
                if not _is_bool(answer):
                    record["gave"].setdefault(_kind(answer), repr(metrics)[:300])
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
        return self.all_decided

    @property
    def all_decided(self) -> bool:
        return all(record["decided"] for record in self.records)


def _is_bool(answer: Any) -> bool:
    """Whether an answer is a bool of Python or of numpy, which need not be installed."""
    return isinstance(answer, bool) or _kind(answer) in ("numpy.bool", "numpy.bool_")


def _kind(answer: Any) -> str:
    kind = type(answer)
    return "None" if answer is None else f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")


def _try(model: Any, groups: list[_Group]) -> list[dict[str, Any]]:
    records = [record for group in groups for record in group.records]
    if model is None:
        return _untried(records, "no annotation names their metrics class")
    seeds = []

    def apply(metrics: Any) -> None:
        seeds.append(metrics.model_copy(deep=True))
        for group in groups:
            group.ask(metrics)

    why = for_many(model, compared([rule for group in groups for rule in group.rules], model), TRIES, apply)
    if why is not None:
        return _untried(records, why)
    for group in groups:
        if not group.all_decided:
            made = steer(group.rules, seeds, compared(group.rules, model), STEERED, group.ask)
            for record in group.records:
                record["tries"] = len(seeds) + made
    return records


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

    why = for_many(model, compared([policy for _, policy in owned], model), tries, apply)
    return records if why is None else _untried(records, why)


def _applied(record: dict[str, Any], policy: Any, metrics: Any, task: Any) -> Any:
    """Apply a policy, twice to compare; None when the task it returns cannot be used."""
    from pydantic import ValidationError

    record["tries"] += 1
    given_metrics = metrics.model_copy(deep=True)
    try:
        after = policy.invoke(given_metrics, _copied(task))
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
    first = _copied(after)
    if record["wavers"] is None:
        try:
            again = _copied(policy.invoke(metrics.model_copy(deep=True), _copied(task)))
        except (Exception, SystemExit):
            again = None
        if again != first:
            record["wavers"] = repr(metrics)[:300]
    return first


def _copied(task: Any) -> Any:
    """A copy by way of JSON, as a session reads it; several times as fast as a deep one, where it can be made."""
    try:
        return type(task).model_validate_json(task.model_dump_json(warnings=False))
    except ValueError:
        return task.model_copy(deep=True)


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
        "tries": 0,
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
