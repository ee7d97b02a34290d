"""The curriculum repo that a command is called in, as its ``pyproject.toml`` declares it.

Owns where that repo is, which curricula it holds and which version it states. Imports none of its code.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ..contract.errors import CurriculumError
from ..contract.versions import semver_of
from ..project.distributions import ENTRY_POINT_GROUP
from ..project.packages import own_packages, top_of
from ..project.pyproject import Pyproject

__all__ = ["Project", "project_at", "repo_root", "stated_version", "wraps"]

_DECLARE: Final = f'A curriculum is declared in pyproject.toml under [project.entry-points."{ENTRY_POINT_GROUP}"].'


@dataclass(frozen=True, kw_only=True)
class Project:
    """What a ``pyproject.toml`` says about the curricula of its repo."""

    name: str
    version: str | None
    """A semantic version; None when the file states none."""

    curricula: dict[str, str]
    """Name to ``package.module:OBJECT``."""

    former_names: dict[str, str] = field(default_factory=dict)
    """Names that they had before, each with the one of today."""


def repo_root(start: Path) -> Path:
    """The folder of the curriculum repo that a command is called in.

    Args:
        start: The working directory, or the folder that was named.

    Returns:
        The nearest folder, from there upwards, that has a ``pyproject.toml``.

    Raises:
        CurriculumError: ``repo.no_curriculum`` when there is none.
    """
    absolute = Path(os.path.abspath(start))
    for folder in (absolute, *absolute.parents):
        if (folder / "pyproject.toml").is_file():
            return folder
    raise CurriculumError(
        "repo.no_curriculum",
        f"{absolute} is not in a curriculum repo: there is no pyproject.toml.",
        "Call it in the repo, or name the repo by --repo.",
        where=str(absolute),
    )


def project_at(folder: Path, label: str) -> Project:
    """Read which curricula a folder holds.

    Args:
        folder: The folder of its ``pyproject.toml``.
        label: What to call it in messages.

    Returns:
        What it declares.

    Raises:
        CurriculumError: ``repo.no_curriculum`` when it declares none or cannot be read; ``repo.version``.
    """
    file = Pyproject.read(folder)
    if file.is_missing:
        raise _no_curriculum(label, "it has no pyproject.toml")
    if file.problem is not None:
        raise _no_curriculum(label, f"its pyproject.toml {file.problem}")
    if "project" not in file.document:
        raise _no_curriculum(label, "its pyproject.toml has no [project]")
    if not file.curricula:
        raise _no_curriculum(label, "its pyproject.toml declares none")
    stated = file.project.get("version")
    try:
        version = None if stated is None else semver_of(str(stated))
    except ValueError as error:
        raise CurriculumError(
            "repo.version", f"In {label}, {error}.", "Write MAJOR.MINOR.PATCH as the version in pyproject.toml."
        ) from None
    today = {target: name for name, target in file.curricula.items()}
    former = {name: today[target] for name, target in file.former_names.items() if target in today}
    return Project(name=file.name or "", version=version, curricula=file.curricula, former_names=former)


def _no_curriculum(label: str, why: str) -> CurriculumError:
    return CurriculumError("repo.no_curriculum", f"{label} holds no curriculum: {why}.", _DECLARE, where=label)


def stated_version(file: Pyproject) -> str:
    """The version that a ``pyproject.toml`` states.

    Args:
        file: The file.

    Returns:
        The version as it is written there.

    Raises:
        CurriculumError: ``repo.version`` when there is none, or one that is not semantic.
    """
    if file.fault is not None:
        raise CurriculumError("repo.version", f"pyproject.toml {file.fault}.", "Fix it.", where="pyproject.toml")
    if file.version is None:
        raise CurriculumError(
            "repo.version",
            "pyproject.toml states no version under [project].",
            'Write version = "MAJOR.MINOR.PATCH" there; a version that is made by the build cannot be raised.',
            where="pyproject.toml",
        )
    try:
        semver_of(file.version)
    except ValueError as error:
        raise CurriculumError(
            "repo.version",
            f"In pyproject.toml, {error}.",
            "Write MAJOR.MINOR.PATCH as the version in pyproject.toml.",
            where="pyproject.toml",
        ) from None
    return file.version


def wraps(root: Path, project: Project) -> bool:
    """Whether a repo holds no code of a curriculum that it declares: an installed package has it, and its versions.

    Args:
        root: The repo.
        project: What it declares.

    Returns:
        True when that holds for one of its curricula.
    """
    return any(not own_packages(root, top_of(target)) for target in project.curricula.values())
