"""Whether a curriculum that was moved is still the same: it is imported from a folder of its own and compared.

Knows nothing of repos; what it imports is taken out of the process again.
"""

from __future__ import annotations

import contextlib
import importlib
import json
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

    fault: Step | None
    """What is wrong with it; None for a curriculum that is the original but for names."""


def tried(code: OwnCode, original: Curriculum[Any], registered: Registered) -> Trial:
    """Import the moved code and compare what it makes with the original.

    Args:
        code: The code.
        original: The curriculum as its package makes it.
        registered: The moved one, as the repo will declare it.

    Returns:
        What was found.
    """
    path = f"src/{code.target.partition(':')[0].replace('.', '/')}.py"
    model = None
    try:
        with _importable(code, top_of(registered.target)):
            found = load(registered)
            model = read_model(found)
            told = _difference(original, found, code)
    except CurriculumError as error:
        told = f"does not load: {error.message}"
    return Trial(model=model, fault=Step(path=path, line=1, text=told) if told is not None else None)


@contextlib.contextmanager
def _importable(code: OwnCode, package: str) -> Iterator[None]:
    """Have the code first on the path meanwhile, in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in code.texts.items():
            target = Path(folder, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        sys.path.insert(0, folder)
        _forget(package)
        try:
            yield
        finally:
            sys.path.remove(folder)
            _forget(package)


def _forget(package: str) -> None:
    importlib.invalidate_caches()
    for name in [one for one in sys.modules if f"{one}.".startswith(f"{package}.")]:
        del sys.modules[name]


def _difference(original: Curriculum[Any], found: Curriculum[Any], code: OwnCode) -> str | None:
    """The first difference of two curricula in words: their stages, parameters, policies and transitions."""
    before = json.dumps(as_json(original, "curriculum")["graph"])
    for path, now in code.rules.items():
        before = before.replace(json.dumps(path), json.dumps(now))
    first = next(iter(changed(json.loads(before), as_json(found, "curriculum")["graph"])), None)
    if first is None:
        return None
    return f"makes another curriculum than the package: {first.path} is {first.after!r} and was {first.before!r}"
