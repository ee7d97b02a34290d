"""A curriculum as plain text, for a terminal and for logs: without colours, so that it reads the same in both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from .model import CurriculumModel, Rule, Stage, Transition
from .order import StageOrder, stage_order
from .wording import BY_A_PERSON, explained, shown

__all__ = ["overview", "stage_text", "table"]

_WIDTH: Final = 120
"""Characters that a line of the table of parameters has at most."""


def table(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Align rows in columns.

    Args:
        rows: The cells of each row; all rows have the same number.
        indent: What each line begins with.

    Returns:
        A line for each row.
    """
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        (indent + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]


def overview(model: CurriculumModel) -> str:
    """Write the whole curriculum: stages, transitions, policies, parameters by stage.

    Args:
        model: The curriculum.

    Returns:
        Lines with a final newline.
    """
    order = stage_order(model)
    lines = [f"{model.name} {model.version}", "", "stages"]
    rows = []
    for name in order.names:
        stage = model.stage(name)
        starts = [policy.rule.name for policy in stage.policies if policy.start]
        others = [f"({policy.rule.name})" for policy in stage.policies if not policy.start]
        first = "start" if stage is model.stages[0] else "" if model.leaving(name) else "end"
        rows.append([name, first, stage.task.name, ", ".join([*starts, *others])])
    lines += table([["stage", "", "task", "policies (not active from the start)"], *rows])
    if model.transitions:
        lines += ["", "transitions, in the order in which they are tried"]
        lines += table([row for name in order.names for row in _transition_rows(model.leaving(name), order)])
    changes = [row for name in order.names for row in _policy_transition_rows(model.stage(name), with_stage=True)]
    if changes:
        lines += ["", "policy transitions"]
        lines += table(changes)
    lines += _parameters_by_stage([model.stage(name) for name in order.names])
    return "\n".join(lines) + "\n"


def _transition_rows(transitions: Iterable[Transition], order: StageOrder) -> list[list[str]]:
    arrows = {"advance": "->", "regress": "<-", "stay": "="}
    return [
        [
            one.source,
            f"{one.priority}",
            arrows[order.kind(one.source, one.target)],
            one.target,
            one.rule.name,
            _description(one.rule),
        ]
        for one in transitions
    ]


def _policy_transition_rows(stage: Stage, *, with_stage: bool) -> list[list[str]]:
    names = {policy.rule.reference: policy.rule.name for policy in stage.policies}
    return [
        [
            *([stage.name] if with_stage else []),
            names[one.source],
            f"{one.priority}",
            "->",
            names[one.target],
            one.rule.name,
            _description(one.rule),
        ]
        for one in stage.policy_transitions
    ]


def _description(rule: Rule) -> str:
    text = explained(rule) if rule.summary else ""
    return f"[{BY_A_PERSON}] {text}".rstrip() if rule.manual else text


def _parameters_by_stage(stages: Sequence[Stage]) -> list[str]:
    stages = [stage for stage in stages if stage.parameters]
    if not stages:
        return []
    names = dict.fromkeys(one.name for stage in stages for one in stage.parameters)
    values = [{one.name: shown(one.value) for one in stage.parameters} for stage in stages]
    units = {one.name: one.unit or "" for stage in stages for one in stage.parameters}
    columns = [["", *names], ["unit", *(units[name] for name in names)]]
    for index, own in enumerate(values):
        before = values[index - 1] if index else own
        marks = ["* " if own.get(name) != before.get(name) else "" for name in names]
        cells = [mark + _short(own.get(name, "-")) for name, mark in zip(names, marks, strict=True)]
        columns.append([stages[index].name, *cells])
    lines = ["", "parameters (* other than in the stage before)"]
    for number, block in enumerate(_blocks(columns[2:], sum(map(_width, columns[:2])))):
        lines += [""] if number else []
        lines += table(list(zip(*columns[:2], *block, strict=True)))
    return lines


def _blocks(columns: Sequence[Sequence[str]], used: int) -> list[list[Sequence[str]]]:
    """Split the columns into several tables, so that no line is wider than a terminal."""
    blocks: list[list[Sequence[str]]] = [[]]
    total = used
    for column in columns:
        if blocks[-1] and total + _width(column) > _WIDTH:
            blocks.append([])
            total = used
        blocks[-1].append(column)
        total += _width(column)
    return blocks


def _width(column: Sequence[str]) -> int:
    return max(map(len, column)) + 2


def _short(text: str) -> str:
    return text if len(text) <= 24 else text[:21] + "..."


def stage_text(model: CurriculumModel, name: str) -> str:
    """Write one stage: its task, rules with their docstrings, and parameters.

    Args:
        model: The curriculum.
        name: Name of one of its stages.

    Returns:
        Lines with a final newline.
    """
    stage, order = model.stage(name), stage_order(model)
    lines = [stage.name, "", *table([["task", stage.task.name, stage.task.description.partition("\n")[0]]])]
    if stage.metrics_provider is not None:
        lines += table([["metrics", stage.metrics_provider.reference]])
    if stage.policies:
        lines += ["", "policies"]
        lines += table([[one.rule.name, "start" if one.start else "", explained(one.rule)] for one in stage.policies])
    if stage.policy_transitions:
        lines += ["", "policy transitions", *table(_policy_transition_rows(stage, with_stage=False))]
    leaving = model.leaving(name)
    if leaving:
        lines += ["", "transitions, in the order in which they are tried"]
        lines += table([row[1:] for row in _transition_rows(leaving, order)])
    if stage.parameters:
        lines += ["", "parameters"]
        lines += table(
            [
                [one.name, shown(one.value), one.unit or "", ", ".join(one.bounds), one.description]
                for one in stage.parameters
            ]
        )
    return "\n".join(lines) + "\n"
