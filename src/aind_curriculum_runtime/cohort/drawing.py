"""The progress of a cohort as a picture that stands still: one row an animal, for SVG and PNG.

What a mark says by its colours it says by numbers too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Final

from ..look.colours import shade, stroke
from ..look.dot import Drawing
from ..look.wording import shown
from ..tables.autotrain import OPEN_LOOP
from .placed import GAP, ROW, Placed, width_of
from .progress import AXES, places, sorted_animals
from .sessions import Animal, Cohort, Session

__all__ = ["draw"]

_PITCH: Final = 15.0
"""Points from one session, or day, to the next, where they find room."""

_WIDEST: Final = 24000.0
"""Points of a picture; painters take no more than 32767 pixels."""

_SIZE: Final = 13
_UNKNOWN: Final = "#e3e6ea"
_MARKED: Final = "#fff1b8"
_SMALL: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

_STEPS: Final = {"session": 5, "date": 28, "relative-date": 28}
"""From one label of the axis to the next."""


def draw(
    cohort: Cohort, *, title: str, axis: str, order: str, descending: bool, highlighted: Collection[str] = ()
) -> Drawing:
    """Draw every session of every animal.

    Args:
        cohort: The animals.
        title: What stands above the picture.
        axis: What runs from left to right; one of ``progress.AXES``.
        order: What the rows are sorted by; one of ``progress.ORDERS``.
        descending: Whether the last row is first.
        highlighted: Animals whose rows are marked.

    Returns:
        The drawing.
    """
    return _Chart(cohort, axis, highlighted).drawn(title, sorted_animals(cohort, order, descending=descending))


class _Chart:
    def __init__(self, cohort: Cohort, axis: str, highlighted: Collection[str]) -> None:
        self.cohort, self.axis, self.highlighted = cohort, axis, highlighted
        self.ranks = {stage: rank for rank, stage in enumerate(cohort.stages)}
        self.places = places(cohort, axis)
        self.longest = 1 + max(own[-1] for own in self.places.values())
        self.pitch = min(_PITCH, _WIDEST / self.longest)
        self.left = max(width_of(text, bold=True) for text in (AXES[axis], *self.places)) + GAP
        self.paper = Placed()

    def drawn(self, title: str, animals: list[Animal]) -> Drawing:
        lines = [title, self.cohort.told, *self._legend()]
        for number, line in enumerate(lines):
            self.paper.text(line, 0, (len(lines) - number + 1.5) * ROW, bold=not number)
        self.paper.text(AXES[self.axis], 0, ROW)
        for place, label in self._labels():
            self.paper.text(label, self.left + place * self.pitch, ROW)
        for row, animal in enumerate(animals):
            self._row(animal, -row * ROW)
        return self.paper.drawing

    def _legend(self) -> Iterator[str]:
        yield "   ".join(f"{rank + 1} {stage}" for stage, rank in self.ranks.items())
        yield (
            "number and fill: the stage at which the session was run; small number and edge: the stage that was "
            "suggested, where it is another one"
        )
        if not all(one.is_closed_loop for one in self.cohort.sessions):
            yield "×: open loop, the stage is not written down"  # noqa: RUF001 - the sign of auto-train's plot

    def _labels(self) -> Iterator[tuple[int, str]]:
        first = min(one.sessions[0].number for one in self.cohort.animals)
        begin = min(one.day for one in self.cohort.sessions)
        for place in range(0, self.longest, _STEPS[self.axis]):
            if self.axis == "session":
                place = max(0, place - first)
                yield place, str(place + first)
            else:
                yield place, (begin + timedelta(days=place)).isoformat() if self.axis == "date" else str(place)

    def _row(self, animal: Animal, y: float) -> None:
        marked = animal.subject in self.highlighted
        if marked:
            width = self.left + self.longest * self.pitch
            self.paper.box(0, y - ROW / 2, width, ROW, f'penwidth=0 fillcolor="{_MARKED}"')
        self.paper.text(animal.subject, 0, y, bold=marked)
        before = -1
        for place, one in zip(self.places[animal.subject], animal.sessions, strict=True):
            shift = 0.5 if place == before else 0.0  # two sessions of one day
            before = place
            x = self.left + (place + shift) * self.pitch
            self.paper.box(x, y - _SIZE / 2, _SIZE, _SIZE, self._look(one), self._tip(animal, one))

    def _look(self, one: Session) -> str:
        suggested = self.ranks[one.suggested]
        number, small = str(self.ranks[one.stage] + 1), str(suggested + 1).translate(_SMALL)
        moved = one.is_closed_loop and one.suggested != one.stage
        text = f"{number}{small}" if moved else number if one.is_closed_loop else f"×{small}"  # noqa: RUF001
        fill = shade(self.cohort.progress(one.stage)) if one.is_closed_loop else _UNKNOWN
        return (
            f'label="{text if one.following is not None else "!"}" fillcolor="{fill}" '
            f'color="{stroke(self.cohort.progress(one.suggested))}" penwidth={2.2 if moved else 1}'
        )

    def _tip(self, animal: Animal, one: Session) -> str:
        facts = {
            "curriculum": one.curriculum,
            "run at": one.stage if one.is_closed_loop else OPEN_LOOP,
            "suggested": one.suggested,
            "task": one.task,
            "decision": f"{one.decision or 'none'} -> {one.following or '-'}",
            "rule": one.rule,
            "margin": one.margin,
            "error": one.error,
            **one.metrics,
        }
        told = [f"{name}: {shown(value)}" for name, value in facts.items() if value is not None and value != ""]
        return "\n".join([f"{animal.subject}, session {one.number}, {one.day}", *told])
