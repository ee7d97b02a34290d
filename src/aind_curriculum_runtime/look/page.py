"""A curriculum as one page for a browser: both sheets, search, light and dark, and nothing from a network.

Owns what stands on the page; its markup, style and script are beside it as ``page.html.jinja``, ``page.css`` and
``page.js``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .colours import shade
from .dot import draw
from .drawing import svg
from .model import CurriculumModel, Parameter, Stage
from .order import stage_order
from .templates import render
from .wording import BY_A_PERSON, about, clean, explained, shown

__all__ = ["page"]


def page(model: CurriculumModel) -> str:
    """Write the page.

    Args:
        model: The curriculum.

    Returns:
        An HTML document.

    Raises:
        ImportError: The extra ``diagram`` is not installed; ``drawing.require_extra`` says so to a user.
    """
    here = Path(__file__).parent
    order = stage_order(model)
    stages = [model.stage(name) for name in order.names]
    with_parameters = [stage for stage in stages if stage.parameters]
    picture = svg(draw(model, "stages", background="transparent"))
    text = render(
        here / "page.html.jinja",
        {"explained": explained},
        name=model.name,
        version=model.version,
        by_a_person=BY_A_PERSON,
        style=(here / "page.css").read_text(encoding="utf-8"),
        script=(here / "page.js").read_text(encoding="utf-8"),
        picture=picture[picture.index("<svg") :],
        colours={stage.name: shade(order.progress(stage.name)) for stage in stages},
        transitions=[
            (order.kind(one.source, one.target), one) for stage in stages for one in model.leaving(stage.name)
        ],
        policies=[
            (stage.name, policy, [one for one in stage.policy_transitions if one.source == policy.rule.reference])
            for stage in stages
            for policy in stage.policies
        ],
        columns=[stage.name for stage in with_parameters],
        parameters=list(_parameters(with_parameters)),
    )
    return clean(text)


def _parameters(stages: Sequence[Stage]) -> Iterator[dict[str, Any]]:
    """The rows of the table of parameters, with a cell for each stage."""
    described: dict[str, Parameter] = {}
    for stage in stages:
        for parameter in stage.parameters:
            described.setdefault(parameter.name, parameter)
    values = [{parameter.name: parameter.value for parameter in stage.parameters} for stage in stages]
    for name, parameter in described.items():
        cells = []
        before = values[0]
        for stage, own in zip(stages, values, strict=True):
            cells.append(
                {
                    "text": shown(own[name]) if name in own else "",
                    "hover": f"{stage.name}: {name}\n{about(parameter)}",
                    "changed": (name in own, own.get(name)) != (name in before, before.get(name)),
                }
            )
            before = own
        unit = parameter.unit if parameter.unit != "1" else None
        yield {"name": name, "about": about(parameter), "unit": unit, "cells": cells}
