"""One version of a curriculum as something that programs import, each in a process of its own.

Owns where its code is and what is installed beside it: the packages of this environment, but for those of its task
(``task_packages``). Both sides of a comparison use the same library, so that any difference is the curriculum's. Knows
nothing of what a program does with it.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract.errors import CurriculumError
from ..project.packages import as_pinned, distribution_of, own_packages, top_of
from ..project.pyproject import Pyproject
from .repo import Project
from .snapshot import Place
from .task_packages import install, is_installed, pinned

__all__ = ["Importable", "importable"]


@dataclass(frozen=True, kw_only=True)
class Importable:
    """A version of a curriculum that programs can import, each in a process of its own."""

    place: Place
    name: str
    target: str
    """``package.module:OBJECT``."""

    folder: Path
    """For what programs write, as long as the version is importable."""

    packages: dict[str, str]
    """The versions of the task's packages that its lock pins."""

    not_had: str | None
    """Those that are neither installed nor could be had, and why."""

    arguments: tuple[str, ...]

    def ask(self, program: str, more: Sequence[str] = (), *, timeout: float | None = None) -> dict[str, Any]:
        """Have a program answer that imports the version, as ``importer`` does.

        Args:
            program: The module of the program.
            more: Arguments that only it takes.
            timeout: Seconds that it may take; as long as it likes by default.

        Returns:
            What it wrote; ``error`` in it says why there is no more.
        """
        path = self.folder / "answer.json"
        # -P: nothing of the working directory is imported; -B: nothing is written beside the sources.
        command = [sys.executable, "-P", "-B", "-m", program, "--answer", str(path), "--object", self.target]
        try:
            done = subprocess.run(
                [*command, *self.arguments, *more],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd=self.folder,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"error": f"it did not end within {timeout:.0f} s"}
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            said = done.stderr.decode("utf-8", "replace").split()
            return {"error": f"the process ended with {done.returncode} ({' '.join(said)[-300:] or 'silently'})"}
        return found

    def import_failed(self, why: str) -> CurriculumError:
        """Say that it does not import.

        Args:
            why: The reason that a program gave.

        Returns:
            ``repo.import_failed``, to be raised.
        """
        return CurriculumError(
            "repo.import_failed",
            f"The curriculum {self.name!r} of {self.place.label} does not import: {why.rstrip('.')}.",
            f"It is imported with what is installed here; {self.not_had}."
            if self.not_had
            else "It is imported with what is installed here; an old version may need other packages.",
            where=self.place.label,
        )


@contextlib.contextmanager
def importable(place: Place, project: Project, name: str) -> Iterator[Importable]:
    """Make one curriculum of a version importable while the body runs.

    Args:
        place: The version; no bundle.
        project: What it declares.
        name: The curriculum.

    Yields:
        What programs ask.

    Raises:
        CurriculumError: ``repo.import_failed`` or ``repo.wrapped`` for one whose code is in a package that is not
            installed as it asks for.
    """
    packages = pinned(place.folder, project.name)
    with tempfile.TemporaryDirectory(prefix="curriculum-snapshot-", ignore_cleanup_errors=True) as text:
        folder = Path(text)
        arguments, not_had = _where(place, project, name), None
        if others := [package for package, version in packages.items() if not is_installed(package, version)]:
            why_not = install(others, place.folder, folder / "packages")
            if why_not is None:
                arguments += ["--packages", str(folder / "packages")]
            else:
                not_had = f"{', '.join(f'{one} {packages[one]}' for one in others)} could not be had: {why_not}"
        _state_distribution(project, folder)
        yield Importable(
            place=place,
            name=name,
            target=project.curricula[name],
            folder=folder,
            packages=packages,
            not_had=not_had,
            arguments=tuple(arguments),
        )


def _where(place: Place, project: Project, name: str) -> list[str]:
    """Where the importer finds a curriculum: in the version's own sources, or in a package that it wraps."""
    if not own_packages(place.folder, top_of(project.curricula[name])):
        _require_installed(place, project, name)
        return ["--installed"]
    source = place.folder / "src"
    return ["--source", str(source if source.is_dir() else place.folder)]


def _require_installed(place: Place, project: Project, name: str) -> None:
    """Make sure that the package which a version wraps is installed here as that version pins it."""
    top = top_of(project.curricula[name])
    distribution = distribution_of(top)
    asked = Pyproject.read(place.folder).requirement(distribution) if distribution is not None else None
    if distribution is None or asked is None:
        raise CurriculumError(
            "repo.import_failed",
            f"The curriculum {name!r} of {place.label} does not import: there is no module "
            f"{project.curricula[name].partition(':')[0]} in it, nor in an installed package that it depends on.",
            "Run `uv sync`.",
            where=place.label,
        )
    here = as_pinned(distribution)
    if here is not None and _pin(asked) not in ("", _pin(here)):
        raise CurriculumError(
            "repo.wrapped",
            f"{place.label} wraps {name!r} of {asked}, and {here} is installed here.",
            "Two versions of a package are compared by their bundles: call `export DIR` in a checkout of each, then "
            "`diff DIR DIR`.",
            where=place.label,
        )


def _pin(requirement: str) -> str:
    """The one version, commit or address that a requirement asks for; empty for a range."""
    return [*re.split("={2,3}|@", requirement.partition(";")[0].replace(" ", ""), maxsplit=1), ""][1]


def _state_distribution(project: Project, folder: Path) -> None:
    """Write metadata like an installed distribution's: an old version asks for its number by the name it had then."""
    name = re.sub(r"[^A-Za-z0-9.]+", "_", project.name)
    metadata = folder / f"{name}-{project.version}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Name: {name}\nVersion: {project.version}\n", encoding="utf-8", newline="\n")
