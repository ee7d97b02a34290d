"""The picture of a curriculum in DOT, Graphviz's language: stages and transitions, policies, parameters.

Owns where things are put and how they look. Writes text alone and needs no Graphviz, which ``drawing`` calls. By hand,
as nearly all of it is labels in Graphviz's own HTML, for which pygraphviz takes strings too.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from .by_stage import ByStage, Row, by_stage, folded, grouped
from .colours import shade, stroke
from .letters import room
from .model import CurriculumModel, PolicyTransition, Stage, Transition
from .order import StageOrder, stage_order
from .wording import BY_A_PERSON, about, escape, explained, shortened, wrapped

__all__ = ["SHEETS", "Drawing", "Sheet", "draw", "in_label"]

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
_RAISED: Final = "#f6f8fa"
_NAME: Final = 11
"""Points of the letters of a stage's name; all else is written in small ones."""

_SMALL: Final = 9
_PADDING: Final = 3
_PATH: Final = 32
"""Characters of a parameter's path; longer ones get a heading or are broken."""

_PARAMETER: Final = "parameter"
_HEAD: Final = 16
"""Characters of a line of a stage's name over its column."""

_VALUE: Final = 14
"""Characters of a line of a value. With so few, four stages fit side by side."""

_ROWS: Final = 24
"""Rows of parameters, over all tables: a picture stays about as high as a screen or two."""

_ROWS_AT_LEAST: Final = 8
_LABEL_IN_ROWS: Final = 18
"""Characters of a line of a label between two stages of a row."""

_LINE_LENGTH: Final = 9
"""A curriculum of more stages than this, all in one line, is wrapped into rows."""


@dataclass
class Drawing:
    """A picture: its text in DOT, and by the id of an element what is shown on hover over it."""

    lines: list[str] = field(default_factory=list)
    tips: dict[str, str] = field(default_factory=dict)
    placed: bool = False
    """Whether every node says where it lies, in points, so that Graphviz has nothing to lay out."""

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
    compared = by_stage(model, order) if sheet != "stages" else None
    drawing.lines += [
        f'graph [bgcolor="{background}" fontname="{_FONT}" fontsize=9 fontcolor="{_FAINT}" labelloc=b '
        f"nodesep=0.3 ranksep=0.32 margin=0 pad=0.1 label=<{_legend(model, sheet, compared)}>]",
        f'node [shape=plain fontname="{_FONT}" fontsize=11 fontcolor="{_INK}"]',
        f'edge [fontname="{_FONT}" fontsize=9 fontcolor="{_INK}" arrowsize=0.7 penwidth=1.4]',
    ]
    last: list[str] = []
    if sheet != "parameters":
        last = _stages(drawing, model, order)
        last = _policies(drawing, model, order, below=last)
    if compared is not None:
        _parameters(drawing, compared, order, below=last)
    return drawing


def in_label(text: str) -> str:
    """Escape text for an HTML label: Graphviz replaces backslash N and the like there too."""
    return escape(text).replace("\\", "\\\\")


def _legend(model: CurriculumModel, sheet: Sheet, compared: ByStage | None) -> str:
    legend: list[str] = []
    if sheet != "parameters":
        legend += ["red to green: the way to graduation", "solid: advances", "dashed: goes back"]
        if any(one.rule.manual for one in _all_transitions(model)):
            legend.append(f"dotted: {BY_A_PERSON}")
        legend.append("number: order of trying")
        if any(stage.policies for stage in model.stages):
            legend.append(f"{_START} policy active from the start")
    if compared is not None:
        legend.append("yellow: other than in the stage before")
        if any(None in row.cells for row in compared.rows):
            legend.append("-: not set at that stage")
    # No entry of the legend is broken.
    text = "\u00a0\u00b7 ".join(one.replace(" ", "\u00a0") for one in legend)
    lines = [in_label(line.replace("\u00a0", " ")) for line in _break(text, 100)]
    return "<BR/>".join([f"<B>{in_label(f'{model.name} {model.version}')}</B>", *lines])


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
    names = [f"{_START if policy.start else _OTHER} {policy.rule.name}" for policy in stage.policies]
    width = max([room(stage.name, _NAME, bold=True), *(room(name, _SMALL) for name in names)]) + 8
    rows = [f'<TR><TD ALIGN="CENTER" WIDTH="{width}"><B>{in_label(stage.name)}</B></TD></TR>']
    for policy, name in zip(stage.policies, names, strict=True):
        tip = drawing.tip("policy", _hover(policy.rule.reference, policy.rule.docstring, policy.rule.source))
        text = f'<FONT POINT-SIZE="{_SMALL}">{in_label(name)}</FONT>'
        rows.append(f'<TR><TD ALIGN="LEFT" TOOLTIP="{tip}">{text}</TD></TR>')
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
    drawing: Drawing,
    one: Transition,
    numbers: dict[str, int],
    order: StageOrder,
    looped: Collection[str] = (),
    *,
    width: int = 26,
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
    drawing.lines.append(f"s{numbers[upper]} -> s{numbers[lower]} [{look} label=<{_label(one, width)}>]")


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
    plain = wrapped(explained(one.rule), width, 4)
    lines = [in_label(line) for line in plain]
    if one.rule.manual:
        plain.insert(0, BY_A_PERSON)
        lines.insert(0, f"<I>{BY_A_PERSON}</I>")
    number = f"{one.priority} "
    lines[0] = f"<B>{one.priority}</B> {lines[0]}"
    points = max(room(number + plain[0], _SMALL), *(room(line, _SMALL) for line in plain)) + 8
    # The padding of a table keeps the text away from the edge and from the next label.
    return (
        '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4"><TR>'
        f'<TD BALIGN="LEFT" ALIGN="LEFT" WIDTH="{points}">{_BREAK.join(lines)}</TD></TR></TABLE>'
    )


# Many stages in one line, wrapped into rows: the first from left to right, the next back, and so on.


def _rows(drawing: Drawing, model: CurriculumModel, order: StageOrder, numbers: dict[str, int]) -> list[str]:
    drawing.lines.append("graph [nodesep=0.12]")
    label = room("n" * _LABEL_IN_ROWS, _SMALL) + 8
    longest = max(room(stage.name, _NAME, bold=True) for stage in model.stages) + 8
    columns = max(2, min(4, int((WIDTH + label) / (longest + label))))
    rows = [list(order.names[start : start + columns]) for start in range(0, len(order.names), columns)]
    into = {one.target: one for one in model.transitions}
    for row, names in enumerate(rows):
        _row(drawing, [into[name] for name in names[1:]], names, order, numbers, backwards=row % 2 == 1)
    for upper, lower in itertools.pairwise(rows):
        _transition(drawing, into[lower[0]], numbers, order, width=_LABEL_IN_ROWS)
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
        drawing.lines.append(f'{key} [id="{key}" class="label" fontsize=9 label=<{_label(one, _LABEL_IN_ROWS)}>]')
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
        f"subgraph cluster_{prefix} {{ label=<<B>Policies of {in_label(stage.name)}</B>> labelloc=t labeljust=l "
        f'style=rounded color="{stroke(progress)}" fontcolor="{_INK}" fontsize=10 margin=10'
    )
    for policy in stage.policies:
        rule = policy.rule
        tip = drawing.tip("policy", _hover(rule.reference, rule.docstring, rule.source))
        name = f"{_START if policy.start else _OTHER} {rule.name}"
        plain = [line for line in wrapped(rule.summary, 34, 3) if line]
        label = _BREAK.join([f"<B>{in_label(name)}</B>", *map(in_label, plain)])
        width = max([room(name, _SMALL, bold=True), *(room(line, _SMALL) for line in plain)]) + 8
        table = (
            f'<TABLE BORDER="{2 if policy.start else 1}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4" '
            f'BGCOLOR="{shade(progress)}" COLOR="{stroke(progress)}"><TR>'
            f'<TD ALIGN="LEFT" BALIGN="LEFT" WIDTH="{width}"><FONT POINT-SIZE="{_SMALL}">{label}</FONT></TD>'
            "</TR></TABLE>"
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


def _parameters(drawing: Drawing, compared: ByStage, order: StageOrder, *, below: list[str]) -> None:
    if not compared.stages:
        return
    rows = folded(compared.rows, _ROWS)
    paths = [line for _, group in grouped(rows, _PATH) for one in group for line in _path(*one)]
    first = max([room(line, _SMALL) for line in [*paths, _PARAMETER]]) + 2 * _PADDING
    columns = [_column(stage, [row.cells[index] for row in rows]) for index, stage in enumerate(compared.stages)]
    blocks = _blocks(columns, WIDTH - first)
    rows = folded(compared.rows, max(_ROWS // len(blocks), _ROWS_AT_LEAST))
    groups = grouped(rows, _PATH)
    for number, (start, end) in enumerate(blocks):
        lines = [_head_row(compared.stages[start:end], order, [first, *columns[start:end]])]
        for heading, group in groups:
            if heading:
                lines.append(_wide_row(heading, end - start, first + sum(columns[start:end]), bold=True))
            lines += [_row_of(drawing, compared, rest, row, start, end) for rest, row in group]
        left_out = compared.left_out(len(compared.rows) - len(rows)) if number == len(blocks) - 1 else ""
        if left_out:
            lines.append(
                _wide_row(
                    f"{left_out} (curriculum show --all)", end - start, first + sum(columns[start:end]), bold=False
                )
            )
        table = (
            f'<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="3" COLOR="#d1d9e0">{"".join(lines)}</TABLE>'
        )
        drawing.lines.append(f'table{number} [id="table{number}" class="parameters" fontsize={_SMALL} label=<{table}>]')
        _put(drawing, f"table{number}", below)
        below = [f"table{number}"]


def _column(stage: Stage, cells: Iterable[str | None]) -> int:
    """Points that the column of a stage needs."""
    lines = [*wrapped(stage.name, _HEAD), *(line for cell in cells for line in _lines(cell))]
    return max(room(line, _SMALL, bold=True) for line in lines) + 2 * _PADDING


def _blocks(columns: Sequence[int], left: int) -> list[tuple[int, int]]:
    """Split the columns into tables, so that none is wider than what is left."""
    starts, used = [0], 0
    for index, width in enumerate(columns):
        if used and used + width > left:
            starts.append(index)
            used = 0
        used += width
    return list(itertools.pairwise([*starts, len(columns)]))


def _lines(cell: str | None) -> list[str]:
    text = "-" if cell is None else cell
    return wrapped(text, _VALUE, 3) if " " in text else [shortened(text, _VALUE)]


def _path(rest: str, row: Row) -> list[str]:
    unit = row.parameter.unit if row.parameter is not None else None
    return wrapped(rest if unit in (None, "", "1") else f"{rest} [{unit}]", _PATH)


def _joined(lines: Iterable[str]) -> str:
    return _BREAK.join(map(in_label, lines))


def _cell(text: str, *, attributes: str = "", bold: bool = False) -> str:
    # To the left: where a text begins does not depend on how wide it is.
    return f'<TD ALIGN="LEFT" BALIGN="LEFT"{attributes}>{f"<B>{text}</B>" if bold else text}</TD>'


def _head_row(stages: Sequence[Stage], order: StageOrder, columns: Sequence[int]) -> str:
    cells = [_cell(_PARAMETER, attributes=f' BGCOLOR="{_RAISED}" WIDTH="{columns[0]}"', bold=True)]
    for stage, width in zip(stages, columns[1:], strict=True):
        attributes = f' BGCOLOR="{shade(order.progress(stage.name))}" WIDTH="{width}"'
        cells.append(_cell(_joined(wrapped(stage.name, _HEAD)), attributes=attributes, bold=True))
    return f"<TR>{''.join(cells)}</TR>"


def _wide_row(text: str, columns: int, width: int, *, bold: bool) -> str:
    """A row over the columns of the stages and the one before them, which together are so wide."""
    signs = int(width / room("n", _SMALL, bold=bold))
    attributes = f' BGCOLOR="{_RAISED}" COLSPAN="{columns + 1}"'
    return f"<TR>{_cell(_joined(wrapped(text, signs)), attributes=attributes, bold=bold)}</TR>"


def _row_of(drawing: Drawing, compared: ByStage, rest: str, row: Row, start: int, end: int) -> str:
    described = about(row.parameter) if row.parameter is not None else ""
    tip = drawing.tip("head", f"{row.path}\n{described}")
    cells = [_cell(_joined(_path(rest, row)), attributes=f' BGCOLOR="{_RAISED}" TOOLTIP="{tip}"')]
    for index in range(start, end):
        text = row.cells[index]
        shown_lines = _joined(_lines(text))
        if not row.changed[index]:
            cells.append(_cell(shown_lines))
            continue
        now, before = (one if one is not None else "not set" for one in (text, row.cells[index - 1]))
        tip = drawing.tip("cell", f"{compared.stages[index].name}: {row.path} = {now}, before {before}\n{described}")
        cells.append(_cell(shown_lines, attributes=f' BGCOLOR="{_CHANGED}" TOOLTIP="{tip}"', bold=True))
    return f"<TR>{''.join(cells)}</TR>"
