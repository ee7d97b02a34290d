"""auto-train's curricula: JSON files with stages, parameters, and rules as lambdas in strings.

Owns that format, in the schema versions 0.1 to 1.0, and what auto-train makes of it: at a stage the rules are tried in
order and the first that holds leads to its ``to_stage``, whatever its ``decision`` says; metrics are lists of all
sessions so far. ``Graduated`` has no rules; with parameters it is a stage like the others, else the library's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from .fields import checked, only, table, text
from .imported import (
    GRADUATED,
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
from .lambdas import DoesMore, NotUnderstood, Translated, translate

__all__ = ["read"]

_COUNTS: Final = ("session_total", "session_at_current_stage")
"""What auto-train counts for every task."""

_WHOLE: Final = {"DynamicForagingCurriculum": ("finished_trials",), "DummyTaskCurriculum": ("dummy_metric_int",)}
"""By ``curriculum_schema_name``: the metrics that auto-train declares as whole numbers."""

_NAME: Final = {"0.1": "task", "0.2": "curriculum_task", "0.3": "curriculum_name", "1.0": "curriculum_name"}
"""By schema version: the key of the curriculum's name."""

_KEYS: Final = frozenset(
    {
        "curriculum_schema_name",
        "curriculum_schema_version",
        "curriculum_version",
        "curriculum_description",
        "task_schema_version",
        "parameters",
        "curriculum",
    }
)
_RULE_KEYS: Final = frozenset({"decision", "to_stage", "condition", "condition_description"})
_DECISIONS: Final = ("stay", "progress", "rollback")
_GRADUATED: Final = "Graduated"


def read(document: Mapping[str, Any], file: str) -> Imported:
    """Read a curriculum of auto-train.

    Args:
        document: The parsed JSON.
        file: The file's name.

    Returns:
        The curriculum, its rules translated as far as they are understood.

    Raises:
        SourceFault: It is of another schema version or not of this form (``source.other_schema``,
            ``source.invalid``), or a rule does more than compare metrics (``source.rule_refused``).
    """
    schema = document.get("curriculum_schema_version")
    if not isinstance(schema, str) or schema not in _NAME:
        raise SourceFault(
            "$.curriculum_schema_version",
            f"the schema version {schema!r} is none of those that are known ({', '.join(_NAME)})",
            "source.other_schema",
            "Export the curriculum by a version of auto-train that writes one of them.",
        )
    only(document, "$", _KEYS | {_NAME[schema]})
    title = text(document, _NAME[schema], "$")
    parameters = table(document, "parameters", "$")
    rulebooks = table(document, "curriculum", "$")
    names = stage_names(parameters, "$.parameters")
    if not names:
        raise SourceFault("$.parameters", "there is no stage")
    names.setdefault(_GRADUATED, GRADUATED)
    whole = _WHOLE.get(str(document.get("curriculum_schema_name")), ())
    read_rules = [one for at, book in rulebooks.items() for one in _rules(book, at, names, whole)]
    tasks = {str(one.get("task", title)) for one in parameters.values() if isinstance(one, dict)}
    task = tasks.pop() if len(tasks) == 1 else None
    return Imported(
        system=f"auto-train (schema {schema})",
        file=file,
        title=title,
        description=text(document, "curriculum_description", "$", default=""),
        task_name=title if task is None else task,
        task_version=None,
        stages=tuple(_stage(parameters, at, names[at], has_one_task=task is not None) for at in parameters),
        rules=tuple(named_rules(rule for rule, _ in read_rules)),
        metrics=_metrics([found for _, found in read_rules if found is not None], whole),
    )


def _stage(parameters: Mapping[str, Any], title: str, name: str, *, has_one_task: bool) -> Stage:
    where = f"$.parameters[{title!r}]"
    found = dict(table(parameters, title, "$.parameters"))
    found.pop("training_stage", None)  # the key says it
    if has_one_task:
        found.pop("task", None)
    description = found.pop("description", "")
    if not isinstance(description, str):
        raise SourceFault(f"{where}.description", "it is not a text")
    require_parameters(found, where)
    return Stage(name=name, title=title, description=description.strip(), parameters=found)


def _rules(
    book: Any, at: str, names: Mapping[str, str], whole: tuple[str, ...]
) -> Iterator[tuple[Rule, Translated | None]]:
    where = f"$.curriculum[{at!r}]"
    only(checked(book, where, dict, "an object"), where, {"from_stage", "transition_rules"})
    rules = checked(book.get("transition_rules"), f"{where}.transition_rules", list, "a list")
    if rules and (at == _GRADUATED or at not in names):
        why = "auto-train tries no rule there" if at == _GRADUATED else "the stage has rules and no parameters"
        raise SourceFault(where, why)
    for index, one in enumerate(rules):
        place = f"{where}.transition_rules[{index}]"
        only(checked(one, place, dict, "an object"), place, _RULE_KEYS)
        to = text(one, "to_stage", place)
        if to not in names:
            raise SourceFault(f"{place}.to_stage", f"there is no stage {to!r}")
        decision = text(one, "decision", place)
        if decision not in _DECISIONS:
            raise SourceFault(f"{place}.decision", f"{decision!r} is none of {', '.join(_DECISIONS)}")
        described = text(one, "condition_description", place, default="").strip()
        rule = Rule(start=names[at], to=names[to], description=described or f"From {at} to {to}")
        condition = text(one, "condition", place)
        try:
            found = translate(condition, counts=_COUNTS, whole=whole)
        except NotUnderstood as error:
            source = " ".join(condition.split())
            yield replace(rule, untranslated=f"{place}.condition: {error}: {source}"), None
        except DoesMore as error:
            raise SourceFault(
                f"{place}.condition",
                f"the condition does more than compare metrics: {error}",
                "source.rule_refused",
                "Write the rule by hand: take it out of the file, import that, and add the rule to rules.py.",
            ) from None
        else:
            for name in found.histories:
                require_metric(name, f"{place}.condition")
            yield replace(rule, code=found.code, helpers=found.helpers), found


def _metrics(found: list[Translated], whole: tuple[str, ...]) -> Metrics:
    histories = dict.fromkeys(sorted({name for one in found for name in one.histories}))
    looks = [one.look_back for one in found if one.histories]
    return Metrics(
        histories={name: name in whole for name in histories},
        look_back=None if None in looks else max((one for one in looks if one is not None), default=1),
        answers=(),
        counts_sessions=True,
    )
