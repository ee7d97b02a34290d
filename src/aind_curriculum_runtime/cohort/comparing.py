"""Two versions of a curriculum over the same animals: each decides in a process of its own, then they are compared."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from ..contract.errors import CODES, CurriculumError
from ..versions.importable import Importable, importable
from ..versions.repo import Project
from ..versions.snapshot import Place
from .difference import Difference, Row, difference

__all__ = ["compare_over"]

_PROGRAM: Final = "aind_curriculum_runtime.cohort.deciding"


def compare_over(old: Place, new: Place, name: str, source: str) -> Difference:
    """Compare what two versions decide.

    Args:
        old: The older version.
        new: The newer version.
        name: A curriculum that both have.
        source: A table, a ledger, or a folder of session directories.

    Returns:
        Where they decide otherwise.

    Raises:
        CurriculumError: ``usage.invalid`` for a bundle; whatever is wrong with a version or with the source.
    """
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        versions = [stack.enter_context(importable(place, _project(place), name)) for place in (old, new)]
        answers = list(pool.map(lambda version: _asked(version, source), versions))
        cuts = [_cut(version, answer, answers) for version, answer in zip(versions, answers, strict=True)]
        before, after = (_rows(_decisions(version)) for version in versions)
        found = difference(before, after, (old.label, new.label))
    found.cut = next(filter(None, cuts), None)
    return found


def _project(place: Place) -> Project:
    if place.project is None:
        raise CurriculumError(
            "usage.invalid",
            f"{place.label} is a bundle, whose code cannot be run over animals.",
            "Name a git ref, or the folder of a repo.",
        )
    return place.project


def _asked(version: Importable, source: str) -> dict[str, Any]:
    """Have a version decide."""
    former = [old for old, today in _project(version.place).former_names.items() if today == version.name]
    arguments = ["--name", version.name, "--cohort", _from_anywhere(source), "--decisions", str(_decisions(version))]
    return version.ask(_PROGRAM, [*arguments, *(part for one in former for part in ("--formerly", one))])


def _cut(version: Importable, answer: dict[str, Any], answers: list[dict[str, Any]]) -> str | None:
    """Why the source ended early for a version, or None; what is wrong for both is no version's."""
    if "error" not in answer:
        cut: str | None = answer["cut"]
        return cut
    if (code := answer.get("code")) in CODES and not code.startswith("repo."):
        whose = "" if answers[0] == answers[1] else f"{version.place.label}: "
        raise CurriculumError(code, f"{whose}{answer['error']}", answer["hint"])
    raise version.import_failed(answer["error"])


def _from_anywhere(source: str) -> str:
    """The source as it is found from another working directory."""
    return source if "://" in source else os.path.abspath(source)


def _decisions(version: Importable) -> Path:
    return version.folder / "decisions.jsonl"


def _rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
