"""How changes are written for people: a change on a line, no line longer than one reads, both sides never alike.

Owns what is left out of long values and long lists, and says so; JSON has all of it. Knows nothing of what changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..contract.leaves import ABSENT, Changed, steps
from .wording import shown

__all__ = ["LISTED", "WIDTH", "Line", "change_lines", "folded", "in_lines", "in_short", "more", "sides"]

WIDTH: Final = 120
"""Characters of a line, at most."""

LISTED: Final = 20
"""Changes that are listed where nobody asks for all."""

_VALUE: Final = 60
"""Characters of a value, at most; what was left out is told behind it."""

_ALIKE: Final = 3
"""From so many elements on, the same change in each is told once."""

_BEFORE_DIFFERENCE: Final = 20
"""Characters that are kept before the place where two long texts begin to differ."""

_ELEMENT: Final = re.compile(r'\[(\d+|.*=.*|".*)\]$', re.DOTALL)

# A line may go on after a space, but not beside a sign, and within a path before a point or a bracket.
_JOINT: Final = re.compile(r"(?<=[^=>:] )(?=\S)(?!(?:->|=) )|(?<=[\w\]])(?=\.[^\W\d]|\[)")

_WORD: Final = re.compile(r"(?<= )(?=\S)")

_UNBROKEN: Final = 80
"""Characters of what is not broken between its words, at most."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """What is told in one line: a changed leaf, or several that one reads as one change."""

    path: str
    """``[*]`` in it stands for several elements."""

    before: str
    """Empty for what was added."""

    after: str
    """Empty for what was removed."""

    text: str
    """Path and values, such as ``patches[label=B].available: 50 -> 40``, of any length."""

    changes: tuple[Changed, ...]


def in_lines(changes: Iterable[Changed], *, everything: bool) -> list[Line]:
    """Put changes together that one reads as one.

    Args:
        changes: The leaves that changed in one task.
        everything: Whether to leave each alone.

    Returns:
        Lines, in the order of the changes: one for all leaves that were added or removed with one object, list or
        element, and one for the same change in several elements.
    """
    if everything:
        return [_line([[one]]) for one in changes]
    wholes: dict[tuple[str, bool], list[Changed]] = {}
    for one in changes:
        wholes.setdefault((one.within or one.path, one.before is ABSENT), []).append(one)
    alike: dict[str, list[list[Changed]]] = {}
    for whole in wholes.values():
        alike.setdefault(_likeness(whole), []).append(whole)
    groups = [[some] if len(some) >= _ALIKE else [[whole] for whole in some] for some in alike.values()]
    return [_line(group) for some in groups for group in some]


def change_lines(changes: Iterable[Changed], indent: str, *, everything: bool) -> list[str]:
    """Write the changes of one task.

    Args:
        changes: The leaves that changed.
        indent: What each line begins with.
        everything: Whether to write each, and not only the first of many.

    Returns:
        The lines; a path that is too long for one goes on in the next. The last tells how many were left out.
    """
    told = in_lines(changes, everything=everything)
    listed = told if everything else told[:LISTED]
    lines = [line for one in listed for line in folded(indent + one.text, indent + "    ")]
    return lines + ([f"{indent}{more(len(told) - len(listed))}"] if len(listed) < len(told) else [])


def more(count: int) -> str:
    """Say that some changes are not listed.

    Args:
        count: How many.

    Returns:
        The end of a list.
    """
    return f"and {count} more (--all shows them)"


def in_short(value: Any) -> str:
    """Write a value on one line that is not long.

    Args:
        value: A JSON value.

    Returns:
        All of it, or its beginning and how long it is.
    """
    text = shown(value)
    return text if len(text) <= _VALUE else f"{text[:_VALUE]}... ({_size(value, text)})"


def sides(before: Any, after: Any) -> tuple[str, str]:
    """Write two values that are not the same, so that one sees the difference.

    Args:
        before: A JSON value.
        after: Another one.

    Returns:
        Both as text, to be read one behind the other. Of long lists of one shape it is the first element that differs,
        and of other long values the part where they begin to differ.
    """
    texts = shown(before), shown(after)
    if texts[0] == texts[1]:  # "1" and 1, or texts with other spaces
        texts = json.dumps(before, ensure_ascii=False), json.dumps(after, ensure_ascii=False)
    if max(map(len, texts)) <= _VALUE:
        return texts
    if isinstance(before, list) and isinstance(after, list):
        one, other = dict(_elements(before)), dict(_elements(after))
        differing = [where for where in one if where in other and _differ(one[where], other[where])]
        if one.keys() == other.keys() and differing:
            first, last = sides(one[differing[0]], other[differing[0]])
            return f"{differing[0]} {first}", f"{last} ({len(differing)} of {len(one)} values differ)"
    start = next((at for at, pair in enumerate(zip(*texts, strict=False)) if pair[0] != pair[1]), min(map(len, texts)))
    first, last = (_part(value, text, start) for value, text in zip((before, after), texts, strict=True))
    return first, last


def folded(text: str, indent: str) -> list[str]:
    """Break a line that is too long.

    Args:
        text: One line.
        indent: What the lines begin with in which it goes on.

    Returns:
        Its lines. It is broken after a space, or within a path before a point or a bracket.
    """
    if len(text) <= WIDTH:
        return [text]
    lines = [""]
    parts = _JOINT.split(text)
    pieces = [piece for part in parts for piece in ([part] if len(part) <= _UNBROKEN else _WORD.split(part))]
    for piece in pieces:
        if lines[-1].strip() and len(lines[-1] + piece.rstrip()) > WIDTH:
            lines.append(indent)
        lines[-1] += piece
        while len(lines[-1].rstrip()) > WIDTH:  # a word that is longer than a line
            lines[-1:] = [lines[-1][:WIDTH], indent + lines[-1][WIDTH:]]
    return [line.rstrip() for line in lines]


def _root(whole: Sequence[Changed]) -> str:
    first = whole[0]
    return first.within if first.within is not None and len(whole) > 1 else first.path


def _likeness(whole: Sequence[Changed]) -> str:
    """The same text for changes that are the same but for the elements in which they are."""
    root = _root(whole)
    inner = [one.as_json() | {"path": one.path.removeprefix(root), "within": None} for one in whole]
    return json.dumps(["".join("[*]" if _ELEMENT.match(step) else step for step in steps(root)), inner])


def _line(group: Sequence[Sequence[Changed]]) -> Line:
    """A line for changes that are alike."""
    whole, places = group[0], [steps(_root(one)) for one in group]
    path = "".join(step[0] if len(set(step)) == 1 else "[*]" for step in zip(*places, strict=True))
    where = f" (in {len(group)} places)" if len(group) > 1 else ""
    changes = tuple(one for some in group for one in some)
    values = (whole[0].before, whole[0].after)
    if ABSENT not in values:
        before, after = sides(*values)
        return Line(path=path, before=before, after=after, text=f"{path}: {before} -> {after}{where}", changes=changes)
    value = f"{len(whole)} values" if len(whole) > 1 else in_short(next(one for one in values if one is not ABSENT))
    if values[0] is ABSENT:
        return Line(path=path, before="", after=value, text=f"{path}: added, {value}{where}", changes=changes)
    was = value if len(whole) > 1 else f"was {value}"
    return Line(path=path, before=value, after="", text=f"{path}: removed, {was}{where}", changes=changes)


def _elements(items: list[Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for index, one in enumerate(items):
        if isinstance(one, list):
            yield from _elements(one, f"{path}[{index}]")
        else:
            yield f"{path}[{index}]", one


def _differ(one: Any, other: Any) -> bool:
    return one != other or isinstance(one, bool) is not isinstance(other, bool)


def _part(value: Any, text: str, at: int) -> str:
    """The part of a text around a place, and how long the whole is."""
    if len(text) <= _VALUE:
        return text
    start = max(0, at - _BEFORE_DIFFERENCE)
    part = text[start : start + _VALUE]
    left_out = "..." if start else "", "..." if start + _VALUE < len(text) else ""
    return f"{left_out[0]}{part}{left_out[1]} ({_size(value, text)})"


def _size(value: Any, text: str) -> str:
    return f"{sum(1 for _ in _elements(value))} values" if isinstance(value, list) else f"{len(text)} characters"
