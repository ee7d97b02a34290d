"""One `copier update`, as a process of its own: ``python -m aind_curriculum_runtime.fleet.copier_job ORDER``.

A process of its own because Copier changes the working directory, which threads share. Copier never gets trust, so no
script of a template runs. ORDER is a JSON file; the answer is written beside it as ``answer.json``.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..project.template import ANSWERS
from .answers import merged_answers


def main(order_file: Path) -> None:
    """Render the template at the repo's version, then update the repo.

    Args:
        order_file: JSON with ``folder`` (the repo, a clean checkout), ``base`` (a new folder for that rendering),
            ``reference`` and ``data`` (answers to change).
    """
    order = json.loads(order_file.read_text(encoding="utf-8"))
    try:
        answer = _update(Path(order["folder"]), Path(order["base"]), order["reference"], order["data"])
    except _InTheWay as error:
        answer = {"error": "in the way", "message": str(error)}
    except Exception as error:
        answer = {"error": _kind(error), "message": _words(error)}
    (order_file.parent / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


def _update(folder: Path, base: Path, reference: str, data: dict[str, Any]) -> dict[str, Any]:
    import copier

    text, before = (folder / ANSWERS).read_text(encoding="utf-8"), _answers(folder)
    own = {name: value for name, value in before.items() if not name.startswith("_")}
    warnings.simplefilter("ignore")
    options: dict[str, Any] = {"defaults": True, "overwrite": True, "quiet": True}
    copier.run_copy(before["_src_path"], base, data=own, vcs_ref=before["_commit"], **options)
    try:
        copier.run_update(folder, data=data, vcs_ref=reference, **options)
    except (AssertionError, OSError) as error:  # Copier's answer to a folder in place of a file, or a file of a folder
        new = base.with_name(f"{base.name}-new")
        copier.run_copy(before["_src_path"], new, data=own | data, vcs_ref=reference, **options)
        if clashes := list(_clashes(folder, new)):
            raise _InTheWay(", ".join(clashes)) from error
        raise
    base_text, written = ((place / ANSWERS).read_text(encoding="utf-8") for place in (base, folder))
    (folder / ANSWERS).write_text(merged_answers(text, base_text, written), encoding="utf-8", newline="\n")
    after = _answers(folder)
    changed = {
        name: [value, after.get(name)] for name, value in (own | data).items() if name in after and after[name] != value
    }
    return {"version": str(after["_commit"]), "changed_answers": changed}


class _InTheWay(Exception):
    """What is in the way of the template's files, in words."""


def _clashes(folder: Path, new: Path) -> Iterator[str]:
    for path in sorted(new.rglob("*")):
        name = path.relative_to(new)
        there = folder / name
        if path.is_dir() and there.is_file():
            yield f"{name.as_posix()} is a file here and a folder of the template"
        elif path.is_file() and there.is_dir():
            yield f"{name.as_posix()} is a folder here and a file of the template"


def _answers(folder: Path) -> dict[str, Any]:
    import yaml

    found: dict[str, Any] = yaml.safe_load((folder / ANSWERS).read_text(encoding="utf-8"))
    return found


def _kind(error: Exception) -> str:
    from copier.errors import UnsafeTemplateError

    return "trust" if isinstance(error, UnsafeTemplateError) else type(error).__name__


def _words(error: Exception) -> str:
    text = str(getattr(error, "stderr", "") or error)
    lines = [line.strip(" |") for line in text.splitlines() if line.strip(" |")]
    told = [line for line in lines if line.startswith(("fatal: ", "error: "))] or lines
    return (told[-1] if told else type(error).__name__).removeprefix("fatal: ").rstrip(".")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
