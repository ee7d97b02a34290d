"""The source of an installed import package, module by module, and where it makes curricula.

Owns which file a module is. Nothing of the package is imported or run.
"""

from __future__ import annotations

import ast
import importlib.util
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from .statements import Statement

__all__ = ["EVERYTHING", "Making", "Module", "Package", "makings"]

EVERYTHING: Final = "*"
"""In place of a name: all that a module has."""

_MAKES: Final = "create_curriculum"
"""The function of the library that makes a curriculum's class."""


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
        try:
            with tokenize.open(path) as file:  # as Python reads it: a byte order mark, another encoding, any line ends
                text = file.read()
            tree = ast.parse(text, str(path))
        except (SyntaxError, ValueError):  # such as a compiled module
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
