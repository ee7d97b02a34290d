"""A curriculum as Markdown: a Mermaid diagram, which GitHub draws, and tables.

Owns the syntax of both, written by hand: no Python library writes Mermaid, and Jinja2 escapes for HTML alone, while
each cell here needs Markdown's escapes. The page leaves out the version, so that a new version does not make it old.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from .colours import shade, stroke
from .model import CurriculumModel, PolicyTransition, Rule, Stage, Transition
from .order import StageOrder, stage_order
from .wording import BY_A_PERSON, clean, escape, explained, shown, wrapped

__all__ = ["HEADER", "inserted", "markdown", "mermaid"]

HEADER: Final = "<!-- Written by `curriculum diagram -o FILE.md` from the curriculum's code: do not edit. -->"
"""The line by which a page of ours is told from somebody's own Markdown."""

_PLACE = re.compile(r"(<!-- curriculum diagram -->\n).*?(<!-- end of the curriculum diagram -->)", re.DOTALL)
"""The place in somebody's own Markdown where the diagram goes."""

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
    parts += _parameters(stages)
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
            yield [_text(stage.name), _code(policy.rule.name), start, _text(policy.rule.summary)]


def _policy_transitions(changes: Iterable[tuple[Stage, PolicyTransition]]) -> Iterator[list[str]]:
    for stage, one in changes:
        ends = [_code(end.rpartition(".")[2]) for end in (one.source, one.target)]
        yield [_text(stage.name), ends[0], str(one.priority), ends[1], _when(one.rule), _code(one.rule.name)]


def _parameters(stages: Sequence[Stage]) -> list[str]:
    stages = [stage for stage in stages if stage.parameters]
    if not stages:
        return []
    described = {one.name: one for stage in reversed(stages) for one in reversed(stage.parameters)}
    names = dict.fromkeys(one.name for stage in stages for one in stage.parameters)
    values = [{one.name: shown(one.value) for one in stage.parameters} for stage in stages]
    rows = []
    for name in names:
        cells = []
        for index, own in enumerate(values):
            text = _text(own.get(name, ""))
            changed = index > 0 and own.get(name) != values[index - 1].get(name)
            cells.append(f"**{text}**" if changed and text else text)
        unit, description = described[name].unit, described[name].description
        rows.append([_code(name), _text(unit if unit not in (None, "1") else ""), *cells, _text(description)])
    head = ["parameter", "unit", *(_text(stage.name) for stage in stages), "what it is"]
    return ["## Parameters", _table(head, rows), "Bold: other than in the stage before."]


def _when(rule: Rule) -> str:
    summary = _text(rule.summary)
    return f"_{BY_A_PERSON}_: {summary}" if rule.manual else summary


def _text(text: str | None) -> str:
    text = escape(" ".join((text or "").split())).replace("&#x27;", "'").replace("&quot;", '"')
    for sign in "\\|`*[]~$":  # GitHub takes what is between two $ for a formula
        text = text.replace(sign, f"\\{sign}")
    return _EMPHASIS.sub(r"\\_", text)


def _code(text: str) -> str:
    return f"`{text}`"


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
