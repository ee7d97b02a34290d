"""How long animals were at each stage, what was decided there, and where they left.

Source of what is counted for an animal: ``compute_stats`` of auto-train's manager.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from .sessions import Animal

__all__ = ["AtStage", "StageOfGroup", "at_stages", "of_group"]


@dataclass(kw_only=True)
class AtStage:
    """One animal at one stage."""

    subject: str
    stage: str
    sessions: int = 0
    first: int = 0
    """Number of its first session there."""

    last: int = 0
    decisions: Counter[str] = field(default_factory=Counter)

    @property
    def span(self) -> int:
        """Sessions from the first to the last one there, those at other stages between them counted."""
        return self.last - self.first + 1


@dataclass(kw_only=True)
class StageOfGroup:
    """A stage, for all animals of a group."""

    stage: str
    animals: int = 0
    sessions: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    open_loop: int = 0
    overridden: int = 0
    """Sessions that a person had moved to this stage from another one."""

    left: int = 0
    """Animals that were last seen here and no more since."""

    in_training: int = 0
    """Animals that stand here and were seen not long ago."""


def at_stages(animals: Iterable[Animal]) -> list[AtStage]:
    """Count for each animal and stage.

    Args:
        animals: The animals.

    Returns:
        By animal, and of one animal in the order in which it first came to its stages.
    """
    found: dict[tuple[str, str], AtStage] = {}
    for animal in animals:
        for one in animal.sessions:
            key = (animal.subject, one.stage)
            own = found.setdefault(key, AtStage(subject=animal.subject, stage=one.stage, first=one.number))
            own.sessions += 1
            own.last = one.number
            if one.decision is not None:
                own.decisions[one.decision] += 1
    return list(found.values())


def of_group(animals: Sequence[Animal], stages: Iterable[str], since: date) -> list[StageOfGroup]:
    """Count for each stage of a group.

    Args:
        animals: The animals of the group.
        stages: All stages.
        since: An animal without a session on this day or later has left.

    Returns:
        A row for each stage, in the order of the stages.
    """
    found = {stage: StageOfGroup(stage=stage) for stage in stages}
    for own in at_stages(animals):
        row = found[own.stage]
        row.animals += 1
        row.sessions += own.sessions
        row.decisions += own.decisions
    for animal in animals:
        for one in animal.sessions:
            found[one.stage].open_loop += not one.is_closed_loop
            found[one.stage].overridden += one.is_overridden
        row = found[animal.stands_at]
        if animal.sessions[-1].day < since:
            row.left += 1
        else:
            row.in_training += 1
    return list(found.values())
