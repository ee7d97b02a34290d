"""A curriculum that another system wrote, read whole: what the repo's modules are then written from.

Owns the form that all such systems are brought to, the names of its stages and rules, and how a fault in a source is
told. Knows neither the sources' formats nor how Python is written.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

__all__ = [
    "GRADUATED",
    "Imported",
    "Metrics",
    "Rule",
    "SourceFault",
    "Stage",
    "named_rules",
    "python_name",
    "require_metric",
    "require_parameters",
    "stage_names",
]

GRADUATED: Final = "GRADUATED"
"""The library's own last stage, which has no task."""


_TAKEN: Final = ("Any", "Field", "None", "bool", "dict", "float", "int", "list", "str")
"""What the declarations of parameters and metrics are written with."""


class SourceFault(Exception):
    """A source cannot be imported.

    Args:
        where: A path in it, such as ``$.parameters['Stage 1']``.
        why: What is wrong there, to follow the path in a sentence.
        code: The error code.
        hint: What to do about it, where it is not plain.
    """

    def __init__(self, where: str, why: str, code: str = "source.invalid", hint: str = "") -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why, self.code, self.hint = where, why, code, hint


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage.

    Attributes:
        name: As the repo calls it: ``s_stage_1``.
        title: As the source calls it: ``Stage 1``.
        description: What the source says of it.
        parameters: Of its task, by their own names.
    """

    name: str
    title: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A stage transition.

    Attributes:
        name: Of its function: ``st_stage_1_stage_2``; empty until ``named_rules`` gave it.
        start: The stage that it leaves.
        to: The stage that it leads to, or ``GRADUATED``.
        description: One sentence on when it holds.
        code: An expression over ``metrics``; None for a stub.
        helpers: Functions of the metrics' module that the expression calls.
        is_manual: Whether a person decides, and no metric.
        untranslated: For a stub: the source's own text, where it stands and why it was not understood.
    """

    name: str = ""
    start: str
    to: str
    description: str
    code: str | None = None
    helpers: frozenset[str] = frozenset()
    is_manual: bool = False
    untranslated: str = ""


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """What the rules compare.

    Attributes:
        histories: Fields that hold a number a session, oldest first, and whether these are whole numbers.
        look_back: Sessions that the histories go back; None for all.
        answers: Fields that hold yes or no, of the session or of all until it.
        counts_sessions: Whether the sessions are counted, in all and at the stage.
    """

    histories: Mapping[str, bool]
    look_back: int | None
    answers: tuple[str, ...]
    counts_sessions: bool


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A curriculum of another system.

    Attributes:
        system: The system and its version, for docstrings: ``auto-train (schema 0.3)``.
        file: The source's file name.
        title: The curriculum's name there.
        description: What the source says of it.
        task_name: The task's name.
        task_version: The task's version, if it has a semantic one.
        stages: In the order of the training.
        rules: In the order of trying.
    """

    system: str
    file: str
    title: str
    description: str
    task_name: str
    task_version: str | None
    stages: tuple[Stage, ...]
    rules: tuple[Rule, ...]
    metrics: Metrics

    @property
    def stubs(self) -> tuple[Rule, ...]:
        """The rules that were not translated."""
        return tuple(rule for rule in self.rules if rule.untranslated)


def python_name(text: str) -> str:
    """A name in lower case with underscores, which may begin with a digit or be empty.

    Args:
        text: Any name.

    Returns:
        Its letters and digits.
    """
    return re.sub(r"[\W_]+", "_", unicodedata.normalize("NFKC", text)).strip("_").lower()


def stage_names(titles: Iterable[str], where: str) -> dict[str, str]:
    """Name the stages as the repo calls them.

    Args:
        titles: The source's names.
        where: The path in the source below which they stand.

    Returns:
        Names by titles, in the same order.

    Raises:
        SourceFault: A title has no letter or digit, or two become the same name.
    """
    found: dict[str, str] = {}
    for title in titles:
        name = f"s_{python_name(title)}"
        if name == "s_" or not name.isidentifier():
            raise SourceFault(f"{where}[{title!r}]", "no name of a Python variable can be made of this stage's name")
        twin = next((other for other, taken in found.items() if taken == name), None)
        if twin is not None:
            raise SourceFault(f"{where}[{title!r}]", f"the stages {twin!r} and {title!r} would both be named {name}")
        found[title] = name
    return found


def named_rules(rules: Iterable[Rule]) -> Iterator[Rule]:
    """Give every rule a name of its own.

    Args:
        rules: Rules without names, in order.

    Yields:
        The same: ``st_<from>_<to>``, with a number for a second one between the same stages.
    """
    taken: dict[str, int] = {}
    for rule in rules:
        name = f"st_{rule.start.removeprefix('s_')}_{rule.to.removeprefix('s_').lower()}"
        taken[name] = taken.get(name, 0) + 1
        numbered = name if taken[name] == 1 else f"{name}_{taken[name]}"
        yield replace(rule, name=numbered)


def require_metric(name: str, where: str) -> None:
    """Make sure that a metric can be a field of a class.

    Args:
        name: Its name.
        where: Where it stands in the source.

    Raises:
        SourceFault: It is no Python name, or means something else to the class.
    """
    from aind_behavior_curriculum import Metrics as LibraryMetrics

    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise SourceFault(where, f"{name!r} is no name that a metric can have")
    if hasattr(LibraryMetrics, name) or name in ("stage_name", *_TAKEN):
        raise SourceFault(where, f"{name!r} already means something else where metrics are declared")


def require_parameters(parameters: Mapping[str, Any], where: str) -> None:
    """Make sure that parameters can be fields of a class.

    Args:
        parameters: By name.
        where: Where they stand in the source.

    Raises:
        SourceFault: A name is no Python name or means something else to the class; a text would be changed.
    """
    from aind_behavior_curriculum import TaskParameters

    for name, value in parameters.items():
        place = f"{where}.{name}" if name.isidentifier() else f"{where}[{name!r}]"
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
            raise SourceFault(place, "it is no name that a parameter can have")
        if hasattr(TaskParameters, name) or name in _TAKEN:
            raise SourceFault(place, f"{name!r} already means something else where parameters are declared")
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and text != text.strip():
                raise SourceFault(place, "the library takes away the blanks around this text")
