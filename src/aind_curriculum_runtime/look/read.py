"""Makes the plain model from the library's curriculum object.

Knows the library's objects, and nothing of how the model is shown.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from ..contract.leaves import located
from ..curriculum.manual import is_manual
from .model import (
    CurriculumModel,
    Metric,
    MetricsClass,
    Parameter,
    Policy,
    PolicyTransition,
    Rule,
    Stage,
    Task,
    Transition,
)

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum

__all__ = ["docstring_of", "metrics_class", "parameters_of", "read_model"]


def read_model(curriculum: Curriculum[Any]) -> CurriculumModel:
    """Make the model of a curriculum.

    Args:
        curriculum: The repo's own curriculum, as ``loading.load`` gives it.

    Returns:
        The model.

    Raises:
        CurriculumError: ``result.not_finite`` or ``result.not_serialisable`` for a parameter that no
            suggestion could hold either.
    """
    import aind_behavior_curriculum

    nodes, edges = curriculum.graph.nodes, curriculum.graph.graph
    classes = {stage.name: metrics_class(stage, edges[number]) for number, stage in nodes.items()}
    return CurriculumModel(
        name=curriculum.name,
        version=curriculum.version,
        dsl_version=aind_behavior_curriculum.__version__,
        stages=tuple(_stage(stage, classes[stage.name]) for stage in nodes.values()),
        transitions=tuple(
            Transition(source=nodes[number].name, target=nodes[target].name, priority=priority, rule=_rule(rule))
            for number in nodes
            for priority, (rule, target) in enumerate(edges[number], start=1)
        ),
        metrics=tuple(
            MetricsClass(reference=_reference(one), docstring=docstring_of(one), fields=tuple(_metrics(one)))
            for one in dict.fromkeys(classes.values())
            if one is not None
        ),
    )


def _stage(stage: Any, metrics: Any) -> Stage:
    nodes, edges = stage.graph.nodes, stage.graph.graph
    task = stage.task
    return Stage(
        name=stage.name,
        task=Task(
            reference=_reference(type(task)),
            name=task.name,
            version=task.version,
            description=task.description or docstring_of(type(task)),
        ),
        parameters=parameters_of(task),
        policies=tuple(Policy(rule=_rule(one), start=one in stage.start_policies) for one in nodes.values()),
        policy_transitions=tuple(
            PolicyTransition(source=nodes[number].name, target=nodes[target].name, priority=priority, rule=_rule(rule))
            for number in nodes
            for priority, (rule, target) in enumerate(edges[number], start=1)
        ),
        metrics_provider=_rule(stage.metrics_provider) if stage.metrics_provider is not None else None,
        metrics=_reference(metrics) if metrics is not None else None,
    )


def _rule(rule: Any) -> Rule:
    function = rule.callable
    return Rule(
        reference=rule.name,
        docstring=docstring_of(function),
        source=_source(function),
        manual=is_manual(function),
    )


@functools.cache
def _source(function: Any) -> str:
    """Read the source of a function, once: that takes long, and a curriculum uses the same one in many places."""
    try:
        # Not every format can hold a form feed or a tab.
        text = inspect.getsource(function).expandtabs().replace("\f", "")
    except (OSError, TypeError):
        return ""
    return inspect.cleandoc("\n" + text).rstrip()


def docstring_of(thing: Any) -> str:
    """Read the docstring of a function or a class.

    Args:
        thing: The function or class.

    Returns:
        Its own docstring, without indentation; empty if it has none.
    """
    # Read from the class itself: otherwise it inherits that of the library's class.
    text = thing.__dict__.get("__doc__") if isinstance(thing, type) else getattr(thing, "__doc__", None)
    return inspect.cleandoc(text) if isinstance(text, str) else ""


def _reference(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"


def parameters_of(task: Any) -> tuple[Parameter, ...]:
    """List the parameters of a task, those inside models and lists by their paths.

    Args:
        task: The library's Task object.

    Returns:
        An entry for each leaf (``contract.leaves``) of what the task's JSON holds, in its order.

    Raises:
        CurriculumError: ``result.not_finite`` or ``result.not_serialisable``.
    """
    from ..session.suggestion import as_json

    plain = as_json(task, "task")["task_parameters"]
    parts: dict[tuple[str | int, ...], _Part] = {(): _Part(task.task_parameters, plain)}
    return tuple(
        Parameter(name=leaf.path, value=leaf.value, **vars(part.declared))
        for leaf in located(plain)
        if not (part := _part(parts, leaf.place)).computed
    )


@dataclass(frozen=True, kw_only=True)
class _Declared:
    """What the author says of a value."""

    type: str = ""
    unit: str | None = None
    description: str = ""
    bounds: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Part:
    """A value inside of a task, as an object and as JSON, with what is declared of it."""

    value: Any
    plain: Any
    declared: _Declared = _Declared()
    annotation: Any = None
    computed: bool = False
    """Whether it follows from other parameters, and nobody sets it."""


def _part(parts: dict[tuple[str | int, ...], _Part], place: tuple[str | int, ...]) -> _Part:
    """Find the part at a place; those on the way to it are kept, as its neighbours have the same ones."""
    if place not in parts:
        parts[place] = _within(_part(parts, place[:-1]), place[-1])
    return parts[place]


def _within(part: _Part, step: Any) -> _Part:
    from pydantic import BaseModel, RootModel

    value, plain = part.value, part.plain[step]
    if isinstance(value, RootModel):
        part = dataclasses.replace(part, annotation=type(value).model_fields["root"].annotation)
        value = value.root
    if isinstance(value, BaseModel):
        declared, annotation, computed = _field(type(value), step)
        inner = getattr(value, step, None)
        if not declared.type:
            declared = dataclasses.replace(declared, type=type(plain if inner is None else inner).__name__)
        return _Part(inner, plain, declared, annotation, part.computed or computed)
    # The keys of a dict may have another form in JSON, but pydantic keeps the order.
    if isinstance(value, dict) and len(value) == len(part.plain):
        inner = dict(zip(part.plain, value.values(), strict=True))[step]
    else:
        inner = value[step] if isinstance(value, list | tuple) and len(value) == len(part.plain) else None
    annotation, metadata = _inner_annotation(part.annotation, step)
    declared = dataclasses.replace(
        part.declared, type=_type_name(annotation) or type(plain).__name__, bounds=tuple(_bounds(metadata))
    )
    return _Part(inner, plain, declared, annotation, part.computed)


@functools.cache
def _field(model: Any, name: str) -> tuple[_Declared, Any, bool]:
    """What a model declares of a field, its annotation, and whether it is computed; once, as elements share models."""
    field = model.model_fields.get(name)
    if field is None:
        return _Declared(), None, name in model.model_computed_fields
    return _described(field), field.annotation, False


def _inner_annotation(annotation: Any, step: Any) -> tuple[Any, tuple[Any, ...]]:
    """The annotation of what a list or a dict holds, and its metadata; None where the annotation does not say."""
    if get_origin(annotation) in (Union, types.UnionType):
        some = [one for one in get_args(annotation) if one is not type(None)]
        annotation = some[0] if len(some) == 1 else None
    if get_origin(annotation) is Annotated:
        return _inner_annotation(get_args(annotation)[0], step)
    arguments = get_args(annotation)
    if not arguments:
        return None, ()
    each = isinstance(step, int) and get_origin(annotation) is tuple and Ellipsis not in arguments
    inner = arguments[step] if each else arguments[0] if isinstance(step, int) else arguments[-1]
    return (get_args(inner)[0], inner.__metadata__) if get_origin(inner) is Annotated else (inner, ())


def _type_name(annotation: Any) -> str:
    return "" if annotation is None else inspect.formatannotation(annotation).replace("typing.", "")


def _described(field: Any) -> _Declared:
    """Read what a field says of its values."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    unit = extra.get("unit", extra.get("units"))
    return _Declared(
        type=_type_name(field.annotation),
        unit=str(unit) if unit is not None else None,
        description=" ".join((field.description or "").split()),
        bounds=tuple(_bounds(field.metadata)),
    )


def _bounds(metadata: Iterable[Any]) -> Iterator[str]:
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "multiple_of": "multiple of"}
    for one in metadata:
        yield from _bounds(getattr(one, "metadata", ()))  # a Field inside of Annotated
        for name, sign in signs.items():
            if (limit := getattr(one, name, None)) is not None:
                yield f"{sign} {limit}"


def _metrics(metrics: Any) -> Iterator[Metric]:
    for name, field in metrics.model_fields.items():
        yield Metric(name=name, required=field.is_required(), **vars(_described(field)))


def metrics_class(stage: Any, edges: Iterable[Any]) -> Any:
    """Find the metrics class that the annotations of a stage's rules name.

    Args:
        stage: The repo's own stage.
        edges: The transitions that leave it, each the library's rule with its target.

    Returns:
        The class, or None where they name none.
    """
    from aind_behavior_curriculum import Metrics

    rules = [stage.metrics_provider] if stage.metrics_provider is not None else []
    rules += [rule for rule, _ in edges]
    rules += [rule for out in stage.graph.graph.values() for rule, _ in out]
    rules += list(stage.graph.nodes.values())
    for rule in rules:
        try:
            signature = inspect.signature(rule.callable, eval_str=True)
        except (NameError, TypeError, ValueError, SyntaxError, AttributeError):
            continue
        for annotation in [signature.return_annotation, *(one.annotation for one in signature.parameters.values())]:
            if isinstance(annotation, type) and issubclass(annotation, Metrics) and annotation is not Metrics:
                return annotation
    return None
