"""Moving modules into another package: the text of each, with its imports leading to the new places.

Owns where a module goes, and the edits of its text: what stays is copied letter by letter, comments and layout too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from .package_source import Module
from .selection import Selection
from .statements import Import, Statement, bound_by

__all__ = ["Edit", "moved", "new_names"]

_WIDTH: Final = 120
_SHARED: Final = ("shared", "common", "inherited")


class Edit(NamedTuple):
    """A part of a module to write anew, from byte to byte: syntax trees count in bytes."""

    start: int
    end: int
    text: str


def new_names(modules: Iterable[Module], home: str, own: str) -> dict[str, str]:
    """Give modules their names in another package.

    Args:
        modules: Modules of one package, with the packages that they are in.
        home: The package that the curriculum is in, whose modules come to the top; empty for a single module.
        own: The new package.

    Returns:
        Old name to new. What the curriculum shares with others comes into a package of its own.
    """
    names = [module.name for module in modules]
    inside = {name[len(home) + 1 :].partition(".")[0] for name in names if name.startswith(f"{home}.")}
    shared = next(name for name in _SHARED if name not in inside)

    def new(name: str) -> str:
        if not home:
            return f"{own}.curriculum"
        is_inside = f"{name}.".startswith(f"{home}.")
        return own + name[len(home) :] if is_inside else f"{own}.{shared}{''.join(name.partition('.')[1:])}"

    return {name: new(name) for name in names}


def moved(
    selection: Selection,
    module: Module,
    names: Mapping[str, str],
    replaced: Mapping[ast.expr, str] | None = None,
    added: str = "",
) -> str:
    """Write a module as it is in its new place.

    Args:
        selection: What of it is needed.
        module: The module.
        names: Old names of modules to new ones.
        replaced: Expressions of the module, and what to write in their place.
        added: An import to add, if any.

    Returns:
        Its text; empty when nothing of it is needed.
    """
    data = module.text.encode("utf-8")
    lines = _Lines(data)
    kept = selection.kept(module)
    edits = [
        edit
        for statement in kept
        for edit in (
            *_import_edits(selection, module, statement, names, lines),
            *_chain_edits(selection, module, statement, names, lines),
        )
    ]
    edits += [Edit(*lines.span(node), text) for node, text in (replaced or {}).items()]
    if added:
        end = lines.span(_last_import(selection, module, kept).node)[1]
        edits.append(Edit(end, end, f"\n{added}"))
    header = re.match(rb"(#.*\n)+(?=\n)", data)  # such as a licence: not about the first statement
    spans = _kept_spans(module, kept, lines, header.end() if header is not None else 0)
    text = b"".join(b"\n" * empty + _applied(data, start, end, edits) for empty, start, end in spans)
    body = text.decode("utf-8").strip("\n")
    return f"{header[0].decode() + chr(10) if header else ''}{body}\n" if body else ""


class _Lines:
    """Where the lines of a text begin, in bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.starts = [0, *(match.end() for match in re.finditer(b"\n", data))]
        if not data.endswith(b"\n"):
            self.starts.append(len(data))

    def span(self, node: ast.stmt | ast.expr) -> tuple[int, int]:
        last, end = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[last - 1] + end


def _kept_spans(
    module: Module, kept: Sequence[Statement], lines: _Lines, before: int
) -> Iterator[tuple[int, int, int]]:
    """The lines of the statements that stay, each with the lines above it since the last one, which are about it.

    Yields:
        How many empty lines more what went had above it; where the lines start, and where they end.
    """
    waiting, most = False, 0
    for index, statement in enumerate(module.statements):
        waiting |= statement in kept
        last = statement.node.end_lineno or statement.node.lineno
        if any(one.node.lineno <= last for one in module.statements[index + 1 : index + 2]):
            continue  # `a = 1; b = 2` stays or goes as one
        here = re.match(rb"\n*", lines.data[before:])
        empty = here.end() if here is not None else 0
        if waiting:
            yield max(0, most - empty), before, lines.starts[last]
        before, waiting, most = lines.starts[last], False, 0 if waiting else max(most, empty)


def _applied(data: bytes, start: int, end: int, edits: Iterable[Edit]) -> bytes:
    """A part of a text with the edits inside of it."""
    parts, at = [], start
    for edit in sorted(one for one in edits if start <= one.start and one.end <= end):
        parts += [data[at : edit.start], edit.text.encode("utf-8")]
        at = edit.end
    return b"".join([*parts, data[at:end]])


def _last_import(selection: Selection, module: Module, kept: Iterable[Statement]) -> Statement:
    """The import after which another package's may stand: the last that is not of the package itself."""
    found = [one for one in kept if isinstance(one.node, Import)]
    others = [
        one
        for one in found
        if not isinstance(one.node, ast.ImportFrom) or not selection.package.holds(module.base_of(one.node))
    ]
    return (others or found)[-1]


def _import_edits(
    selection: Selection, module: Module, statement: Statement, names: Mapping[str, str], lines: _Lines
) -> Iterator[Edit]:
    """Let the imports of a statement lead to the new places, and leave out what is not needed."""
    for node in statement.imports:
        needed = selection.names(node, module, is_at_top=node is statement.node)
        start, end = lines.span(node)
        told = _import_lines(selection, module, node, needed, names)
        if told == _as_written(node):
            continue
        head = re.match(rb"from\s*(.*?)\s*\bimport\b", lines.data[start:end], re.DOTALL)
        if head is not None and len(told) == 1 and told[0][1] == _as_written(node)[0][1]:  # the names stay as they are
            yield Edit(start, start + head.end(), f"{told[0][0]} import")
        else:
            yield Edit(
                start, end, ("\n" + " " * node.col_offset).join(_rendered(*one, node.col_offset) for one in told)
            )


def _as_written(node: Import) -> list[tuple[str, list[str]]]:
    head = f"from {'.' * node.level}{node.module or ''}" if isinstance(node, ast.ImportFrom) else ""
    return [(head, [f"{one.name}{f' as {one.asname}' if one.asname else ''}" for one in node.names])]


def _import_lines(
    selection: Selection,
    module: Module,
    node: Import,
    needed: Sequence[ast.alias],
    names: Mapping[str, str],
) -> list[tuple[str, list[str]]]:
    """An import in the new place: what each line takes names from (``from x``, or nothing), and the names."""
    found: dict[str, list[str]] = {}
    for alias in needed:
        asked = f" as {alias.asname}" if alias.asname else ""
        if isinstance(node, ast.Import):
            found.setdefault("", []).append(names.get(alias.name, alias.name) + asked)
            continue
        base = module.base_of(node)
        submodule = selection.submodule(base, alias.name) if selection.package.holds(base) else None
        if not selection.package.holds(base):
            head, name = _as_written(node)[0][0], alias.name
        elif submodule is None and base not in names:  # there is no source for it: a step says so
            head, name = f"from {base}", alias.name
        elif submodule is None:
            head, name = f"from {_relative(names[base], module, names, node.level)}", alias.name
        else:
            parent, _, name = names[submodule.name].rpartition(".")
            asked = f" as {bound}" if (bound := bound_by(alias, node)) != name else ""
            head = f"from {_relative(parent, module, names, node.level)}" if parent else ""
        found.setdefault(head, []).append(f"{name}{asked}")
    return [*found.items()]


def _relative(target: str, module: Module, names: Mapping[str, str], level: int) -> str:
    """A module's name as an import in the new place gives it: relative where the old import was."""
    if level == 0:
        return target
    here = names[module.name].split(".")
    package = here if module.is_package else here[:-1]
    wanted = target.split(".")
    common = next(
        (n for n, (a, b) in enumerate(zip(package, wanted, strict=False)) if a != b), min(len(package), len(wanted))
    )
    return "." * (len(package) - common + 1) + ".".join(wanted[common:])


def _rendered(head: str, names: Sequence[str], indent: int) -> str:
    line = f"{head} import {', '.join(names)}".lstrip()
    if not head or indent + len(line) <= _WIDTH:
        return line
    space = " " * indent
    return "\n".join([f"{head} import (", *(f"{space}    {name}," for name in names), f"{space})"])


def _chain_edits(
    selection: Selection, module: Module, statement: Statement, names: Mapping[str, str], lines: _Lines
) -> Iterator[Edit]:
    """Write ``package.module.name`` anew where the package was imported as ``import package.module``."""
    top = selection.package.name
    if top not in module.binds or not any(
        isinstance(node, ast.Import) and bound_by(alias, node) == top
        for one in module.statements
        for node in one.imports
        for alias in node.names
    ):
        return
    for node, (root, *attributes) in statement.chains:
        if root == top:
            last, left = selection.walked(top, attributes)
            for _ in left:
                assert isinstance(node, ast.Attribute)
                node = node.value
            yield Edit(*lines.span(node), names.get(last, last))
