"""The time to each stage as a picture: one panel a group, a curve a stage, and below it how many were still at risk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ..look.colours import stroke
from ..look.dot import Drawing
from .placed import FAINT, GAP, ROW, Placed, width_of
from .report import Statistics
from .survival import Curve, Unit

__all__ = ["draw"]

_WIDTH: Final = 480
_HEIGHT: Final = 200
"""Points of a panel."""

_LINE: Final = 1.6
_TICK: Final = 5
"""Points of the stroke that says that an animal was seen here for the last time."""

_LABELS: Final = 10
"""Labels of the time axis, at most."""

_STEPS: Final[dict[Unit, tuple[int, ...]]] = {
    "sessions": (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
    "days": (1, 7, 14, 28, 56, 91, 182, 364, 728),
}


def draw(found: Statistics, title: str) -> Drawing:
    """Draw the curves.

    Args:
        found: The statistics.
        title: What stands above the picture.

    Returns:
        The drawing.
    """
    paper = Placed()
    stages = {stage: rank for rank, stage in enumerate(found.cohort.stages)}
    left = max(width_of(f"{rank + 1} {stage}") for stage, rank in stages.items()) + GAP
    paper.text(title, 0, 0, bold=True)
    paper.text(found.cohort.told, 0, -ROW)
    what = f"share of animals that have come to a stage or a later one, by {found.unit}; | last session of an animal"
    paper.text(what, 0, -2 * ROW)
    top = -3.5 * ROW
    for group in found.groups:
        if group.name:
            paper.text(f"{group.name}, {len(group.animals)} animals", 0, top, bold=True)
        panel = _Panel(paper, left, top - ROW - _HEIGHT, group.curves, found.unit)
        for curve in group.curves:
            rank = stages[curve.stage]
            panel.curve(curve, f"{rank + 1} {curve.stage}", stroke(found.cohort.progress(curve.stage)))
        top = panel.end([f"{stages[curve.stage] + 1} {curve.stage}" for curve in group.curves])
    return paper.drawing


class _Panel:
    """One group: time from left to right, the share from 0 at the bottom to 1 at the top."""

    def __init__(self, paper: Placed, left: float, bottom: float, curves: Sequence[Curve], unit: Unit) -> None:
        self.paper, self.left, self.bottom, self.curves, self.unit = paper, left, bottom, curves, unit
        self.longest = max((curve.steps[-1].time for curve in curves), default=1) or 1
        self.step = next((one for one in _STEPS[unit] if self.longest / one <= _LABELS), self.longest)
        self.taken: list[float] = []
        for share in (0, 0.25, 0.5, 0.75, 1):
            self._stroke(left, self.y(share), _WIDTH, 0.5, "#d1d9e0")
            text = f"{share:.0%}"
            paper.text(text, left - width_of(text), self.y(share), colour=FAINT)

    def x(self, time: float) -> float:
        return self.left + _WIDTH * time / self.longest

    def y(self, share: float) -> float:
        return self.bottom + _HEIGHT * share

    def curve(self, curve: Curve, name: str, colour: str) -> None:
        x, share = self.x(0), 0.0
        for step in curve.steps:
            self._stroke(x, self.y(share), self.x(step.time) - x, _LINE, colour)
            self._stroke(self.x(step.time), self.y(share), _LINE, self.y(step.share) - self.y(share), colour)
            x, share = self.x(step.time), step.share
            if step.censored:
                self._stroke(x, self.y(share) - _TICK / 2, _LINE / 2, _TICK, colour)
        y = self.y(share)
        while any(abs(y - other) < ROW * 0.8 for other in self.taken):  # names do not cover each other
            y -= 1
        self.taken.append(y)
        self.paper.text(name, x + GAP, y, colour=colour)

    def end(self, names: Iterable[str]) -> float:
        times = range(0, self.longest + 1, self.step)
        for time in times:
            self.paper.text(str(time), self.x(time) - GAP / 2, self.bottom - ROW, colour=FAINT)
        y = self.bottom - 2 * ROW
        self.paper.text(f"{self.unit}; still at risk:", self.left, y, colour=FAINT)
        for name, curve in zip(names, self.curves, strict=True):
            y -= ROW
            self.paper.text(name, 0, y)
            for time in times:
                self.paper.text(str(curve.at_risk(time)), self.x(time) - GAP / 2, y)
        return y - 2 * ROW

    def _stroke(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        self.paper.box(x, y, max(width, 0.1), max(height, 0.1), f'penwidth=0 fillcolor="{colour}"')
