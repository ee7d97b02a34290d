"""How changes are written for people: a change on a line, no line longer than one reads, both sides never alike.

Owns what is left out of long values and long lists, and says so; JSON has all of it. Knows nothing of what changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from ..contract.leaves import ABSENT, Changed
from .wording import shown

__all__ = ["LISTED", "WIDTH", "change_lines", "change_text", "folded", "more", "shortened", "sides"]

WIDTH: Final = 120
"""Characters of a line, at most."""

LISTED: Final = 20
"""Changes that are listed where nobody asks for all."""

_VALUE: Final = 60
"""Characters of a value, at most; what was left out is told behind it."""

_BEFORE_DIFFERENCE: Final = 20
"""Characters that are kept before the place where two long texts begin to differ."""

# A line may go on after a space, but not behind a sign, and within a path before a point or a bracket.
_JOINT: Final = re.compile(r"(?<=[^=>:] )(?=\S)|(?<=[\w\]])(?=\.[^\W\d]|\[)")


def change_lines(changes: Sequence[Changed], indent: str, *, everything: bool) -> list[str]:
    """Write changes, each on a line.

    Args:
        changes: The leaves that changed.
        indent: What each line begins with.
        everything: Whether to write all, and not only the first of many.

    Returns:
        The lines; a path that is too long for one goes on in the next. The last tells how many were left out.
    """
    together = [[one] for one in changes] if everything else _by_whole(changes)
    listed = together if everything else together[:LISTED]
    lines = [line for some in listed for line in folded(indent + change_text(some), indent + "    ")]
    return lines + ([f"{indent}{more(len(together) - len(listed))}"] if len(listed) < len(together) else [])


def more(count: int) -> str:
    """Say that some changes are not listed.

    Args:
        count: How many.

    Returns:
        The end of a list.
    """
    return f"and {count} more (--all shows them)"


def change_text(together: Sequence[Changed]) -> str:
    """Write a change.

    Args:
        together: A leaf that changed, or several that were added or removed as a whole.

    Returns:
        Text such as ``patches[label=B].available: 50 -> 40``, of any length.
    """
    change = together[0]
    if len(together) > 1:
        return f"{change.within}: {'added' if change.before is ABSENT else 'removed'}, {len(together)} values"
    if change.before is ABSENT:
        return f"{change.path}: added, {shortened(change.after)}"
    if change.after is ABSENT:
        return f"{change.path}: removed, was {shortened(change.before)}"
    return f"{change.path}: {' -> '.join(sides(change.before, change.after))}"


def shortened(value: Any) -> str:
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
    for piece in _JOINT.split(text):
        if lines[-1].strip() and len(lines[-1] + piece.rstrip()) > WIDTH:
            lines.append(indent)
        lines[-1] += piece
        while len(lines[-1].rstrip()) > WIDTH:  # a word that is longer than a line
            lines[-1:] = [lines[-1][:WIDTH], indent + lines[-1][WIDTH:]]
    return [line.rstrip() for line in lines]


def _by_whole(changes: Iterable[Changed]) -> list[list[Changed]]:
    """Put those leaves together that were added or removed with one object, list or element."""
    found: dict[tuple[str, bool], list[Changed]] = {}
    for one in changes:
        found.setdefault((one.within or one.path, one.before is ABSENT), []).append(one)
    return list(found.values())


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
