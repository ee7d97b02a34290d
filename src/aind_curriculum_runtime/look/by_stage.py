"""Parameters by stage: which differ between stages, which are the same at every stage, and how to read long paths.

Real tasks have thousands of parameters, of which a few tell the stages apart. Every view shows those, taken from here.
Knows nothing of how a view is written.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..contract.leaves import changed, steps
from .model import CurriculumModel, Parameter, Stage
from .order import StageOrder
from .wording import counted, shown

__all__ = ["ByStage", "Row", "by_stage", "folded", "grouped"]

_PART: Final = 4
"""Parameters that only some stages have are one row when there are this many under one path."""

_WHOLE: Final = "(as a whole)"
_BROKEN: Final = 2
"""So many paths that are too long are broken into lines rather than put under a heading."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A parameter at each stage; or a part of the task that only some stages have, such as one element of a list."""

    steps: tuple[str, ...]
    """The names of its path, each with its point and the indexes that follow it. ``blocks[2 and 9 more]`` stands for
    elements of a list in which the same differs."""

    parameter: Parameter | None
    """The parameter, as the first stage that has it describes it; None for a part."""

    cells: tuple[str | None, ...]
    """For each stage the value as text, or of a part how many values it has; None where the stage has none."""

    changed: tuple[bool, ...]
    """For each stage whether it is other than in the stage before."""

    inside: bool
    """Whether it belongs to a part that has a row of its own."""

    @property
    def path(self) -> str:
        """Where it is."""
        return "".join(self.steps)


@dataclass(frozen=True, kw_only=True)
class ByStage:
    """The parameters of a curriculum by stage."""

    stages: tuple[Stage, ...]
    """The stages that have parameters, in the order in which a subject advances."""

    rows: tuple[Row, ...]
    same: int
    """How many parameters have no row, as they have the same value at every stage."""

    def left_out(self, more: int) -> str:
        """Say how much is not shown.

        Args:
            more: How many rows are not shown.

        Returns:
            A clause without a full stop; empty if everything is shown.
        """
        said = []
        if more and len(self.stages) == 1:
            said.append(f"{more} more")
        elif more:
            said.append(f"{more} more {'differs' if more == 1 else 'differ'}")
        if self.same:
            verb = "is" if self.same == 1 else "are"
            said.append(f"{counted(self.same, 'parameter')} {verb} the same at every stage")
        return "; ".join(said)


def by_stage(model: CurriculumModel, order: StageOrder, *, everything: bool = False) -> ByStage:
    """Compare the stages of a curriculum by their parameters.

    What is inside a part that only some stages have is shown where it differs between these. Where a single stage has
    parameters there is nothing to compare, and all of them are shown.

    Args:
        model: The curriculum.
        order: The order of its stages.
        everything: Whether to give every parameter a row, and not only what differs.

    Returns:
        The rows, in the order in which the stages have them.
    """
    stages = tuple(stage for stage in map(model.stage, order.names) if stage.parameters)
    root = _Node(steps=())
    for index, stage in enumerate(stages):
        for parameter in stage.parameters:
            _add(root, parameter, index)
    everywhere = frozenset(range(len(stages)))
    everything = everything or len(stages) == 1
    same = 0 if everything else sum(not one.differs(everywhere) for one in root.leaves())
    return ByStage(stages=stages, rows=tuple(_rows(root, everywhere, len(stages), everything=everything)), same=same)


@dataclass(kw_only=True, slots=True)
class _Node:
    """A step of the paths: what stands there, and below it, by the index of a stage."""

    steps: tuple[str, ...]
    own: dict[int, Parameter] = field(default_factory=dict)
    below: dict[str, _Node] = field(default_factory=dict)
    stages: set[int] = field(default_factory=set)

    def leaves(self) -> Iterator[_Node]:
        if self.own:
            yield self
        for one in self.below.values():
            yield from one.leaves()

    def differs(self, stages: frozenset[int]) -> bool:
        return self.own.keys() != stages or any(self.changed(*pair) for pair in itertools.pairwise(sorted(stages)))

    def changed(self, before: int, after: int) -> bool:
        one, other = self.own.get(before), self.own.get(after)
        if one is None or other is None:
            return one is not other
        if type(one.value) is type(other.value) is not list:  # most are, and this is faster
            return bool(one.value != other.value)
        return bool(changed(one.value, other.value))


def _add(root: _Node, parameter: Parameter, stage: int) -> None:
    node = root
    for step in _steps(parameter.name):
        inner = node.below.get(step)
        if inner is None:
            inner = node.below[step] = _Node(steps=(*node.steps, step))
        node = inner
        node.stages.add(stage)
    node.own[stage] = parameter


@functools.lru_cache(maxsize=16384)
def _steps(path: str) -> tuple[str, ...]:
    """The steps of a path, where an index belongs to the name before it."""
    names: list[str] = []
    for step in steps(path):
        if step.startswith("[") and names:
            names[-1] += step
        else:
            names.append(step)
    return tuple(names)


def _rows(node: _Node, stages: frozenset[int], count: int, *, everything: bool, inside: bool = False) -> Iterator[Row]:
    """The rows of what is at a step and below it, where only these stages, of so many, are compared."""
    if node.own and (everything or node.differs(stages)):
        cells = tuple(shown(node.own[stage].value) if stage in node.own else None for stage in range(count))
        parameter = node.own[min(node.own)]
        yield Row(steps=node.steps, parameter=parameter, cells=cells, changed=_changed([node], count), inside=inside)
    found: dict[object, list[list[Row]]] = {}
    depth = len(node.steps)
    for step, one in node.below.items():
        rows = list(_rows_below(one, stages, count, everything=everything, inside=inside))
        list_, index, _ = step.partition("[")
        seen = tuple((row.steps[depth + 1 :], row.cells, row.changed) for row in rows)
        found.setdefault((list_, seen) if index and not everything else step, []).append(rows)
    for first, *others in found.values():
        yield from (_with_others(row, depth, len(others)) for row in first)


def _with_others(row: Row, at: int, others: int) -> Row:
    """Let a row stand for those of other elements of a list as well."""
    if not others:
        return row
    together = f"{row.steps[at][:-1]} and {others} more]"
    return dataclasses.replace(row, steps=(*row.steps[:at], together, *row.steps[at + 1 :]))


def _rows_below(one: _Node, stages: frozenset[int], count: int, *, everything: bool, inside: bool) -> Iterator[Row]:
    leaves = [] if everything or one.stages == stages else list(one.leaves())
    if len(leaves) < _PART:
        yield from _rows(one, stages, count, everything=everything, inside=inside)
        return
    sizes = [sum(stage in leaf.own for leaf in leaves) for stage in range(count)]
    cells = tuple(counted(size, "value") if size else None for size in sizes)
    yield Row(steps=one.steps, parameter=None, cells=cells, changed=_changed(leaves, count), inside=inside)
    yield from _rows(one, frozenset(one.stages), count, everything=False, inside=True)


def _changed(leaves: Sequence[_Node], count: int) -> tuple[bool, ...]:
    later = (any(leaf.changed(stage - 1, stage) for leaf in leaves) for stage in range(1, count))
    return (False, *later)


def folded(rows: Sequence[Row], limit: int) -> list[Row]:
    """Choose the rows to show where there is not room for all.

    Args:
        rows: The rows.
        limit: How many there is room for.

    Returns:
        All rows if there are no more; otherwise those with the shortest paths, which say most of a task, and none that
        is inside of a part.
    """
    if len(rows) <= limit:
        return list(rows)
    chosen = sorted((row for row in rows if not row.inside), key=lambda row: len(row.steps))[:limit]
    places = {id(row) for row in chosen}
    return [row for row in rows if id(row) in places]


def grouped(rows: Sequence[Row], width: int) -> list[tuple[str, list[tuple[str, Row]]]]:
    """Group rows under what their paths begin with, so that what is left of each can be read.

    Args:
        rows: The rows, in their order.
        width: Characters that a path has room for; longer ones are put under a heading, but for a few.

    Returns:
        For each group its heading, which is empty where the paths are short, and its rows, each with the rest of its
        path; of the row of the heading itself nothing is left, and it says so.
    """
    headed = _headed([(row.steps, row) for row in rows], "", width)
    return [
        (heading, [("".join(rest).removeprefix(".") or _WHOLE, row) for _, rest, row in group])
        for heading, group in itertools.groupby(headed, key=lambda one: one[0])
    ]


_Rest = tuple[tuple[str, ...], Row]


def _headed(rows: Sequence[_Rest], heading: str, width: int) -> Iterator[tuple[str, tuple[str, ...], Row]]:
    """Give each row its heading: no longer than is needed for the rows that begin with the same step."""
    for step, run in itertools.groupby(rows, key=lambda one: one[0][0]):
        same = list(run)
        too_long = sum(sum(map(len, rest)) > width for rest, _ in same)
        if too_long <= _BROKEN:
            yield from ((heading, rest, row) for rest, row in same)
            continue
        yield from ((heading + step, (), row) for rest, row in same if len(rest) == 1)
        yield from _headed([(rest[1:], row) for rest, row in same if len(rest) > 1], heading + step, width)
