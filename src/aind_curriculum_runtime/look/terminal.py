"""A curriculum as plain text, for a terminal and for logs: without colours, so that it reads the same in both."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from .by_stage import ByStage, Row, by_stage, folded, grouped
from .changes import WIDTH
from .model import CurriculumModel, Rule, Stage, Transition
from .order import StageOrder, stage_order
from .wording import BY_A_PERSON, explained, shortened, wrapped

__all__ = ["overview", "stage_text", "table"]

_NARROWEST: Final = 12
"""Characters of a column that is not made narrower."""

_PATH: Final = 36
"""Characters of a parameter's path; longer ones get a heading."""

_VALUE: Final = 24
_LONG_VALUE: Final = 120
"""Characters of a value; the second where all parameters are asked for."""

_INDENT: Final = "  "
_FIXED: Final = 2
"""Columns before those of the stages: path and unit."""

_ROWS: Final = 60
"""Rows of parameters, if not all are asked for."""


def table(rows: Sequence[Sequence[str] | str], indent: str = "  ", width: int | None = None) -> list[str]:
    """Align rows in columns.

    Args:
        rows: The cells of each row, of which all have the same number; a text instead of cells is a heading.
        indent: What each line begins with.
        width: Characters that a line may have; what does not fit is broken within its column. None for any number.

    Returns:
        A line for each row, or several where a cell is broken.
    """
    widths = _widths(rows)
    if width is not None:
        widths = _fitted(widths, width - len(indent))
    return _aligned(rows, widths, indent, width)


def _widths(rows: Iterable[Sequence[str] | str]) -> list[int]:
    cells = [row for row in rows if not isinstance(row, str)]
    return [max(map(len, column)) for column in zip(*cells, strict=True)]


def _fitted(widths: Sequence[int], room: int) -> list[int]:
    """Make the widest columns narrower until all fit, with two spaces between them."""
    fitted = list(widths)
    room -= 2 * (len(fitted) - 1)
    while sum(fitted) > room and max(fitted) > _NARROWEST:
        fitted[fitted.index(max(fitted))] -= 1
    return fitted


def _aligned(rows: Iterable[Sequence[str] | str], widths: Sequence[int], indent: str, width: int | None) -> list[str]:
    lines: list[str] = []
    for row in rows:
        if isinstance(row, str):
            parts = [wrapped(row, width - len(indent)) if width is not None else [row]]
        else:
            parts = [_broken(cell, column) for cell, column in zip(row, widths, strict=True)]
        for line in itertools.zip_longest(*parts, fillvalue=""):
            padded = (f"{cell:<{column}}" for cell, column in zip(line, widths, strict=False))
            lines.append((indent + "  ".join(padded)).rstrip())
    return lines


def _broken(cell: str, width: int) -> list[str]:
    text = cell.lstrip()
    indent = cell[: len(cell) - len(text)]
    return [indent + line for line in wrapped(text, width - len(indent))]


def overview(model: CurriculumModel, width: int = WIDTH, *, everything: bool = False) -> str:
    """Write the whole curriculum: stages, transitions, policies, parameters by stage.

    Args:
        model: The curriculum.
        width: Characters of a line.
        everything: Whether to write every parameter, and not only those that differ between stages.

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
    lines += table([["stage", "", "task", "policies (not active from the start)"], *rows], width=width)
    if model.transitions:
        lines += ["", "transitions, in the order in which they are tried"]
        lines += table(
            [row for name in order.names for row in _transition_rows(model.leaving(name), order)], width=width
        )
    changes = [row for name in order.names for row in _policy_transition_rows(model.stage(name), with_stage=True)]
    if changes:
        lines += ["", "policy transitions"]
        lines += table(changes, width=width)
    lines += _parameters(by_stage(model, order, everything=everything), width, everything=everything)
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


def _parameters(compared: ByStage, width: int, *, everything: bool) -> list[str]:
    if not compared.stages:
        return []
    shown_rows = compared.rows if everything else folded(compared.rows, _ROWS)
    units = "unit" if any(map(_unit, shown_rows)) else ""
    rows: list[list[str] | str] = [["", units, *(stage.name for stage in compared.stages)]]
    for heading, group in grouped(shown_rows, _PATH):
        rows += [heading] if heading else []
        rows += [
            [f"  {rest}" if heading else rest, _unit(row), *_cells(row, everything=everything)] for rest, row in group
        ]
    lines = []
    if len(rows) > 1:
        lines += ["", "parameters (* other than in the stage before, - not set)"]
        widths = _widths(rows)
        widths[0] = min(widths[0], _PATH + len(_INDENT))
        for number, (start, end) in enumerate(_blocks(widths, width)):
            lines += [""] if number else []
            block = [row if isinstance(row, str) else [*row[:_FIXED], *row[start:end]] for row in rows]
            own = _fitted(widths[start:end], width - sum(widths[:_FIXED]) - 2 * _FIXED - len(_INDENT))
            lines += _aligned(block, [*widths[:_FIXED], *own], _INDENT, width)
    return [*lines, *_left_out(compared.left_out(len(compared.rows) - len(shown_rows)), width)]


def _unit(row: Row) -> str:
    return (row.parameter.unit or "") if row.parameter is not None else ""


def _cells(row: Row, *, everything: bool) -> Iterator[str]:
    for cell, changed in zip(row.cells, row.changed, strict=True):
        text = "-" if cell is None else shortened(cell, _LONG_VALUE if everything else _VALUE)
        yield f"* {text}" if changed else text


def _blocks(widths: Sequence[int], width: int) -> Iterator[tuple[int, int]]:
    """Split the columns of the stages into several tables, each with as many as fit side by side."""
    room = width - len(_INDENT) - sum(widths[:_FIXED]) - 2 * (_FIXED - 1)
    start, used = _FIXED, 0
    for index in range(_FIXED, len(widths)):
        needed = min(widths[index], _NARROWEST) + 2
        if index > start and used + needed > room:
            yield start, index
            start, used = index, 0
        used += needed
    yield start, len(widths)


def _left_out(said: str, width: int) -> list[str]:
    return ["", *wrapped(f"{said} (--all shows them).", width)] if said else []


def stage_text(model: CurriculumModel, name: str, width: int = WIDTH, *, everything: bool = False) -> str:
    """Write one stage: its task, rules with their docstrings, and parameters.

    Args:
        model: The curriculum.
        name: Name of one of its stages.
        width: Characters of a line.
        everything: Whether to write every parameter, and not only those that differ between stages.

    Returns:
        Lines with a final newline.
    """
    stage, order = model.stage(name), stage_order(model)
    about = [["task", stage.task.name, stage.task.description.partition("\n")[0]]]
    lines = [stage.name, "", *table(about, width=width)]
    if stage.metrics_provider is not None:
        lines += table([["metrics", stage.metrics_provider.reference]], width=width)
    if stage.policies:
        lines += ["", "policies"]
        policies = [[one.rule.name, "start" if one.start else "", explained(one.rule)] for one in stage.policies]
        lines += table(policies, width=width)
    if stage.policy_transitions:
        lines += ["", "policy transitions"]
        lines += table(_policy_transition_rows(stage, with_stage=False), width=width)
    leaving = model.leaving(name)
    if leaving:
        lines += ["", "transitions, in the order in which they are tried"]
        lines += table([row[1:] for row in _transition_rows(leaving, order)], width=width)
    if stage.parameters:
        lines += _parameters_of(by_stage(model, order, everything=everything), stage, width, everything=everything)
    return "\n".join(lines) + "\n"


def _parameters_of(compared: ByStage, stage: Stage, width: int, *, everything: bool) -> list[str]:
    index = compared.stages.index(stage)
    own = [row for row in compared.rows if row.cells[index] is not None]
    shown_rows = own if everything else folded(own, _ROWS)
    rows: list[list[str] | str] = []
    for heading, group in grouped(shown_rows, _PATH):
        rows += [heading] if heading else []
        for rest, row in group:
            value = row.cells[index] or ""
            bounds = ", ".join(row.parameter.bounds) if row.parameter is not None else ""
            description = row.parameter.description if row.parameter is not None else ""
            path = f"  {rest}" if heading else rest
            rows.append(
                [path, shortened(value, _LONG_VALUE if everything else _VALUE), _unit(row), bounds, description]
            )
    lines = ["", "parameters", *table(rows, width=width)] if rows else []
    return [*lines, *_left_out(compared.left_out(len(own) - len(shown_rows)), width)]
