"""A curriculum as one page for a browser: both sheets, search, light and dark, and nothing from a network.

Owns the page's structure; its style and script are beside it as ``page.css`` and ``page.js``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .colours import shade
from .dot import draw
from .drawing import svg
from .model import CurriculumModel, Rule, Stage
from .order import Way, way
from .wording import BY_A_PERSON, about, escape, explained, shown

__all__ = ["page"]


def page(model: CurriculumModel) -> str:
    """Write the page.

    Args:
        model: The curriculum.

    Returns:
        An HTML document.

    Raises:
        CurriculumError: ``usage.extra_needed``.
    """
    order = way(model)
    drawing = draw(model, "stages", background="transparent")
    picture = svg(drawing)
    picture = picture[picture.index("<svg") :]
    here = Path(__file__)
    style = here.with_name("page.css").read_text(encoding="utf-8")
    script = here.with_name("page.js").read_text(encoding="utf-8")
    title = escape(f"{model.name} {model.version}")
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            # Nothing may be loaded, whatever a docstring holds.
            '<meta http-equiv="Content-Security-Policy" '
            "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">",
            f"<title>{title}</title>",
            f"<style>\n{style}</style>",
            "</head>",
            "<body>",
            f"<header><h1>{escape(model.name)} <small>{escape(model.version)}</small></h1>",
            '<input type="search" id="search" placeholder="Search stages, rules, parameters" aria-label="Search">',
            '<span id="found" role="status"></span>',
            '<button id="theme" type="button">Light / dark</button></header>',
            f'<section id="stages"><h2>Stages</h2>\n<div class="picture">{picture}</div>',
            *_transitions(model, order),
            *_policies(model, order),
            "</section>",
            '<section id="parameters"><h2>Parameters by stage</h2>',
            *_parameters([model.stage(name) for name in order.order], order),
            "</section>",
            f"<script>\n{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _transitions(model: CurriculumModel, order: Way) -> Iterator[str]:
    if not model.transitions:
        return
    yield "<h3>Transitions</h3>"
    yield '<div class="wide"><table class="rules">'
    yield "<thead><tr><th>from</th><th></th><th>to</th><th>when</th></tr></thead><tbody>"
    for name in order.order:
        for one in model.leaving(name):
            kind = order.kind(one.source, one.target)
            yield (
                f'<tr class="item {kind}" data-source="{escape(one.source)}" data-target="{escape(one.target)}" '
                f'data-rule="{escape(one.rule.reference)}"><td>{_chip(one.source, order)}</td><td>{one.priority}</td>'
                f"<td>{_chip(one.target, order)}</td><td>{_rule(one.rule)}</td></tr>"
            )
    yield "</tbody></table></div>"


def _policies(model: CurriculumModel, order: Way) -> Iterator[str]:
    if not any(stage.policies for stage in model.stages):
        return
    yield "<h3>Policies</h3>"
    yield '<div class="wide"><table class="rules">'
    yield "<thead><tr><th>stage</th><th>policy</th><th>what it does</th></tr></thead><tbody>"
    for name in order.order:
        stage = model.stage(name)
        for policy in stage.policies:
            start = ' <span class="start">from the start</span>' if policy.start else ""
            gives = "".join(
                f'<div class="gives">{one.priority} &rarr; <code>{escape(one.target.rpartition(".")[2])}</code> '
                f"{_rule(one.rule)}</div>"
                for one in stage.policy_transitions
                if one.source == policy.rule.reference
            )
            yield (
                f'<tr class="item"><td>{_chip(name, order)}</td><td><code>{escape(policy.rule.name)}</code>{start}</td>'
                f"<td>{_rule(policy.rule)}{gives}</td></tr>"
            )
    yield "</tbody></table></div>"


def _chip(stage: str, order: Way) -> str:
    return f'<span class="chip" style="background:{shade(order.progress(stage))}">{escape(stage)}</span>'


def _rule(rule: Rule) -> str:
    person = f'<span class="person">{BY_A_PERSON}</span> ' if rule.manual else ""
    text = f"{person}{escape(explained(rule))}"
    if not rule.source:
        return text
    source = f"<code>{escape(rule.reference)}</code><pre>{escape(rule.source)}</pre>"
    return f"<details><summary>{text}</summary>{source}</details>"


def _parameters(stages: Sequence[Stage], order: Way) -> Iterator[str]:
    stages = [stage for stage in stages if stage.parameters]
    told = {one.name: one for stage in reversed(stages) for one in reversed(stage.parameters)}
    names = dict.fromkeys(one.name for stage in stages for one in stage.parameters)
    if not names:
        yield "<p>No stage has parameters.</p>"
        return
    values = [{one.name: one.value for one in stage.parameters} for stage in stages]
    yield '<div class="wide"><table class="parameters"><thead><tr><th>parameter</th>'
    yield from (f"<th>{_chip(stage.name, order)}</th>" for stage in stages)
    yield "</tr></thead><tbody>"
    for name in names:
        unit = f" <small>{escape(told[name].unit or '')}</small>" if told[name].unit not in (None, "1") else ""
        yield f'<tr class="item"><th title="{escape(about(told[name]))}"><code>{escape(name)}</code>{unit}</th>'
        for index, (stage, own) in enumerate(zip(stages, values, strict=True)):
            changed = index > 0 and (name in own, own.get(name)) != (
                name in values[index - 1],
                values[index - 1].get(name),
            )
            text = escape(shown(own[name])) if name in own else ""
            hover = escape(f"{stage.name}: {name}\n{about(told[name])}")
            yield f'<td{" class=changed" if changed else ""} title="{hover}">{text}</td>'
        yield "</tr>"
    yield '</tbody></table></div><p class="key"><span class="changed">marked</span>: other than in the stage before</p>'
