"""The calls of Graphviz, which comes inside of pygraphviz's wheels, and what it leaves out of an SVG.

That is what is shown on hover, and text that is centred by the browser: Graphviz writes where the text would begin in
the font that it measured with.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
from typing import Any

from ..contract.errors import CurriculumError
from .dot import Drawing
from .wording import escape

__all__ = ["png", "require_extra", "svg"]


def require_extra() -> None:
    """Make sure that the extra ``diagram`` is installed.

    Raises:
        CurriculumError: ``usage.extra_needed``.
    """
    if any(importlib.util.find_spec(package) is None for package in ("jinja2", "pygraphviz")):
        raise CurriculumError(
            "usage.extra_needed",
            "Pictures need the extra 'diagram', which is not installed.",
            "uv add --dev 'aind-curriculum-runtime[diagram]'; Markdown (-o FILE.md) needs no extra.",
        )


def svg(drawing: Drawing) -> str:
    """Lay a drawing out and write it as SVG.

    Args:
        drawing: The drawing.

    Returns:
        An SVG document with what is shown on hover in its ``title`` elements. What is centred says so, and is centred
        in whatever font a browser has; all other text begins at its left.

    Raises:
        ImportError: The extra ``diagram`` is not installed; ``require_extra`` says so to a user.
    """
    return _centred(_with_tips(_rendered(drawing, "svg").decode("utf-8"), drawing.tips))


def png(drawing: Drawing) -> bytes:
    """Lay a drawing out and write it as PNG.

    Args:
        drawing: The drawing.

    Returns:
        The file's bytes.

    Raises:
        ImportError: The extra ``diagram`` is not installed; ``require_extra`` says so to a user.
    """
    return _rendered(drawing, "png")


def _rendered(drawing: Drawing, form: str) -> bytes:
    import pygraphviz

    graph: Any = pygraphviz.AGraph(string=drawing.text)
    with contextlib.redirect_stderr(io.StringIO()):  # it warns that many nodes take long, also where all are placed
        rendered: bytes = graph.draw(format=form, prog="nop2" if drawing.placed else "dot")
    return rendered


# All at once, as an SVG may have hundreds of kilobytes: elements with their titles, cells, and comments.
_PLACES = re.compile(
    r'<g id="(?P<key>[^"]+)" class="(?P<kind>[^"]+)">\n<title>[^<]*</title>'
    r'|<a xlink:title="(?P<cell>[^"]*)">|</a>|<!--[^>]*-->\n'
)


def _with_tips(text: str, tips: dict[str, str]) -> str:
    """Replace the titles that Graphviz writes, which are the names of nodes, by what is to be shown on hover."""

    def replaced(match: re.Match[str]) -> str:
        key, kind, cell = match.groups()
        if key is not None:
            tip = tips.get(key.removeprefix("head_"))
            return f'<g id="{key}" class="{kind}">' + (f"<title>{escape(tip)}</title>" if tip is not None else "")
        if cell is not None:
            return f"<g><title>{escape(tips.get(cell, ''))}</title>"
        # Comments hold Graphviz's version: the same curriculum would give other bytes on another machine.
        return "</g>" if match[0] == "</a>" else ""

    return _PLACES.sub(replaced, text)


_STAGE = re.compile(
    r'(class="node stage">.*?<path [^>]*? d="M(?P<left>[-\d.]+),\S+ (?P<right>[-\d.]+),[^>]*/>\n<text [^>]*?)'
    r'text-anchor="start" x="[^"]*"',
    re.DOTALL,
)
"""The first text of a stage, which is its name, and the lower edge of the box around it."""

_PAGE = re.compile(r'viewBox="0\.00 0\.00 (?P<width>[\d.]+) .*?translate\((?P<left>[\d.]+) ', re.DOTALL)


def _centred(text: str) -> str:
    """Let the browser centre the names of the stages in their boxes, and the legend in the picture."""
    page = _PAGE.search(text)
    assert page is not None
    end = text.find('<g id="', page.end())
    legend, nodes = text[:end], text[end:]
    middle = float(page["width"]) / 2 - float(page["left"])
    legend = re.sub(r'text-anchor="start" x="[^"]*"', _anchor(middle), legend)
    return legend + _STAGE.sub(_name_in_the_middle, nodes)


def _name_in_the_middle(stage: re.Match[str]) -> str:
    return stage[1] + _anchor((float(stage["left"]) + float(stage["right"])) / 2)


def _anchor(x: float) -> str:
    return f'text-anchor="middle" x="{x:.2f}"'
