"""The progress of a cohort as a picture that stands still: one row an animal, for SVG and PNG.

Every mark has its place already, so Graphviz only paints. What a mark says by its colours it says by numbers too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Final

from ..look.colours import shade, stroke
from ..look.dot import Drawing, in_label
from ..look.letters import room
from ..look.wording import shown
from .progress import AXES, columns, sorted_animals
from .sessions import Animal, Cohort, Session

__all__ = ["draw"]

_PITCH: Final = 15.0
"""Points from one session, or day, to the next, where they find room."""

_WIDEST: Final = 24000.0
"""Points of a picture; painters take no more than 32767 pixels."""

_ROW: Final = 16
_SIZE: Final = 13
_GAP: Final = 6
_FONT: Final = 9
_UNKNOWN: Final = "#e3e6ea"
_INK: Final = "#1f2328"
_FAINT: Final = "#59636e"
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
        self.places = {one.subject: columns(cohort, axis, one) for one in cohort.animals}
        self.longest = 1 + max(own[-1] for own in self.places.values())
        self.pitch = min(_PITCH, _WIDEST / self.longest)
        self.names = max(room(one.subject, _FONT, bold=True) for one in cohort.animals) + _GAP
        self.drawing = Drawing(placed=True)

    def drawn(self, title: str, animals: list[Animal]) -> Drawing:
        self.drawing.lines += [
            'graph [bgcolor=white pad=0.15 fontname="Arial"]',
            f'node [shape=box fixedsize=true margin=0 label="" style=filled fontname="Arial" fontsize={_FONT} '
            f'fontcolor="{_INK}" width={_SIZE / 72:.4f} height={_SIZE / 72:.4f}]',
        ]
        lines = [title, self.cohort.told, *self._legend()]
        for number, line in enumerate(lines):
            self._text(line, 0, (len(lines) - number + 1.5) * _ROW, bold=not number)
        self._axis()
        for row, animal in enumerate(animals):
            self._row(animal, -row * _ROW)
        return self.drawing

    def _legend(self) -> Iterator[str]:
        yield "   ".join(f"{rank + 1} {stage}" for stage, rank in self.ranks.items())
        yield (
            "number and fill: the stage at which the session was run; small number and edge: the stage that was "
            "suggested, where it is another one"
        )
        if not all(one.is_closed_loop for one in self.cohort.sessions):
            yield "×: open loop, the stage is not written down"  # noqa: RUF001 - the sign of auto-train's plot

    def _axis(self) -> None:
        step = _STEPS[self.axis]
        self._text(AXES[self.axis], 0, _ROW)
        first = min(one.sessions[0].number for one in self.cohort.animals)
        begin = min(one.day for one in self.cohort.sessions)
        for place in range(0, self.longest, step):
            text = str(place)
            if self.axis == "session":
                place = max(0, place - first)
                text = str(place + first)
            elif self.axis == "date":
                text = (begin + timedelta(days=place)).isoformat()
            if place or self.names + _GAP > room(AXES[self.axis], _FONT):
                self._text(text, self.names + _GAP + place * self.pitch, _ROW)

    def _row(self, animal: Animal, y: float) -> None:
        marked = animal.subject in self.highlighted
        if marked:
            width = self.names + _GAP + self.longest * self.pitch
            self._box(width / 2, y, f'width={width / 72:.4f} height={_ROW / 72:.4f} penwidth=0 fillcolor="{_MARKED}"')
        self._text(animal.subject, 0, y, bold=marked)
        before = -1
        for place, one in zip(self.places[animal.subject], animal.sessions, strict=True):
            shift = 0.5 if place == before else 0.0  # two sessions of one day
            before = place
            x = self.names + _GAP + (place + shift) * self.pitch + _SIZE / 2
            self._box(x, y, self._look(one), self.drawing.tip("session", self._tip(animal, one)))

    def _look(self, one: Session) -> str:
        suggested = self.ranks[one.suggested]
        number, small = str(self.ranks[one.stage] + 1), str(suggested + 1).translate(_SMALL)
        moved = one.is_closed_loop and one.suggested != one.stage
        text = f"{number}{small}" if moved else number if one.is_closed_loop else f"×{small}"  # noqa: RUF001
        fill = shade(self._progress(one.stage)) if one.is_closed_loop else _UNKNOWN
        return (
            f'label="{text if one.following is not None else "!"}" fillcolor="{fill}" '
            f'color="{stroke(self._progress(one.suggested))}" penwidth={2.2 if moved else 1}'
        )

    def _progress(self, stage: str) -> float:
        return self.ranks[stage] / max(1, len(self.ranks) - 1)

    def _tip(self, animal: Animal, one: Session) -> str:
        facts = {
            "curriculum": one.curriculum,
            "run at": one.stage if one.is_closed_loop else "unknown (open loop)",
            "suggested": one.suggested,
            "decision": f"{one.decision or 'none'} -> {one.following or '-'}",
            "rule": one.rule,
            "margin": one.margin,
            "error": one.error,
            **one.metrics,
        }
        told = [f"{name}: {shown(value)}" for name, value in facts.items() if value is not None and value != ""]
        return "\n".join([f"{animal.subject}, session {one.number}, {one.day}", *told])

    def _box(self, x: float, y: float, look: str, key: str = "") -> None:
        own = f'id="{key}" class=session ' if key else ""
        self.drawing.lines.append(f'n{len(self.drawing.lines)} [{own}pos="{x:.1f},{y:.1f}" {look}]')

    def _text(self, text: str, x: float, y: float, *, bold: bool = False) -> None:
        """A line that begins at x."""
        width = room(text, _FONT, bold=bold) + _GAP
        words = f"<B>{in_label(text)}</B>" if bold else in_label(text)
        self.drawing.lines.append(
            f'n{len(self.drawing.lines)} [shape=none style="" pos="{x + width / 2:.1f},{y:.1f}" '
            f"width={(width + 4) / 72:.4f} height={(_ROW + 4) / 72:.4f} "
            f'label=<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" FIXEDSIZE="TRUE" WIDTH="{width}" '
            f'HEIGHT="{_ROW}"><TR><TD ALIGN="LEFT">{words}</TD></TR></TABLE>>]'
        )
