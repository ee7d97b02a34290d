"""How the state of an older version comes to this one: its migrations, and what the repo's own stage gives it.

Owns the choice between the animal's task parameters and those of the stage, and the account of the whole. It makes JSON
of JSON; ``state`` reads the result as any other state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ..contract.errors import CurriculumError
from ..contract.leaves import ABSENT, Changed, changed
from ..contract.strict_json import encode
from ..curriculum.beside import MIGRATIONS
from ..curriculum.migration import Migration
from ..curriculum.moving import Migrated, Step, last_name, migrated

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum, Policy, Stage, Trainer

__all__ = ["Move", "moved"]

_LISTED: Final = 3
"""Parameters of a kind that are named in a sentence."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """How one trainer state came to this version."""

    state: dict[str, Any]
    """The state in this version's form, as JSON."""

    from_version: str
    to_version: str
    steps: tuple[Step, ...]
    policies: dict[str, str | None]
    """Each policy that was active, and the one that takes its place or None, by dotted path."""

    started: bool
    """Whether no policy stayed active at a new stage, so that it begins with its start policies."""

    as_enrolled: bool
    """Whether the task parameters are those of the stage."""

    tuned: tuple[Changed, ...]
    """Leaves in which the animal's task parameters differ from those of the stage: kept, or given up."""

    @property
    def note(self) -> str:
        """What the authors of the migrations say."""
        return " ".join(step.note for step in self.steps if step.note)

    def document(self) -> dict[str, Any]:
        """The move as JSON, for the suggestion's sidecar."""
        return {
            "migration": {
                "from_version": self.from_version,
                "to_version": self.to_version,
                "stage": {"from": self.steps[0].from_stage, "to": self.steps[-1].to_stage},
                "policies": self.policies,
                "start_policies": self.started,
                "task_parameters": "as enrolled" if self.as_enrolled else "kept",
                "steps": [step.as_json() for step in self.steps],
                **(
                    {"given_up": [one.as_json() for one in self.tuned]}
                    if self.as_enrolled
                    else {"kept": [_kept(one) for one in self.tuned]}
                ),
                "note": self.note,
            }
        }

    def sentence(self) -> str:
        """The move in words; of many parameters the first."""
        start, end = self.steps[0].from_stage, self.steps[-1].to_stage
        told = [f"stage {start} -> {end}" if isinstance(self.steps[-1].key, int) else f"at the stage {end}"]
        done = [one for step in self.steps for one in step.parameters]
        told += _some("renamed", (f"{one.was} -> {one.path}" for one in done if one.did == "renamed"))
        told += _some("dropped", (f"{one.path} (was {_value(one.before)})" for one in done if one.did == "dropped"))
        told += _some("set", (f"{one.path} to {_value(one.after)}" for one in done if one.did == "set"))
        told += _some("computed", (f"{one.path} = {_value(one.after)}" for one in done if one.did == "computed"))
        renamed = [(last_name(old), last_name(new) if new else "none") for old, new in self.policies.items()]
        told += _some("policies", (f"{old} -> {new}" for old, new in renamed if old != new))
        told.append("task parameters as enrolled" if self.as_enrolled else "task parameters kept")
        ways = f" by {_listed(step.key for step in self.steps)}" if len(self.steps) > 1 else ""
        sentence = f"migrated from version {self.from_version} to {self.to_version}{ways}: {', '.join(told)}"
        return f"{sentence}. {self.note}" if self.note else sentence


def _kept(one: Changed) -> dict[str, Any]:
    at_stage = {} if one.after is ABSENT else {"at_stage": one.after}
    return {"path": one.path, "value": one.before, **at_stage}


def _listed(keys: Iterable[int | str]) -> str:
    *most, last = (str(key) for key in keys)
    return f"{', '.join(most)} and {last}" if most else last


def _some(verb: str, told: Iterable[str]) -> list[str]:
    every = list(told)
    more = f" and {len(every) - _LISTED} more" if len(every) > _LISTED else ""
    return [f"{verb} {'; '.join(every[:_LISTED])}{more}"] if every else []


def _value(value: Any) -> str:
    text = encode(value).decode()
    return text if len(text) <= 40 else f"{text[:40]}..."


def moved(
    state: Mapping[str, Any], version: str, trainer: Trainer[Any], migrations: Mapping[int | str, Migration]
) -> Move | None:
    """Bring the trainer state of an older version to this one.

    Args:
        state: The state as JSON, on the curriculum and at a stage with a name; it is left as it is.
        version: The semantic version of this curriculum that wrote it.
        trainer: The library's trainer of the repo's own curriculum.
        migrations: What its module declares.

    Returns:
        The state in this version's form and how it came there, or None when no migration is meant for it.

    Raises:
        CurriculumError: As ``moving.migrated`` raises it; ``repo.migration`` for a successor that does not exist, and
            where nothing says what becomes of the task parameters.
    """
    curriculum = trainer.curriculum
    result = migrated(state, version, migrations, curriculum.version)
    if not result.steps:
        return None
    name = result.state["stage"]["name"]
    stage = next((one for one in curriculum.see_stages() if one.name == name), None)
    if stage is None and result.is_major:
        raise CurriculumError(
            "repo.migration",
            f"The migration sends {result.steps[-1].from_stage!r} to the stage {name!r}, which version "
            f"{curriculum.version} does not have.",
            f"Its stages: {', '.join(one.name for one in curriculum.see_stages())}.",
            where=MIGRATIONS,
        )
    if stage is None:
        return _told(result, version, curriculum)  # refused as any state at a stage that there is not
    own = _of_stage(stage)
    animals = _parameters(result)
    tuned = [one for one in changed(animals, own) if one.before is not ABSENT]
    if result.fate is None and tuned:
        raise _undecided(result.steps[-1], tuned[0], stage, curriculum)
    as_enrolled = result.fate != "keep"
    move = _told(result, version, curriculum, tuned=tuned, as_enrolled=as_enrolled)
    if result.is_major:
        move = _arrived(move, stage, trainer)
    task = {**move.state["stage"]["task"], "task_parameters": own if as_enrolled else animals}
    return replace(move, state={**move.state, "stage": {**move.state["stage"], "task": task}})


def _of_stage(stage: Stage[Any, Any]) -> dict[str, Any]:
    """The task parameters of the repo's own stage."""
    found: dict[str, Any] = stage.task.model_dump(mode="json", warnings=False)["task_parameters"]
    try:
        encode(found)
    except ValueError as error:
        raise CurriculumError(
            "result.not_finite",
            f"The task parameters of the stage {stage.name!r} cannot be written as JSON: {error}.",
            "Give them finite numbers.",
        ) from error
    return found


def _told(
    result: Migrated,
    version: str,
    curriculum: Curriculum[Any],
    tuned: Sequence[Changed] = (),
    as_enrolled: bool = False,
) -> Move:
    """The account of migrations, before the repo's own stage gives anything."""
    renamed = {one.path for step in result.steps for one in step.parameters}
    return Move(
        state=result.state,
        from_version=version,
        to_version=curriculum.version,
        steps=result.steps,
        policies=_successors(result.steps),
        started=False,
        as_enrolled=as_enrolled,
        tuned=tuple(one for one in tuned if as_enrolled or one.path not in renamed),
    )


def _parameters(result: Migrated) -> dict[str, Any]:
    task = result.state["stage"].get("task")
    found = task.get("task_parameters") if isinstance(task, dict) else None
    if isinstance(found, dict):
        return found
    if result.fate == "stage" and result.is_major:
        return {}  # nobody wants them
    raise CurriculumError(
        "state.invalid",
        "The trainer state is not valid at $.stage.task.task_parameters: it is missing or not an object.",
        "Take the last trainer state that worked, or make a new one with `curriculum init`.",
        where="$.stage.task.task_parameters",
    )


def _undecided(step: Step, one: Changed, stage: Stage[Any, Any], curriculum: Curriculum[Any]) -> CurriculumError:
    there = "not there" if one.after is ABSENT else _value(one.after)
    return CurriculumError(
        "repo.migration",
        f"The migration from version {step.key} does not say what becomes of the task parameters of an animal at "
        f"{step.from_stage!r}: {one.path} is {_value(one.before)} in its trainer state, and {there} at the stage "
        f"{stage.name!r} of version {curriculum.version}.",
        'Add parameters="keep" to go on with the values of the animal, or parameters="stage" to begin with those of '
        "the stage; a dict says it by stage.",
        where=MIGRATIONS,
    )


def _successors(steps: Sequence[Step]) -> dict[str, str | None]:
    """Each policy that was active, and what takes its place after all steps."""
    found: dict[str, str | None] = dict(steps[0].policies)
    for step in steps[1:]:
        found = {old: step.policies[new] if new is not None else None for old, new in found.items()}
    return found


def _arrived(move: Move, stage: Stage[Any, Any], trainer: Trainer[Any]) -> Move:
    """Put an animal of another major version at its new stage, with the policies of that stage that go on."""
    policies, active = _active(move.policies, stage, trainer.curriculum)
    # A policy that a migration ended for this animal does not begin again.
    ended = {last_name(old) for old, new in move.policies.items() if new is None}
    starts = [one for one in stage.start_policies if last_name(one.name) not in ended]
    state = trainer.create_trainer_state(stage=stage, active_policies=active or starts)
    content = state.model_dump(mode="json", exclude={"curriculum"}, warnings=False)
    return replace(move, state={**content, "curriculum": None}, policies=policies, started=not active)


def _active(
    successors: Mapping[str, str | None], stage: Stage[Any, Any], curriculum: Curriculum[Any]
) -> tuple[dict[str, str | None], list[Policy[Any, Any]]]:
    """Each old policy with its successor, and the policies that are active now, in the order of the stage."""
    own = {policy.name: policy for policy in stage.see_policies()}
    known = {policy.name for one in curriculum.see_stages() for policy in one.see_policies()}
    told: dict[str, str | None] = {}
    for reference, successor in successors.items():
        if successor not in (None, reference) and not _named(successor, known):
            raise CurriculumError(
                "repo.migration",
                f"The migration turns {reference!r} into the policy {successor!r}, which version "
                f"{curriculum.version} does not have.",
                f"Its policies: {', '.join(sorted(known)) or 'none'}.",
                where=MIGRATIONS,
            )
        told[reference] = _named(successor, own) if successor is not None else None
    kept = set(told.values())
    return told, [policy for name, policy in own.items() if name in kept]


def _named(name: str | None, references: Iterable[str]) -> str | None:
    """The reference that a name, or a dotted path, stands for."""
    return next((one for one in references if name in (one, last_name(one))), None)
