"""What a rule's source returns on its paths: seen without a call.

Owns the reading of a function's statements. Knows nothing of curricula.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["function_at", "may_return_none"]


def function_at(module: ast.Module, line: int) -> ast.FunctionDef | None:
    """Find the function that begins at a line.

    Args:
        module: The module.
        line: Of its ``def``, or of its first decorator, as its code object has it.

    Returns:
        The function, or None.
    """
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and line in (node.lineno, *(one.lineno for one in node.decorator_list)):
            return node
    return None


def may_return_none(function: ast.FunctionDef) -> int | None:
    """Find a path on which a function ends without a value.

    Args:
        function: The function.

    Returns:
        The line of such a ``return``, or the function's first when its end can be reached; None when there is no such
        path.
    """
    for one in _returns(function.body):
        if one.value is None or (isinstance(one.value, ast.Constant) and one.value.value is None):
            return one.lineno
    return None if _ends(function.body) else function.lineno


def _returns(body: list[ast.stmt]) -> Iterator[ast.Return]:
    """The ``return`` statements of a function, not those of the functions in it."""
    pending: list[ast.AST] = [*body]
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.Return):
            yield node
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending[:0] = ast.iter_child_nodes(node)


def _ends(body: list[ast.stmt]) -> bool:
    """Whether statements always leave the function, or never end."""
    return any(_leaves(statement) for statement in body)


def _leaves(statement: ast.stmt) -> bool:
    match statement:
        case ast.Return() | ast.Raise():
            return True
        case ast.Assert(test=ast.Constant(value=value)):
            return not value
        case ast.If():
            return _ends(statement.body) and _ends(statement.orelse)
        case ast.With():
            return _ends(statement.body)
        case ast.While(test=ast.Constant(value=value)) if value:
            return not _breaks(statement)
        case ast.For() | ast.While():
            return _ends(statement.orelse) and not _breaks(statement)
        case ast.Try() | ast.TryStar():
            whole = _ends([*statement.body, *statement.orelse])
            return _ends(statement.finalbody) or (whole and all(_ends(one.body) for one in statement.handlers))
        case ast.Match():
            last = statement.cases[-1]
            is_open = last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
            return is_open and all(_ends(one.body) for one in statement.cases)
        case ast.Expr(value=ast.Call(func=function)):
            return ast.unparse(function).rpartition(".")[2] in _NEVER_COME_BACK
        case _:
            return False


def _breaks(loop: ast.stmt) -> bool:
    """Whether a loop can be left by ``break``; one of a loop inside counts too, which is not worth telling apart."""
    return any(isinstance(node, ast.Break) for node in ast.walk(loop))


_NEVER_COME_BACK = frozenset({"assert_never", "exit", "quit"})
