"""The code of a curriculum, moved from an installed package into the repo's own, under the name of the repo.

Owns what is written anew in it: the curriculum's name, its version, which is the repo's, and the rule paths it had.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..contract.errors import CurriculumError
from ..curriculum.formerly import ATTRIBUTE
from ..curriculum.references import known, places
from ..project.packages import top_of
from .moving import moved, new_names
from .remaining import Step, steps_in
from .selection import Selection, select
from .source import EVERYTHING, Making, Module, Package, makings

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
    package = Package.installed(top_of(target))
    start, _, attributes = target.partition(":")
    first, *rest = attributes.split(".")
    module, first = _defined(package, start, first) if package is not None else (None, first)
    if package is None or module is None:
        raise CurriculumError(
            "repo.not_wrapped",
            f"{start} is not installed as Python source, so its code cannot be moved.",
            "Install the package from an index or from git, and call it again.",
        )
    functions = {rule.name: rule.callable for _, rule in places(original)}
    wanted = [(module.name, EVERYTHING if whole else first), *([(module.package, EVERYTHING)] if whole else [])]
    wanted += [(one.__module__, one.__qualname__) for one in functions.values() if package.holds(one.__module__)]
    selection = select(package, wanted)
    own = name.replace("-", "_")
    modules = selection.modules_with_packages(module.package)
    names = new_names(modules, module.package, own)
    rules = {
        path: names[one.__module__] + path.removeprefix(one.__module__)
        for path, one in sorted(functions.items())
        if one.__module__ in names
    }
    nameable = frozenset[str]().union(*known(original).values())
    former = {path: now for path, now in rules.items() if path in nameable}
    path, top = _path(module, names), f"{own}/__init__.py"
    texts = {_path(one, names): _text(selection, one, names, original.name, name) for one in modules}
    steps = tuple(_steps(selection, texts, path, original.name, name))
    texts[path] += _declaration(former, package.name)
    texts[top] = texts.get(top) or f'"""{name}: the curriculum, moved from {module.package or module.name}."""\n'
    return OwnCode(
        target=f"{names[module.name]}:{'.'.join([first, *rest])}",
        texts=texts,
        rules=rules,
        former_rules=former,
        needs_package=bool(selection.missing),
        steps=steps,
    )


def _defined(package: Package, name: str, attribute: str) -> tuple[Module | None, str]:
    """Where a module has a name from: itself, or one that it imports it from."""
    module = package.module(name)
    for statement in module.statements if module is not None else ():
        node = statement.node
        if module is not None and isinstance(node, ast.ImportFrom) and package.holds(base := module.base_of(node)):
            for alias in node.names:
                if (alias.asname or alias.name) == attribute:
                    return _defined(package, base, alias.name)
    return module, attribute


def _path(module: Module, names: Mapping[str, str]) -> str:
    return names[module.name].replace(".", "/") + ("/__init__.py" if module.is_package else ".py")


def _text(selection: Selection, module: Module, names: Mapping[str, str], former_name: str, name: str) -> str:
    inside, stated = _nodes(selection, module), _name_stated(selection, former_name)
    versions = [version for one in module.making if one.call in inside for version in one.versions]
    replaced = dict.fromkeys(versions, f'curriculum_version("{name}")')
    replaced |= {node: f'"{name}"' for node in stated if len(stated) == 1 and node in inside}
    added = _IMPORT if versions and "curriculum_version" not in module.binds else ""
    return moved(selection, module, names, replaced, added)


def _nodes(selection: Selection, module: Module) -> set[ast.AST]:
    return {node for statement in selection.kept(module) for node in ast.walk(statement.node)}


def _makings(selection: Selection) -> list[tuple[Module, Making]]:
    """The calls that make a curriculum, in what is needed."""
    return [
        (module, one) for module in selection.modules for one in module.making if one.call in _nodes(selection, module)
    ]


def _name_stated(selection: Selection, name: str) -> list[ast.expr]:
    """The texts by which the code may give the curriculum its name; one, where there is no doubt."""
    made = [one.name for _, one in _makings(selection)]
    direct: list[ast.expr] = [node for node in made if isinstance(node, ast.Constant) and node.value == name]
    everywhere: list[ast.expr] = [
        node
        for module in selection.modules
        for node in _nodes(selection, module)
        if isinstance(node, ast.Constant) and node.value == name
    ]
    return direct if len(direct) == 1 else everywhere


def _declaration(former: Mapping[str, str], package: str) -> str:
    """The former rule paths, as code."""
    listed = "".join(f'    "{path}": "{now}",\n' for path, now in former.items())
    told = f"# What trainer states of {package} call these rules.\n# They are read so; nothing there is imported.\n"
    return f"\n\n{told}{ATTRIBUTE} = {{\n{listed}}}\n" if former else ""


def _steps(selection: Selection, texts: Mapping[str, str], home: str, former_name: str, name: str) -> Iterator[Step]:
    """What is left to do in the moved code, which is read anew: lines are those of today."""
    made = 0
    for path, text in texts.items():
        yield from steps_in(f"src/{path}", text, selection.package.name)
        for one in makings(ast.parse(text)):
            made += 1
            if made > 1:
                yield Step(
                    path=f"src/{path}", line=one.call.lineno, text="makes a second curriculum: take it out (LP011)"
                )
    if not any(one.versions for _, one in _makings(selection)):
        told = f'states no version in create_curriculum: make it curriculum_version("{name}")'
        yield Step(path=f"src/{home}", line=1, text=told)
    if len(_name_stated(selection, former_name)) != 1:
        yield Step(
            path=f"src/{home}", line=1, text=f"must be named {name!r} now, as the entry point in pyproject.toml is"
        )
