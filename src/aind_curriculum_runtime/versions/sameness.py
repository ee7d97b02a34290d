"""What counts as the same in two versions: about the same number, a type however it is spelt, a stage that was renamed.

Owns the tolerances and how similar two stages are. Knows nothing of changes or of the bump they need.
"""

from __future__ import annotations

import ast
import difflib
import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..look.model import CurriculumModel, Stage

__all__ = ["Renamed", "members", "renamed_stages", "same_value"]

RELATIVE_TOLERANCE: Final = 1e-9
"""Floats that differ by less are equal: another machine may compute other last digits."""

ABSOLUTE_TOLERANCE: Final = 1e-15
"""The same near 0: a sum that is 0 on one machine may leave this much on another."""

ALIKE: Final = 0.6
"""A removed and an added stage count as renamed from this similarity on (0 to 1)."""


@dataclass(frozen=True, kw_only=True)
class Renamed:
    """A removed stage and an added one that look like the same stage."""

    old: str
    new: str
    alike: float
    """Similarity, from 0 to 1."""


def same_value(old: Any, new: Any) -> bool:
    """Whether two JSON values mean the same.

    Args:
        old: A JSON value.
        new: Another one.

    Returns:
        True when they are equal, apart from the last digits of floats. ``1`` equals ``1.0``, but not ``true``.
    """
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if isinstance(old, int | float) and isinstance(new, int | float):
        if isinstance(old, int) and isinstance(new, int):
            return old == new
        return math.isclose(old, new, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(same_value(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(same_value(one, other) for one, other in zip(old, new, strict=True))
    return type(old) is type(new) and bool(old == new)


@functools.lru_cache(maxsize=512)
def members(annotation: str) -> frozenset[str]:
    """Take a type apart, however it is spelt.

    Args:
        annotation: As a model has it, such as ``Optional[List[int]]`` or ``list[int] | None``.

    Returns:
        The types and literals that it is a union of; itself for what is no Python.
    """
    try:
        return frozenset(_members(ast.parse(annotation, mode="eval").body))
    except (SyntaxError, ValueError, RecursionError):
        return frozenset({annotation})


def _members(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from _members(left)
            yield from _members(right)
        case ast.Subscript(value=ast.Name(id=name), slice=inner):
            inside = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if name in ("Optional", "Union"):
                yield from (member for one in inside for member in _members(one))
                yield from ["None"] if name == "Optional" else []
            elif name == "Literal":
                yield from (f"Literal[{ast.unparse(one)}]" for one in inside)
            else:
                name = name.lower() if name in ("Dict", "List", "Set", "Tuple") else name
                yield f"{name}[{', '.join(' | '.join(sorted(_members(one))) for one in inside)}]"
        case _:
            yield ast.unparse(node)


def renamed_stages(old: CurriculumModel, new: CurriculumModel) -> tuple[Renamed, ...]:
    """Pair removed stages with added ones, the most similar first.

    Args:
        old: The older version.
        new: The newer version.

    Returns:
        The pairs that look like one stage under two names.
    """
    kept = {stage.name for stage in old.stages} & {stage.name for stage in new.stages}
    gone = [stage for stage in old.stages if stage.name not in kept]
    come = [stage for stage in new.stages if stage.name not in kept]
    if not gone or not come:
        return ()
    telling = _telling(old.stages + new.stages)
    scores = {(one.name, other.name): _alike(one, other, old, new, kept, telling) for one in gone for other in come}
    found: list[Renamed] = []
    while scores:
        best = max(scores, key=lambda pair: scores[pair])  # the first of equals, in the order of the graphs
        if scores[best] < ALIKE:
            break
        found.append(Renamed(old=best[0], new=best[1], alike=round(scores[best], 2)))
        scores = {pair: score for pair, score in scores.items() if pair[0] != best[0] and pair[1] != best[1]}
    return tuple(found)


def _telling(stages: Sequence[Stage]) -> set[str]:
    """The parameters that tell stages apart: of a large task most are the same in every stage, which says nothing."""
    first, *others = [_values(stage) for stage in stages if stage.parameters] or [{}]
    return {
        name
        for name in {name for values in (first, *others) for name in values}
        if any(name not in values for values in (first, *others))
        or not all(same_value(first[name], values[name]) for values in others)
    }


def _values(stage: Stage) -> dict[str, Any]:
    return {one.name: one.value for one in stage.parameters}


def _alike(
    one: Stage, other: Stage, old: CurriculumModel, new: CurriculumModel, kept: set[str], telling: set[str]
) -> float:
    """How similar two stages are, by the parameters that tell stages apart, policies, place in the graph and name."""
    told = [{name: value for name, value in _values(stage).items() if name in telling} for stage in (one, other)]
    parameters = _agreement(told[0], told[1])
    policies = _overlap(
        {policy.rule.reference for policy in one.policies}, {policy.rule.reference for policy in other.policies}
    )
    place = _overlap(_neighbours(one.name, old, kept), _neighbours(other.name, new, kept))
    name = difflib.SequenceMatcher(None, one.name, other.name, autojunk=False).ratio()
    return 0.45 * parameters + 0.15 * policies + 0.25 * place + 0.15 * name


def _agreement(old: Mapping[str, Any], new: Mapping[str, Any]) -> float:
    names = old.keys() | new.keys()
    same = sum(name in old and name in new and same_value(old[name], new[name]) for name in names)
    return same / len(names) if names else 1.0


def _overlap(old: set[Any], new: set[Any]) -> float:
    return len(old & new) / len(old | new) if old | new else 1.0


def _neighbours(name: str, model: CurriculumModel, kept: set[str]) -> set[tuple[str, str]]:
    """The stages before and after one, with an empty name for each that is in one version only."""
    into = {("before", one.source) for one in model.transitions if one.target == name}
    out = {("after", one.target) for one in model.transitions if one.source == name}
    return {(side, other if other in kept else "") for side, other in into | out}
