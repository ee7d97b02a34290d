"""Makes the plain model from the library's curriculum object.

Knows the library's objects, and nothing of how the model is shown.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

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

__all__ = ["docstring_of", "parameters_of", "read_model"]


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
    classes = {stage.name: _metrics_class(stage, edges[number]) for number, stage in nodes.items()}
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
    """List the parameters of a task, nested ones by a dotted path.

    Args:
        task: The library's Task object.

    Returns:
        An entry for each value that is not a model itself, in the order of the fields.

    Raises:
        CurriculumError: ``result.not_finite`` or ``result.not_serialisable``.
    """
    from ..session.suggestion import as_json

    plain = as_json(task, "task")["task_parameters"]
    return tuple(_parameters(task.task_parameters, plain, ""))


def _parameters(model: Any, plain: Any, prefix: str) -> Iterator[Parameter]:
    from pydantic import BaseModel

    fields = type(model).model_fields
    for name in [*fields, *(model.model_extra or {})]:
        if name not in plain:  # a field that the author keeps out of the JSON
            continue
        value = getattr(model, name)
        if isinstance(value, BaseModel) and isinstance(plain[name], dict):
            yield from _parameters(value, plain[name], f"{prefix}{name}.")
        else:
            described = _described(fields.get(name))
            yield Parameter(
                name=prefix + name, value=plain[name], **(described or _UNDESCRIBED | {"type": type(value).__name__})
            )


_UNDESCRIBED: dict[str, Any] = {"type": "", "unit": None, "description": "", "bounds": ()}


def _described(field: Any) -> dict[str, Any] | None:
    """Read what a field says of its values; None if there is no field."""
    if field is None:
        return None
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    unit = extra.get("unit", extra.get("units"))
    return {
        "type": inspect.formatannotation(field.annotation).replace("typing.", ""),
        "unit": str(unit) if unit is not None else None,
        "description": " ".join((field.description or "").split()),
        "bounds": tuple(_bounds(field.metadata)),
    }


def _bounds(metadata: Iterable[Any]) -> Iterator[str]:
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "multiple_of": "multiple of"}
    for one in metadata:
        for name, sign in signs.items():
            if (limit := getattr(one, name, None)) is not None:
                yield f"{sign} {limit}"


def _metrics(metrics: Any) -> Iterator[Metric]:
    for name, field in metrics.model_fields.items():
        described = _described(field)
        assert described is not None
        yield Metric(name=name, required=field.is_required(), **described)


def _metrics_class(stage: Any, edges: Iterable[Any]) -> Any:
    """Find the metrics class that the annotations of a stage's rules name."""
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
