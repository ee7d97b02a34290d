"""The parameters of a task one by one: a path to each leaf of a JSON value, and the leaves that differ between two.

Owns the grammar of a path, which is the same wherever a parameter is shown or named (docs/look.md tells it to people):

- ``gain.x``: a key of an object; one that is no plain word is quoted, ``by_mouse["m 1"].gain``.
- ``patches[1]``: an element of a list by its index, from 0.
- ``patches[label=B]``: the same by its name, where the list's elements have one (``NAMING_FIELDS``); a name that is no
  plain word is quoted, ``patches[label="Odor 90"]``.
- ``patches[label]``: the names of such a list in their order. The elements do not repeat theirs.
- ``patches[*]``: each element of a list, or each value of an object; only where several leaves are meant at once.

A leaf is a plain value, an empty object or list, a list of plain values, or a list of such lists: people read
``[1.0, 0.0]`` and a matrix as one value. Its size does not matter, so that a path does not change as a list grows.

Pure functions of JSON values. Knows nothing of tasks, of types or of how a value is shown.
"""

from __future__ import annotations

import enum
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

__all__ = [
    "ABSENT",
    "EACH",
    "NAMING_FIELDS",
    "Absent",
    "Changed",
    "Each",
    "Leaf",
    "Named",
    "Part",
    "changed",
    "found",
    "holders",
    "leaves",
    "located",
    "matched",
    "parts",
    "path_of",
    "steps",
]

NAMING_FIELDS: Final = ("name", "label", "id")
"""Fields that tell the elements of a list apart, the first that does; every element has it, as a text of its own.

Others are left out on purpose. The discriminator of a union (``family``, ``function_type``, ``terminator_type``) says
what kind an element is: it may be different in each element today, and the next one added is of a kind that is there.
Numbers such as ``state_index`` are positions, which an index says as well.
"""


# A key with its point, or what stands in brackets, in which a quoted text may hold anything.
_STEP: Final = r'\.?[^.\[]+|\[(?:\*|\d+|\w+|(?:\w+=)?(?:\w+|"(?:[^"\\]|\\.)*"))\]'


class Absent(enum.Enum):
    """The type of ``ABSENT``, which is no JSON value."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
"""What a leaf was before it was added, and is after it was removed; None is the value null."""


class Each(enum.Enum):
    """The type of ``EACH``."""

    EACH = "[*]"


EACH: Final = Each.EACH
"""Each element of a list, or each value of an object."""


class Named(NamedTuple):
    """The element of a list that has this name."""

    field: str
    name: str


Part = str | int | Named | Each
"""What a step of a path means: a key, an index, an element by its name, or each."""


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


def located(value: Any, path: str = "") -> Iterator[Leaf]:
    """Find the leaves of a JSON value, with their places.

    Args:
        value: A JSON value.
        path: The path of the value itself, with which those of its leaves begin.

    Yields:
        The leaves in their order; an empty value without a path has none.
    """
    if value or _is_plain(value) or path:
        yield from _located(value, path, ())


def changed(before: Any, after: Any, path: str = "") -> list[Changed]:
    """Find the leaves that differ between two JSON values.

    The elements of two lists are matched by name where both lists have names, from the same field; otherwise by index.

    Args:
        before: A JSON value, or ABSENT.
        after: Another one.
        path: The path of the values themselves, with which those of their leaves begin.

    Returns:
        The leaves that were changed, removed or added, in the order of ``before``; those added come last in the
        object or list to which they were added. ``1`` is the same as ``1.0``, but not as ``true``.
    """
    return list(_changed(before, after, path))


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


def parts(path: str) -> tuple[Part, ...]:
    """Say what the steps of a path mean.

    Args:
        path: The path of a value, which may be no leaf and may hold ``[*]``.

    Returns:
        What each step means.

    Raises:
        ValueError: It is no such path; the names of a list (``patches[label]``) are none, as they are many values.
    """
    told = steps(path)
    try:
        if told and "".join(told) == path and not told[0].startswith("."):
            return tuple(_part(step) for step in told)
    except ValueError:
        pass
    raise ValueError(f"{path!r} is no path of a parameter, such as gain.x, patches[0].gain or patches[*].gain")


def found(value: Any, path: str) -> list[Leaf]:
    """Find what a path leads to.

    Args:
        value: A JSON value.
        path: A path, as ``parts`` takes it.

    Returns:
        What is there, leaf or not, with the path of each as ``located`` would begin it: nothing, one, or with ``[*]``
        several.
    """
    here = [Leaf("", (), value)]
    for part in parts(path):
        here = [inner for one in here for inner in _held(one, part)]
    return here


def path_of(value: Any, place: Sequence[str | int]) -> str:
    """Write the path of a place.

    Args:
        value: A JSON value.
        place: Keys and indexes that lead to something in it.

    Returns:
        The path, with the names of elements that have one.
    """
    path = ""
    for step in place:
        if isinstance(step, int):
            path = _element_path(path, step, value[step], _naming_field(value))
        else:
            path = _key_path(path, step)
        value = value[step]
    return path


def _part(step: str) -> Part:
    if not step.startswith("["):
        key = step.removeprefix(".")
        if not _is_word(key):
            raise ValueError("a key that is no plain word is quoted")
        return key
    inner = step[1:-1]
    if inner == "*":
        return EACH
    if inner.isdecimal():
        return int(inner)
    if inner.startswith('"'):
        return str(json.loads(inner))
    field, sign, name = inner.partition("=")
    if not sign:
        raise ValueError("the names of a list are not one value")
    return Named(field, str(json.loads(name)) if name.startswith('"') else name)


def _held(holder: Leaf, part: Part) -> Iterator[Leaf]:
    """What an object or a list holds under a step."""
    path, place, value = holder
    if isinstance(value, dict):
        for key, one in value.items():
            if part is EACH or part == key:
                yield Leaf(_key_path(path, key), (*place, key), one)
    elif isinstance(value, list):
        naming = _naming_field(value)
        for index, one in enumerate(value):
            is_named = isinstance(part, Named) and naming is not None and one.get(part.field) == part.name
            if part is EACH or part == index or is_named:
                yield Leaf(_element_path(path, index, one, naming), (*place, index), one)


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
            yield _key_path(path, key), key, one
        return
    if naming is not None:
        yield f"{path}[{naming}]", None, [one[naming] for one in value]
    for index, one in enumerate(value):
        rest = one if naming is None else {key: inner for key, inner in one.items() if key != naming}
        if rest or naming is None:
            yield _element_path(path, index, one, naming), index, rest


def _key_path(path: str, key: str) -> str:
    return (f"{path}.{key}" if path else key) if _is_word(key) else f"{path}[{_quoted(key)}]"


def _element_path(path: str, index: int, one: Any, naming: str | None) -> str:
    if naming is None:
        return f"{path}[{index}]"
    name = one[naming]
    return f"{path}[{naming}={name if _is_word(name) else _quoted(name)}]"


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
