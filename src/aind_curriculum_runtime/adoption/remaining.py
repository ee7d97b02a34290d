"""What is left for a person after code was moved, as steps with file and line.

Owns what is looked for in the moved code, which is read as a syntax tree, and how the steps are written down.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from .statements import Statement

__all__ = ["Step", "as_markdown", "steps_in"]


@dataclass(frozen=True, kw_only=True, order=True)
class Step:
    """Something that a tool cannot do."""

    path: str
    """The file, relative to the repo, with forward slashes."""

    line: int
    text: str
    """What is there, and what to do about it."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


_FILES: Final = "reads files that lay beside the old module and were not moved: copy them into this package"
_BY_NAME: Final = "imports a module by a name that was not followed: write an import statement"
_ENVIRONMENT: Final = "reads the environment, which differs from rig to rig: write the value into the code (CL008)"
_VERSION: Final = (
    "asks for the version of a distribution, which is another one now: take it out, or use curriculum_version"
)
_COMMAND_LINE: Final = "is of the old command line, which nothing calls any more: take it out with what names it"

_FOUND: Final = {
    "__file__": _FILES,
    "importlib.resources": _FILES,
    "pkgutil.get_data": _FILES,
    "importlib.import_module": _BY_NAME,
    "__import__": _BY_NAME,
    "os.environ": _ENVIRONMENT,
    "os.getenv": _ENVIRONMENT,
    "importlib.metadata": _VERSION,
    "argparse": _COMMAND_LINE,
    "click": _COMMAND_LINE,
    "pydantic_settings": _COMMAND_LINE,
    "sys.argv": _COMMAND_LINE,
}
"""What is used, by its full name, and what to say of it and of all that is in it."""


def steps_in(path: str, text: str, package: str) -> Iterator[Step]:
    """Find what is left to do in a module that was moved.

    Args:
        path: The file, relative to the repo.
        text: Its text.
        package: The old import package.

    Yields:
        The first place of each kind.
    """
    tree = ast.parse(text)
    told: set[str] = set()
    for line, what in sorted((*_used(tree), *_named(tree, package))):
        if what not in told:
            told.add(what)
            yield Step(path=path, line=line, text=what)


def _used(tree: ast.Module) -> Iterator[tuple[int, str]]:
    full: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            full |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            full |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for statement in map(Statement, tree.body):
        for node, (root, *attributes) in statement.chains:
            name = ".".join([full.get(root, root), *attributes, ""])
            yield from ((node.lineno, what) for start, what in _FOUND.items() if name.startswith(f"{start}."))


def _named(tree: ast.Module, package: str) -> Iterator[tuple[int, str]]:
    word = re.compile(rf"(?<![\w.]){re.escape(package)}(?!\w)")
    for node in ast.walk(tree):
        modules: list[str] = []
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and word.search(node.value):
            yield node.lineno, f"names the package {package} in a text: look whether that is still meant"
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""] if node.level == 0 else []
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        for module in modules:
            if f"{module}.".startswith(f"{package}.") and isinstance(node, ast.stmt):
                yield node.lineno, f"imports {module}, of which there is no Python source: write what it needs here"


def as_markdown(steps: Iterable[Step], name: str) -> str:
    """Write steps as a list to tick off.

    Args:
        steps: The steps.
        name: Name of the curriculum.

    Returns:
        A page of Markdown.
    """
    listed = "".join(f"- [ ] `{one.path}:{one.line}` {one.text}\n" for one in sorted(steps))
    return f"# What is left of adopting {name}\n\nDelete this file when all is done.\n\n{listed}"
