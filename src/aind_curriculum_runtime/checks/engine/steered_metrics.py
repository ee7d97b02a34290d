"""Metrics that are steered to where a rule has not been yet.

Random metrics seldom meet a rule of several conditions, all the less over lists and tables. So metrics that led a rule
further than any before are kept and changed again, one value or a few at a time, to numbers near those that the rule
compares with: a condition after the other is met, instead of all at once by luck. Always the same for the same rules.

Owns the changes and what counts as further. Knows nothing of what is concluded.
"""

from __future__ import annotations

import contextlib
import datetime
import dis
import functools
import itertools
import math
import random
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from ...curriculum.validation import input_name
from .compared import Compared

__all__ = ["steer"]

_EXAMPLES: Final = 40
"""Values remembered for each place in the metrics."""

_SEEDS: Final = 100
"""Metrics to begin with, at most."""

_FIRST: Final = 5
"""Keys of a table of numbers, from 0, that are tried whatever the rule compares with."""

_LONGEST: Final = 30
"""Elements of a list, at most."""

_SIMPLE: Final = 20
"""The largest denominator of a ratio that is taken apart."""

_ALL_AT_ONCE: Final = 0.35
"""How often all that the rule reads is changed at once."""

_DECIDING: Final = 0.4
"""How often only what decided the last time is changed."""

_OWN: Final = 0.5
"""How often a number comes near to one that its own field is compared with, where there is one."""

_LOOKED_AT: Final = 200
"""Values of the metrics that another one may come near to."""


def steer(rules: Sequence[Any], seeds: Sequence[Any], near: Compared, tries: int, found: Callable[[Any], bool]) -> int:
    """Make metrics until all that is looked for has been found.

    Args:
        rules: The rules of one group, the first that holds decides.
        seeds: Metrics to begin with.
        near: What the rules compare with.
        tries: How many metrics in a row may lead nowhere new.
        found: Called with metrics that lead the rules somewhere new; says whether that was all.

    Returns:
        How many were made.
    """
    changes = _Changes(near, seeds)
    visited: set[Any] = set()
    kept: list[tuple[Any, list[str]]] = []

    def is_new(metrics: Any) -> bool:
        where, deciding = _visits(rules, metrics, near)
        if where <= visited:
            return False
        visited.update(where)
        kept.append((metrics, deciding))
        return True

    for seed in seeds[:_SEEDS]:
        is_new(seed)
    made = last = 0
    while made < last + tries:
        made += 1
        metrics = changes.of(*changes.random.choice(kept[-8:] if made % 2 else kept))
        if metrics is not None and is_new(metrics):
            last = made
            if found(metrics):
                break
    return made


def _visits(rules: Sequence[Any], metrics: Any, near: Compared) -> tuple[set[Any], list[str]]:
    """Where the rules go.

    Returns:
        Each instruction of theirs that runs, with which of them hold together; and the field of the metrics that each
        rule read last, which is what decided.
    """
    where: set[Any] = set()
    held = []
    deciding: list[str] = []
    fields = type(metrics).model_fields
    last = ""

    def local(frame: Any, event: str, _: Any) -> Any:
        nonlocal last
        where.add((frame.f_code, frame.f_lasti))
        name = _reads(frame.f_code).get(frame.f_lasti, "")
        if name in fields:
            last = name
        return local

    def traced(frame: Any, event: str, _: Any) -> Any:
        if frame.f_code not in near.code:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return local

    before = sys.gettrace()
    for rule in rules:
        given = metrics.model_copy(deep=True)
        sys.settrace(traced)
        try:
            held.append(bool(rule.invoke(given)))
        except (Exception, SystemExit) as error:
            held.append(type(error).__name__)  # type: ignore[arg-type]
        finally:
            sys.settrace(before)
        if last:
            deciding.append(input_name(last, fields[last]))
    return {*where, tuple(held)}, deciding


@functools.cache
def _reads(code: types.CodeType) -> dict[int, str]:
    """The attributes that a code object reads, by the offset of the instruction."""
    return {one.offset: one.argval for one in dis.get_instructions(code) if one.opname in ("LOAD_ATTR", "LOAD_METHOD")}


class _Changes:
    """Changes of metrics, drawn from a fixed seed.

    Args:
        near: The constants that values come near to.
        seeds: Metrics whose values are examples of what each place can hold.
    """

    def __init__(self, near: Compared, seeds: Sequence[Any]) -> None:
        self.random = random.Random(0)
        self._near = near
        self._constants = [*near.numbers, *_parts_of_ratios(near.numbers)] or [0.0]
        self._examples: dict[tuple[str, ...], list[Any]] = {}
        for seed in seeds:
            for place, value in _places(_plain(seed), ()):
                known = self._examples.setdefault(place, [])
                if len(known) < _EXAMPLES and value is not None and value not in known:
                    known.append(value)

    def of(self, metrics: Any, deciding: Sequence[str]) -> Any:
        """Metrics with some values changed, but for those that their class refuses; None when it refuses all.

        Args:
            metrics: What is changed.
            deciding: Fields that decided what the rules said of it, which are changed more often than others.
        """
        was = data = _plain(metrics)
        values = [
            value
            for place, value in itertools.islice(_places(data, ()), _LOOKED_AT)
            if not self._near.names.isdisjoint(place)
        ]
        self._leaves = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
        self._times = [one for one in values if isinstance(one, datetime.date)]
        if self.random.random() < _ALL_AT_ONCE:  # for conditions of which none is met before the others
            data = _Fields(
                {name: self._changed(one, (name,)) if self._is_read(name) else one for name, one in data.items()}
            )
        if deciding and self.random.random() < _DECIDING:
            name = self.random.choice(deciding)
            data = _Fields({**data, name: self._changed(data[name], (name,))})
        else:
            for _ in range(self.random.choice((1, 1, 1, 2, 2, 3, 5))):
                data = self._changed(data, ())
        try:
            return type(metrics).model_validate(_built(data))
        except ValidationError as error:
            refused = {
                fault["loc"][0] for fault in error.errors(include_url=False, include_input=False) if fault["loc"]
            }
            data = _Fields({name: was[name] if name in refused else one for name, one in data.items()})
        except Exception:  # a validator of the author's that fails
            return None
        with contextlib.suppress(Exception):
            return type(metrics).model_validate(_built(data))
        return None

    def _changed(self, value: Any, place: tuple[str, ...]) -> Any:
        if place and self.random.random() < 0.1 and place in self._examples:
            return self.random.choice(self._examples[place])
        match value:
            case _Fields():
                if not value:
                    return value
                read = [*filter(self._is_read, value)]
                name = self.random.choice(read if read and self.random.random() < 0.95 else [*value])
                return _Fields({**value, name: self._changed(value[name], (*place, name))})
            case dict():
                return self._changed_table(value, place)
            case _Elements():
                return _Elements(value.kind, self._changed_list(value, place))
            case _:
                return self._changed_value(value, place)

    def _is_read(self, name: str) -> bool:
        return name in self._near.names

    def _changed_list(self, value: list[Any], place: tuple[str, ...]) -> list[Any]:
        inside = (*place, "*")
        of = value or self._examples.get(inside, [])
        if not of:
            return value
        one = self.random.choice(of)
        match self.random.randrange(6):
            case 0 | 1:  # all alike
                return [self._changed(one, inside)] * self._length(len(value))
            case 2:
                return ([*value] * _LONGEST)[: self._length(len(value))]
            case 3:  # rising or falling
                step = self.random.choice((-1, 1, *self._constants))
                is_number = isinstance(one, int | float) and not isinstance(one, bool)
                places = range(self._length(len(value)) if is_number else 0)
                return [type(one)(one + step * place) for place in places] or [one, *value][:_LONGEST]
            case 4:
                return [*value, self._changed(one, inside)][-_LONGEST:]
            case _:
                if not value:
                    return [one]
                index = self.random.randrange(len(value))
                return [*value[:index], self._changed(value[index], inside), *value[index + 1 :]]

    def _length(self, now: int) -> int:
        likely = [int(one) + by for one in self._constants if 0 <= one < _LONGEST for by in (0, 1, 2)]
        return min(_LONGEST, max(0, self.random.choice((now, now + 1, now - 1, *likely))))

    def _changed_table(self, value: dict[Any, Any], place: tuple[str, ...]) -> dict[Any, Any]:
        key = self._key(value, place)
        inside = (*place, "*")
        one = value.get(key, self.random.choice([*value.values(), *self._examples.get(inside, [])] or [None]))
        match self.random.randrange(6):
            case 0 if key in value:
                return {other: kept for other, kept in value.items() if other != key}
            case 1:
                return dict.fromkeys([*value, key], self._changed(one, inside))
            case _:
                return value if key is None else {**value, key: self._changed(one, inside)}

    def _key(self, value: dict[Any, Any], place: tuple[str, ...]) -> Any:
        known = [*value, *self._examples.get((*place, "key"), [])]
        kind = type(known[0]) if known else int
        likely: dict[type, Sequence[Any]] = {
            int: [*range(_FIRST), *map(int, self._constants)],
            float: self._constants,
            str: self._near.texts,
        }
        some = self.random.choice((known, likely.get(kind, ())))
        return self.random.choice(some or known or [None])

    def _changed_value(self, value: Any, place: tuple[str, ...]) -> Any:
        match value:
            case bool():
                return not value
            case int():
                number = self._number(value, place)
                return int(number) if math.isfinite(number) and abs(number) < 1e15 else value
            case float():
                return self._number(value, place)
            case str():
                return self.random.choice([*self._near.texts, *self._examples.get(place, []), ""])
            case datetime.timedelta():
                return self._duration()
            case datetime.date():
                try:
                    return self.random.choice(self._times or [value]) + self.random.choice((-1, 1)) * self._duration()
                except OverflowError:  # before the first year, or after the last
                    return value
            case _:
                return self.random.choice(self._examples.get(place, [value]))

    def _duration(self) -> datetime.timedelta:
        unit = self.random.choice(("seconds", "minutes", "hours", "days"))
        return datetime.timedelta(**{unit: max(-1e5, min(1e5, self._near_a_constant()))})

    def _number(self, value: float, place: tuple[str, ...]) -> float:
        """Another number: near a constant, in a ratio to another metric, or anywhere."""
        pick = self.random
        constant, other = self._near_a_constant(place), pick.choice(self._leaves or [value])
        match pick.randrange(11):
            case 0 | 1 | 2 | 3:
                return constant
            case 4:
                return constant * pick.choice((-1, 0.5, 2, 10, 100, *self._constants))
            case 5:
                return constant / (pick.choice(self._constants) or 1)
            case 6:
                return other + pick.choice((-1, 0, 1, constant, -constant))
            case 7 | 8:
                return other * pick.choice((constant, pick.choice(self._constants), 1 / (constant or 1), pick.random()))
            case 9:
                return value + pick.choice((-1, 1, -value / 2, value))
            case _:
                return pick.choice((0, 1, pick.random(), 10 ** pick.uniform(-3, 6)))

    def _near_a_constant(self, place: tuple[str, ...] = ()) -> float:
        own = [number for name in place for number in self._near.beside.get(name, ())]
        constant = self.random.choice(own if own and self.random.random() < _OWN else self._constants)
        below, above = math.nextafter(constant, -math.inf), math.nextafter(constant, math.inf)
        near = (constant, constant, below, above, constant - 1, constant + 1, constant * 0.9, constant * 1.1)
        return self.random.choice(near)


def _parts_of_ratios(numbers: Sequence[float]) -> Iterator[float]:
    """Of a ratio such as 0.75 the 3 and the 4, for rules that count."""
    for number in numbers:
        ratio = Fraction(number).limit_denominator(_SIMPLE)
        if ratio.denominator > 1 and float(ratio) == number:
            yield from (ratio.numerator, ratio.denominator)


class _Fields(dict[str, Any]):
    """The fields of a model, as its class takes them in."""


class _Elements(list[Any]):
    """The elements of a list, a tuple or a set; the library's classes take no other kind than the declared one.

    Args:
        kind: The one that it is.
        of: The elements.
    """

    def __init__(self, kind: type, of: Iterable[Any]) -> None:
        super().__init__(of)
        self.kind = kind


def _plain(value: Any) -> Any:
    """Values that can be changed: models as fields, every kind of list as its elements."""
    match value:
        case BaseModel():
            fields = type(value).model_fields
            return _Fields({input_name(name, field): _plain(getattr(value, name)) for name, field in fields.items()})
        case dict():
            return {key: _plain(one) for key, one in value.items()}
        case list() | tuple():
            return _Elements(type(value), map(_plain, value))
        case set() | frozenset():
            return _Elements(type(value), sorted(map(_plain, value), key=repr))
        case _:
            return value


def _built(value: Any) -> Any:
    """What ``_plain`` was made of."""
    match value:
        case dict():
            return {key: _built(one) for key, one in value.items()}
        case _Elements():
            return value.kind(map(_built, value))
        case _:
            return value


def _places(value: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value inside one, with its place, in which all elements of a list or table are ``*``."""
    yield place, value
    match value:
        case _Fields():
            for name, one in value.items():
                yield from _places(one, (*place, name))
        case dict():
            for key, one in value.items():
                yield (*place, "key"), key
                yield from _places(one, (*place, "*"))
        case _Elements():
            for one in value:
                yield from _places(one, (*place, "*"))
