"""Whether a suggestion has the contract's form, and whether it makes sense.

Owns the checks of a parsed document, alone and against what was asked for. Pure; imports nothing that it names.

Source of the rules: the contract's section "Success" (docs/contract.md).
"""

from __future__ import annotations

from typing import Any, Final

from ..contract.versions import SEMVER
from .errors import CurriculumError, Kind

__all__ = ["KEYS", "other_curriculum", "require_form", "require_sense"]

KEYS: Final = ("trainer_state", "metrics", "version", "dsl_version")
"""Exactly these are in the document."""

_TYPES: Final[dict[type, str]] = {dict: "an object", list: "an array", str: "a string", bool: "true or false"}
_HINT: Final = "Run `curriculum check` in the curriculum's repo."


def require_form(document: Any) -> dict[str, Any]:
    """Check the keys and types of everything that a launcher reads.

    Args:
        document: The parsed stdout.

    Returns:
        The same document.

    Raises:
        CurriculumError: Of the kind ``schema``, with the JSON path.
    """
    _require(document, dict, "$")
    missing = [key for key in KEYS if key not in document]
    extra = [key for key in document if key not in KEYS]
    if missing or extra:
        faults = [f"lacks {', '.join(missing)}"] if missing else []
        faults += [f"has {', '.join(map(repr, extra[:5]))} beside the four keys of the contract"] if extra else []
        raise _wrong(Kind.SCHEMA, "$", f"The document {' and '.join(faults)}.")
    _require(document["metrics"], dict, "$.metrics")
    for key in ("version", "dsl_version"):
        _require(document[key], str, f"$.{key}")
    _require_state_form(document["trainer_state"], "$.trainer_state")
    found: dict[str, Any] = document
    return found


def _require_state_form(state: Any, where: str) -> None:
    _require(state, dict, where)
    for key in ("curriculum", "stage"):
        if key not in state:
            raise _wrong(Kind.SCHEMA, f"{where}.{key}", f"There is no {where}.{key}.")
        if state[key] is not None:  # None is off curriculum, which `require_sense` refuses
            _require(state[key], dict, f"{where}.{key}")
            _require(state[key].get("name"), str, f"{where}.{key}.name")
            _require_nodes(state[key], f"{where}.{key}", dict if key == "curriculum" else str)
    if state["curriculum"] is not None:
        _require(state["curriculum"].get("version"), str, f"{where}.curriculum.version")
    if state["stage"] is not None:
        _require_strings(state["stage"].get("start_policies"), f"{where}.stage.start_policies")
    _require(state.get("is_on_curriculum", True), bool, f"{where}.is_on_curriculum")
    _require_strings(state.get("active_policies"), f"{where}.active_policies")


def _require_nodes(holder: dict[str, Any], where: str, kind: type) -> None:
    graph = holder.get("graph", {})
    _require(graph, dict, f"{where}.graph")
    nodes = graph.get("nodes", {})
    _require(nodes, dict, f"{where}.graph.nodes")
    for key, node in nodes.items():
        _require(node, kind, f"{where}.graph.nodes.{key}")
        if kind is dict:
            _require(node.get("name"), str, f"{where}.graph.nodes.{key}.name")


def _require_strings(values: Any, where: str) -> None:
    if values is None:
        return
    _require(values, list, where)
    for index, value in enumerate(values):
        _require(value, str, f"{where}[{index}]")


def _require(value: Any, kind: type, where: str) -> None:
    if not isinstance(value, kind):
        raise _wrong(Kind.SCHEMA, where, f"{where} is missing or not {_TYPES[kind]}.")


def require_sense(document: dict[str, Any], *, may_be_off: bool = False) -> None:
    """Check that a document of the right form makes sense.

    Args:
        document: What ``require_form`` returned.
        may_be_off: Whether the subject may be off curriculum at a stage, because people took it off.

    Raises:
        CurriculumError: Of the kind ``semantic``, with the JSON path: a version that is not semantic, no stage, a stage
            that the curriculum lacks, or a policy that the stage lacks.
    """
    if SEMVER.fullmatch(document["version"]) is None:
        raise _senseless("$.version", f"The version {_shown(document['version'])} is not a semantic version.")
    if not document["dsl_version"].strip():
        raise _senseless("$.dsl_version", "The version of aind-behavior-curriculum is empty.")
    state = document["trainer_state"]
    curriculum, stage = state["curriculum"], state["stage"]
    if curriculum is None or stage is None or not (may_be_off or state.get("is_on_curriculum", True)):
        where = "$.trainer_state." + ("curriculum" if curriculum is None else "stage")
        raise _senseless(where, "The suggested trainer state is off curriculum, so there is no next stage.")
    stages = [node["name"] for node in curriculum.get("graph", {}).get("nodes", {}).values()]
    if stage["name"] not in stages:
        raise _senseless(
            "$.trainer_state.stage.name",
            f"The suggested stage {_shown(stage['name'])} is none of the curriculum's own: "
            f"{', '.join(map(_shown, stages[:20])) or 'it has none'}.",
        )
    policies = {*stage.get("graph", {}).get("nodes", {}).values(), *(stage.get("start_policies") or [])}
    for index, policy in enumerate(state.get("active_policies") or []):
        if policy not in policies:
            raise _senseless(
                f"$.trainer_state.active_policies[{index}]",
                f"The active policy {_shown(policy)} is none of the stage {_shown(stage['name'])}.",
            )


def other_curriculum(name: str, expected: str) -> CurriculumError:
    """Word that a suggestion is of another curriculum than the one that was asked.

    Args:
        name: Name of the suggestion's curriculum.
        expected: Name of the one that must answer.

    Returns:
        The error, to be raised.
    """
    return _senseless(
        "$.trainer_state.curriculum.name",
        f"The suggestion is of the curriculum {_shown(name)}, not of {_shown(expected)}.",
    )


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:80] + "...")


def _senseless(where: str, message: str) -> CurriculumError:
    return _wrong(Kind.SEMANTIC, where, message)


def _wrong(kind: Kind, where: str, message: str) -> CurriculumError:
    return CurriculumError(kind, message, _HINT, where=where)
