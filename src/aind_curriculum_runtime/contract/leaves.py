"""The parameters of a task one by one: a path to each leaf of a JSON value, and the leaves that differ between two.

Owns the grammar of a path, which is the same wherever a parameter is shown or named (docs/look.md tells it to people):

- ``gain.x``: a key of an object; one that is no plain word is quoted, ``by_mouse["m 1"].gain``.
- ``patches[1]``: an element of a list by its index, from 0.
- ``patches[label=B]``: the same by its name, where the list's elements have one (``NAMING_FIELDS``); a name that is no
  plain word is quoted, ``patches[label="Odor 90"]``.
- ``patches[label]``: the names of such a list in their order. The elements do not repeat theirs.

A leaf is a plain value, an empty object or list, a list of plain values, or a list of such lists: people read
``[1.0, 0.0]`` and a matrix as one value. Its size does not matter, so that a path does not change as a list grows.

Pure functions of JSON values. Knows nothing of tasks, of types or of how a value is shown.
"""

from __future__ import annotations

import enum
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

__all__ = [
    "ABSENT",
    "NAMING_FIELDS",
    "Absent",
    "Changed",
    "Leaf",
    "changed",
    "holders",
    "leaves",
    "located",
    "matched",
    "steps",
]

NAMING_FIELDS: Final = ("name", "label", "id")
"""Fields that tell the elements of a list apart, the first that does; every element has it, as a text of its own.

Others are left out on purpose. The discriminator of a union (``family``, ``function_type``, ``terminator_type``) says
what kind an element is: it may be different in each element today, and the next one added is of a kind that is there.
Numbers such as ``state_index`` are positions, which an index says as well.
"""


# A key with its point, or what stands in brackets, in which a quoted text may hold anything.
_STEP: Final = r'\.?[^.\[]+|\[(?:\d+|\w+|(?:\w+=)?(?:\w+|"(?:[^"\\]|\\.)*"))\]'


class Absent(enum.Enum):
    """The type of ``ABSENT``, which is no JSON value."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
"""What a leaf was before it was added, and is after it was removed; None is the value null."""


class Leaf(NamedTuple):
    """A value that is read as one."""

    path: str
    place: tuple[str | int, ...]
    """The keys and indexes that lead to it. ``patches[label]`` has the place of ``patches``."""

    value: Any


class Changed(NamedTuple):
    """A leaf that is not the same in two values."""

    path: str
    before: Any
    """A JSON value; ABSENT for a leaf that was added."""

    after: Any
    """A JSON value; ABSENT for a leaf that was removed."""

    within: str | None = None
    """The path of the object, list or element that was added or removed as a whole, and the leaf with it."""

    def as_json(self) -> dict[str, Any]:
        """Turn it into JSON values.

        Returns:
            ``path``, ``before``, ``after`` and ``within``, those that it has.
        """
        told = {"path": self.path, "before": self.before, "after": self.after}
        told |= {} if self.within is None else {"within": self.within}
        return {name: value for name, value in told.items() if value is not ABSENT}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Changed:
        """Read what ``as_json`` wrote.

        Args:
            document: A dict; keys that are not known are ignored.

        Returns:
            The change.
        """
        before, after = document.get("before", ABSENT), document.get("after", ABSENT)
        return cls(path=document["path"], before=before, after=after, within=document.get("within"))


def leaves(value: Any) -> dict[str, Any]:
    """Find the leaves of a JSON value.

    Args:
        value: A JSON value, such as ``task_parameters``.

    Returns:
        The value of each leaf by its path, in their order. Two values with the same leaves are the same, but for the
        order of keys.
    """
    return {leaf.path: leaf.value for leaf in located(value)}


def located(value: Any) -> Iterator[Leaf]:
    """Find the leaves of a JSON value, with their places.

    Args:
        value: A JSON value.

    Yields:
        The leaves in their order; an empty value has none.
    """
    if value or _is_plain(value):
        yield from _located(value, "", ())


def changed(before: Any, after: Any) -> list[Changed]:
    """Find the leaves that differ between two JSON values.

    The elements of two lists are matched by name where both lists have names, from the same field; otherwise by index.

    Args:
        before: A JSON value.
        after: Another one.

    Returns:
        The leaves that were changed, removed or added, in the order of ``before``; those added come last in the
        object or list to which they were added. ``1`` is the same as ``1.0``, but not as ``true``.
    """
    return list(_changed(before, after, ""))


def matched(items: list[Any], others: list[Any]) -> dict[int, int]:
    """Match the elements of two lists as ``changed`` does.

    Args:
        items: A list of JSON values.
        others: Another one.

    Returns:
        Index in ``items`` and index in ``others`` of each pair.
    """
    naming = _naming_field(items)
    if naming is None or naming != _naming_field(others):
        return {index: index for index in range(min(len(items), len(others)))}
    places = {one[naming]: index for index, one in enumerate(others)}
    return {index: places[one[naming]] for index, one in enumerate(items) if one[naming] in places}


def steps(path: str) -> tuple[str, ...]:
    """Take a path apart.

    Args:
        path: The path of a leaf.

    Returns:
        Its steps as they are written, such as ``gain``, ``.x`` and ``[label=B]``; together they are the path.
    """
    return tuple(step[0] for step in re.finditer(_STEP, path))


def holders(path: str) -> tuple[str, ...]:
    """Find what holds a leaf.

    Args:
        path: The path of the leaf.

    Returns:
        The paths of the objects, lists and elements that it is in, the outermost first.
    """
    return tuple(itertools.accumulate(steps(path)[:-1]))


def _located(value: Any, path: str, place: tuple[str | int, ...]) -> Iterator[Leaf]:
    if _is_leaf(value):
        yield Leaf(path=path, place=place, value=value)
        return
    naming = _naming_field(value) if isinstance(value, list) else None
    for inner, step, one in _inside(value, path, naming):
        yield from _located(one, inner, place if step is None else (*place, step))


def _changed(before: Any, after: Any, path: str) -> Iterator[Changed]:
    # What is empty or null and then holds something is told by the leaves that it gets.
    values = before, after = _emptied(before, after), _emptied(after, before)
    if type(before) is type(after) and not _is_leaf(before) and not _is_leaf(after):
        namings = {_naming_field(value) for value in values if isinstance(value, list)}
        naming = namings.pop() if len(namings) == 1 else None
        old, new = ({inner: one for inner, _, one in _inside(value, path, naming)} for value in values)
        for inner in dict.fromkeys([*old, *new]):
            yield from _changed(old.get(inner, ABSENT), new.get(inner, ABSENT), inner)
        return
    old, new = (
        {leaf.path: leaf.value for leaf in _located(value, path, ()) if value is not ABSENT} for value in values
    )
    for inner in dict.fromkeys([*old, *new]):
        one, other = old.get(inner, ABSENT), new.get(inner, ABSENT)
        if not _same(one, other):
            yield Changed(path=inner, before=one, after=other, within=path if path not in ("", inner) else None)


def _emptied(value: Any, other: Any) -> Any:
    return ABSENT if value in (None, {}, []) and not _is_leaf(other) else value


def _is_leaf(value: Any) -> bool:
    if isinstance(value, list):
        return _is_row(value) or all(isinstance(one, list) and _is_row(one) for one in value)
    return _is_plain(value) or not value


def _is_row(items: list[Any]) -> bool:
    return all(map(_is_plain, items))


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _inside(value: Any, path: str, naming: str | None) -> Iterator[tuple[str, str | int | None, Any]]:
    """What an object or a list holds: the path of each, the step to it (None for the names of a list), its value."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield (f"{path}.{key}" if path else key) if _is_word(key) else f"{path}[{_quoted(key)}]", key, one
    elif naming is None:
        for index, one in enumerate(value):
            yield f"{path}[{index}]", index, one
    else:
        names = [one[naming] for one in value]
        yield f"{path}[{naming}]", None, names
        for index, (name, one) in enumerate(zip(names, value, strict=True)):
            told = name if _is_word(name) else _quoted(name)
            rest = {key: inner for key, inner in one.items() if key != naming}
            if rest:
                yield f"{path}[{naming}={told}]", index, rest


def _naming_field(items: list[Any]) -> str | None:
    if not items or not all(isinstance(one, dict) for one in items):
        return None
    for field in NAMING_FIELDS:
        names = [one.get(field) for one in items]
        if all(isinstance(name, str) and name for name in names) and len(set(names)) == len(names):
            return field
    return None


def _is_word(text: str) -> bool:
    return text.isidentifier()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)
