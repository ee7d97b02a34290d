"""The author's modules of a repo, written from a curriculum that was imported: what one would write by hand.

Owns the types of the task's parameters and what the modules in ``templates`` are given. Every value that goes into one
becomes a Python literal, unless it was marked as code here: nothing of a source can be more than data, a comment or a
docstring.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..look.templates import render
from .imported import GRADUATED, Imported, Stage

__all__ = ["author_modules"]

_EVENT: Final = "SessionSummary"
"""The software event with a session's values, which the written metrics read."""

_TEMPLATES: Final = Path(__file__).with_name("templates")
_SESSION: Final = "tests/data/session/behavior"
_WIDTH: Final = 112
_PIECE: Final = 90
_LITERAL: Final = str | int | float | list | dict | None
_ORDER: Final[tuple[str, ...]] = ("bool", "int", "float", "str", "list", "dict[str, Any]", "None")


class _Code(str):
    """Text that is Python already."""


class _Field(NamedTuple):
    """A parameter in the class of all parameters."""

    name: str
    annotation: str
    default: str | None


def author_modules(imported: Imported, curriculum: str, package: str) -> dict[str, str]:
    """Write the author's modules, with tests and an example of a session.

    Args:
        imported: The curriculum.
        curriculum: The repo's name for it.
        package: The repo's import package.

    Returns:
        Contents by path in the repo, with forward slashes; the Python is not laid out yet.

    Raises:
        ImportError: Jinja2 is not installed.
    """
    metrics = imported.metrics
    shared, fields = _fields(imported.stages)
    helpers = {name for rule in imported.rules for name in rule.helpers}
    given = {
        "imported": imported,
        "name": curriculum,
        "package": package,
        "prefix": _Code("".join(part.capitalize() for part in curriculum.split("-"))),
        "origin": f"{imported.title}, brought over from {imported.file} of {imported.system}",
        "event": _EVENT,
        "fields": fields,
        "shared": shared,
        "leaves_out": _leaves_out(imported.stages),
        "has_any": _leaves_out(imported.stages) or any("Any" in field.annotation for field in fields),
        "helpers": helpers | ({"number"} if "mean" in helpers else set()),
        "imported_helpers": sorted(helpers),
        "has_values": bool(metrics.histories or metrics.answers),
        "reads_files": bool(metrics.histories or metrics.answers or metrics.counts_sessions),
        "look_back": metrics.look_back if metrics.histories else None,
        "has_manual": any(rule.is_manual for rule in imported.rules),
        "graduates": any(rule.to == GRADUATED for rule in imported.rules),
        "ordinary": _ordinary(imported),
    }
    filters: dict[str, Callable[[str], Any]] = {
        "code": _Code,
        "comment": _comment,
        "docstring": _docstring,
        "lines": _lines,
        "text": _text,
    }

    def module(template: str) -> str:
        return render(_TEMPLATES / f"{template}.py.jinja", filters, finalize=_literal, **given)

    written = ("task", "metrics", "rules", "stages", "curriculum")
    return {
        f"src/{package}/__init__.py": f'"""{curriculum}: task, metrics, stages and transitions."""\n',
        **{f"src/{package}/{name}.py": module(name) for name in written},
        "tests/test_examples.py": module("test_examples"),
        **_sample_session(imported),
    }


def _literal(value: Any) -> str:
    if isinstance(value, _Code):
        return value
    if not isinstance(value, _LITERAL):  # such as a name that a template misspells
        raise TypeError(f"{type(value).__name__} is no literal")
    return repr(value)


def _plain(text: str) -> str:
    """Text for a comment or a docstring: one line, in which nothing ends either."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.replace("\\", "/").replace('"', "'").split())


def _text(text: str) -> _Code:
    return _Code(_plain(text))


def _comment(text: str) -> _Code:
    return _Code("\n".join(f"# {line}" for line in textwrap.wrap(_plain(text), _WIDTH)))


def _docstring(text: str) -> _Code:
    sentence = _plain(text)
    if not sentence.endswith((".", "!", "?")):
        sentence += "."
    lines = textwrap.wrap(sentence[:1].upper() + sentence[1:], _WIDTH, break_long_words=False, break_on_hyphens=False)
    end = "\n    " if len(lines) > 1 else ""
    return _Code('"""' + "\n    ".join(lines) + end + '"""')


def _lines(text: str) -> list[str]:
    """A long text as several, which Python puts together again."""
    return re.findall(rf"(?s).{{1,{_PIECE}}}(?:\s|\Z)|.{{1,{_PIECE}}}", text)


def _fields(stages: Sequence[Stage]) -> tuple[set[str], list[_Field]]:
    """The names of the parameters that all stages share, and all parameters as fields."""
    shared: set[str] = set()
    fields = []
    for name in dict.fromkeys(name for stage in stages for name in stage.parameters):
        values = [stage.parameters[name] for stage in stages if name in stage.parameters]
        annotation, default = _annotation(values), None
        if len(values) < len(stages):
            annotation, default = (annotation if annotation.endswith("None") else f"{annotation} | None"), "None"
        elif len(stages) > 1 and len({json.dumps(value) for value in values}) == 1:
            shared.add(name)
            default = repr(values[0])
        fields.append(_Field(name, annotation, default))
    return shared, fields


def _leaves_out(stages: Sequence[Stage]) -> bool:
    """Whether a parameter is set in some stages and not in others."""
    return len({frozenset(stage.parameters) for stage in stages}) > 1


def _annotation(values: Sequence[Any]) -> str:
    """The type of a parameter that has these values."""
    kinds = {_kind(value) for value in values}
    if {"int", "float"} <= kinds:
        kinds.remove("int")
    found = [kind for kind in _ORDER if kind in kinds]
    if "list" in kinds:
        elements = [element for value in values if isinstance(value, list) for element in value]
        found[found.index("list")] = f"list[{_annotation(elements) or 'Any'}]"
    return " | ".join(found)


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    return "dict[str, Any]" if isinstance(value, dict) else type(value).__name__


def _ordinary(imported: Imported) -> dict[str, str]:
    """Metrics of an ordinary session, as code."""
    metrics, sessions = imported.metrics, max(imported.metrics.look_back or 0, 10)
    found = {name: f"[{'100' if whole else '0.5'}] * {sessions}" for name, whole in metrics.histories.items()}
    found |= dict.fromkeys(metrics.answers, "False")
    if metrics.counts_sessions:
        first = repr(imported.stages[0].name)
        found |= {"session_total": str(sessions), "session_at_current_stage": "3", "stage_name": first}
    return found


def _sample_session(imported: Imported) -> dict[str, str]:
    """A session at the first stage, as launcher and rig leave it."""
    metrics, first = imported.metrics, imported.stages[0]
    data = {name: 100 if whole else 0.5 for name, whole in metrics.histories.items()}
    event = {
        "data": data | dict.fromkeys(metrics.answers, False),
        "timestamp": 5400.0,
        "timestamp_source": "harp",
        "frame_index": None,
        "frame_timestamp": None,
        "name": _EVENT,
        "data_type": "object",
    }
    task = {"name": imported.task_name, "stage_name": first.name, "task_parameters": first.parameters}
    return {
        f"{_SESSION}/SoftwareEvents/{_EVENT}.json": json.dumps(event) + "\n",
        f"{_SESSION}/Logs/tasklogic_input.json": json.dumps(task, indent=2) + "\n",
    }
