"""Rule references: the dotted names by which a trainer state calls functions.

Owns where references are, in a curriculum and in a trainer state's JSON, and refuses any that is not the repo's own. It
imports and calls nothing by name, because the library does both with any name (docs/contract.md, section "Trust").
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..contract.errors import CurriculumError

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum, Stage

__all__ = ["collect", "known", "places", "replaced", "require_known", "require_shape"]


def places(curriculum: Curriculum[Any]) -> Iterator[tuple[str, Any]]:
    """Every rule of a curriculum with its place.

    Args:
        curriculum: The repo's own curriculum.

    Yields:
        A place in words (``stage 's_a', policy``) and the rule object of the library.
    """
    for stage in curriculum.see_stages():
        yield from _stage_places(stage)
    for source, edges in curriculum.graph.graph.items():
        for rule, target in edges:
            start, end = curriculum.graph.nodes[source].name, curriculum.graph.nodes[target].name
            yield f"stage transition {start!r} to {end!r}", rule


def _stage_places(stage: Stage[Any, Any]) -> Iterator[tuple[str, Any]]:
    name = f"stage {stage.name!r}"
    if stage.metrics_provider is not None:
        yield f"{name}, metrics provider", stage.metrics_provider
    for policy in [*stage.graph.nodes.values(), *stage.start_policies]:
        yield f"{name}, policy", policy
    for edges in stage.graph.graph.values():
        for rule, _ in edges:
            yield f"{name}, policy transition", rule


def known(curriculum: Curriculum[Any]) -> dict[str, frozenset[str]]:
    """The exact references that a trainer state of this curriculum may hold, by kind.

    Checking the package prefix is not enough: after ``from os import system``, ``pkg.metrics.system`` would pass.
    The kinds are kept apart because a function is called according to the place that names it.

    Args:
        curriculum: The repo's own curriculum.

    Returns:
        Sets of dotted names under ``policy``, ``policy transition`` and ``metrics provider``.
    """
    stages = curriculum.see_stages()
    return {
        "policy": frozenset(rule.name for stage in stages for rule in _policies(stage)),
        "policy transition": frozenset(
            rule.name for stage in stages for edges in stage.graph.graph.values() for rule, _ in edges
        ),
        "metrics provider": frozenset(
            stage.metrics_provider.name for stage in stages if stage.metrics_provider is not None
        ),
    }


def _policies(stage: Stage[Any, Any]) -> list[Any]:
    return [*stage.graph.nodes.values(), *stage.start_policies]


def require_shape(state: dict[str, Any]) -> None:
    """Make sure that every place of a reference has the form it must have.

    In another form it could hide a reference from ``collect``.

    Args:
        state: A trainer state's JSON.

    Raises:
        CurriculumError: ``state.invalid`` with the JSON path.
    """

    def require(value: Any, kind: type, where: str, *, optional: bool = False) -> None:
        if not (isinstance(value, kind) or (optional and value is None)):
            names: dict[type, str] = {dict: "an object", list: "an array", str: "a string"}
            raise CurriculumError(
                "state.invalid",
                f"The trainer state has {_kind_of(value)} at {where} where {names[kind]} belongs.",
                "Take the last trainer state that worked, or make a new one with `curriculum init`.",
                where=where,
            )

    def require_strings(values: Any, where: str, *, optional: bool = False) -> None:
        require(values, list, where, optional=optional)
        for index, value in enumerate(values or []):
            require(value, str, f"{where}[{index}]")

    require_strings(state.get("active_policies"), "$.active_policies", optional=True)
    stage = state.get("stage")
    require(stage, dict, "$.stage", optional=True)
    if stage is None:
        return
    require(stage.get("metrics_provider"), str, "$.stage.metrics_provider", optional=True)
    require_strings(stage.get("start_policies", []), "$.stage.start_policies")
    graph = stage.get("graph", {})
    require(graph, dict, "$.stage.graph")
    require(graph.get("nodes", {}), dict, "$.stage.graph.nodes")
    for key, value in graph.get("nodes", {}).items():
        require(value, str, f"$.stage.graph.nodes.{key}")
    require(graph.get("graph", {}), dict, "$.stage.graph.graph")
    for key, edges in graph.get("graph", {}).items():
        require(edges, list, f"$.stage.graph.graph.{key}")
        for index, edge in enumerate(edges):
            require(edge, list, f"$.stage.graph.graph.{key}[{index}]")
            require(edge[0] if edge else None, str, f"$.stage.graph.graph.{key}[{index}][0]")


def collect(state: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Every reference in a trainer state's JSON outside of ``curriculum``, which is never read.

    Args:
        state: JSON that passed ``require_shape``.

    Yields:
        Kind, JSON path and reference.
    """
    for kind, where, holder, key in _slots(state):
        yield kind, where, holder[key]


def replaced(state: dict[str, Any], name_of: Callable[[str, str], str]) -> dict[str, Any]:
    """Write other references into a trainer state's JSON.

    Args:
        state: JSON that passed ``require_shape``; it is left as it is.
        name_of: What to write for a kind and a reference.

    Returns:
        The JSON with those references, and nothing else changed.
    """
    state = copy.deepcopy(state)
    for kind, _, holder, key in _slots(state):
        holder[key] = name_of(kind, holder[key])
    return state


def _slots(state: dict[str, Any]) -> Iterator[tuple[str, str, Any, Any]]:
    """Kind and JSON path of every reference, with the list or object that holds it, and its index or key there."""
    active: list[str] = state.get("active_policies") or []
    for index in range(len(active)):
        yield "policy", f"$.active_policies[{index}]", active, index
    stage = state.get("stage")
    if stage is None:
        return
    if stage.get("metrics_provider") is not None:
        yield "metrics provider", "$.stage.metrics_provider", stage, "metrics_provider"
    for index in range(len(stage.get("start_policies", []))):
        yield "policy", f"$.stage.start_policies[{index}]", stage["start_policies"], index
    graph = stage.get("graph", {})
    for key in graph.get("nodes", {}):
        yield "policy", f"$.stage.graph.nodes.{key}", graph["nodes"], key
    for key, edges in graph.get("graph", {}).items():
        for index, edge in enumerate(edges):
            yield "policy transition", f"$.stage.graph.graph.{key}[{index}][0]", edge, 0


def require_known(state: dict[str, Any], allowed: dict[str, frozenset[str]]) -> None:
    """Refuse a trainer state that names any function but the curriculum's own.

    Args:
        state: JSON that passed ``require_shape``.
        allowed: What ``known`` returned for the repo's own curriculum.

    Raises:
        CurriculumError: ``state.rule_refused``, naming the reference and its JSON path.
    """
    for kind, where, name in collect(state):
        if name not in allowed[kind]:
            raise CurriculumError(
                "state.rule_refused",
                f"The trainer state names {_short(name)} at {where}, which is no {kind} of this curriculum.",
                "It was not imported. If the curriculum renamed, moved or dropped it, say so in a migration or in "
                "FORMERLY, or make a new state with `curriculum init --stage`; otherwise find out who edited the file.",
                where=where,
            )


def _kind_of(value: Any) -> str:
    kinds = {dict: "an object", list: "an array", str: "a string", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


def _short(name: str) -> str:
    return repr(name if len(name) <= 200 else name[:200] + "...")
