"""One version of a curriculum as plain data.

Owns what is known about a version; ``reading`` fills it in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..look.model import CurriculumModel
from .repo import Project

__all__ = ["Place", "Snapshot"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one version is: a folder with its files, or a bundle."""

    label: str
    """The version as it was typed, or ``reading.WORKING_TREE``."""

    folder: Path
    project: Project | None
    """None for a bundle."""

    names: tuple[str, ...]
    """The curricula there."""

    def today(self, name: str) -> str:
        """What a curriculum is called there; the name itself unless it is a former one."""
        return self.project.former_names.get(name, name) if self.project is not None else name


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One curriculum at one version."""

    label: str
    model: CurriculumModel
    modules: dict[str, str]
    """Text of each module of the repo that it needs, by its dotted name."""

    documents: dict[str, Any] = field(default_factory=dict)
    """``curriculum``, ``metrics_schema`` and ``trainer_state_schema``; only when read with ``full=True``."""
