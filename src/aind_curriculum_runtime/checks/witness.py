"""Searching for metrics that make a rule hold: a witness, or the honest word that none was found.

Owns the search, and what comes to light when rules and policies are tried on many metrics. It cannot prove that a
rule never holds, and never says so.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final, get_args, get_origin

from ..manual import is_manual

__all__ = ["TRIES", "search", "undeclared"]

TRIES: Final = 400
"""Metrics tried for each metrics class."""

_APPLICATIONS: Final = 20_000
"""Applications of policies in all, in a curriculum that has many; each is slower than asking a transition."""

_NONE: Final[Mapping[str, Any]] = types.MappingProxyType({})


def search(curriculum: Any) -> dict[str, Any]:
    """Try the rules of every stage on many metrics.

    Args:
        curriculum: The curriculum.

    Returns:
        ``tries`` and a list ``rules``: for each stage transition and policy transition its stage, its kind,
        its name, those that come before it, whether it ever held, whether it ever decided (held while none
        before it did), what went wrong with the metrics that made it, and why it was not tried, if so. A list
        ``policies`` says the same of each policy, and which parameters it set that the task does not declare.
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
    """Rules among which the first that holds decides, with the metrics class they are given."""
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
    """Policies with their stages, and the metrics class they are given."""
    for stage in curriculum.see_stages():
        transitions = [rule for rule, _ in curriculum.see_stage_transitions(stage)]
        others = [*transitions, *((stage.metrics_provider and [stage.metrics_provider]) or [])]
        for policy in stage.see_policies():
            yield _model_of([policy, *others]), stage, policy


def _model_of(rules: list[Any]) -> Any:
    """The metrics class that the rules' annotations name."""
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

    why = _for_many(model, [rule for *_, rules in groups for rule in rules], TRIES, apply)
    return records if why is None else _untried(records, why)


def _try_policies(model: Any, owned: list[tuple[Any, Any]], tries: int) -> list[dict[str, Any]]:
    """Apply each policy again and again, as from session to session: to the task that it gave the last time."""
    records = [{**_record(stage.name, "policy", policy), "sets": []} for stage, policy in owned]
    if model is None:
        return _untried(records, "no annotation names their metrics class")
    tasks = [stage.task for stage, _ in owned]

    def apply(metrics: Any) -> None:
        for index, (stage, policy) in enumerate(owned):
            after = _applied(records[index], policy, metrics, tasks[index])
            tasks[index] = stage.task if after is None else after

    why = _for_many(model, [policy for _, policy in owned], tries, apply)
    return records if why is None else _untried(records, why)


def _applied(record: dict[str, Any], policy: Any, metrics: Any, task: Any) -> Any:
    """Apply a policy, twice; None when that gives no task to go on with."""
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
    """Why what a policy returned cannot be the next session's task; nothing when the one before could not either."""
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
    """What pydantic's ValidationError says, of its first value."""
    first = error.errors(include_url=False)[0]
    where, value = ".".join(map(str, first["loc"])), repr(first["input"])[:60]
    return f"gave {where} the value {value}, which is refused ({first['msg']}),"


def undeclared(model: Any, where: str = "") -> Iterator[str]:
    """Parameters that stand in a task and not in its class; the library lets every name through.

    Args:
        model: A task, or what a field of one holds.
        where: Its place, with a dot at the end.

    Yields:
        Their places. A class that declares no field at all is open on purpose.
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
        "file": getattr(_code(rule), "co_filename", None),
        "line": getattr(_code(rule), "co_firstlineno", None),
        "raised": None,
        "altered": None,
        "wavers": None,
        "untried": None,
    }


def _for_many(model: Any, rules: list[Any], tries: int, apply: Callable[[Any], None]) -> str | None:
    """Call ``apply`` with many metrics, some of them near the thresholds of ``rules``; say why that cannot be."""
    from hypothesis import HealthCheck, Phase, given, settings

    constants = sorted({number for rule in rules for number in _constants(rule)})
    thorough: Any = settings(
        max_examples=tries,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        over: Any = given(_metrics(model, constants))
        thorough(over(apply))()
    except Exception as error:  # a class that validates more than its annotations say, or a type that has no examples
        return f"no {model.__name__} could be made at random ({type(error).__name__})"
    return None


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


def _metrics(model: Any, constants: list[float], inside: tuple[Any, ...] = ()) -> Any:
    """A strategy for a metrics class: each field by its own annotation, and near the rules' thresholds.

    Args:
        model: The class, or one that a field of it holds.
        constants: The rules' thresholds.
        inside: The classes that this one is a field of.
    """
    from hypothesis import strategies as st
    from pydantic import ValidationError

    if model in inside:  # a class that holds itself goes no deeper
        return st.nothing()
    fields = {}
    for name, field in model.model_fields.items():
        annotation = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
        key = next((one for one in (field.validation_alias, field.alias) if isinstance(one, str)), name)
        fields[key] = _values(annotation, constants, (*inside, model))

    def build(values: dict[str, Any]) -> Any:
        try:
            return model.model_validate(values)
        except ValidationError:
            return None

    return st.fixed_dictionaries(fields).map(build).filter(lambda metrics: metrics is not None)


def _values(annotation: Any, constants: list[float], inside: tuple[Any, ...], limits: Mapping[str, Any] = _NONE) -> Any:
    from hypothesis import strategies as st
    from pydantic import BaseModel

    def of(one: Any) -> Any:
        return _values(one, constants, inside)

    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(arguments[0], constants, inside, {**limits, **_limits(annotation.__metadata__)})
    if annotation in (int, float):
        return _numbers(annotation, constants, limits)
    size = {"min_size": limits.get("min_length", 0), "max_size": limits.get("max_length")}
    if annotation is str and limits:
        return st.from_regex(limits["pattern"]) if "pattern" in limits else st.text(**size)
    if origin in (types.UnionType,) or str(origin) == "typing.Union":
        return st.one_of([_values(one, constants, inside, limits) for one in arguments])
    if origin in (list, set, frozenset) and arguments:
        return _lists(of(arguments[0]), **size, unique=origin is not list).map(origin)
    if origin is tuple and arguments:
        if arguments[-1] is not Ellipsis:
            return st.tuples(*map(of, arguments))
        return _lists(of(arguments[0]), **size).map(tuple)
    if origin is dict and len(arguments) == 2:
        return _lists(st.tuples(*map(of, arguments)), min_size=size["min_size"], max_size=4).map(dict)
    if annotation is Any:
        return st.none() | st.integers(0, 10) | st.text(max_size=4)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _metrics(annotation, constants, inside)
    return st.from_type(annotation)


def _lists(of: Any, *, min_size: int, max_size: int | None, unique: bool = False) -> Any:
    from hypothesis import strategies as st

    room = max_size if max_size is not None else min_size + 8
    return st.lists(of, min_size=min_size, max_size=0 if of.is_empty else room, unique=unique)


def _numbers(kind: Any, constants: list[float], limits: Mapping[str, Any]) -> Any:
    from hypothesis import strategies as st

    low, high = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    step = limits.get("multiple_of")

    def allowed(number: float) -> bool:
        return (low is None or number >= low) and (high is None or number <= high)

    near = [kind(number + by) for number in constants for by in (-1, 0, 1) if kind is float or number == int(number)]
    near += [kind(number * factor) for number in constants for factor in (0.9, 1.1)]
    pool = sorted({number for number in near if allowed(number)})
    if kind is int:
        first: Any = int(low) if low is not None else min(-1_000, int(high or 0) - 1_000)
        general: Any = st.integers(first, int(high) if high is not None else int(low or 0) + 10_000)
    else:
        first = low if low is not None else min(-1e3, (high or 0.0) - 1e3)
        general = st.floats(first, high if high is not None else (low or 0.0) + 1e4, allow_nan=False)
    either = st.sampled_from(pool) | general if pool else general
    return either.map(lambda number: number - number % step) if step else either


def _limits(metadata: tuple[Any, ...]) -> dict[str, Any]:
    """What a field's annotation asks for, as pydantic and annotated-types write it."""
    found: dict[str, Any] = {}
    for one in metadata:
        found |= _limits(tuple(getattr(one, "metadata", ())))  # a Field(...) inside
        for name in ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern"):
            if getattr(one, name, None) is not None:
                found[name] = getattr(one, name)
    return found


def _constants(rule: Any) -> Iterator[float]:
    """Numbers in a rule's code and in the module-level names it uses: its thresholds."""
    function = rule.callable
    code = _code(rule)
    if code is None:
        return
    pending: list[Any] = [code]
    while pending:
        one = pending.pop()
        for constant in one.co_consts:
            if isinstance(constant, types.CodeType):
                pending.append(constant)
            elif isinstance(constant, int | float) and not isinstance(constant, bool):
                yield float(constant)
        for name in one.co_names:
            value = getattr(function, "__globals__", {}).get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield float(value)


def _code(rule: Any) -> types.CodeType | None:
    return getattr(rule.callable, "__code__", None)


def _name(rule: Any) -> str:
    return str(getattr(rule.callable, "__qualname__", rule.callable))
