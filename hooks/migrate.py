"""Run one migration of a generated repo, as an entry of `_migrations` in copier.yml calls it.

Copier calls it in the repo, once before the update and once after it, with STAGE, VERSION_FROM and
VERSION_TO in the environment. It runs in Copier's own Python, so nothing but the standard library
can be counted on.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
STAGES = ("before", "after")


class MigrationError(Exception):
    """A migration cannot be run, or failed; the message is one sentence."""


def main(arguments: list[str]) -> int:
    """Run the migration to a version and give the exit code."""
    try:
        version, stage = requested(arguments)
        run(version, stage, Path.cwd())
    except MigrationError as error:
        print(f"migrate.py: {error}", file=sys.stderr)
        return 1
    return 0


def requested(arguments: list[str]) -> tuple[str, str]:
    """Read version and stage from the command line and the environment."""
    if len(arguments) != 1 or not re.fullmatch(r"\d+\.\d+\.\d+", arguments[0]):
        raise MigrationError(f"One version X.Y.Z is needed, not {' '.join(arguments)!r}.")
    stage = os.environ.get("STAGE", "")
    if stage not in STAGES:
        raise MigrationError(f"STAGE is {stage!r}, but Copier sets it to one of {', '.join(STAGES)}.")
    for name in ("VERSION_FROM", "VERSION_TO"):
        if not os.environ.get(name):
            raise MigrationError(f"{name} is not set, but Copier sets it: the script is run by `copier update`.")
    return arguments[0], stage


def run(version: str, stage: str, repo: Path) -> None:
    """Call the stage's function of the version's module, if it has one."""
    file = MIGRATIONS / f"v{version.replace('.', '_')}.py"
    if not file.is_file():
        raise MigrationError(f"There is no migration to {version}: {file.name} is missing in hooks/migrations.")
    try:
        step: Callable[[Path], None] | None = getattr(load(file), stage, None)
        if step is None:
            return
        step(repo)
    except (Exception, SystemExit) as error:
        line = next(
            (frame.lineno for frame in traceback.extract_tb(error.__traceback__)[::-1] if Path(frame.filename) == file),
            None,
        )
        where = f"{file.name}, line {line}" if line else file.name
        said = " ".join(str(error).split())
        raise MigrationError(
            f"The migration to {version} failed in its {stage!r} step ({where}): {type(error).__name__}: {said}"
        ) from error
    if stage == "before":
        stage_changes(repo)


def load(file: Path) -> ModuleType:
    """Import a migration by its file, leaving no bytecode in the template."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


def stage_changes(repo: Path) -> None:
    """Put what a `before` step changed into git's index: Copier merges from there, not from the files."""
    done = subprocess.run(
        ["git", "add", "--all", "."], cwd=repo, capture_output=True, text=True, encoding="utf-8", errors="replace"
    )
    if done.returncode:
        raise MigrationError(f"git add failed: {' '.join(done.stderr.split())}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
