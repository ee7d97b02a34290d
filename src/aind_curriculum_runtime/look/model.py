"""A curriculum as plain data: what every view shows, and what two versions are compared by.

Owns the model and its JSON, which holds no path of a machine and nothing that follows from the rest. Knows nothing
of how a curriculum is imported or shown.
"""

from __future__ import annotations

import dataclasses
import functools
import types
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

__all__ = [
    "FORMAT",
    "CurriculumModel",
    "Metric",
    "MetricsClass",
    "Parameter",
    "Policy",
    "PolicyTransition",
    "Rule",
    "Stage",
    "Task",
    "Transition",
    "from_json",
    "to_json",
]

FORMAT: Final = 1
"""Version of the model's JSON. Under one version keys are added, never renamed."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A function of the curriculum: policy, transition or metrics provider."""

    reference: str
    """Dotted path of the function, as trainer states name it."""

    docstring: str
    """The whole docstring, without indentation; empty if there is none."""

    source: str
    """The source code, without indentation; empty if it cannot be read."""

    manual: bool
    """Whether a person decides, and it never holds by itself (``manual_transition``)."""

    @property
    def name(self) -> str:
        """The function's own name: the last part of the reference."""
        return self.reference.rpartition(".")[2]

    @property
    def summary(self) -> str:
        """The first paragraph of the docstring as one line; empty if there is none."""
        return " ".join(self.docstring.partition("\n\n")[0].split())


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One task parameter as a stage sets it: a leaf of the task's parameters, as ``contract.leaves`` finds them."""

    name: str
    """Its path, such as ``gain.x`` or ``patches[label=B].reward``."""

    value: Any
    """A JSON value: plain, empty, or a list of plain values."""

    type: str
    unit: str | None
    description: str
    bounds: tuple[str, ...]
    """The limits of its value, each as text such as ``> 0``."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One field of a metrics class."""

    name: str
    type: str
    unit: str | None
    description: str
    bounds: tuple[str, ...]
    required: bool


@dataclass(frozen=True, kw_only=True)
class MetricsClass:
    """A class of metrics: what a session is reduced to."""

    reference: str
    docstring: str
    fields: tuple[Metric, ...]


@dataclass(frozen=True, kw_only=True)
class Task:
    """The task that a stage runs."""

    reference: str
    name: str
    version: str | None
    description: str


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy of a stage."""

    rule: Rule
    start: bool
    """Whether it is active when a subject comes to the stage."""


@dataclass(frozen=True, kw_only=True)
class PolicyTransition:
    """A transition between two policies of a stage."""

    source: str
    """Reference of the policy's rule that it leaves."""

    target: str
    priority: int
    """1 for the one that is tried first of those with the same source."""

    rule: Rule


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage: its task with its parameters, and the rules that apply at it."""

    name: str
    task: Task
    parameters: tuple[Parameter, ...]
    policies: tuple[Policy, ...]
    policy_transitions: tuple[PolicyTransition, ...]
    metrics_provider: Rule | None
    metrics: str | None
    """Reference of the class of the metrics that its rules take; None if no annotation names it."""


@dataclass(frozen=True, kw_only=True)
class Transition:
    """A transition between two stages."""

    source: str
    target: str
    priority: int
    """1 for the one that is tried first of those with the same source."""

    rule: Rule


@dataclass(frozen=True, kw_only=True)
class CurriculumModel:
    """A curriculum: its stages in the order of the graph; subjects start at the first."""

    format: int = FORMAT
    name: str
    version: str
    dsl_version: str
    stages: tuple[Stage, ...]
    transitions: tuple[Transition, ...]
    metrics: tuple[MetricsClass, ...]

    def stage(self, name: str) -> Stage:
        """Find a stage.

        Args:
            name: Its name.

        Returns:
            The stage.

        Raises:
            KeyError: No stage has that name.
        """
        for one in self.stages:
            if one.name == name:
                return one
        raise KeyError(name)

    def leaving(self, stage: str) -> tuple[Transition, ...]:
        """Find the transitions that leave a stage.

        Args:
            stage: Its name.

        Returns:
            The transitions in the order in which they are tried.
        """
        return tuple(one for one in self.transitions if one.source == stage)


def to_json(model: CurriculumModel) -> dict[str, Any]:
    """Turn a model into JSON values.

    Args:
        model: The curriculum.

    Returns:
        Dicts, lists and plain values; the keys are the names of the fields.
    """
    return _plain(model)  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if dataclasses.is_dataclass(type(value)):
        return {name: _plain(one) for name, one in vars(value).items()}
    return value


def from_json(document: Any) -> CurriculumModel:
    """Read what ``to_json`` wrote.

    Args:
        document: JSON values; keys that are not known are ignored.

    Returns:
        The model.

    Raises:
        ValueError: It is not such a document, or one of another format.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"it is not a curriculum model of format {FORMAT}")
    return _build(CurriculumModel, document, "$")


_T = TypeVar("_T")


def _build(cls: type[_T], document: Any, where: str) -> _T:
    if not isinstance(document, dict):
        raise ValueError(f"{where} is not an object")
    hashable: Any = cls
    hints = _hints(hashable)
    missing = [name for name in hints if name not in document]
    if missing:
        raise ValueError(f"{where}.{missing[0]} is missing")
    return cls(**{name: _value(hint, document[name], f"{where}.{name}") for name, hint in hints.items()})


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    """Resolve the annotations of a class, once: that takes longer than all else here."""
    return get_type_hints(cls)


def _value(hint: Any, value: Any, where: str) -> Any:
    kind, inner = _shape(hint)
    if kind == "any":
        return value
    if kind == "array":
        if not isinstance(value, list):
            raise ValueError(f"{where} is not an array")
        return tuple(_value(inner, one, f"{where}[{index}]") for index, one in enumerate(value))
    if kind == "optional":
        return None if value is None else _value(inner, value, where)
    if kind == "object":
        return _build(inner, value, where)
    if not isinstance(value, inner):
        raise ValueError(f"{where} is not of type {inner.__name__}")
    return value


@functools.cache
def _shape(hint: Any) -> tuple[Literal["any", "array", "optional", "object", "plain"], Any]:
    """Say what an annotation asks for, and of what; a large model has thousands of values, but few annotations."""
    if hint is Any:
        return "any", None
    if get_origin(hint) is tuple:
        return "array", get_args(hint)[0]
    if get_origin(hint) in (types.UnionType, Union):
        return "optional", get_args(hint)[0]
    return ("object" if dataclasses.is_dataclass(hint) else "plain"), hint
