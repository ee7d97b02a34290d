"""Searching for metrics that make a rule hold: a witness, or the honest word that none was found.

Owns the search. It cannot prove that a rule never holds, and never says so.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Final, get_args, get_origin

from ..manual import is_manual

__all__ = ["TRIES", "search"]

TRIES: Final = 400
"""Metrics tried for each metrics class."""


def search(curriculum: Any) -> dict[str, Any]:
    """Try the rules of every stage on many metrics.

    Args:
        curriculum: The curriculum.

    Returns:
        ``tries`` and a list ``rules``: for each stage transition and policy transition its stage, its kind,
        its name, those that come before it, whether it ever held, whether it ever decided (held while none
        before it did), and an error it raised with the metrics that made it.
    """
    groups = list(_groups(curriculum))
    answer = []
    for model in dict.fromkeys(model for model, *_ in groups):
        own = [group for group in groups if group[0] is model]
        answer += _try(model, own)
    return {"tries": TRIES, "rules": answer}


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
            "stage": stage,
            "kind": kind,
            "rule": _name(rule),
            "file": getattr(_code(rule), "co_filename", None),
            "line": getattr(_code(rule), "co_firstlineno", None),
            "before": [_name(one) for one in rules[:index]],
            "held": False,
            "decided": False,
            "raised": None,
            "altered": None,
            "wavers": None,
            "model": getattr(model, "__name__", None),
        }
        for _, stage, kind, rules in groups
        for index, rule in enumerate(rules)
    ]
    if model is None:
        return records

    def apply(metrics: Any) -> None:
        at = iter(records)
        for _, _, _, rules in groups:
            decided = False
            for rule in rules:
                record = next(at)
                given_metrics = metrics.model_copy(deep=True)
                try:
                    held = bool(rule.invoke(given_metrics))
                except Exception as error:
                    if record["raised"] is None:
                        record["raised"] = f"{type(error).__name__}: {error} for {metrics!r}"[:500]
                    continue
                if given_metrics != metrics and record["altered"] is None:
                    record["altered"] = ", ".join(_unequal_fields(given_metrics, metrics)) or "they differ"
                if record["wavers"] is None and _answers(rule, metrics) is not held:
                    record["wavers"] = repr(metrics)[:300]
                record["held"] |= held
                record["decided"] |= held and not decided
                decided |= held

    from hypothesis import HealthCheck, Phase, given, settings

    constants = sorted({number for *_, rules in groups for rule in rules for number in _constants(rule)})
    strategy = _metrics(model, constants)
    thorough: Any = settings(
        max_examples=TRIES,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    over: Any = given(strategy)
    thorough(over(apply))()
    return records


def _answers(rule: Any, metrics: Any) -> bool | None:
    """A rule's answer, asked with metrics of its own; None when it raises."""
    try:
        return bool(rule.invoke(metrics.model_copy(deep=True)))
    except Exception:
        return None


def _unequal_fields(left: Any, right: Any) -> Iterator[str]:
    for name in {**dict(left), **dict(right)}:
        if getattr(left, name, ...) != getattr(right, name, ...):
            yield name


def _metrics(model: Any, constants: list[float]) -> Any:
    """A strategy for a metrics class: each field by its own annotation, and near the rules' thresholds."""
    from hypothesis import strategies as st
    from pydantic import ValidationError

    fields = {
        name: _values(Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation, constants)
        for name, field in model.model_fields.items()
    }

    def build(values: dict[str, Any]) -> Any:
        try:
            return model.model_validate(values)
        except ValidationError:
            return None

    return st.fixed_dictionaries(fields).map(build).filter(lambda metrics: metrics is not None)


def _values(annotation: Any, constants: list[float]) -> Any:
    from hypothesis import strategies as st

    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        low, high = _bounds(annotation.__metadata__)
        inner = arguments[0]
        if inner in (int, float):
            return _numbers(inner, constants, low, high)
        return _values(inner, constants)
    if annotation in (int, float):
        return _numbers(annotation, constants, None, None)
    if origin in (types.UnionType,) or str(origin) == "typing.Union":
        return st.one_of([_values(one, constants) for one in arguments])
    if origin in (list, set, frozenset) and arguments:
        items = st.lists(_values(arguments[0], constants), max_size=8)
        return items.map(origin)
    if origin is dict and len(arguments) == 2:
        return st.dictionaries(_values(arguments[0], constants), _values(arguments[1], constants), max_size=4)
    if annotation is Any:
        return st.none() | st.integers(0, 10) | st.text(max_size=4)
    return st.from_type(annotation)


def _numbers(kind: Any, constants: list[float], low: float | None, high: float | None) -> Any:
    from hypothesis import strategies as st

    def allowed(number: float) -> bool:
        return (low is None or number >= low) and (high is None or number <= high)

    near = [
        kind(number + step) for number in constants for step in (-1, 0, 1) if kind is float or number == int(number)
    ]
    near += [kind(number * factor) for number in constants for factor in (0.9, 1.1)]
    pool = sorted({number for number in near if allowed(number)})
    general: Any
    if kind is int:
        general = st.integers(
            int(low) if low is not None else -1_000, int(high) if high is not None else int(low or 0) + 10_000
        )
    else:
        general = st.floats(
            low if low is not None else -1e3, high if high is not None else (low or 0.0) + 1e4, allow_nan=False
        )
    return st.sampled_from(pool) | general if pool else general


def _bounds(metadata: tuple[Any, ...]) -> tuple[float | None, float | None]:
    low: float | None = None
    high: float | None = None
    for one in metadata:
        for name in ("ge", "gt"):
            low = getattr(one, name, None) if getattr(one, name, None) is not None else low
        for name in ("le", "lt"):
            high = getattr(one, name, None) if getattr(one, name, None) is not None else high
    return low, high


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
