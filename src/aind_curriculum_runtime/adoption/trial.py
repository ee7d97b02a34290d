"""Whether a curriculum that was moved is still the same: it is imported from a folder of its own and compared.

Knows nothing of repos; what it imports is taken out of the process again.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.errors import CurriculumError
from ..contract.leaves import changed
from ..curriculum.discovery import Registered
from ..curriculum.loading import load
from ..look.model import CurriculumModel
from ..look.read import read_model
from ..project.packages import top_of
from ..session.suggestion import as_json
from .own_code import OwnCode
from .remaining import Step

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum

__all__ = ["Trial", "tried"]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What importing the moved code showed."""

    model: CurriculumModel | None
    """The curriculum, if it could be imported."""

    is_equal: bool
    """Whether it is the original, but for names."""

    steps: tuple[Step, ...]
    """What is wrong with it, if anything."""


def tried(code: OwnCode, original: Curriculum[Any], before: Registered, today: Registered) -> Trial:
    """Import the moved code and compare what it makes with the original.

    Args:
        code: The code.
        original: The curriculum as its package makes it.
        before: Where that is.
        today: The moved one, as the repo will declare it.

    Returns:
        What was found.
    """
    path = f"src/{code.target.partition(':')[0].replace('.', '/')}.py"
    graph, model, told = _graph(original), None, []
    try:
        again = _graph(_loaded_anew(before))
        if random_part := _first_difference(graph, again):
            told.append(f"is made with random numbers, so every import makes another: seed them ({random_part})")
        with _importable(code):
            found = _loaded_anew(today)
            model = read_model(found)
        for old, now in code.rules.items():
            again = again.replace(json.dumps(old), json.dumps(now))
        difference = _first_difference(again, _graph(found))
        if difference is not None:
            told.append(f"makes another curriculum than the package: {difference}")
        is_equal = difference is None
    except CurriculumError as error:
        told.append(f"does not load: {error.message}")
        is_equal = False
    return Trial(model=model, is_equal=is_equal, steps=tuple(Step(path=path, line=1, text=one) for one in told))


@contextlib.contextmanager
def _importable(code: OwnCode) -> Iterator[None]:
    """Have the code first on the path meanwhile, in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in code.texts.items():
            target = Path(folder, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            sys.path.remove(folder)
            _forget(top_of(code.target))


def _loaded_anew(registered: Registered) -> Curriculum[Any]:
    """Import a curriculum that may have been imported before, with the same random numbers each time."""
    _forget(top_of(registered.target))
    random.seed(0)
    return load(registered)


def _forget(package: str) -> None:
    importlib.invalidate_caches()
    for name in [one for one in sys.modules if f"{one}.".startswith(f"{package}.")]:
        del sys.modules[name]


def _graph(curriculum: Curriculum[Any]) -> str:
    """Stages, parameters, policies and transitions, as JSON."""
    return json.dumps(as_json(curriculum, "curriculum")["graph"])


def _first_difference(before: str, after: str) -> str | None:
    first = next(iter(changed(json.loads(before), json.loads(after))), None)
    return None if first is None else f"{first.path} was {_cut(first.before)} and is {_cut(first.after)}"


def _cut(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
