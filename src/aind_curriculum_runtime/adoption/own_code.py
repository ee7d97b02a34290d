"""The code of a curriculum, moved from an installed package into the repo's own, under the name of the repo.

Owns what is written anew in it: the curriculum's name, its version, which is the repo's, and the rule paths it had.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from ..contract.errors import CurriculumError
from ..curriculum.beside import FORMERLY
from ..curriculum.references import known, places
from ..project.packages import top_of
from .moving import moved, new_names
from .package_source import EVERYTHING, Making, Module, Package, makings
from .remaining import Step, steps_in
from .selection import Selection, select
from .statements import bound_by

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum

__all__ = ["OwnCode", "own_code"]

_IMPORT: Final = "from aind_curriculum_runtime import curriculum_version"


@dataclass(frozen=True, kw_only=True)
class OwnCode:
    """A curriculum as code of a repo."""

    target: str
    """Where it is now: ``package.module:OBJECT``."""

    texts: Mapping[str, str]
    """Text by path below the folder of sources."""

    rules: Mapping[str, str]
    """Old to new path of each rule that moved."""

    former_rules: Mapping[str, str]
    """Those of them that a trainer state can name."""

    needs_package: bool
    """Whether the code still imports something of the old package, which has no source for it."""

    steps: tuple[Step, ...]


def own_code(original: Curriculum[Any], target: str, name: str, *, whole: bool = False) -> OwnCode:
    """Move the code of a curriculum.

    Args:
        original: The curriculum.
        target: Where it is: ``package.module:OBJECT``.
        name: Name of the repo, and of the curriculum from now on.
        whole: Whether all of the curriculum's own modules comes along, not what it needs alone.

    Returns:
        The code.

    Raises:
        CurriculumError: ``repo.not_wrapped`` when the package is not installed as Python source.
    """
    start, _, attributes = target.partition(":")
    first, *rest = attributes.split(".")
    package, home, first = _found(start, first)
    functions = {rule.name: rule.callable for _, rule in places(original)}
    wanted = [(home.name, first), *((home.name, EVERYTHING), (home.package, EVERYTHING)) * whole]
    wanted += [(one.__module__, one.__qualname__) for one in functions.values() if package.holds(one.__module__)]
    move = _Move(select(package, wanted), home, original.name, name)
    rules = {
        path: move.names[one.__module__] + path.removeprefix(one.__module__)
        for path, one in sorted(functions.items())
        if one.__module__ in move.names
    }
    nameable = frozenset[str]().union(*known(original).values())
    former = {path: now for path, now in rules.items() if path in nameable}
    texts = {move.path(module): move.text(module) for module in move.modules}
    steps = tuple(move.steps(texts))
    texts[move.path(home)] += _declaration(former, package.name)
    top = f"{move.own}/__init__.py"
    texts[top] = texts.get(top) or f'"""{name}: the curriculum, moved from {home.package or home.name}."""\n'
    return OwnCode(
        target=f"{move.names[home.name]}:{'.'.join([first, *rest])}",
        texts=texts,
        rules=rules,
        former_rules=former,
        needs_package=bool(move.selection.missing),
        steps=steps,
    )


def _found(start: str, name: str) -> tuple[Package, Module, str]:
    """The package of a curriculum, the module that makes it, and its name there."""
    package = Package.installed(top_of(start))
    if package is not None:
        module, name = _defined(package, start, name)
        if module is not None:
            return package, module, name
    raise CurriculumError(
        "repo.not_wrapped",
        f"{start} is not installed as Python source, so its code cannot be moved.",
        "Install the package from an index or from git, and call it again.",
    )


def _defined(package: Package, name: str, attribute: str) -> tuple[Module | None, str]:
    """Where a module has a name from: itself, or one that it imports it from."""
    module = package.module(name)
    for statement in module.statements if module is not None else ():
        node = statement.node
        if module is not None and isinstance(node, ast.ImportFrom) and package.holds(base := module.base_of(node)):
            for alias in node.names:
                if bound_by(alias, node) == attribute:
                    return _defined(package, base, alias.name)
    return module, attribute


def _declaration(former: Mapping[str, str], package: str) -> str:
    """The former rule paths, as code."""
    listed = "".join(f'    "{path}": "{now}",\n' for path, now in former.items())
    told = f"# What trainer states of {package} call these rules.\n# They are read so; nothing there is imported.\n"
    return f"\n\n{told}{FORMERLY} = {{\n{listed}}}\n" if former else ""


@dataclass(frozen=True)
class _Move:
    """What is moved, and under which names."""

    selection: Selection
    home: Module
    """The module that makes the curriculum."""

    former_name: str
    name: str

    @property
    def own(self) -> str:
        """The repo's own package."""
        return self.name.replace("-", "_")

    @cached_property
    def modules(self) -> list[Module]:
        """The modules, with the packages that they are in."""
        return self.selection.modules_with_packages(self.home.package)

    @cached_property
    def names(self) -> dict[str, str]:
        """The names of modules: old to new."""
        return new_names(self.modules, self.home.package, self.own)

    def path(self, module: Module) -> str:
        """The file of a module, below the folder of sources."""
        return self.names[module.name].replace(".", "/") + ("/__init__.py" if module.is_package else ".py")

    def text(self, module: Module) -> str:
        """A module in its new place, with the new name of the curriculum and the version of the repo."""
        versions = [version for home, one in self._makings if home is module for version in one.versions]
        replaced = dict.fromkeys(versions, f'curriculum_version("{self.name}")')
        if len(self._stated) == 1:
            replaced |= {node: f'"{self.name}"' for node in self._stated if node in self._nodes[module.name]}
        added = _IMPORT if versions and "curriculum_version" not in module.binds else ""
        return moved(self.selection, module, self.names, replaced, added)

    def steps(self, texts: Mapping[str, str]) -> Iterator[Step]:
        """What is left to do in the moved code, which is read anew: lines are those of today."""
        made = []
        for path, text in texts.items():
            yield from steps_in(f"src/{path}", text, self.selection.package.name)
            made += [(path, one.call.lineno) for one in makings(ast.parse(text))]
        told = [(path, line, "makes another curriculum too: take one out (LP011)") for path, line in made[1:]]
        if not any(one.versions for _, one in self._makings):
            versioned = f'states no version in create_curriculum: make it curriculum_version("{self.name}")'
            told.append((self.path(self.home), 1, versioned))
        if len(self._stated) != 1:
            named = f"must be named {self.name!r} now, as pyproject.toml says: that is not in one place only"
            told.append((self.path(self.home), 1, named))
        yield from (Step(path=f"src/{path}", line=line, text=text) for path, line, text in told)

    @cached_property
    def _nodes(self) -> dict[str, set[ast.AST]]:
        """The syntax trees of what is needed, by module."""
        return {
            module.name: {node for one in self.selection.kept(module) for node in ast.walk(one.node)}
            for module in self.modules
        }

    @cached_property
    def _makings(self) -> list[tuple[Module, Making]]:
        """The calls that make a curriculum, in what is needed."""
        return [
            (module, one) for module in self.modules for one in module.making if one.call in self._nodes[module.name]
        ]

    @cached_property
    def _stated(self) -> list[ast.expr]:
        """The texts by which the code may give the curriculum its name; one, where there is no doubt."""
        made = [one.name for _, one in self._makings]
        every = [node for nodes in self._nodes.values() for node in nodes if isinstance(node, ast.Constant)]
        same: list[ast.expr] = [node for node in every if node.value == self.former_name]
        return [node for node in same if node in made] or same
