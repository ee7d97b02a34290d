"""What a curriculum needs of the package that it is in: which statements of which modules.

Owns the search. It takes rather too much than too little: a name is followed wherever it stands, and a statement that
may change a value goes with that value. Knows nothing of where the code will be.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from .package_source import EVERYTHING, Module, Package
from .statements import Import, Statement, bound_by

__all__ = ["Selection", "select"]


@dataclass(frozen=True, eq=False)
class Selection:
    """What is needed of a package."""

    package: Package
    wanted: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Names by module; ``*`` for all of it."""

    missing: set[str] = field(default_factory=set)
    """Modules that the code imports, and that the package has no source for."""

    @property
    def modules(self) -> list[Module]:
        """The modules that are needed, by name."""
        found = [self.package.module(name) for name in sorted(self.wanted) if self.wanted[name]]
        return [one for one in found if one is not None]

    def modules_with_packages(self, home: str) -> list[Module]:
        """The modules that are needed, with the packages that they are in; but for those above what is in ``home``."""
        names = {one.name for one in self.modules}
        for name in [*names]:
            parts = name.split(".")
            above = home.count(".") + 1 if name.startswith(f"{home}.") else 1
            names |= {".".join(parts[:count]) for count in range(above, len(parts))}
        return [one for one in map(self.package.module, sorted(names)) if one is not None]

    def kept(self, module: Module) -> list[Statement]:
        """The statements of a module that are needed, in their order.

        Args:
            module: One of the package.

        Returns:
            The statements; with any of them, its docstring and what it imports from ``__future__``.
        """
        wanted = self.wanted.get(module.name, set())
        kept = [one for one in module.statements if _is_kept(one, wanted)]
        kept = [one for one in kept if not isinstance(one.node, Import) or self.names(one.node, module)]
        return [one for one in module.statements if kept and (one in kept or _belongs_to_any(one, module))]

    def names(self, node: Import, module: Module, *, is_at_top: bool = True) -> list[ast.alias]:
        """What is needed of an import.

        Args:
            node: The import.
            module: The module that it is in.
            is_at_top: Whether it is a statement of the module; one inside of something else is needed whole.

        Returns:
            Its names.
        """
        wanted = {EVERYTHING, *self.wanted.get(module.name, set())}
        if not is_at_top or (EVERYTHING in self.wanted.get(module.name, set()) and self._is_for_others(node, module)):
            return node.names
        if EVERYTHING in self.wanted.get(module.name, set()):
            wanted |= {name for one in module.statements if not isinstance(one.node, Import) for name in one.needs}
        return [one for one in node.names if bound_by(one, node) in wanted]

    def _is_for_others(self, node: Import, module: Module) -> bool:
        """Whether all of a module's import counts although the module itself does not use it.

        It may run something, or bring names that others take from a package; a name of one of the package's own modules
        is only for the module that imports it.
        """
        if isinstance(node, ast.Import) or module.is_package:
            return True
        base = module.base_of(node)
        return not self.package.holds(base) or any(self.submodule(base, one.name) is not None for one in node.names)

    def submodule(self, base: str, name: str) -> Module | None:
        """The module that ``from base import name`` means; None where it means something else."""
        parent = self.package.module(base)
        binding = [one.node for one in parent.statements if name in one.binds] if parent is not None else []
        if any(not _takes(parent, node, base, name) for node in binding):
            return None
        return self.package.module(f"{base}.{name}")

    def walked(self, base: str, attributes: Sequence[str]) -> tuple[str, Sequence[str]]:
        """Follow attributes from module to module.

        Args:
            base: A module.
            attributes: What is taken from it, and from that.

        Returns:
            The last module, and the attributes that are left.
        """
        while attributes and self.submodule(base, attributes[0]) is not None:
            base, attributes = f"{base}.{attributes[0]}", attributes[1:]
        return base, attributes


def select(package: Package, start: Iterable[tuple[str, str]]) -> Selection:
    """Find what some names need.

    Args:
        package: The package.
        start: Modules with a name in each.

    Returns:
        What is needed.
    """
    found = Selection(package)
    waiting = [*start]
    while waiting:
        name, wanted = waiting.pop()
        module = package.module(name)
        if module is None:
            found.missing.add(name)
        elif wanted not in found.wanted[name]:
            found.wanted[name].add(wanted)
            waiting += _needed(found, module)
    return found


def _needed(selection: Selection, module: Module) -> Iterator[tuple[str, str]]:
    """What the statements of a module that are kept so far need, as module and name."""
    kept = selection.kept(module)
    for statement in kept:
        yield from ((module.name, name) for name in statement.needs & module.binds)
        for node in statement.imports:
            for alias in selection.names(node, module, is_at_top=node is statement.node):
                yield from _imported(selection, module, node, alias, kept)


def _imported(
    selection: Selection, module: Module, node: Import, alias: ast.alias, kept: list[Statement]
) -> Iterator[tuple[str, str]]:
    """What an imported name needs of its module; of an imported module, what is used of it."""
    if isinstance(node, ast.ImportFrom):
        base = module.base_of(node)
        if not selection.package.holds(base):
            return
        if alias.name == EVERYTHING or selection.submodule(base, alias.name) is None:
            yield base, alias.name
            return
        used = f"{base}.{alias.name}"
    else:
        if not selection.package.holds(alias.name):
            return
        used = alias.name if alias.asname is not None else selection.package.name
    chains = [rest for one in kept for _, (root, *rest) in one.chains if root == bound_by(alias, node)]
    if not chains:  # it is imported for what that does
        yield alias.name if isinstance(node, ast.Import) else used, EVERYTHING
    for chain in chains:
        last, left = selection.walked(used, chain)
        yield last, left[0] if left else EVERYTHING


def _is_kept(statement: Statement, wanted: set[str]) -> bool:
    if statement.is_for_scripts or not wanted:
        return False
    return EVERYTHING in wanted or bool((statement.binds | statement.changes) & {EVERYTHING, *wanted})


def _takes(module: Module | None, node: ast.stmt, base: str, name: str) -> bool:
    """Whether a statement is ``from base import name`` in some form."""
    if module is None or not isinstance(node, ast.ImportFrom) or module.base_of(node) != base:
        return False
    return any(one.name == name and one.asname in (None, name) for one in node.names)


def _belongs_to_any(statement: Statement, module: Module) -> bool:
    node = statement.node
    is_first = statement is module.statements[0]
    return (is_first and statement.is_docstring) or (isinstance(node, ast.ImportFrom) and node.module == "__future__")
