"""The picture of a curriculum in DOT, Graphviz's language: stages and transitions, policies, parameters.

Owns where things are put and how they look. Writes text alone and needs no Graphviz, which ``drawing`` calls. By hand,
as nearly all of it is labels in Graphviz's own HTML, for which pygraphviz takes strings too.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from .colours import shade, stroke
from .model import CurriculumModel, Parameter, PolicyTransition, Stage, Transition
from .order import StageOrder, stage_order
from .wording import BY_A_PERSON, about, escape, explained, shown, wrapped

__all__ = ["SHEETS", "Drawing", "Sheet", "draw"]

Sheet = Literal["stages", "parameters", "both"]
SHEETS: Final[tuple[Sheet, ...]] = ("both", "stages", "parameters")

WIDTH: Final = 600
"""Points that a picture is wide at most, about: a README shows about 830 pixels."""

_FONT: Final = "Helvetica,Arial,sans-serif"
_INK: Final = "#1f2328"
_FAINT: Final = "#59636e"
_CHANGED: Final = "#fff1b8"
_START: Final = "\u25cf"
_OTHER: Final = "\u25cb"
_BREAK: Final = '<BR ALIGN="LEFT"/>'
_LINE_LENGTH: Final = 9
"""A curriculum of more stages than this, all in one line, is wrapped into rows."""


@dataclass
class Drawing:
    """A picture: its text in DOT, and by the id of an element what is shown on hover over it."""

    lines: list[str] = field(default_factory=list)
    tips: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The whole graph in DOT."""
        return "\n".join(["digraph curriculum {", *self.lines, "}", ""])

    def tip(self, prefix: str, text: str) -> str:
        """Keep a text that is shown on hover.

        Args:
            prefix: What the id begins with.
            text: The text.

        Returns:
            The id to give to the element.
        """
        key = f"{prefix}{len(self.tips)}"
        self.tips[key] = text
        return key


def draw(model: CurriculumModel, sheet: Sheet = "both", *, background: str = "white") -> Drawing:
    """Draw a curriculum.

    Args:
        model: The curriculum.
        sheet: Stages with their transitions and policies, parameters by stage, or one below the other.
        background: A colour of Graphviz, or ``transparent``.

    Returns:
        The drawing.
    """
    drawing = Drawing()
    order = stage_order(model)
    drawing.lines += [
        f'graph [bgcolor="{background}" fontname="{_FONT}" fontsize=9 fontcolor="{_FAINT}" labelloc=b '
        f"nodesep=0.3 ranksep=0.32 margin=0 pad=0.1 label=<{_legend(model, sheet)}>]",
        f'node [shape=plain fontname="{_FONT}" fontsize=11 fontcolor="{_INK}"]',
        f'edge [fontname="{_FONT}" fontsize=9 fontcolor="{_INK}" arrowsize=0.7 penwidth=1.4]',
    ]
    last: list[str] = []
    if sheet != "parameters":
        last = _stages(drawing, model, order)
        last = _policies(drawing, model, order, below=last)
    if sheet != "stages":
        _parameters(drawing, model, order, below=last)
    return drawing


def _html(text: str) -> str:
    """Escape text for a label: Graphviz replaces backslash N and the like there too."""
    return escape(text).replace("\\", "\\\\")


def _legend(model: CurriculumModel, sheet: Sheet) -> str:
    legend: list[str] = []
    if sheet != "parameters":
        legend += ["red to green: the way to graduation", "solid: advances", "dashed: goes back"]
        if any(one.rule.manual for one in _all_transitions(model)):
            legend.append(f"dotted: {BY_A_PERSON}")
        legend.append("number: order of trying")
        if any(stage.policies for stage in model.stages):
            legend.append(f"{_START} policy active from the start")
    if sheet != "stages":
        legend.append("yellow: other than in the stage before")
    # No entry of the legend is broken.
    text = "\u00a0\u00b7 ".join(one.replace(" ", "\u00a0") for one in legend)
    lines = [_html(line.replace("\u00a0", " ")) for line in _break(text, 100)]
    return "<BR/>".join([f"<B>{_html(f'{model.name} {model.version}')}</B>", *lines])


def _break(text: str, width: int) -> list[str]:
    """Break at plain spaces only; textwrap breaks at non-breaking ones too."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip(" ")
    return lines


def _all_transitions(model: CurriculumModel) -> Iterator[Transition | PolicyTransition]:
    yield from model.transitions
    for stage in model.stages:
        yield from stage.policy_transitions


# Stages.


def _stages(drawing: Drawing, model: CurriculumModel, order: StageOrder) -> list[str]:
    """Draw stages and transitions; return the nodes at the bottom."""
    numbers = {stage.name: number for number, stage in enumerate(model.stages)}
    for stage in model.stages:
        _stage(drawing, stage, numbers[stage.name], order.progress(stage.name), first=stage is model.stages[0])
    if len(model.stages) <= _LINE_LENGTH or not _is_line(model, order):
        looped = {one.source for one in model.transitions if one.source == one.target}
        for one in model.transitions:
            _transition(drawing, one, numbers, order, looped)
        deepest = max(order.level.values(), default=0)
        return [f"s{numbers[name]}" for name in order.names if order.level[name] == deepest][:1]
    return _rows(drawing, model, order, numbers)


def _stage(drawing: Drawing, stage: Stage, number: int, progress: float, *, first: bool) -> None:
    hover = "\n".join(filter(None, [stage.name, stage.task.description]))
    key = drawing.tip(f"stage{number}_", hover)
    rows = [f'<TR><TD ALIGN="CENTER"><B>{_html(stage.name)}</B></TD></TR>']
    for policy in stage.policies:
        tip = drawing.tip("policy", _hover(policy.rule.reference, policy.rule.docstring, policy.rule.source))
        mark = _START if policy.start else _OTHER
        name = _html(policy.rule.name)
        rows.append(f'<TR><TD ALIGN="LEFT" TOOLTIP="{tip}"><FONT POINT-SIZE="9">{mark} {name}</FONT></TD></TR>')
    border = 2 if first else 1
    label = (
        f'<TABLE BORDER="{border}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4" STYLE="ROUNDED" '
        f'BGCOLOR="{shade(progress)}" COLOR="{stroke(progress)}">{"".join(rows)}</TABLE>'
    )
    drawing.lines.append(f's{number} [id="{key}" class="stage" label=<{label}>]')


def _hover(reference: str, docstring: str, source: str) -> str:
    return f"{reference}\n\n{source}" if source else f"{reference}\n\n{docstring}".strip()


def _is_line(model: CurriculumModel, order: StageOrder) -> bool:
    """Tell whether each stage leads to the next one and to no other, as rows need."""
    return [(one.source, one.target) for name in order.names for one in model.leaving(name)] == list(
        itertools.pairwise(order.names)
    )


def _transition(
    drawing: Drawing, one: Transition, numbers: dict[str, int], order: StageOrder, looped: Collection[str] = ()
) -> None:
    look = _edge_look(drawing, one, order)
    upper, lower = one.source, one.target
    if order.kind(upper, lower) == "regress":
        # Graphviz ranks stages along edges: this one is turned round, so that it does not count against the order.
        upper, lower = lower, upper
        look = f"dir=back {look}"
    if upper != lower:
        # The label of a stage's edge to itself is beside it: other edges keep to its top and bottom.
        look += " tailport=s" if upper in looped else ""
        look += " headport=n" if lower in looped else ""
    drawing.lines.append(f"s{numbers[upper]} -> s{numbers[lower]} [{look} label=<{_label(one, 26)}>]")


def _edge_look(drawing: Drawing, one: Transition, order: StageOrder) -> str:
    kind = order.kind(one.source, one.target)
    key = drawing.tip("edge", _transition_hover(one))
    style = "dotted" if one.rule.manual else "solid" if kind == "advance" else "dashed"
    width = " penwidth=2.4" if one.rule.manual else ""
    classes = f"{kind} manual" if one.rule.manual else kind
    colour = stroke(order.progress(one.target))
    return f'id="{key}" class="{classes}" style={style}{width} color="{colour}"'


def _transition_hover(one: Transition) -> str:
    how = BY_A_PERSON if one.rule.manual else f"tried as number {one.priority}"
    return f"{one.source} to {one.target}, {how}\n" + _hover(one.rule.reference, one.rule.docstring, one.rule.source)


def _label(one: Transition | PolicyTransition, width: int) -> str:
    lines = [_html(line) for line in wrapped(explained(one.rule), width, 4)]
    if one.rule.manual:
        lines.insert(0, f"<I>{BY_A_PERSON}</I>")
    lines[0] = f"<B>{one.priority}</B> {lines[0]}"
    # The padding of a table keeps the text away from the edge and from the next label.
    return (
        '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4"><TR>'
        f'<TD BALIGN="LEFT" ALIGN="LEFT">{_BREAK.join(lines)}</TD></TR></TABLE>'
    )


# Many stages in one line, wrapped into rows: the first from left to right, the next back, and so on.


def _rows(drawing: Drawing, model: CurriculumModel, order: StageOrder, numbers: dict[str, int]) -> list[str]:
    drawing.lines.append("graph [nodesep=0.12]")
    longest = max(len(stage.name) for stage in model.stages)
    columns = max(2, min(4, int((WIDTH + 115) / (longest * 6.3 + 16 + 115))))
    rows = [list(order.names[start : start + columns]) for start in range(0, len(order.names), columns)]
    into = {one.target: one for one in model.transitions}
    for row, names in enumerate(rows):
        _row(drawing, [into[name] for name in names[1:]], names, order, numbers, backwards=row % 2 == 1)
    for upper, lower in itertools.pairwise(rows):
        _transition(drawing, into[lower[0]], numbers, order)
        for above, under in zip(reversed(upper[:-1]), lower[1:], strict=False):
            drawing.lines.append(f"s{numbers[above]} -> s{numbers[under]} [style=invis weight=20]")
    # What follows is put below the middle of the rows, where it makes the picture no wider than they do.
    return [f"s{numbers[rows[-1][min(columns // 2, len(rows[-1]) - 1)]]}"]


def _row(
    drawing: Drawing,
    between: Sequence[Transition],
    names: Sequence[str],
    order: StageOrder,
    numbers: dict[str, int],
    *,
    backwards: bool,
) -> None:
    """Put a row into one rank, in its order; the label of each edge is a node between the stages."""
    inside, arrows = [f"s{numbers[names[0]]}"], []
    for one in between:
        look = _edge_look(drawing, one, order)
        key = drawing.tip("label", _transition_hover(one))
        drawing.lines.append(f'{key} [id="{key}" class="label" fontsize=9 label=<{_label(one, 18)}>]')
        inside += [key, f"s{numbers[one.target]}"]
        arrows += [f"{look} {'arrowtail' if backwards else 'arrowhead'}=none", look.replace('id="', 'id="head_')]
    drawing.lines.append("{rank=same; " + "; ".join(inside) + "}")
    for (left, right), look in zip(itertools.pairwise(inside), arrows, strict=True):
        ends = f"{right} -> {left} [dir=back" if backwards else f"{left} -> {right} ["
        drawing.lines.append(f"{ends} {look} weight=5]")


# Policies.


def _policies(drawing: Drawing, model: CurriculumModel, order: StageOrder, *, below: list[str]) -> list[str]:
    """Draw the policies of each stage that has transitions between them; return the nodes at the bottom."""
    stages = {stage.name: stage for stage in model.stages}
    for number, name in enumerate(order.names):
        stage = stages[name]
        if stage.policy_transitions:
            below = _policy_graph(drawing, stage, f"p{number}", order.progress(name), below=below)
    return below


def _policy_graph(drawing: Drawing, stage: Stage, prefix: str, progress: float, *, below: list[str]) -> list[str]:
    nodes = {policy.rule.reference: f"{prefix}_{index}" for index, policy in enumerate(stage.policies)}
    drawing.lines.append(
        f"subgraph cluster_{prefix} {{ label=<<B>Policies of {_html(stage.name)}</B>> labelloc=t labeljust=l "
        f'style=rounded color="{stroke(progress)}" fontcolor="{_INK}" fontsize=10 margin=10'
    )
    for policy in stage.policies:
        rule = policy.rule
        tip = drawing.tip("policy", _hover(rule.reference, rule.docstring, rule.source))
        lines = [f"<B>{_START if policy.start else _OTHER} {_html(rule.name)}</B>"]
        lines += [_html(line) for line in wrapped(rule.summary, 34, 3) if line]
        label = "".join(f"{line}{_BREAK}" for line in lines).removesuffix(_BREAK)
        table = (
            f'<TABLE BORDER="{2 if policy.start else 1}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4" '
            f'BGCOLOR="{shade(progress)}" COLOR="{stroke(progress)}"><TR><TD BALIGN="LEFT">'
            f'<FONT POINT-SIZE="9">{label}</FONT></TD></TR></TABLE>'
        )
        drawing.lines.append(f'{nodes[rule.reference]} [id="{tip}" class="policy" label=<{table}>]')
    place = {reference: index for index, reference in enumerate(nodes)}
    for number, one in enumerate(stage.policy_transitions):
        hover = _hover(one.rule.reference, one.rule.docstring, one.rule.source)
        style = "dotted penwidth=2.4" if one.rule.manual else "solid"
        look = f'class="policy-transition" style={style} color="{stroke(progress)}"'
        # The label is a node of its own: that of an edge may reach beyond the frame.
        label = f"{prefix}_when{number}"
        key = drawing.tip("label", hover)
        drawing.lines.append(
            f'{label} [id="{key}" class="label policy-transition" fontsize=9 label=<{_label(one, 30)}>]'
        )
        away, on = drawing.tip("edge", hover), drawing.tip("edge", hover)
        source, target = nodes[one.source], nodes[one.target]
        if place[one.target] < place[one.source]:
            drawing.lines.append(f'{target} -> {label} [dir=back id="{on}" {look}]')
            drawing.lines.append(f'{label} -> {source} [arrowhead=none id="{away}" {look}]')
        else:
            drawing.lines.append(f'{source} -> {label} [arrowhead=none id="{away}" {look}]')
            drawing.lines.append(f'{label} -> {target} [id="{on}" {look}]')
    drawing.lines.append("}")
    inner = {nodes[one.target] for one in stage.policy_transitions if place[one.target] > place[one.source]}
    tops = [node for node in nodes.values() if node not in inner] or list(nodes.values())
    for top in tops:
        _put(drawing, top, below)
    return list(nodes.values())[-1:]


def _put(drawing: Drawing, node: str, below: list[str]) -> None:
    """Put a node below others, and if possible right below the first of them."""
    for upper in below:
        drawing.lines.append(f"{upper} -> {node} [style=invis weight={1 if upper == below[0] else 0}]")


# Parameters.


def _parameters(drawing: Drawing, model: CurriculumModel, order: StageOrder, *, below: list[str]) -> None:
    stages = {stage.name: stage for stage in model.stages}
    described: dict[str, Parameter] = {}
    for name in order.names:
        for parameter in stages[name].parameters:
            described.setdefault(parameter.name, parameter)
    shown_stages = [stages[name] for name in order.names if stages[name].parameters]
    cells = {(stage.name, one.name): one for stage in shown_stages for one in stage.parameters}
    columns = _columns(shown_stages, described)
    start = 0
    for block, size in enumerate(columns):
        part = shown_stages[start : start + size]
        before = shown_stages[start - 1] if start else None
        _table(drawing, f"table{block}", part, before, described, cells, order)
        _put(drawing, f"table{block}", below)
        below = [f"table{block}"]
        start += size


def _columns(stages: Sequence[Stage], described: dict[str, Parameter]) -> list[int]:
    """Give the number of stages of each table, so that none is too wide."""
    left = WIDTH - max((len(_head(one)) for one in described.values()), default=0) * 5.2 - 20
    sizes, used = [0], 0.0
    for stage in stages:
        longest = max([len(stage.name), *(max(map(len, _cell(one))) for one in stage.parameters)])
        width = longest * 5.6 + 10
        if sizes[-1] and used + width > left:
            sizes.append(0)
            used = 0.0
        sizes[-1] += 1
        used += width
    return sizes if sizes[0] else []


def _head(parameter: Parameter) -> str:
    return f"{parameter.name} [{parameter.unit}]" if parameter.unit not in (None, "", "1") else parameter.name


def _cell(parameter: Parameter) -> list[str]:
    return wrapped(shown(parameter.value), 22, 4)


def _change(name: str, stage: Stage, one: Parameter | None, other: Parameter | None) -> str:
    now, before = (shown(side.value) if side is not None else "not set" for side in (one, other))
    known = one or other
    return f"{stage.name}: {name} = {now}, before {before}\n{about(known) if known is not None else ''}"


def _table(
    drawing: Drawing,
    node: str,
    stages: Sequence[Stage],
    before: Stage | None,
    described: dict[str, Parameter],
    cells: dict[tuple[str, str], Parameter],
    order: StageOrder,
) -> None:
    def line(parts: Iterable[str]) -> str:
        return f"<TR>{''.join(parts)}</TR>"

    rows = [
        line(
            [
                '<TD ALIGN="LEFT" BGCOLOR="#f6f8fa"><B>parameter</B></TD>',
                *(
                    f'<TD BGCOLOR="{shade(order.progress(stage.name))}"><B>{_html(stage.name)}</B></TD>'
                    for stage in stages
                ),
            ]
        )
    ]
    for name, parameter in described.items():
        if not any((stage.name, name) in cells for stage in stages):
            continue
        head = drawing.tip("head", f"{name}\n{about(parameter)}")
        row = [f'<TD ALIGN="LEFT" BGCOLOR="#f6f8fa" TOOLTIP="{head}">{_html(_head(parameter))}</TD>']
        previous = before
        for stage in stages:
            one = cells.get((stage.name, name))
            other = cells.get((previous.name, name)) if previous is not None else one
            parts = [_html(part) for part in _cell(one)] if one is not None else [" "]
            text = parts[0] if len(parts) == 1 else "".join(f"{part}{_BREAK}" for part in parts)
            if (one is None, one and one.value) == (other is None, other and other.value):
                row.append(f"<TD>{text}</TD>")
            else:
                tip = drawing.tip("cell", _change(name, stage, one, other))
                row.append(f'<TD BGCOLOR="{_CHANGED}" TOOLTIP="{tip}"><B>{text}</B></TD>')
            previous = stage
        rows.append(line(row))
    table = (
        '<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="3" COLOR="#d1d9e0">' + "".join(rows) + "</TABLE>"
    )
    drawing.lines.append(f'{node} [id="{node}" class="parameters" fontsize=9 label=<{table}>]')
