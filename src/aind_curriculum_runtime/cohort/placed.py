"""A picture whose parts have their places already, so that Graphviz only paints: boxes and lines of text, in points."""

from __future__ import annotations

from typing import Final

from ..look.dot import Drawing, in_label
from ..look.letters import room

__all__ = ["FAINT", "FONT", "GAP", "INK", "ROW", "Placed", "width_of"]

ROW: Final = 16
"""Points from one line to the next."""

GAP: Final = 6
FONT: Final = 9
INK: Final = "#1f2328"
FAINT: Final = "#59636e"


def width_of(text: str, *, bold: bool = False) -> int:
    """Tell how much room a line of text takes in any of the usual fonts.

    Args:
        text: The line.
        bold: Whether it is written in bold letters.

    Returns:
        Points.
    """
    return room(text, FONT, bold=bold) + GAP


class Placed:
    """A picture, on paper whose y grows upwards."""

    def __init__(self) -> None:
        self.drawing = Drawing(placed=True)
        self.drawing.lines += [
            'graph [bgcolor=white pad=0.15 fontname="Arial"]',
            f'node [shape=box fixedsize=true margin=0 label="" style=filled fontname="Arial" fontsize={FONT} '
            f'fontcolor="{INK}"]',
        ]

    def box(self, x: float, y: float, width: float, height: float, look: str, tip: str | None = None) -> None:
        """Paint a box.

        Args:
            x: Its left edge.
            y: Its lower edge.
            width: From left to right.
            height: From bottom to top.
            look: Attributes of Graphviz.
            tip: What is shown on hover.
        """
        own = f"id={self.drawing.tip('session', tip)} class=session " if tip is not None else ""
        self._put(x + width / 2, y + height / 2, width, height, own + look)

    def text(self, text: str, x: float, y: float, *, bold: bool = False, colour: str = INK) -> None:
        """Write a line.

        Args:
            text: The line.
            x: Where it begins.
            y: Its middle.
            bold: Whether in bold letters.
            colour: Its colour.
        """
        width = width_of(text, bold=bold)
        words = f"<B>{in_label(text)}</B>" if bold else in_label(text)
        label = (
            f'<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{ROW}">'
            f'<TR><TD ALIGN="LEFT">{words}</TD></TR></TABLE>>'
        )
        look = f'shape=none style="" fontcolor="{colour}" label={label}'
        self._put(x + width / 2, y, width + 4, ROW + 4, look)  # a cell has a rim

    def _put(self, x: float, y: float, width: float, height: float, look: str) -> None:
        size = f"width={width / 72:.4f} height={height / 72:.4f}"
        self.drawing.lines.append(f'n{len(self.drawing.lines)} [pos="{x:.1f},{y:.1f}" {size} {look}]')
