"""One version of a curriculum as plain data.

Owns what is known about a version; ``reading`` fills it in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..contract.leaves import leaves
from ..look.model import CurriculumModel
from ..session.arrival import Arrival
from .repo import Project

__all__ = ["Arrivals", "Place", "Snapshot"]


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

    commit: str | None = None
    """The commit of a git ref; None for a folder or a bundle."""

    def today(self, name: str) -> str:
        """What a curriculum is called there; the name itself unless it is a former one."""
        return self.project.former_names.get(name, name) if self.project is not None else name


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """What a version makes of the animals of an older one, by the stage that they are at."""

    within: dict[str, Arrival]
    """If it is of the same major version."""

    across: dict[str, Arrival]
    """If it is of another major version."""

    declared: tuple[int | str, ...]
    """The versions, and older major versions, that it declares migrations for."""

    successors: dict[str, str | None]
    """The stages that the migration from the older major version names, with their successors; None for a tombstone."""

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Arrivals:
        """Read what the importer wrote.

        Args:
            document: A dict.

        Returns:
            The arrivals.
        """
        within, across = (
            {stage: Arrival.from_json(one) for stage, one in document[name].items()} for name in ("within", "across")
        )
        successors, declared = document["successors"], tuple(document["declared"])
        return cls(within=within, across=across, declared=declared, successors=successors)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One curriculum at one version."""

    label: str
    model: CurriculumModel
    modules: dict[str, str]
    """Text of each module of the repo that it needs, by its dotted name."""

    curriculum: dict[str, Any]
    """The library's own JSON of it."""

    schemas: dict[str, Any] = field(default_factory=dict)
    """``metrics`` and ``trainer_state``; only when read with ``full=True``."""

    states: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Trainer states of animals at each stage, as JSON; only when read with a session."""

    module: str | None = None
    """The module of the ``Curriculum`` object; None for a bundle."""

    packages: dict[str, str] = field(default_factory=dict)
    """The versions of the task's packages that its lock pins."""

    other_packages: str | None = None
    """Why it was imported with other versions of them, where it was."""

    arrivals: Arrivals | None = None
    """What it makes of the animals of the version that it was compared with; None where it was not asked."""

    def parameters(self, stage: str) -> dict[str, Any]:
        """The task parameters of a stage.

        Args:
            stage: Its name.

        Returns:
            Value by path of each leaf.
        """
        return leaves(self.enrolled()[stage]["stage"]["task"]["task_parameters"])

    def enrolled(self) -> dict[str, Any]:
        """A trainer state at each stage, as an animal comes to it.

        Returns:
            State by name of the stage, as JSON.
        """
        written_by = {"name": self.model.name, "version": self.model.version}
        return {
            stage["name"]: {
                "curriculum": written_by,
                "stage": stage,
                "is_on_curriculum": True,
                "active_policies": stage["start_policies"],
            }
            for stage in self.curriculum["graph"]["nodes"].values()
        }
