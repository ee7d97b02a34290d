"""Migrations: where the animals of an older major version go.

Owns what an author declares and how a subject is moved by it. A curriculum declares migrations in the module of its
``Curriculum`` object, the one that its entry point names, under the name ``MIGRATIONS``::

    MIGRATIONS = {
        1: Migration(
            stages={"s_old": "s_new", "s_gone": Tombstone("Place them by hand, at s_new or s_other.")},
            policies={"p_old": "p_new"},
        ),
    }

The keys are old major versions; each map leads straight to the stages of this version. Of the old trainer state only
names are read: what it references is never imported.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ..contract.errors import CurriculumError

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum, Policy, Stage, Trainer, TrainerState

__all__ = ["ATTRIBUTE", "TOMBSTONES", "Migration", "Move", "Tombstone", "declared", "move", "tombstone"]

ATTRIBUTE: Final = "MIGRATIONS"
"""Where a curriculum's module declares them, beside its ``Curriculum`` object."""

TOMBSTONES: Final = "aind_curriculum_runtime.tombstones"
"""Entry point group of removed curricula: the old name, and ``package.module:OBJECT`` of its ``Tombstone``."""


@dataclass(frozen=True)
class Tombstone:
    """What is left of a stage or curriculum that was removed.

    Args:
        message: Where its animals go, for the person who moves them: one or two sentences.
    """

    message: str

    def __post_init__(self) -> None:
        if not isinstance(self.message, str) or not self.message.strip():
            raise TypeError("a tombstone says where the animals go")


@dataclass(frozen=True, kw_only=True)
class Migration:
    """Where the animals of one older major version go.

    Args:
        stages: Every stage of that version by its name, and its successor's name or a ``Tombstone``.
        policies: Old policies, by name or dotted path, and their successors; None for one that ends. A policy that is
            not named stays active if the new stage still has it.
        note: What a person should know of it; shown with every migrated suggestion.
    """

    stages: Mapping[str, str | Tombstone]
    policies: Mapping[str, str | None] = field(default_factory=dict)
    note: str = ""

    def __post_init__(self) -> None:
        for name, target in self.stages.items():
            if not isinstance(name, str) or not isinstance(target, str | Tombstone):
                raise TypeError(f"stages maps names to names or tombstones, not {name!r} to {target!r}")
        for name, successor in self.policies.items():
            if not isinstance(name, str) or not isinstance(successor, str | None):
                raise TypeError(f"policies maps names to names or None, not {name!r} to {successor!r}")


@dataclass(frozen=True, kw_only=True)
class Move:
    """One trainer state, moved to this version."""

    state: TrainerState[Any]
    from_version: str
    to_version: str
    from_stage: str
    to_stage: str
    policies: dict[str, str | None]
    """Each policy that was active, and the one that replaces it or None, by dotted path."""

    started: bool
    """Whether no policy stayed active, so that the stage begins with its start policies."""

    note: str

    def document(self) -> dict[str, Any]:
        """The move as JSON, for the suggestion's sidecar."""
        return {
            "migration": {
                "from_version": self.from_version,
                "to_version": self.to_version,
                "stage": {"from": self.from_stage, "to": self.to_stage},
                "policies": self.policies,
                "start_policies": self.started,
                "task_parameters": "as enrolled",
                "note": self.note,
            }
        }

    def sentence(self) -> str:
        """The move in words."""
        told = (
            f"migrated from version {self.from_version} to {self.to_version}: stage {self.from_stage} -> "
            f"{self.to_stage}, task parameters as enrolled"
        )
        return f"{told}. {self.note}" if self.note else told


def declared(target: str) -> Mapping[int, Migration]:
    """The migrations that a loaded curriculum declares.

    Args:
        target: Where its object is, ``package.module:OBJECT``.

    Returns:
        Old major version to migration; empty when the module declares none.

    Raises:
        CurriculumError: ``repo.migration`` when ``MIGRATIONS`` is something else.
    """
    module = target.partition(":")[0]
    found = getattr(sys.modules.get(module), ATTRIBUTE, {})
    if not isinstance(found, Mapping) or not all(
        isinstance(key, int) and not isinstance(key, bool) and isinstance(one, Migration) for key, one in found.items()
    ):
        raise CurriculumError(
            "repo.migration",
            f"{module}.{ATTRIBUTE} is not a dict of old major versions and Migration objects.",
            f"Write {ATTRIBUTE} = {{1: Migration(stages={{...}})}}.",
            where=f"{module}:{ATTRIBUTE}",
        )
    return found


def move(
    version: str,
    name: str,
    active_policies: Sequence[str],
    *,
    trainer: Trainer[Any],
    migration: Migration,
) -> Move:
    """Move a subject from an older major version to this one.

    Args:
        version: The semantic version that wrote the subject's trainer state.
        name: Name of the subject's stage in that version.
        active_policies: Dotted paths of the active policies in that version.
        trainer: The library's trainer of the repo's own curriculum.
        migration: The migration from that version's major, as ``declared`` returned it.

    Returns:
        The subject at the successor of its stage, with that stage's own task parameters.

    Raises:
        CurriculumError: ``state.other_version`` with a tombstone's message, ``state.unknown_stage`` for a stage that
            the migration leaves out, ``repo.migration`` for a successor that does not exist.
    """
    curriculum = trainer.curriculum
    if name not in migration.stages:
        raise CurriculumError(
            "state.unknown_stage",
            f"The trainer state is at the stage {name!r} of version {version}, "
            f"of which the migration to version {curriculum.version} says nothing.",
            f"It says where these go: {', '.join(migration.stages)}.",
            where="$.stage.name",
        )
    successor = migration.stages[name]
    if isinstance(successor, Tombstone):
        raise CurriculumError(
            "state.other_version",
            f"The stage {name!r} of version {version} is gone in version {curriculum.version} of {curriculum.name!r}.",
            successor.message,
            where="$.stage.name",
        )
    stage = _stage(curriculum, successor, name)
    policies, active = _policies(active_policies, stage, migration, curriculum)
    # A policy that the migration ended for this subject does not begin again.
    ended = {_last(old) for old in active_policies if _successor(migration, old) is None}
    starts = [one for one in stage.start_policies if _last(one.name) not in ended]
    return Move(
        state=trainer.create_trainer_state(stage=stage.model_copy(deep=True), active_policies=active or starts),
        from_version=version,
        to_version=curriculum.version,
        from_stage=name,
        to_stage=stage.name,
        policies=policies,
        started=not active,
        note=migration.note,
    )


def _stage(curriculum: Curriculum[Any], name: str, old: str) -> Stage[Any, Any]:
    stages = {stage.name: stage for stage in curriculum.see_stages()}
    if name not in stages:
        raise CurriculumError(
            "repo.migration",
            f"The migration sends {old!r} to the stage {name!r}, which version {curriculum.version} does not have.",
            f"Its stages: {', '.join(stages)}.",
            where=ATTRIBUTE,
        )
    return stages[name]


def _policies(
    active: Sequence[str], stage: Stage[Any, Any], migration: Migration, curriculum: Curriculum[Any]
) -> tuple[dict[str, str | None], list[Policy[Any, Any]]]:
    """Each old policy with its successor, and the policies that are active now, in the order of the stage."""
    own = {policy.name: policy for policy in stage.see_policies()}
    known = {policy.name for one in curriculum.see_stages() for policy in one.see_policies()}
    told: dict[str, str | None] = {}
    for reference in active:
        successor = _successor(migration, reference)
        is_mapped = bool({reference, _last(reference)} & migration.policies.keys())
        if is_mapped and successor is not None and not _named(successor, known):
            raise CurriculumError(
                "repo.migration",
                f"The migration turns {reference!r} into the policy {successor!r}, which version "
                f"{curriculum.version} does not have.",
                f"Its policies: {', '.join(sorted(known)) or 'none'}.",
                where=ATTRIBUTE,
            )
        told[reference] = _named(successor, own) if successor is not None else None
    kept = set(told.values())
    return told, [policy for name, policy in own.items() if name in kept]


def _successor(migration: Migration, reference: str) -> str | None:
    """What the migration makes of an active policy: another one, None, or where it says nothing the same."""
    by_name = migration.policies.get(_last(reference), reference)
    return migration.policies.get(reference, by_name)


def _named(name: str, references: Any) -> str | None:
    """The reference that a name, or a dotted path, stands for."""
    return next((one for one in references if name in (one, _last(one))), None)


def _last(reference: str) -> str:
    return reference.rpartition(".")[2]


def tombstone(name: str) -> str | None:
    """The message of the tombstone of a removed curriculum.

    Args:
        name: Its name, as a trainer state has it.

    Returns:
        The message, or None when there is no tombstone.

    Raises:
        CurriculumError: ``repo.migration`` when the entry point does not lead to a ``Tombstone``.
    """
    from ..project.distributions import entry_points

    target = next((point.value for point in entry_points(TOMBSTONES) if point.name == name), None)
    if target is None:
        return None
    import importlib

    from .author_code import curriculum_code

    module, _, attribute = target.replace(" ", "").partition(":")
    hint = f'See [project.entry-points."{TOMBSTONES}"] in pyproject.toml.'
    with curriculum_code("repo.migration", f"The tombstone of {name!r} does not import", hint):
        found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, Tombstone):
        raise CurriculumError("repo.migration", f"{target} is a {type(found).__name__}, not a Tombstone.", hint)
    return found.message
