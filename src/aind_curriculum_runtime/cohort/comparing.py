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
        for version, answer in zip(versions, answers, strict=True):
            _require_answer(version, answer, answers)
        before, after = (
            _rows(_decisions(version), answer["parameters"]) for version, answer in zip(versions, answers, strict=True)
        )
        found = difference(before, after, (old.label, new.label))
    found.cut = next((answer["cut"] for answer in answers if answer["cut"] is not None), None)
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


def _require_answer(version: Importable, answer: dict[str, Any], answers: list[dict[str, Any]]) -> None:
    """Make sure that a version has decided; what is wrong for both is no version's fault."""
    if "error" not in answer:
        return
    if (code := answer.get("code")) in CODES and not code.startswith("repo."):
        whose = "" if answers[0] == answers[1] else f"{version.place.label}: "
        raise CurriculumError(code, f"{whose}{answer['error']}", answer["hint"])
    raise version.import_failed(answer["error"])


def _from_anywhere(source: str) -> str:
    """The source as it is found from another working directory."""
    return source if "://" in source else os.path.abspath(source)


def _decisions(version: Importable) -> Path:
    return version.folder / "decisions.jsonl"


def _rows(path: Path, parameters: dict[str, str]) -> Iterator[Row]:
    """The decisions, with the parameters of the stage where no policy made others."""
    with path.open(encoding="utf-8") as file:
        for row in map(json.loads, file):
            if "error" not in row:
                row.setdefault("parameters", parameters[row["next_stage_suggested"]])
            yield row
