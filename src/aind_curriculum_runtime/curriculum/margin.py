"""How far a session was from the constant that decided: the margin of a rule that held.

Read off the syntax of the rule, where that is one ``return`` of comparisons with constants. Of ``a or b`` the first
that holds decides; of ``a and b`` both do, so there is no one margin. Anything else has none either. What a rule misses
that did not hold is told for both.
"""

from __future__ import annotations

import ast
import inspect
import math
import operator
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

__all__ = ["Margin", "Misses", "margin_of", "misses_of"]

Margin = Callable[[Any], float | None]
"""From the metrics with which a rule held to what was compared less its constant, in the metric's unit."""

Misses = Callable[[Any], list[tuple[str, float | None]]]
"""From the metrics with which a rule did not hold to the comparisons that did not, each with its margin."""

_COMPARED: Final[dict[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
_MIRRORED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
}


class _Comparison:
    """``VALUE < CONSTANT``, or with another sign."""

    def __init__(
        self, part: ast.expr, value: ast.expr, sign: ast.cmpop, constant: float, of: Any, argument: str
    ) -> None:
        self.text = ast.unparse(part).replace(f"{argument}.", "")
        arguments = ast.arguments(posonlyargs=[], args=[ast.arg(argument)], kwonlyargs=[], kw_defaults=[], defaults=[])
        function = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, value)))
        self._value: Callable[[Any], Any] = eval(compile(function, "<margin>", "eval"), of.__globals__)
        self._holds = _COMPARED[type(sign)]
        self._constant = constant

    def margin(self, metrics: Any) -> float | None:
        """Its margin, if it holds."""
        value = self._value(metrics)
        return _finite(value - self._constant) if self._holds(value, self._constant) else None

    def is_missed(self, metrics: Any) -> tuple[bool, float | None]:
        """Whether it does not hold, and its margin if that is a number."""
        value = self._value(metrics)
        return not self._holds(value, self._constant), _finite(value - self._constant)


def _finite(number: Any) -> float | None:
    margin = float(number)
    return margin if math.isfinite(margin) else None


def margin_of(rule: Any) -> Margin | None:
    """Find the margin of a rule.

    Args:
        rule: The function behind a transition.

    Returns:
        What works it out for metrics with which the rule held; None for a rule that is no such comparison.
    """
    try:
        comparisons = list(_comparisons(rule, ast.Or))
    except _NO_COMPARISON:
        return None

    def margin(metrics: Any) -> float | None:
        try:
            return next((found for one in comparisons if (found := one.margin(metrics)) is not None), None)
        except Exception:  # such as a later part of an `or` for metrics that only the first part allows
            return None

    return margin


def misses_of(rule: Any) -> Misses | None:
    """Find what keeps a rule from holding.

    Args:
        rule: The function behind a transition.

    Returns:
        What works it out for metrics with which the rule did not hold; None for a rule that is no such comparisons.
    """
    try:
        comparisons = list(_comparisons(rule, ast.And, ast.Or))
    except _NO_COMPARISON:
        return None

    def misses(metrics: Any) -> list[tuple[str, float | None]]:
        try:
            found = [(one.text, *one.is_missed(metrics)) for one in comparisons]
            return [(text, margin) for text, is_missed, margin in found if is_missed]
        except Exception:  # as for a margin
            return []

    return misses


class _Other(Exception):
    """The rule is of another form."""


_NO_COMPARISON: Final = (OSError, TypeError, SyntaxError, ValueError, _Other)
"""What is raised for a function without source, or of another kind."""


def _comparisons(rule: Any, *joined: type[ast.boolop]) -> Iterator[_Comparison]:
    if not inspect.isfunction(rule) or hasattr(rule, "__wrapped__") or rule.__closure__:
        raise _Other
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(rule))).body
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        raise _Other
    *before, last = function.body
    is_documented = all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in before)
    if not is_documented or not isinstance(last, ast.Return) or len(function.args.args) != 1:
        raise _Other
    parts: Sequence[ast.expr | None] = [last.value]
    if isinstance(last.value, ast.BoolOp) and isinstance(last.value.op, joined):
        parts = last.value.values
    for part in parts:
        if not isinstance(part, ast.Compare) or len(part.ops) != 1 or type(part.ops[0]) not in _COMPARED:
            raise _Other
        (sign,), (right,), argument = part.ops, part.comparators, function.args.args[0].arg
        if (constant := _constant(right, rule)) is not None:
            yield _Comparison(part, part.left, sign, constant, rule, argument)
        elif (constant := _constant(part.left, rule)) is not None:
            yield _Comparison(part, right, _MIRRORED[type(sign)](), constant, rule, argument)
        else:
            raise _Other


def _constant(node: ast.expr, rule: Any) -> float | None:
    """The number that an expression always is: one that is written there, or has a name in the rule's module."""
    if isinstance(node, ast.Name):
        found = rule.__globals__.get(node.id)
    else:
        try:
            found = ast.literal_eval(node)
        except ValueError:
            return None
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None
