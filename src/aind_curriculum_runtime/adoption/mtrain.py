"""mtrain's regimens: stages with a script and its parameters, transitions with triggers and named criteria.

Owns that format, and what mtrain makes of it: after a session it pulls the trigger ``progress`` and takes the first
transition of the stage whose ``conditions`` all hold and of whose ``unless`` none does; every other trigger is pulled
by a person. The criteria are functions of mtrain itself, so each becomes a metric that says whether it is met.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Final

from .fields import checked, only, table, text
from .imported import (
    Imported,
    Metrics,
    Rule,
    SourceFault,
    Stage,
    named_rules,
    require_metric,
    require_parameters,
    stage_names,
)

__all__ = ["is_regimen", "read"]

_AUTOMATIC: Final = "progress"
_KEYS: Final = frozenset({"name", "tag", "stages", "transitions"})
_SCRIPT: Final = ("script", "script_md5")
_VERSION: Final = re.compile(r"(?P<task>.+?)_v(?P<version>(0|[1-9]\d*)(\.(0|[1-9]\d*)){2})")


def is_regimen(document: Mapping[str, Any]) -> bool:
    """Whether plain data is a regimen, of this form or nearly.

    Args:
        document: The parsed file.

    Returns:
        True when it has stages or transitions.
    """
    return not {"stages", "transitions"}.isdisjoint(document)


def read(document: Mapping[str, Any], file: str) -> Imported:
    """Read a regimen of mtrain.

    Args:
        document: The parsed YAML, or the JSON that mtrain's own script makes of it.
        file: The file's name.

    Returns:
        The curriculum.

    Raises:
        SourceFault: It is not of this form (``source.invalid``).
    """
    only({key: value for key, value in document.items() if not key.startswith("_")}, "$", _KEYS)
    title = text(document, "name", "$", default=PurePath(file).stem)
    stages = table(document, "stages", "$")
    names = stage_names(stages, "$.stages")
    if not names:
        raise SourceFault("$.stages", "there is no stage")
    listed = document.get("transitions")
    if listed is not None or "transitions" not in document:  # empty for a regimen of one stage
        checked(listed, "$.transitions", list, "a list")
    rules = [_rule(one, f"$.transitions[{index}]", names) for index, one in enumerate(listed or [])]
    versioned = _VERSION.fullmatch(title)
    return Imported(
        system="mtrain",
        file=file,
        title=title,
        description="",
        task_name=versioned["task"] if versioned else title,
        task_version=versioned["version"] if versioned else None,
        stages=tuple(_stage(stages, at, names[at]) for at in stages),
        rules=tuple(named_rules(rule for rule, _ in rules)),
        metrics=Metrics(
            histories={},
            look_back=1,
            answers=tuple(sorted({name for _, criteria in rules for name in criteria})),
            counts_sessions=False,
        ),
    )


def _stage(stages: Mapping[str, Any], title: str, name: str) -> Stage:
    where = f"$.stages[{title!r}]"
    found = table(stages, title, "$.stages")
    only(found, where, {*_SCRIPT, "parameters"})
    parameters = table(found, "parameters", where)
    script = {key: text(found, key, where) for key in _SCRIPT if found.get(key) is not None}
    for key in parameters.keys() & script.keys():
        raise SourceFault(f"{where}.parameters.{key}", "the stage itself has a value of this name")
    together = {**script, **parameters}  # a task of the library has no values but its parameters
    require_parameters(together, f"{where}.parameters")
    return Stage(name=name, title=title, description="", parameters=together)


def _rule(one: Any, where: str, names: Mapping[str, str]) -> tuple[Rule, frozenset[str]]:
    only(checked(one, where, dict, "an object"), where, {"trigger", "source", "dest", "conditions", "unless"})
    trigger, start, to = (text(one, key, where) for key in ("trigger", "source", "dest"))
    for key, stage in (("source", start), ("dest", to)):
        if stage not in names:
            raise SourceFault(f"{where}.{key}", f"there is no stage {stage!r}")
    met, unmet = (_criteria(one, key, where) for key in ("conditions", "unless"))
    told = ", ".join([*met, *(f"not {name}" for name in unmet)])
    if trigger != _AUTOMATIC:
        asked = f", where mtrain asks for {told}" if told else ""
        by = f"A person decides: mtrain's trigger {trigger!r}{asked}"
        return Rule(start=names[start], to=names[to], description=by, is_manual=True), frozenset()
    compared = [*(f"metrics.{name}" for name in met), *(f"not metrics.{name}" for name in unmet)]
    rule = Rule(
        start=names[start],
        to=names[to],
        description=f"By mtrain's criteria: {told}" if told else "After any session",
        code=" and ".join(compared) or "True",
    )
    return rule, frozenset({*met, *unmet})


def _criteria(one: Mapping[str, Any], key: str, where: str) -> list[str]:
    asked = one.get(key, [])
    listed = [asked] if isinstance(asked, str) else checked(asked, f"{where}.{key}", list, "a name or a list of names")
    for name in listed:
        require_metric(str(name), f"{where}.{key}")
    return listed
