"""Random metrics: objects of any metrics class, many of them near the numbers that rules compare with.

Owns how the fields of a class become hypothesis strategies. Knows nothing of what is tried on the metrics.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, get_args, get_origin

from ...curriculum.validation import input_name
from .compared import Compared

__all__ = ["for_many"]

_NONE: Final[Mapping[str, Any]] = types.MappingProxyType({})


def for_many(model: Any, near: Compared, tries: int, apply: Callable[[Any], None]) -> str | None:
    """Call a function with many metrics, some of them near what rules compare with.

    Args:
        model: The metrics class.
        near: What its rules compare with.
        tries: How many metrics.
        apply: Called with each.

    Returns:
        Why none could be made, or None.
    """
    from hypothesis import HealthCheck, Phase, given, settings

    thorough: Any = settings(
        max_examples=tries,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        over: Any = given(_metrics(model, near))
        thorough(over(apply))()
    except Exception as error:  # a class that validates more than its annotations say, or a type that has no examples
        return f"no {model.__name__} could be made at random ({type(error).__name__})"
    return None


def _metrics(model: Any, near: Compared, inside: tuple[Any, ...] = ()) -> Any:
    """A hypothesis strategy for a metrics class: each field follows its annotation, often near a rule's threshold.

    Args:
        model: The class, or one that a field of it holds.
        near: What the rules compare with.
        inside: The classes that this one is a field of.
    """
    from hypothesis import strategies as st
    from pydantic import ValidationError

    if model in inside:  # a class that contains itself: go no deeper
        return st.nothing()
    fields = {}
    for name, field in model.model_fields.items():
        annotation = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
        fields[input_name(name, field)] = _values(annotation, near, (*inside, model))

    def build(values: dict[str, Any]) -> Any:
        try:
            return model.model_validate(values)
        except ValidationError:
            return None

    return st.fixed_dictionaries(fields).map(build).filter(lambda metrics: metrics is not None)


def _values(annotation: Any, near: Compared, inside: tuple[Any, ...], limits: Mapping[str, Any] = _NONE) -> Any:
    from hypothesis import strategies as st
    from pydantic import BaseModel

    def of(one: Any) -> Any:
        return _values(one, near, inside)

    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(arguments[0], near, inside, {**limits, **_limits(annotation.__metadata__)})
    if annotation in (int, float):
        return _numbers(annotation, near.numbers, limits)
    size = {"min_size": limits.get("min_length", 0), "max_size": limits.get("max_length")}
    if annotation is str and limits:
        return st.from_regex(limits["pattern"]) if "pattern" in limits else st.text(**size)
    if annotation is str:
        return st.sampled_from(near.texts) | st.text() if near.texts else st.text()
    if origin in (types.UnionType,) or str(origin) == "typing.Union":
        return st.one_of([_values(one, near, inside, limits) for one in arguments])
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
        return _metrics(annotation, near, inside)
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
    """The limits in a field's annotation, as pydantic and annotated-types write them."""
    found: dict[str, Any] = {}
    for one in metadata:
        found |= _limits(tuple(getattr(one, "metadata", ())))  # a Field(...) inside
        for name in ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern"):
            if getattr(one, name, None) is not None:
                found[name] = getattr(one, name)
    return found
