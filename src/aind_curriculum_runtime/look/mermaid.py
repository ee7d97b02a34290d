"""A curriculum as Markdown: a Mermaid diagram, which GitHub draws, and tables.

Owns the syntax of both, written by hand: no Python library writes Mermaid, and Jinja2 escapes for HTML alone, while
each cell here needs Markdown's escapes. The page leaves out the version, so that a new version does not make it old.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from .by_stage import ByStage, Row, by_stage, folded, grouped
from .colours import shade, stroke
from .model import CurriculumModel, Parameter, PolicyTransition, Rule, Stage, Transition
from .order import StageOrder, stage_order
from .wording import BY_A_PERSON, clean, escape, explained, shortened, wrapped

__all__ = ["HEADER", "inserted", "markdown", "mermaid"]

HEADER: Final = "<!-- Written by `curriculum diagram -o FILE.md` from the curriculum's code: do not edit. -->"
"""The line by which a page of ours is told from somebody's own Markdown."""

_PLACE = re.compile(r"(<!-- curriculum diagram -->\n).*?(<!-- end of the curriculum diagram -->)", re.DOTALL)
"""The place in somebody's own Markdown where the diagram goes."""

_ROWS: Final = 60
_PATH: Final = 40
_VALUE: Final = 40
_TEXT: Final = 120
"""Rows of the table of parameters, and characters of its cells."""

_SUMMARY: Final = 200
"""Characters of what a rule says of itself."""

_EMPHASIS = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""Underscores that Markdown would take for emphasis; those within a word are safe."""


def markdown(model: CurriculumModel) -> str:
    """Write the whole page.

    Args:
        model: The curriculum.

    Returns:
        Markdown with a final newline.
    """
    order = stage_order(model)
    stages = [model.stage(name) for name in order.names]
    parts = [
        f"# {_text(model.name)}",
        HEADER,
        _diagram(model),
    ]
    if model.transitions:
        parts.append("## Transitions")
        parts.append(
            _table(
                ["from", "", "to", "when", "rule"],
                [
                    [_text(one.source), str(one.priority), _text(one.target), _when(one.rule), _code(one.rule.name)]
                    for stage in stages
                    for one in model.leaving(stage.name)
                ],
            )
        )
    if any(stage.policies for stage in stages):
        parts.append("## Policies")
        parts.append(_table(["stage", "policy", "from the start", "what it does"], _policies(stages)))
    changes = [(stage, one) for stage in stages for one in stage.policy_transitions]
    if changes:
        parts.append("## Policy transitions")
        parts.append(_table(["stage", "from", "", "to", "when", "rule"], _policy_transitions(changes)))
    parts += _parameters(by_stage(model, order))
    return "\n\n".join(parts) + "\n"


def inserted(model: CurriculumModel, text: str) -> str | None:
    """Put the diagram into somebody's own Markdown, such as a README.

    Args:
        model: The curriculum.
        text: The Markdown as it is.

    Returns:
        The Markdown with the diagram between ``<!-- curriculum diagram -->`` and
        ``<!-- end of the curriculum diagram -->``; None if it does not have these two lines.
    """
    if not _PLACE.search(text):
        return None
    return _PLACE.sub(lambda place: f"{place[1]}{_diagram(model)}\n\n{place[2]}", text)


def _diagram(model: CurriculumModel) -> str:
    manual = f", thick ones are {BY_A_PERSON}" if any(one.rule.manual for one in model.transitions) else ""
    legend = f"Solid arrows advance, dashed ones go back{manual}; the number is the order of trying."
    return f"```mermaid\n{mermaid(model)}```\n\n{legend}"


def _policies(stages: Iterable[Stage]) -> Iterator[list[str]]:
    for stage in stages:
        for policy in stage.policies:
            start = "yes" if policy.start else ""
            yield [_text(stage.name), _code(policy.rule.name), start, _text(shortened(policy.rule.summary, _SUMMARY))]


def _policy_transitions(changes: Iterable[tuple[Stage, PolicyTransition]]) -> Iterator[list[str]]:
    for stage, one in changes:
        ends = [_code(end.rpartition(".")[2]) for end in (one.source, one.target)]
        yield [_text(stage.name), ends[0], str(one.priority), ends[1], _when(one.rule), _code(one.rule.name)]


def _parameters(compared: ByStage) -> list[str]:
    if not compared.stages:
        return []
    rows = folded(compared.rows, _ROWS)
    groups = grouped(rows, _PATH)
    described = [row.parameter for row in rows if row.parameter is not None]
    with_units = any(_unit(one) for one in described)
    with_texts = any(one.description for one in described)
    lines = []
    for heading, group in groups:
        if heading:
            lines.append([f"**{_code(heading)}**", *[""] * (with_units + len(compared.stages) + with_texts)])
        for rest, row in group:
            unit = [_text(_unit(row.parameter))] if with_units else []
            text = [_text(shortened(row.parameter.description, _TEXT) if row.parameter else "")] if with_texts else []
            lines.append([_code(rest), *unit, *_cells(row), *text])
    head = ["parameter", *(["unit"] if with_units else []), *(_text(stage.name) for stage in compared.stages)]
    parts = ["## Parameters"]
    if lines:
        parts.append(_table([*head, *(["what it is"] if with_texts else [])], lines))
        parts.append(f"Bold: other than in the stage before.{_none(rows)}")
    left_out = compared.left_out(len(compared.rows) - len(rows))
    return [*parts, f"{left_out}: `curriculum show --all`."] if left_out else parts


def _unit(parameter: Parameter | None) -> str:
    return parameter.unit if parameter is not None and parameter.unit not in (None, "1") else ""


def _cells(row: Row) -> Iterator[str]:
    for cell, changed in zip(row.cells, row.changed, strict=True):
        text = _text(shortened(cell, _VALUE)) if cell is not None else "-"
        yield f"**{text}**" if changed and text else text


def _none(rows: Iterable[Row]) -> str:
    return " -: not set at that stage." if any(None in row.cells for row in rows) else ""


def _when(rule: Rule) -> str:
    summary = _text(shortened(rule.summary, _SUMMARY))
    return f"_{BY_A_PERSON}_: {summary}" if rule.manual else summary


def _text(text: str | None) -> str:
    text = escape(" ".join((text or "").split())).replace("&#x27;", "'").replace("&quot;", '"')
    for sign in "\\|`*[]~$":  # GitHub takes what is between two $ for a formula
        text = text.replace(sign, f"\\{sign}")
    return _EMPHASIS.sub(r"\\_", text)


def _code(text: str) -> str:
    text = clean(text).replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def mermaid(model: CurriculumModel) -> str:
    """Write the diagram alone.

    Args:
        model: The curriculum.

    Returns:
        A Mermaid flowchart with a final newline.
    """
    order = stage_order(model)
    numbers = {stage.name: f"s{number}" for number, stage in enumerate(model.stages)}
    lines = ["flowchart TB"]
    for name in order.names:
        stage = model.stage(name)
        lines.append(f'  {numbers[stage.name]}["{_stage_label(stage)}"]')
        progress = order.progress(stage.name)
        lines.append(f"  style {numbers[stage.name]} fill:{shade(progress)},stroke:{stroke(progress)},color:#1f2328")
    for number, one in enumerate(sorted(model.transitions, key=lambda one: _rank(one, order))):
        arrow = _arrow(one, order)
        lines.append(f'  {numbers[one.source]} {arrow}|"{_edge_label(one)}"| {numbers[one.target]}')
        lines.append(f"  linkStyle {number} stroke:{stroke(order.progress(one.target))}")
    return "\n".join(lines) + "\n"


def _rank(one: Transition, order: StageOrder) -> tuple[bool, int, int, int]:
    """Put edges that advance first: Mermaid lays the stages out by the first edges that it reads."""
    goes_back = order.kind(one.source, one.target) != "advance"
    return goes_back, order.level[one.source], order.level[one.target], one.priority


def _stage_label(stage: Stage) -> str:
    lines = [f"<b>{_quoted(stage.name)}</b>"]
    lines += [f"{'#9679;' if one.start else '#9675;'} {_quoted(one.rule.name)}" for one in stage.policies]
    return "<br/>".join(lines)


def _edge_label(one: Transition) -> str:
    lines = [_quoted(line) for line in wrapped(explained(one.rule), 22, 5)]
    if one.rule.manual:
        lines.insert(0, f"<i>{BY_A_PERSON}</i>")
    return f"<b>{one.priority}</b> " + "<br/>".join(lines)


def _arrow(one: Transition, order: StageOrder) -> str:
    if one.rule.manual:
        return "==>"
    return "-->" if order.kind(one.source, one.target) == "advance" else "-.->"


def _quoted(text: str) -> str:
    """Escape text for a quoted label: HTML, but Mermaid writes the entity &#35; as #35;."""
    return "".join(_ENTITIES.get(sign, sign) for sign in clean(text))


_ENTITIES: Final = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "#quot;",
    **{sign: f"#{ord(sign)};" for sign in "#`\\{}[]|;"},
}
