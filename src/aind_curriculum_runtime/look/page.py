"""A curriculum as one page for a browser: both sheets, search, light and dark, and nothing from a network.

Owns what stands on the page; its markup, style and script are beside it as ``page.html.jinja``, ``page.css`` and
``page.js``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from .by_stage import Row, by_stage, grouped
from .colours import shade
from .dot import draw
from .drawing import svg
from .model import CurriculumModel
from .order import stage_order
from .templates import render, style
from .wording import BY_A_PERSON, about, clean, explained, shortened, wrapped

__all__ = ["page"]

_PATH: Final = 44
"""Characters of a parameter's path; longer ones get a heading."""

_VALUE: Final = 80
"""Characters of a value; a longer one unfolds."""


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
    compared = by_stage(model, order)
    seen = {row.path for row in compared.rows}
    hidden = [row for row in by_stage(model, order, everything=True).rows if row.path not in seen]
    picture = svg(draw(model, "stages", background="transparent"))
    text = render(
        here / "page.html.jinja",
        {"explained": explained},
        name=model.name,
        version=model.version,
        by_a_person=BY_A_PERSON,
        style=style(),
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
        columns=[stage.name for stage in compared.stages],
        parameters=_groups(compared.rows),
        absent=any(None in row.cells for row in compared.rows),
        folded=_groups(hidden),
        hidden=len(hidden),
    )
    return clean(text)


def _groups(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows of a table of parameters, under their headings."""
    return [
        {"heading": heading, "rows": [_row(rest, row) for rest, row in group]}
        for heading, group in grouped(rows, _PATH)
    ]


def _row(rest: str, row: Row) -> dict[str, Any]:
    parameter = row.parameter
    cells = [_cell(cell, changed=changed) for cell, changed in zip(row.cells, row.changed, strict=True)]
    return {
        "name": rest,
        "hover": f"{row.path}\n{about(parameter)}" if parameter is not None else row.path,
        "unit": parameter.unit if parameter is not None and parameter.unit != "1" else None,
        "cells": cells[:1] if len(set(row.cells)) == 1 else cells,  # one for all stages
    }


def _cell(cell: str | None, *, changed: bool) -> dict[str, Any]:
    text = "-" if cell is None else cell
    long = len(text) > _VALUE
    return {
        "text": shortened(text, _VALUE),
        "whole": "\n".join(wrapped(text, _VALUE)) if long else None,
        "changed": changed,
    }
