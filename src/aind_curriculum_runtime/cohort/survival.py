"""Time to each stage, by Kaplan and Meier: animals whose training ends before they come to a stage count until then.

An animal has come to a stage when it is at it or at a later one; a person may have moved it past it. After its last
session it is where that session leads. Time is what lies between its first session and that moment: completed
sessions, or days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from .sessions import Animal

__all__ = ["UNITS", "Curve", "Step", "Unit", "curves"]

Unit = Literal["sessions", "days"]

UNITS: Final[tuple[Unit, ...]] = ("sessions", "days")

_ROUNDING: Final = 1e-9


@dataclass(frozen=True, kw_only=True)
class Step:
    """A time at which animals came to the stage, or were seen for the last time."""

    time: int
    at_risk: int
    """Animals that had not come before and were still in training."""

    came: int
    censored: int
    """Animals whose sessions end here without the stage."""

    share: float
    """The estimated share of animals that have come by then, from 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The time to one stage."""

    stage: str
    animals: int
    steps: tuple[Step, ...]

    @property
    def came(self) -> int:
        """Animals that came to the stage."""
        return sum(step.came for step in self.steps)

    @property
    def median(self) -> int | None:
        """The time by which half of the animals have come, as estimated; None where fewer ever do."""
        return next((step.time for step in self.steps if step.share > 0.5 - _ROUNDING), None)

    def share(self, time: int) -> float:
        """The estimated share of animals that have come by a time."""
        return next((step.share for step in reversed(self.steps) if step.time <= time), 0.0)

    def at_risk(self, time: int) -> int:
        """Animals that have not come before a time and are in training at least until then."""
        return next((step.at_risk for step in self.steps if step.time >= time), 0)


def curves(animals: Sequence[Animal], stages: Sequence[str], unit: Unit) -> list[Curve]:
    """Estimate the time to each stage.

    Args:
        animals: The animals of a group.
        stages: All stages in their order.
        unit: What time is counted in.

    Returns:
        A curve for each stage but the first, at which animals begin.
    """
    ranks = {stage: rank for rank, stage in enumerate(stages)}
    times = [_times(animal, unit) for animal in animals]
    furthest = [_furthest(animal, ranks) for animal in animals]
    found = []
    for rank, stage in enumerate(stages[1:], 1):
        came: Counter[int] = Counter()
        censored: Counter[int] = Counter()
        for time, reached in zip(times, furthest, strict=True):
            moment = next((index for index, one in enumerate(reached) if one >= rank), None)
            (came if moment is not None else censored)[time[moment if moment is not None else -1]] += 1
        found.append(Curve(stage=stage, animals=len(animals), steps=tuple(_steps(came, censored))))
    return found


def _times(animal: Animal, unit: Unit) -> list[int]:
    """The time before each session, and after the last one."""
    if unit == "sessions":
        return list(range(len(animal.sessions) + 1))
    first = animal.sessions[0].day
    days = [(one.day - first).days for one in animal.sessions]
    return [*days, days[-1]]


def _furthest(animal: Animal, ranks: Mapping[str, int]) -> list[int]:
    """The furthest stage so far, at each session and after the last one."""
    found: list[int] = []
    for stage in (*(one.stage for one in animal.sessions), animal.stands_at):
        found.append(max(ranks[stage], found[-1] if found else 0))
    return found


def _steps(came: Counter[int], censored: Counter[int]) -> Iterable[Step]:
    at_risk = came.total() + censored.total()
    missing = 1.0
    for time in sorted({*came, *censored}):
        missing *= 1 - came[time] / at_risk
        yield Step(time=time, at_risk=at_risk, came=came[time], censored=censored[time], share=1 - missing)
        at_risk -= came[time] + censored[time]
