"""The progress of a cohort as one page for a browser, which loads nothing and works from a disk.

Owns what is handed to the page, as small as it can be for many sessions; its markup, style and script are beside it
as ``page.html.jinja``, ``page.css`` and ``page.js``.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from ..look.colours import shade, stroke
from ..look.templates import render
from ..look.wording import clean, shortened, shown
from .progress import AXES, ORDERS, progress_ranks, sorted_animals
from .sessions import Animal, Cohort

__all__ = ["page"]

_VALUE: Final = 60
"""Characters of a metric that is no number."""

_DIGITS: Final = 6
"""Significant digits of a number."""


def page(
    cohort: Cohort, *, title: str, axis: str, order: str, descending: bool, highlighted: Iterable[str] = ()
) -> str:
    """Write the page.

    Args:
        cohort: The animals.
        title: What the page is called.
        axis: What runs from left to right at first; one of ``progress.AXES``.
        order: What the rows are sorted by at first; one of ``progress.ORDERS``.
        descending: Whether the last row is first.
        highlighted: Animals that are marked at first.

    Returns:
        An HTML document.

    Raises:
        ImportError: The extra ``diagram`` is not installed; ``look.drawing.require_extra`` says so to a user.
    """
    here = Path(__file__).parent
    data = {
        **_data(cohort),
        "axis": axis,
        "order": order,
        "descending": descending,
        "highlighted": sorted(highlighted),
    }
    text = render(
        here / "page.html.jinja",
        {},
        title=title,
        told=cohort.told,
        left_out=len(cohort.left_out),
        stages=cohort.stages,
        axes=AXES,
        orders=ORDERS,
        style=(here / "page.css").read_text(encoding="utf-8"),
        script=(here / "page.js").read_text(encoding="utf-8"),
        data=_embedded(data),
    )
    return clean(text)


def _embedded(data: Any) -> str:
    """JSON that can stand in a script element, whatever a name holds."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


class _Numbered:
    """Texts that come up often, by their number."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}

    def __call__(self, text: str | None) -> int:
        return -1 if text is None or text == "" else self.texts.setdefault(text, len(self.texts))


def _data(cohort: Cohort) -> dict[str, Any]:
    stages = {stage: rank for rank, stage in enumerate(cohort.stages)}
    ranks = progress_ranks(cohort)
    names = {
        "curricula": _Numbered(),
        "decisions": _Numbered(),
        "tasks": _Numbered(),
        "rules": _Numbered(),
        "errors": _Numbered(),
    }
    metrics = list(dict.fromkeys(name for one in cohort.sessions for name in one.metrics))

    def columns(animal: Animal) -> dict[str, Any]:
        own = animal.sessions
        return {
            "number": _packed(_steps([one.number for one in own])),
            "day": _packed(_steps([one.day.toordinal() - _EPOCH for one in own])),
            "stage": _packed([stages[one.stage] for one in own]),
            "suggested": _packed([stages.get(one.suggested, -1) for one in own]),
            "following": _packed([stages[one.following] if one.following is not None else -1 for one in own]),
            "flags": _packed([(not one.is_closed_loop) + 2 * one.is_overridden for one in own]),
            "at": _packed(_steps([one.at_stage for one in own])),
            "curriculum": _packed([names["curricula"](one.curriculum) for one in own]),
            "task": _packed([names["tasks"](one.task) for one in own]),
            "decision": _packed([names["decisions"](one.decision) for one in own]),
            "rule": _packed([names["rules"](one.rule) for one in own]),
            "error": _packed([names["errors"](one.error) for one in own]),
            "margin": _packed([_short(one.margin) for one in own]),
            "metrics": [_packed([_short(one.metrics.get(name)) for one in own]) for name in metrics],
        }

    animals = [
        {"name": one.subject, "rank": ranks[one.subject], "count": len(one.sessions), **columns(one)}
        for one in sorted_animals(cohort, "subject")
    ]
    return {
        "stages": list(stages),
        "metrics": metrics,
        "animals": animals,
        **{name: list(found.texts) for name, found in names.items()},
        "fills": [shade(cohort.progress(stage)) for stage in stages],
        "strokes": [stroke(cohort.progress(stage)) for stage in stages],
    }


_EPOCH: Final = 719163
"""Ordinal of 1970-01-01, from which browsers count days."""


def _steps(values: Sequence[int]) -> list[int]:
    """The first value, and of each other one the difference from the one before."""
    return [value - before for before, value in itertools.pairwise([0, *values])]


def _packed(values: Sequence[Any]) -> Any:
    """One value where all are the same, or runs of equal values where that is shorter: most columns of most animals."""
    runs = [(next(run), 1 + sum(1 for _ in run)) for _, run in itertools.groupby(values, key=repr)]
    if len(runs) == 1:
        return runs[0][0]
    return {"runs": [*itertools.chain(*runs)]} if 2 * len(runs) + 1 < len(values) else list(values)


def _short(value: Any) -> Any:
    if isinstance(value, float):
        short = float(f"{value:.{_DIGITS}g}")
        return int(short) if short.is_integer() else short
    if value is None or isinstance(value, bool | int):
        return value
    return shortened(shown(value), _VALUE)
