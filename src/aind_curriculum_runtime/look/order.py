"""The order of the stages: which transitions advance a subject, and how far along each stage is.

A curriculum does not state this: it is read off the shape of its graph.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from .model import CurriculumModel

__all__ = ["Kind", "StageOrder", "order_of", "stage_order"]

Kind = Literal["advance", "regress", "stay"]


@dataclass(frozen=True, kw_only=True)
class StageOrder:
    """The stages in the order in which a subject advances through them."""

    names: tuple[str, ...]
    """Names of the stages from the first to the last."""

    level: dict[str, int]
    """By the name of a stage, the number of transitions that advance to it, along the longest path."""

    advances: frozenset[tuple[str, str]]
    """Source and target of each transition that advances."""

    def kind(self, source: str, target: str) -> Kind:
        """Tell whether a transition advances.

        Args:
            source: Name of the stage that it leaves.
            target: Name of the stage that it leads to.

        Returns:
            Whether it advances, regresses, or stays at the same stage.
        """
        if source == target:
            return "stay"
        return "advance" if (source, target) in self.advances else "regress"

    def progress(self, stage: str) -> float:
        """Tell how far along a stage is.

        Args:
            stage: Its name.

        Returns:
            From 0 for the first stage to 1 for the last.
        """
        last = max(self.level.values(), default=0)
        return self.level[stage] / last if last else 1.0


def stage_order(model: CurriculumModel) -> StageOrder:
    """Find the order of the stages of a curriculum; as ``order_of``.

    Args:
        model: The curriculum.

    Returns:
        The order.
    """
    return order_of([stage.name for stage in model.stages], ((one.source, one.target) for one in model.transitions))


def order_of(names: list[str], transitions: Iterable[tuple[str, str]]) -> StageOrder:
    """Find the order of stages.

    Of the transitions of a cycle one goes back: the one that leads furthest away from the final stages, and of
    several such, the one that leads furthest back in the order in which the graph lists the stages.

    Args:
        names: The stages, in the order in which the graph lists them.
        transitions: Source and target of each.

    Returns:
        The order.
    """
    index = {name: number for number, name in enumerate(names)}
    pairs = dict.fromkeys(pair for pair in transitions if pair[0] != pair[1])
    distance = _distance(names, pairs)
    forward = set(pairs)
    while cycle := _in_cycles(names, forward):
        forward.remove(
            max(cycle, key=lambda pair: (distance[pair[1]] - distance[pair[0]], index[pair[0]] - index[pair[1]], pair))
        )
    level = _levels(names, forward)
    return StageOrder(
        names=tuple(sorted(names, key=lambda name: (level[name], index[name]))),
        level=level,
        advances=frozenset(forward),
    )


def _distance(names: list[str], pairs: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Count the transitions from each stage to the nearest final one; the same for all if no stage is final."""
    before: dict[str, list[str]] = {name: [] for name in names}
    finals = set(names)
    for source, target in pairs:
        before[target].append(source)
        finals.discard(source)
    found = dict.fromkeys(sorted(finals), 0)
    pending = deque(found)
    while pending:
        one = pending.popleft()
        for other in before[one]:
            if other not in found:
                found[other] = found[one] + 1
                pending.append(other)
    return {name: found.get(name, len(names)) for name in names}


def _in_cycles(names: list[str], pairs: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give the pairs that are part of a cycle."""
    after: dict[str, list[str]] = {name: [] for name in names}
    for source, target in pairs:
        after[source].append(target)
    reached = {name: set(_reachable(after, name)) for name in names}
    return [(source, target) for source, target in pairs if source in reached[target]]


def _reachable(after: dict[str, list[str]], start: str) -> Iterator[str]:
    seen, pending = {start}, [start]
    while pending:
        one = pending.pop()
        yield one
        for other in after[one]:
            if other not in seen:
                seen.add(other)
                pending.append(other)


def _levels(names: list[str], forward: set[tuple[str, str]]) -> dict[str, int]:
    level = dict.fromkeys(names, 0)
    for _ in names:  # the longest path has at most all stages
        changed = False
        for source, target in forward:
            if level[target] <= level[source]:
                level[target] = level[source] + 1
                changed = True
        if not changed:
            break
    return level
