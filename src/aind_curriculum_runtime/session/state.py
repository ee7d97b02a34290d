"""What the repo's own curriculum makes of a plain trainer state: the library's object, or a refusal.

Owns the order of the checks: curriculum, version, references, stage, and only then the library's deserialisation, which
imports and calls whatever is named; and what becomes of task parameters that are not those of today. Knows nothing of
metrics.

Source of the rules: the contract's sections "Trust" and "Versions" (docs/contract.md).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..contract.errors import CurriculumError
from ..contract.leaves import Changed, located, path_of
from ..contract.strict_json import StrictJsonError, encode
from ..contract.versions import major
from ..curriculum.references import known, require_known
from ..curriculum.validation import Fault, first_fault
from .parameters import fit, with_missing, without
from .plain_state import PlainState, invalid

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum, Task, Trainer, TrainerState

    from ..curriculum.migration import Migration
    from .migrating import Move

__all__ = [
    "Arrived",
    "OtherParameters",
    "Unfit",
    "accepted",
    "brought",
    "deserialise",
    "deserialise_or_move",
]

_PARAMETERS: Final = ("stage", "task", "task_parameters")


class Arrived(NamedTuple):
    """A subject in this version of the curriculum."""

    state: TrainerState[Any]
    """The library's object, with the repo's own curriculum in place of the one it was written with."""

    moved: Move | None = None
    """How it came from an older version, if migrations were meant for it."""

    added: tuple[Changed, ...] = ()
    """Task parameters that the version which wrote the state did not have, with the values they have now."""


class Unfit(NamedTuple):
    """A task parameter of a trainer state that this version does not read."""

    path: str
    why: str
    """What is wrong with it, in words that follow its path."""

    fault: str
    """The same without its value, which is the animal's own."""


class OtherParameters(CurriculumError):
    """``state.other_parameters``: a state's task parameters are not those of this version.

    Args:
        message: What is wrong with the first of them.
        hint: What to do about it.
        where: JSON path of the first.
        unfit: Every parameter that does not fit.
        added: Those that the state lacks, with the values that they would get.
    """

    def __init__(
        self, message: str, hint: str, *, where: str, unfit: Sequence[Unfit], added: Sequence[Changed] = ()
    ) -> None:
        super().__init__("state.other_parameters", message, hint, where=where)
        self.unfit = tuple(unfit)
        self.added = tuple(added)


def deserialise_or_move(state: PlainState, trainer: Trainer[Any], migrations: Mapping[int | str, Migration]) -> Arrived:
    """Make the library's object from a state; one of an older version goes through its migrations before.

    Args:
        state: What ``plain_state.read`` returned.
        trainer: The library's trainer of the repo's own curriculum.
        migrations: What its module declares.

    Returns:
        The subject in this version.

    Raises:
        CurriculumError: As ``brought`` and ``accepted`` raise it.
    """
    return accepted(brought(state, trainer, migrations), trainer)


def brought(state: PlainState, trainer: Trainer[Any], migrations: Mapping[int | str, Migration]) -> PlainState:
    """Bring a state into the form of this version, by the migrations that are meant for it.

    Args:
        state: What ``plain_state.read`` returned.
        trainer: The library's trainer of the repo's own curriculum.
        migrations: What its module declares.

    Returns:
        The state, of which nothing was imported yet.

    Raises:
        CurriculumError: As ``migrating.moved`` and ``migration.require_fitting`` raise it; ``state.other_curriculum``
            or ``state.other_version``.
    """
    move = _moved(state, trainer, migrations) if migrations else None
    if move is None:
        _require_same_curriculum(state, trainer.curriculum)
        return state
    return PlainState(move.state, state.written_by, move)


def _moved(state: PlainState, trainer: Trainer[Any], migrations: Mapping[int | str, Migration]) -> Move | None:
    # Imported here: most curricula declare none, and the launcher waits.
    from ..curriculum.migration import require_fitting
    from ..curriculum.moving import path_through
    from .migrating import moved

    written_by, curriculum = state.written_by, trainer.curriculum
    require_fitting(migrations, curriculum.version, [one.name for one in curriculum.see_stages()])
    if written_by is None or written_by.name != curriculum.name or state.content.get("stage") is None:
        return None
    try:
        keys = path_through(migrations, written_by.version, curriculum.version)
    except ValueError:
        return None  # reported by `deserialise`
    if not keys:
        return None
    _require_on_curriculum(state)
    _stage_name(state)
    return moved(state.content, written_by.version, trainer, migrations)


def deserialise(state: PlainState, trainer: Trainer[Any]) -> Arrived:
    """Make the library's object from a state, after checks that nothing in it can do harm.

    Args:
        state: What ``plain_state.read`` returned.
        trainer: The library's trainer of the repo's own curriculum.

    Returns:
        The subject in this version.

    Raises:
        CurriculumError: ``state.other_curriculum``, ``state.other_version``, ``state.rule_refused``,
            ``state.off_curriculum``, ``state.unknown_stage``, ``state.unknown_policy``, ``state.other_parameters`` or
            ``state.invalid``.
    """
    _require_same_curriculum(state, trainer.curriculum)
    return accepted(state, trainer)


def accepted(state: PlainState, trainer: Trainer[Any]) -> Arrived:
    """Make the library's object from a state in the form of this version, after checks that nothing in it can do harm.

    Args:
        state: What ``brought`` returned.
        trainer: The library's trainer of the repo's own curriculum.

    Returns:
        The subject in this version.

    Raises:
        CurriculumError: As ``deserialise`` does, but for those of another curriculum or version.
    """
    curriculum = trainer.curriculum
    require_known(state.content, known(curriculum))
    _require_on_curriculum(state)
    _require_known_stage(state, curriculum)
    _require_whole_graph(state)
    return _arrived(state, trainer)


def _arrived(state: PlainState, trainer: Trainer[Any]) -> Arrived:
    """Read the state, with the task parameters that it lacks from the repo's own stage."""
    own = next(one for one in trainer.curriculum.see_stages() if one.name == _stage_name(state)).task
    read = _validate(state, trainer, own)
    assert read.arrived.stage is not None
    found = fit(read.kept, read.arrived.stage.task, own)
    unknown = [
        Unfit(one.path, f"is {_shortened(one.before)} there and unknown here", "is unknown") for one in found.unknown
    ]
    retyped = [
        Unfit(
            one.path,
            f"is {_shortened(one.before)} there and reads as {_shortened(one.after)} here",
            "is of another type",
        )
        for one in found.retyped
    ]
    if unfit := [*read.unfit, *unknown, *retyped]:
        in_state = {leaf.path for leaf in located(_parameters(state))} if read.unfit else {}
        raise _other_parameters(state, trainer, unfit, [one for one in found.added if one.path not in in_state])
    if not found.added:
        return Arrived(read.arrived, state.moved)
    whole = _with_parameters(state, found.parameters)
    return Arrived(_validate(whole, trainer, own).arrived, state.moved, found.added)


def _require_same_curriculum(state: PlainState, curriculum: Curriculum[Any]) -> None:
    written_by = state.written_by
    if written_by is None:
        if state.is_off:
            return  # reported as off curriculum
        raise CurriculumError(
            "state.other_curriculum",
            "The trainer state names no curriculum, so it may be of any.",
            "Make a state of this curriculum with `curriculum init`.",
            where="$.curriculum",
        )
    if written_by.name != curriculum.name:
        raise CurriculumError(
            "state.other_curriculum",
            f"The trainer state is of the curriculum {written_by.name!r}, not of {curriculum.name!r}.",
            "Check that the launcher calls the repo of the curriculum this subject is on.",
            where="$.curriculum.name",
        )
    try:
        same = major(written_by.version) == major(curriculum.version)
    except ValueError as error:
        raise invalid("$.curriculum.version", str(error)) from None
    if not same:
        raise CurriculumError(
            "state.other_version",
            f"The trainer state was written by version {written_by.version} of {curriculum.name!r}; "
            f"this is version {curriculum.version}, and another major version may mean other stages.",
            "Check out the version the subject is on, or place it by hand with `curriculum init --stage`.",
            where="$.curriculum.version",
        )


def _require_on_curriculum(state: PlainState) -> None:
    if not state.is_off:
        return
    stage = state.content.get("stage")
    why = "it has no stage" if stage is None else "is_on_curriculum is false"
    raise CurriculumError(
        "state.off_curriculum",
        f"The subject is off curriculum ({why}): there is nothing to evaluate.",
        "To put it on the curriculum, make a state with `curriculum init --stage`.",
        where="$.stage" if stage is None else "$.is_on_curriculum",
    )


def _stage_name(state: PlainState) -> str:
    name = state.content["stage"].get("name")
    if not isinstance(name, str):
        raise invalid("$.stage.name", "it is missing or not a string")
    return name


def _require_known_stage(state: PlainState, curriculum: Curriculum[Any]) -> None:
    name = _stage_name(state)
    names = [stage.name for stage in curriculum.see_stages()]
    if name not in names:
        raise CurriculumError(
            "state.unknown_stage",
            f"The trainer state is at the stage {name!r}, which {curriculum.name!r} {curriculum.version} lacks.",
            f"Its stages: {', '.join(names)}.",
            where="$.stage.name",
        )
    stage = state.content["stage"]
    in_stage = {*stage.get("graph", {}).get("nodes", {}).values(), *stage.get("start_policies", [])}
    for index, policy in enumerate(state.active_policies):
        if policy not in in_stage:
            raise CurriculumError(
                "state.unknown_policy",
                f"The active policy {policy!r} is not one of the stage {name!r}.",
                f"Policies of that stage: {', '.join(sorted(in_stage)) or 'none'}.",
                where=f"$.active_policies[{index}]",
            )


def _require_whole_graph(state: PlainState) -> None:
    """Make sure that the stage's policy graph is whole: the library looks up nodes and edges without a check."""
    graph = state.content["stage"].get("graph", {})
    nodes, edges = graph.get("nodes", {}), graph.get("graph", {})
    for key in nodes:
        if key not in edges:
            raise invalid("$.stage.graph.graph", f"it has no entry for the policy {key!r} of $.stage.graph.nodes")
    for key, out in edges.items():
        for index, edge in enumerate(out):
            if len(edge) != 2 or str(edge[1]) not in nodes:
                where = f"$.stage.graph.graph.{key}[{index}]"
                raise invalid(where, "it does not lead to a policy of $.stage.graph.nodes")


class _Read(NamedTuple):
    """What the library makes of a state."""

    arrived: TrainerState[Any]
    kept: dict[str, Any]
    """The state's task parameters, without those that are unfit."""

    unfit: list[Unfit]
    """Those that the task's model refuses; the library's object has the value of the repo's own stage instead."""


def _validate(state: PlainState, trainer: Trainer[Any], own: Task[Any]) -> _Read:
    """Make the library's object, with each required task parameter that the state lacks as the repo's own stage has it.

    What the model refuses in a state of another version is left out and told, to see whether the others fit.
    """
    from pydantic import ValidationError

    unfit: list[Unfit] = []
    kept = parameters = _parameters(state)
    while True:
        # Without the graph of its curriculum, which `Trainer.evaluate` never uses.
        try:
            content = encode(state.content)
            return _Read(trainer.trainer_state_model.model_validate_json(content), kept, unfit)
        except StrictJsonError as error:
            raise invalid("$", str(error)) from None
        except ValidationError as error:
            fault = first_fault(error)
            steps = _steps_to(state.content, fault)
        inside = steps[len(_PARAMETERS) :] if steps[: len(_PARAMETERS)] == _PARAMETERS else ()
        completed = with_missing(parameters, inside, own) if inside and fault.kind == "missing" else None
        if completed is None:
            why = _why(fault)
            if not inside or state.written_by is None or state.written_by.version == trainer.curriculum.version:
                raise invalid("".join(["$", *map(_step, steps)]), why) from None
            told = "is unknown" if fault.kind == "extra_forbidden" else f"does not fit: {fault.message}"
            unfit.append(Unfit(_path(parameters, inside), f"does not fit: {why}", told))
            completed, remaining = without(parameters, inside), without(kept, inside)
            if completed is None or remaining is None:
                raise _other_parameters(state, trainer, unfit) from None
            kept = remaining
        parameters = completed
        state = _with_parameters(state, parameters)


def _parameters(state: PlainState) -> dict[str, Any]:
    """The task parameters that are written; empty where something else stands in their place."""
    found: Any = state.content
    for step in _PARAMETERS:
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _with_parameters(state: PlainState, parameters: dict[str, Any]) -> PlainState:
    stage = state.content["stage"]
    task = {**stage["task"], "task_parameters": parameters}
    return state._replace(content={**state.content, "stage": {**stage, "task": task}})


def _steps_to(state: dict[str, Any], fault: Fault) -> tuple[str | int, ...]:
    """Keys and indexes that lead to pydantic's fault."""
    steps: list[str | int] = []
    here: Any = state
    for depth, part in enumerate(fault.path):
        if isinstance(part, str) and depth + 1 < len(fault.path) and not (isinstance(here, dict) and part in here):
            continue  # not a key: pydantic names the member of a union in between
        steps.append(part)
        with contextlib.suppress(KeyError, IndexError, TypeError):
            here = here[part]
    return tuple(steps)


def _path(parameters: dict[str, Any], inside: Sequence[str | int]) -> str:
    """The path of pydantic's fault, which may be in a value that is told as one, or lack there."""
    try:
        return path_of(parameters, inside)
    except (LookupError, TypeError):
        return "".join(map(_step, inside)).removeprefix(".")


def _step(part: str | int) -> str:
    return f"[{part}]" if isinstance(part, int) else f".{part}"


def _why(fault: Fault) -> str:
    if fault.kind == "json_invalid":  # `parse` accepted the JSON, so it is one of two things that only pydantic refuses
        deep = "recursion" in fault.context["error"]
        return "it is nested too deeply" if deep else "it holds half a surrogate pair, which is no text"
    shown = isinstance(fault.found, str | int | float) and fault.kind not in {"extra_forbidden", "missing"}
    return f"{fault.message}, not {_shortened(fault.found)}" if shown else fault.message


def _other_parameters(
    state: PlainState, trainer: Trainer[Any], unfit: Sequence[Unfit], added: Sequence[Changed] = ()
) -> OtherParameters:
    now, stage, first = trainer.curriculum, _stage_name(state), unfit[0]
    then = state.written_by.version if state.written_by is not None else now.version
    migrated = f" (as migrated to {now.version})" if state.moved is not None else ""
    new = [one.path for one in added]
    named = f" New at that stage: {', '.join(new[:3])}{' and more' if len(new) > 3 else ''}." if new else ""
    return OtherParameters(
        f"The task parameter {_cut(first.path)} of the trainer state, at the stage {stage!r} of version {then}"
        f"{migrated}, {first.why} (version {now.version} of {now.name!r}).",
        f"The value that the animal was trained with would be lost. Check out the version that wrote the state ({then})"
        f", or say in a migration what becomes of it (`curriculum migrate` shows what it does).{named}",
        where="".join(["$", *map(_step, _PARAMETERS), ".", first.path]),
        unfit=unfit,
        added=added,
    )


def _shortened(value: object) -> str:
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= 80 else text[:80] + "..."
