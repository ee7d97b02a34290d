"""Python code reduced to what it does, so that two versions can be compared.

Owns which parts of a module count: not comments, layout and docstrings, and not what the model of the curriculum
shows already. Nothing is imported or run.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Beside", "beside_rules", "meaning"]


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A module without what the model shows already: its rules, and the code that makes stages and graphs."""

    code: str
    imports: dict[str, str]
    """Each imported name, with the ``module:name`` or ``module`` that it stands for."""


def beside_rules(source: str, module: str, rules: set[str]) -> Beside:
    """Take from a module's code what the model of the curriculum shows already.

    Args:
        source: The module's text.
        module: Its dotted name.
        rules: Dotted names of the curriculum's rules.

    Returns:
        What is left; the whole text when it does not parse.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return Beside(code=source, imports={})
    imports: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            base = f"{'.' * node.level}{node.module or ''}:" if isinstance(node, ast.ImportFrom) else ""
            imports |= {alias.asname or alias.name: f"{base}{alias.name}" for alias in node.names}
    tree.body = [node for node in tree.body if not _is_told(node, module, rules)]
    return Beside(code=_dumped(tree), imports=imports)


def _is_told(node: ast.stmt, module: str, rules: set[str]) -> bool:
    if isinstance(node, ast.FunctionDef):
        return f"{module}.{node.name}" in rules
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    called: ast.expr = node.value.func
    while isinstance(called, ast.Call):  # create_curriculum(...)()
        called = called.func
    if isinstance(node, ast.Expr):
        return isinstance(called, ast.Attribute) and called.attr.startswith("add_")
    return isinstance(called, ast.Name) and called.id in {"Stage", "create_curriculum"}


@lru_cache(maxsize=512)
def meaning(source: str) -> str:
    """Reduce code to what it does, without comments, layout and docstrings.

    Args:
        source: The text of a function or a module.

    Returns:
        A text that is the same for all code that differs in these alone; the source itself when it does not parse.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return source
    return _dumped(tree)


def _dumped(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        has_docstring = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if has_docstring and ast.get_docstring(node, clean=False) is not None:  # type: ignore[arg-type]
            node.body = node.body[1:]  # type: ignore[attr-defined]
    return ast.dump(tree)
