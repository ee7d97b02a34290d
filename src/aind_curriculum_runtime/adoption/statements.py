"""What a statement at the top level of a module binds, needs and changes.

Owns the reading of its syntax tree, which says rather too much than too little: a name may be looked up by anything
that has it. Knows nothing of packages.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

__all__ = ["Import", "Statement", "bound_by"]

Import = ast.Import | ast.ImportFrom

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement at the top level of a module.

    Args:
        node: The statement.
        replaced: Expressions in it that are not kept, so that what they need does not count.
    """

    node: ast.stmt
    replaced: frozenset[ast.expr] = frozenset()

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """The nodes of its syntax tree, but for what is replaced."""
        found: list[ast.AST] = []
        waiting: list[ast.AST] = [self.node]
        while waiting:
            node = waiting.pop()
            if node not in self.replaced:
                found.append(node)
                waiting += ast.iter_child_nodes(node)
        return tuple(found)

    @cached_property
    def binds(self) -> frozenset[str]:
        """Names of its module to which it gives a meaning; ``*`` for an import of all names."""
        return frozenset(name for node in _run_at_import(self.node) for name in _bound(node))

    @cached_property
    def changes(self) -> frozenset[str]:
        """Names of values that it may change, such as ``CURRICULUM`` in ``CURRICULUM.add_stage(...)``."""
        return frozenset(name for node in _run_at_import(self.node) for name in _changed(node))

    @cached_property
    def needs(self) -> frozenset[str]:
        """Names that it may look up, now or when a function that it defines is called."""
        return frozenset(name for node in self.nodes for name in _looked_up(node))

    @property
    def is_for_scripts(self) -> bool:
        """Whether it is ``if __name__ == "__main__":``, which no import runs."""
        return isinstance(self.node, ast.If) and ast.unparse(self.node.test) == "__name__ == '__main__'"

    @property
    def is_docstring(self) -> bool:
        """Whether it is a text alone."""
        node = self.node
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """The imports in it, those inside of functions included; the statement itself when it is one."""
        return tuple(node for node in self.nodes if isinstance(node, Import))

    @cached_property
    def chains(self) -> tuple[tuple[ast.expr, tuple[str, ...]], ...]:
        """Each name with what is taken from it: ``helpers.clamp`` as ``("helpers", "clamp")``, with its expression."""
        inner = {node.value for node in self.nodes if isinstance(node, ast.Attribute)}
        found = []
        for node in self.nodes:
            if isinstance(node, ast.Name | ast.Attribute) and node not in inner:
                chain = _chain(node)
                if chain is not None:
                    found.append((node, chain))
        return tuple(found)


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and what is inside of it, but for what is inside of functions and classes."""
    yield node
    if not isinstance(node, _Scope | ast.Lambda):
        for inner in ast.iter_child_nodes(node):
            yield from _run_at_import(inner)


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, _Scope):
        yield node.name
    elif isinstance(node, Import):
        for alias in node.names:
            yield bound_by(alias, node)
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name is not None:
        yield node.name


def bound_by(alias: ast.alias, node: Import) -> str:
    """The name that an import gives a meaning to.

    Args:
        alias: One of its names.
        node: The import.

    Returns:
        The name in the module; ``*`` for all.
    """
    return alias.asname or (alias.name if isinstance(node, ast.ImportFrom) else alias.name.partition(".")[0])


def _changed(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        yield from _root(node)
    elif isinstance(node, ast.Expr | ast.Assign) and isinstance(node.value, ast.Call):
        if not isinstance(node.value.func, ast.Name):
            yield from _root(node.value.func)
        elif isinstance(node, ast.Expr):  # a function may change what it is given
            yield from (one.id for one in ast.walk(node.value) if isinstance(one, ast.Name))
    elif isinstance(node, _Scope):  # `@TABLE.add` may put it into a table
        for decorator in node.decorator_list:
            yield from _root(decorator)


def _root(node: ast.expr) -> Iterator[str]:
    """The name that an expression starts from."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id


def _looked_up(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200:
        with contextlib.suppress(SyntaxError, ValueError):  # an annotation may be a text
            yield from (one.id for one in ast.walk(ast.parse(node.value, mode="eval")) if isinstance(one, ast.Name))


def _chain(node: ast.expr) -> tuple[str, ...] | None:
    if isinstance(node, ast.Name):
        return (node.id,)
    inner = _chain(node.value) if isinstance(node, ast.Attribute) else None
    return (*inner, node.attr) if inner is not None and isinstance(node, ast.Attribute) else None
