"""Reading a picture as a person does: boxes, lines and texts in an SVG that Graphviz wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Box:
    """A rectangle; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box, slack: float = 0.5) -> bool:
        """Whether the two share more than a rim."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > slack and down > slack

    def holds(self, point: tuple[float, float], slack: float = 1.0) -> bool:
        """Whether a point lies inside, and not just at the rim."""
        return self.left + slack < point[0] < self.right - slack and self.top + slack < point[1] < self.bottom - slack


@dataclass
class Element:
    """A node, an edge or a cluster of the picture."""

    id: str
    classes: set[str]
    title: str
    text: str
    box: Box | None
    """What a node takes up."""

    label: Box | None
    """What an edge's text takes up."""

    line: list[tuple[float, float]] = field(default_factory=list)
    """Points along an edge."""

    dashes: str | None = None
    colour: str | None = None


def elements(svg: str) -> list[Element]:
    """The nodes, edges and clusters of a picture."""
    root = ElementTree.fromstring(svg)
    found = [group for group in root.iter(f"{SVG}g") if group.get("class") and "graph" not in _classes(group)]
    assert found, "the picture is empty"
    return [_element(group) for group in found]


def size(svg: str) -> tuple[float, float]:
    """Width and height in pixels of a browser."""
    root = ElementTree.fromstring(svg)
    return tuple(float(str(root.get(name)).removesuffix("pt")) * 96 / 72 for name in ("width", "height"))  # type: ignore[return-value]


def _classes(group: ElementTree.Element) -> set[str]:
    return set(str(group.get("class")).split())


def _element(group: ElementTree.Element) -> Element:
    classes = _classes(group)
    title = group.find(f"{SVG}title")
    texts = list(group.iter(f"{SVG}text"))
    paths = list(group.iter(f"{SVG}path"))
    edge = "edge" in classes
    shapes = [*group.iter(f"{SVG}polygon"), *paths]
    return Element(
        id=str(group.get("id")),
        classes=classes,
        title=(title.text or "") if title is not None else "",
        text=" ".join("".join(text.itertext()).strip() for text in texts),
        box=_around([point for one in shapes for point in _points(one)] + [p for t in texts for p in _corners(t)])
        if not edge
        else None,
        label=_around([point for text in texts for point in _corners(text)]) if edge and texts else None,
        line=[point for path in paths for point in _along(path)] if edge else [],
        dashes=paths[0].get("stroke-dasharray") if edge and paths else None,
        colour=paths[0].get("stroke") if edge and paths else None,
    )


def _points(shape: ElementTree.Element) -> list[tuple[float, float]]:
    numbers = [float(number) for number in _NUMBER.findall(shape.get("points") or shape.get("d") or "")]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _corners(text: ElementTree.Element) -> list[tuple[float, float]]:
    """The rectangle of a text in Arial, or a font that is as wide."""
    x, y, height = float(str(text.get("x"))), float(str(text.get("y"))), float(str(text.get("font-size")))
    width = sum(map(_width, "".join(text.itertext()))) * height
    left = {"start": x, "middle": x - width / 2, "end": x - width}[str(text.get("text-anchor"))]
    return [(left, y - height * 0.75), (left + width, y + height * 0.2)]


def _width(letter: str) -> float:
    """How wide Arial's letter is, as a share of the font's size."""
    for letters, width in (("ijl'|", 0.22), (" .,:;!ftI[]/\\", 0.28), ('r()-"', 0.34), ("csvxyzkJ", 0.5), ("w", 0.72)):
        if letter in letters:
            return width
    return 0.83 if letter in "mMW%" else 0.67 if letter.isupper() else 0.556


def _around(points: list[tuple[float, float]]) -> Box | None:
    if not points:
        return None
    across, down = zip(*points, strict=True)
    return Box(min(across), min(down), max(across), max(down))


def _along(path: ElementTree.Element) -> Iterator[tuple[float, float]]:
    """Points along a path of one start and cubic curves."""
    points = _points(path)
    for start in range(0, len(points) - 3, 3):
        a, b, c, d = points[start : start + 4]
        for step in range(21):
            t = step / 20
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            yield (
                sum(weight * point[0] for weight, point in zip(weights, (a, b, c, d), strict=True)),
                sum(weight * point[1] for weight, point in zip(weights, (a, b, c, d), strict=True)),
            )
