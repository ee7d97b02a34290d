"""What rules compare metrics with: the numbers and texts in their code, and in all of the author's that it uses.

Owns finding them, and the code objects of which a rule is made. Calls nothing that it finds.
"""

from __future__ import annotations

import dis
import enum
import functools
import inspect
import itertools
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["Compared", "code_of", "compared"]

_ELEMENTS: Final = 200
"""How much is taken of a list or table of constants."""

_LONGEST: Final = 100
"""Characters of a text; a longer one is a docstring or a message."""


@dataclass(eq=False)
class Compared:
    """What the code of some rules holds.

    Args:
        numbers: In order of size, each once.
        texts: In order, each once.
        names: The attributes that they read, of whatever object.
        beside: The numbers that stand in one comparison with an attribute, by its name.
        code: The code objects of the rules and of the author's functions that they call.
    """

    numbers: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    beside: dict[str, list[float]] = field(default_factory=dict)
    code: set[types.CodeType] = field(default_factory=set)


def compared(rules: Iterable[Any], model: type) -> Compared:
    """Collect what rules compare metrics with.

    Args:
        rules: Rules of the library.
        model: Their metrics class, whose properties and methods count as theirs.

    Returns:
        All of it together.
    """
    search = _Search(model)
    for rule in rules:
        search.add(rule.callable)
    search.run()
    found = Compared(code=search.code, names={name for code in search.code for name in code.co_names})
    found.numbers = sorted({float(one) for one in search.constants if isinstance(one, int | float)})
    found.texts = sorted({one for one in search.constants if isinstance(one, str)})
    pairs = {pair for code in search.code for pair in _comparisons(code)}
    for name, number in sorted(pairs):
        found.beside.setdefault(name, []).append(number)
    return found


def _comparisons(code: types.CodeType) -> Iterator[tuple[str, float]]:
    """Each attribute and number of one comparison, as far as they stand together in the code."""
    names: list[str] = []
    numbers: list[float] = []
    for one in dis.get_instructions(code):
        if one.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            names.append(one.argval)
        elif one.opname == "LOAD_CONST" and isinstance(one.argval, int | float) and not isinstance(one.argval, bool):
            numbers.append(float(one.argval))
        elif one.opname == "COMPARE_OP":
            yield from itertools.product(names, numbers)
            names, numbers = [], []
        elif "JUMP" in one.opname:
            names, numbers = [], []


def code_of(rule: Any) -> types.CodeType | None:
    """The code of a rule's function.

    Args:
        rule: A rule of the library.

    Returns:
        The code, or None when it is not a Python function.
    """
    return getattr(rule.callable, "__code__", None)


class _Search:
    """The walk through functions, from each to those of the same author that it uses."""

    def __init__(self, model: type) -> None:
        self.constants: list[Any] = []
        self.code: set[types.CodeType] = set()
        self._seen: set[tuple[int, frozenset[str]]] = set()
        self._model = model
        self._pending: list[types.FunctionType] = []
        self._authors: set[str] = {_top(model)}

    def add(self, function: Any) -> None:
        """Take up a rule's function, whoever wrote it."""
        self._authors.add(_top(function))
        self._take(function, frozenset())

    def run(self) -> None:
        while self._pending:
            function = self._pending.pop()
            codes = [*_nested(function.__code__)]
            self.code.update(codes)
            names = frozenset(name for code in codes for name in code.co_names)
            for code in codes:
                documentation = code.co_consts[:1] if code.co_consts[:1] == (function.__doc__,) else ()
                self._take(code.co_consts[len(documentation) :], names)
            cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
            self._take([*cells, *(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()], names)
            for name in sorted(names):
                self._take(function.__globals__.get(name), names)
                self._take(inspect.getattr_static(self._model, name, None), names)

    def _take(self, value: Any, names: frozenset[str]) -> None:
        """Keep a constant, or look for constants in what holds some.

        Args:
            value: Anything that code refers to.
            names: The attributes that the code reads, of whatever object.
        """
        match value:
            case None | bool() | types.CodeType():
                return
            case enum.Enum():
                self._take(value.value, names)
            case int() | float():
                if abs(value) < 1e15:  # not NaN, nor infinite
                    self.constants.append(value)
            case str():
                if len(value) <= _LONGEST:
                    self.constants.append(value)
            case dict():
                self._take([*value.items()][:_ELEMENTS], names)
            case list() | tuple() | set() | frozenset():
                for one in [*value][:_ELEMENTS]:
                    self._take(one, names)
            case functools.partial():
                self._take([value.func, *value.args, *value.keywords.values()], names)
            case property():
                self._take(value.fget, names)
            case functools.cached_property():
                self._take(value.func, names)
            case types.MethodType():
                self._take(value.__func__, names)
            case types.FunctionType():
                if _top(value) in self._authors and value.__code__ not in self.code:
                    self.code.add(value.__code__)
                    self._pending.append(value)
                    self._take(getattr(value, "__wrapped__", None), names)
            case _:
                self._take_attributes(value, names)

    def _take_attributes(self, value: Any, names: frozenset[str]) -> None:
        if isinstance(value, type) and issubclass(value, enum.Enum):
            self._take([one.value for one in value], names)
            return
        if (wrapped := getattr(value, "wrapped", None)) is not None and type(value).__module__.startswith("pydantic"):
            self._take(wrapped, names)  # a computed field
            return
        if (id(value), names) not in self._seen:
            self._seen.add((id(value), names))
            own = getattr(value, "__dict__", {})
            for name in sorted(names & own.keys()):
                self._take(own[name], names)


def _top(function: Any) -> str:
    return str(getattr(function, "__module__", None)).partition(".")[0]


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _nested(constant)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False
