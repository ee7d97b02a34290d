"""Conditions that were written as a lambda over metrics, read by their syntax tree and written as plain Python.

Owns the grammar of what is understood, and what is refused. Nothing is ever evaluated: the parts of a lambda that the
grammar knows are written anew, so nothing else of its text can get into a curriculum.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, NoReturn

__all__ = ["LONGEST", "DoesMore", "NotUnderstood", "Translated", "translate"]

LONGEST: Final = 4000
"""Characters of a condition that is read; those in use have some 300."""

_COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_ARITHMETIC: Final[dict[type[ast.operator], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
_DIVISIONS: Final = (ast.Div, ast.FloorDiv, ast.Mod)
_LARGEST: Final = 1e300

_BUILTINS: Final = ("abs", "all", "any", "bool", "float", "int", "len", "max", "min", "range", "round", "sorted", "sum")
_NUMPY: Final = ("abs", "all", "any", "diff", "max", "mean", "median", "min", "nanmean", "std", "sum", "var")
_MODULES: Final = ("np", "numpy")
"""What a harmless condition may name. Those of the grammar are translated, the others left to a person."""


class NotUnderstood(ValueError):
    """A condition has something that is not in the grammar; the message says what, in words for a person."""


class DoesMore(ValueError):
    """A condition does more than compare metrics; the message says what it does."""


@dataclass(frozen=True, kw_only=True)
class Translated:
    """A condition as plain Python.

    Attributes:
        code: An expression over ``metrics``, for the body of a rule.
        counts: The fields that hold one number.
        histories: The fields that hold a number a session, oldest first.
        look_back: Sessions that it looks back over at most; None when it looks at all of them.
        helpers: Functions that the expression calls: ``number`` and ``mean``.
    """

    code: str
    counts: frozenset[str]
    histories: frozenset[str]
    look_back: int | None
    helpers: frozenset[str]


def translate(text: str, *, counts: Collection[str], whole: Collection[str]) -> Translated:
    """Write a condition as plain Python.

    A history that is not of whole numbers can have gaps (None, where a session gave no value). ``number`` makes one a
    NaN, as the original has it, with which no comparison but ``!=`` holds.

    Args:
        text: Such as ``lambda metrics: metrics.finished_trials[-1] >= 200``.
        counts: Fields that hold one number; all others hold a history.
        whole: Histories of whole numbers, which have no gaps.

    Returns:
        The condition.

    Raises:
        NotUnderstood: It is no Python, or has something that the grammar does not know.
        DoesMore: It is no lambda over metrics, or names something else than metrics and functions of numbers.
    """
    if len(text) > LONGEST:
        raise NotUnderstood(f"it is longer than {LONGEST} characters")
    try:
        # The original is evaluated without its line ends.
        tree = ast.parse(text.replace("\n", "").strip(), mode="eval").body
        if not isinstance(tree, ast.Lambda):
            raise DoesMore("it is not a lambda")
        parameter = _only_parameter(tree.args)
        _require_harmless(tree.body, parameter)
        reading = _Reading(parameter, counts, whole)
        code = reading.answer(tree.body)
        ast.parse(code)  # with its parentheses it may be nested more deeply than Python reads
    except (SyntaxError, MemoryError, RecursionError) as error:
        why = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
        raise NotUnderstood(f"it is no Python: {why}") from None
    except (DoesMore, NotUnderstood):
        raise
    except ValueError as error:  # a null byte
        raise NotUnderstood(f"it is no Python: {error}") from None
    return Translated(
        code=code,
        counts=frozenset(reading.counts),
        histories=frozenset(reading.histories),
        look_back=None if reading.looks_at_all else reading.look_back,
        helpers=frozenset(reading.helpers),
    )


def _only_parameter(arguments: ast.arguments) -> str:
    names = [*arguments.posonlyargs, *arguments.args]
    others = (arguments.vararg, arguments.kwarg, *arguments.kwonlyargs, *arguments.defaults)
    if len(names) != 1 or any(one is not None for one in others):
        raise DoesMore("it does not take the metrics alone")
    name = names[0].arg
    if name in _BUILTINS or name in _MODULES:
        raise NotUnderstood(f"its metrics have the name {name!r}, which is a function's or a module's")
    return name


def _require_harmless(body: ast.expr, parameter: str) -> None:
    """Refuse whatever reads or calls something else than metrics and functions of numbers."""
    bound = {one.id for one in ast.walk(body) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    for node in ast.walk(body):
        if isinstance(node, ast.Lambda | ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
            raise DoesMore(f"it has {_shown(node)}")
        if isinstance(node, ast.Name) and node.id not in {parameter, *bound, *_BUILTINS, *_MODULES}:
            raise DoesMore(f"it names {node.id!r}")
        if isinstance(node, ast.Attribute) and not _is_harmless(node, parameter):
            raise DoesMore(f"it reads {_shown(node)}")
        if isinstance(node, ast.Call) and not _is_function(node.func):
            raise DoesMore(f"it calls {_shown(node.func)}")


def _is_harmless(node: ast.Attribute, parameter: str) -> bool:
    if not isinstance(node.value, ast.Name):
        return False
    return node.attr in _NUMPY if node.value.id in _MODULES else node.value.id == parameter and node.attr[0] != "_"


def _is_function(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in _BUILTINS
    return (
        isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id in _MODULES
    )


class _Reading:
    """One condition on its way through the grammar; it collects what the condition uses."""

    def __init__(self, parameter: str, counts: Collection[str], whole: Collection[str]) -> None:
        self._parameter, self._known_counts, self._whole = parameter, counts, whole
        self.counts: set[str] = set()
        self.histories: set[str] = set()
        self.helpers: set[str] = set()
        self.look_back = 1
        self.looks_at_all = False

    def answer(self, node: ast.expr) -> str:
        """Write an expression for yes or no.

        Args:
            node: The expression.

        Returns:
            The same, over ``metrics``.

        Raises:
            NotUnderstood: It has something that the grammar does not know.
        """
        match node:
            case ast.BoolOp(op=operator, values=values):
                word = " and " if isinstance(operator, ast.And) else " or "
                return word.join(_within(one, self.answer(one), ast.BoolOp) for one in values)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return f"not {_within(operand, self.answer(operand), ast.BoolOp)}"
            case ast.Compare(left=left, ops=operators, comparators=others) if all(
                type(one) in _COMPARISONS for one in operators
            ):
                signs = [_COMPARISONS[type(one)] for one in operators]
                return " ".join(
                    [
                        self._number(left),
                        *(f"{sign} {self._number(one)}" for sign, one in zip(signs, others, strict=True)),
                    ]
                )
            case ast.Constant(value=bool() as value):
                return repr(value)
        _not_understood(node, "yes or no")

    def _number(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool) and abs(value) < _LARGEST:
                return repr(value)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"-{_within(operand, self._number(operand), ast.BinOp)}"
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
                if isinstance(operator, _DIVISIONS) and not (isinstance(right, ast.Constant) and right.value):
                    _not_understood(node, "a division by a number")  # by zero NumPy goes on, and Python raises
                numbers = [_within(one, self._number(one), ast.BinOp) for one in (left, right)]
                return f" {_ARITHMETIC[type(operator)]} ".join(numbers)
            case ast.Attribute(attr=name) if self._is_metric(node) and name in self._known_counts:
                self.counts.add(name)
                return f"metrics.{name}"
            case ast.Subscript(value=ast.Attribute() as field, slice=place) if not isinstance(place, ast.Slice):
                found = f"{self._field(field)}[{self._place(place)}]"
                return found if field.attr in self._whole else self._call("number", found)
            case ast.Call(func=function, args=[argument], keywords=[]) if _is_mean(function):
                return self._call("mean", self._history(argument))
            case ast.Call(func=ast.Name(id="len"), args=[argument], keywords=[]):
                return self._call("len", self._history(argument))
            case ast.Call(func=ast.Name(id="abs"), args=[argument], keywords=[]):
                return self._call("abs", self._number(argument))
            case ast.Call(func=ast.Name(id="min" | "max" | "sum" as name), args=[argument], keywords=[]):
                return self._call(name, self._without_gaps(argument))
            case ast.Call(func=ast.Name(id="min" | "max" as name), args=[_, _, *_] as arguments, keywords=[]):
                return self._call(name, *map(self._number, arguments))
        _not_understood(node, "a number")

    def _history(self, node: ast.expr) -> str:
        match node:
            case ast.Attribute():
                self.looks_at_all = True
                return self._field(node)
            case ast.Subscript(value=ast.Attribute() as field, slice=ast.Slice(lower=lower, upper=upper, step=None)):
                self.looks_at_all |= lower is None
                first, last = ("" if one is None else str(self._place(one)) for one in (lower, upper))
                return f"{self._field(field)}[{first}:{last}]"
        _not_understood(node, "a history of numbers")

    def _without_gaps(self, node: ast.expr) -> str:
        history = self._history(node)
        if {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)} <= set(self._whole):
            return history
        self.helpers.add("number")
        return f"map(number, {history})"

    def _field(self, node: ast.Attribute) -> str:
        if not self._is_metric(node) or node.attr in self._known_counts:
            _not_understood(node, "a history of numbers")
        self.histories.add(node.attr)
        return f"metrics.{node.attr}"

    def _is_metric(self, node: ast.Attribute) -> bool:
        return isinstance(node.value, ast.Name) and node.value.id == self._parameter

    def _place(self, node: ast.expr) -> int:
        """A place in a history, counted from its end; one that is counted from the start needs all of it."""
        from_end = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        digits = node.operand if isinstance(node, ast.UnaryOp) and from_end else node
        if not isinstance(digits, ast.Constant) or type(digits.value) is not int or digits.value > LONGEST:
            _not_understood(node, "a place in a history")
        place: int = -digits.value if from_end else digits.value
        self.looks_at_all |= place >= 0
        self.look_back = max(self.look_back, -place)
        return place

    def _call(self, name: str, *arguments: str) -> str:
        if name in ("number", "mean"):
            self.helpers.add(name)
        return f"{name}({', '.join(arguments)})"


def _within(node: ast.expr, code: str, weaker: type[ast.expr]) -> str:
    """The code of an operand, in parentheses where its own operator does not bind more strongly."""
    return f"({code})" if isinstance(node, weaker) else code


def _is_mean(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "mean"
        and not isinstance(function.value, ast.Attribute)
    )


def _not_understood(node: ast.expr, wanted: str) -> NoReturn:
    raise NotUnderstood(f"{_shown(node)} is not understood as {wanted}")


def _shown(node: ast.AST) -> str:
    text = ast.unparse(node)
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
