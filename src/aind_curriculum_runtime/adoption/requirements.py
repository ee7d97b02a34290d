"""What a repo must depend on for code that came from an installed package.

Owns the choice among what that package depends on. The package of the task is pinned: a newer one may have other
parameters.
"""

from __future__ import annotations

import ast
import importlib.metadata
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..project.distributions import normalised
from ..project.packages import as_pinned
from ..project.pyproject import name_of

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum

__all__ = ["requirements_of"]


def requirements_of(distribution: str, texts: Iterable[str], curriculum: Curriculum[Any]) -> Iterator[str]:
    """Find what moved code needs of what its old package asked for.

    Args:
        distribution: The old package's distribution.
        texts: The moved modules.
        curriculum: The curriculum, whose task tells which package the task is of.

    Yields:
        Requirements: pinned for the task's package, and otherwise as the old package asked.
    """
    provided = importlib.metadata.packages_distributions()
    used = {name.partition(".")[0] for text in texts for name in _imported(text)}
    of_task = {*_modules_of_tasks(curriculum)}
    for asked in importlib.metadata.requires(distribution) or []:
        name = name_of(asked)
        tops = {top for top, owners in provided.items() if name in map(normalised, owners)}
        if re.search(r";.*\bextra\b", asked) or name == "aind-behavior-curriculum":
            continue
        if tops & of_task and (pinned := as_pinned(name)) is not None:
            extras = re.search(r"\[[^\]]*\]", asked.partition(";")[0])
            yield pinned.replace(name, name + (extras[0] if extras else ""), 1)
        elif tops & used:
            yield asked.replace('"', "'")


def _imported(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def _modules_of_tasks(curriculum: Curriculum[Any]) -> Iterator[str]:
    """The import packages that the task and its parameters are classes of."""
    for stage in curriculum.see_stages():
        for value in (stage.task, stage.task.task_parameters):
            yield from (one.__module__.partition(".")[0] for one in type(value).__mro__)
