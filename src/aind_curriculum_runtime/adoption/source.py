"""The source of an installed import package: its modules, and what each of their statements binds, needs and changes.

Owns the reading of Python as a syntax tree. Nothing of the package is imported or run.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["EVERYTHING", "Making", "Module", "Package", "Statement", "bound_by", "makings"]

EVERYTHING: Final = "*"
"""In place of a name: all that a module has."""

_MAKES: Final = "create_curriculum"
"""The function of the library that makes a curriculum's class."""

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
    def imports(self) -> tuple[ast.Import | ast.ImportFrom, ...]:
        """The imports in it, those inside of functions included; the statement itself when it is one."""
        return tuple(node for node in self.nodes if isinstance(node, ast.Import | ast.ImportFrom))

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


class Making(NamedTuple):
    """A call that makes a curriculum."""

    call: ast.Call
    name: ast.expr | None
    versions: tuple[ast.expr, ...]
    """Expressions that state the version."""


@dataclass(frozen=True, eq=False)
class Module:
    """A module of the package, as text and as statements."""

    name: str
    path: Path
    is_package: bool
    text: str
    statements: tuple[Statement, ...]
    making: tuple[Making, ...] = ()

    @property
    def package(self) -> str:
        """The package that its relative imports start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @cached_property
    def binds(self) -> frozenset[str]:
        """Names that its statements give a meaning to."""
        return frozenset(name for one in self.statements for name in one.binds)

    def base_of(self, node: ast.ImportFrom) -> str:
        """The absolute name of what an import takes names from."""
        if node.level == 0:
            return node.module or ""
        parts = self.package.split(".")
        return ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])


@dataclass(frozen=True, eq=False)
class Package:
    """An import package whose source is installed.

    Args:
        name: Its name, without a dot.
        root: Its folder, or its file when it is a single module.
    """

    name: str
    root: Path
    _modules: dict[str, Module | None] = field(default_factory=dict, repr=False)

    @classmethod
    def installed(cls, name: str) -> Package | None:
        """Find a package without importing it.

        Args:
            name: Its name.

        Returns:
            The package; None when it is not installed as files.
        """
        spec = importlib.util.find_spec(name)
        if spec is None:
            return None
        folders = [*(spec.submodule_search_locations or [])]
        found = folders[0] if folders else spec.origin
        return cls(name, Path(found)) if found is not None and Path(found).exists() else None

    def holds(self, name: str) -> bool:
        """Whether a dotted name is the package's own or below it."""
        return f"{name}.".startswith(f"{self.name}.")

    def module(self, name: str) -> Module | None:
        """Read a module.

        Args:
            name: Its dotted name.

        Returns:
            The module; None when the package has no source for it.
        """
        if name not in self._modules:
            self._modules[name] = self._read(name) if self.holds(name) else None
        return self._modules[name]

    def _read(self, name: str) -> Module | None:
        inside = name.split(".")[1:]
        base = self.root.joinpath(*inside)
        candidates = [base] if base.is_file() else [base / "__init__.py", base.with_name(f"{base.name}.py")]
        path = next((one for one in candidates if one.is_file()), None)
        if path is None:
            is_namespace = base.is_dir() and any(base.glob("*.py"))
            return Module(name, base, is_package=True, text="", statements=()) if is_namespace else None
        with tokenize.open(path) as file:  # as Python reads it: a byte order mark, another encoding, any line ends
            text = file.read()
        try:
            tree = ast.parse(text, str(path))
        except (SyntaxError, ValueError):
            return None
        making = tuple(makings(tree))
        versions = frozenset(version for one in making for version in one.versions)
        return Module(
            name,
            path,
            is_package=path.name == "__init__.py",
            text=text,
            statements=tuple(Statement(node, versions) for node in tree.body),
            making=making,
        )


def makings(tree: ast.Module) -> Iterator[Making]:
    """Find the calls by which a module makes curricula.

    Args:
        tree: The module.

    Yields:
        Each call.
    """
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == _MAKES
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        if _called(call) in {*names, _MAKES}:
            outer = [one for one in calls if one.func is call]  # create_curriculum(...)(version=...)
            versions = [_argument(call, "version", 1), *(_argument(one, "version") for one in outer)]
            yield Making(call, _argument(call, "name", 0), tuple(one for one in versions if one is not None))


def _called(node: ast.Call) -> str | None:
    function = node.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", None)


def _argument(node: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    if position is not None and position < len(node.args):
        return node.args[position]
    return next((one.value for one in node.keywords if one.arg == name), None)


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and what is inside of it, but for what is inside of functions and classes."""
    yield node
    if not isinstance(node, _Scope | ast.Lambda):
        for inner in ast.iter_child_nodes(node):
            yield from _run_at_import(inner)


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, _Scope):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield bound_by(alias, node)
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name is not None:
        yield node.name


def bound_by(alias: ast.alias, node: ast.Import | ast.ImportFrom) -> str:
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
