"""Carrying out migrations on a trainer state, which stays plain JSON: nothing that it names is imported.

Owns which migrations a state goes through, in what order, and the account of what each did, leaf by leaf. Knows neither
the library nor the stages of this version: what is theirs is filled in by ``session.migrating``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from ..contract.errors import CurriculumError
from ..contract.leaves import ABSENT, EACH, Leaf, Named, Part, changed, found, located, parts, path_of, steps
from ..contract.strict_json import encode, parse
from ..contract.versions import numbers
from .author_code import curriculum_code
from .beside import MIGRATIONS
from .migration import Compute, Drop, Migration, Operation, Rename, Set, Tombstone, named

__all__ = ["Did", "Migrated", "Step", "last_name", "migrated", "path_through"]


class Did(NamedTuple):
    """What an operation did to one leaf."""

    did: Literal["renamed", "dropped", "set", "computed"]
    path: str
    """Where the leaf is now, or was when it was dropped."""

    was: str | None = None
    """The former path of a leaf that was renamed."""

    before: Any = ABSENT
    """A JSON value; ABSENT for a leaf that was not there. A leaf that was renamed has the same before and after."""

    after: Any = ABSENT
    """A JSON value; ABSENT for a leaf that is gone."""

    def as_json(self) -> dict[str, Any]:
        """Say it in JSON: ``did``, ``path``, ``was``, ``before`` and ``after``, those that it has."""
        told = self._asdict()
        return {name: value for name, value in told.items() if value is not ABSENT and (name, value) != ("was", None)}


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one migration did to a trainer state."""

    key: int | str
    """The version, or old major version, by which it is declared."""

    from_stage: str
    to_stage: str
    policies: dict[str, str | None] = field(default_factory=dict)
    """Each policy that was active, and what takes its place, as declared; the same where nothing is."""

    rules: dict[str, str | None] = field(default_factory=dict)
    """References of the stage that were changed, and what they are now; None for those taken out."""

    fate: Literal["keep", "stage"] | None = "keep"
    """Whose task parameters there are after it; None where that was not declared."""

    parameters: tuple[Did, ...] = ()
    idle: tuple[Operation, ...] = ()
    """Operations for which the state has no parameter."""

    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Say it in JSON."""
        return {
            "key": self.key,
            "stage": {"from": self.from_stage, "to": self.to_stage},
            "policies": self.policies,
            "rules": self.rules,
            "parameters": [one.as_json() for one in self.parameters],
            "note": self.note,
        }


class Migrated(NamedTuple):
    """A trainer state after its migrations."""

    state: dict[str, Any]
    """In this version's form. After a major version it has of ``stage`` the name and the task only, and under
    ``active_policies`` names or dotted paths: the rest is the new stage's."""

    steps: tuple[Step, ...]
    """One for each migration, in their order; empty for a state that needs none."""

    @property
    def fate(self) -> Literal["keep", "stage"] | None:
        """Whose task parameters the animal has: its own, or the stage's (then the state's are those given up)."""
        fates = [step.fate for step in self.steps]
        return "stage" if "stage" in fates else None if None in fates else "keep"

    @property
    def is_major(self) -> bool:
        """Whether the state was of an older major version."""
        return bool(self.steps) and isinstance(self.steps[-1].key, int)


def path_through(migrations: Mapping[int | str, Migration], version: str, to: str) -> list[int | str]:
    """Find the migrations that a trainer state goes through.

    Args:
        migrations: What a curriculum declares.
        version: The semantic version that wrote the state. A prerelease counts as the version that it leads to.
        to: The curriculum's version.

    Returns:
        Their keys, in order; empty where there is nothing to do, or no way.
    """
    old, new = numbers(version), numbers(to)
    if old[0] > new[0] or (old[0] < new[0] and old[0] not in migrations):
        return []
    versions = [key for key in migrations if isinstance(key, str) and numbers(key)[0] == old[0] and numbers(key) > old]
    return [*sorted(versions, key=numbers), *([old[0]] if old[0] < new[0] else [])]


def migrated(state: Mapping[str, Any], version: str, migrations: Mapping[int | str, Migration], to: str) -> Migrated:
    """Carry out the migrations of a trainer state.

    Args:
        state: The state as JSON, with a stage; it is left as it is.
        version: The semantic version that wrote it.
        migrations: What the curriculum declares.
        to: The curriculum's version.

    Returns:
        The state in the form of that version, and what was done.

    Raises:
        CurriculumError: ``state.unknown_stage`` for a stage that a migration leaves out, ``state.other_version`` with
            a tombstone's message, ``repo.migration`` for an operation that cannot be carried out, ``code.raised`` or
            ``result.not_serialisable`` for a function of the author's.
    """
    keys = path_through(migrations, version, to)
    now = {**state, "stage": copy.deepcopy(state["stage"])} if keys else dict(state)
    done: list[Step] = []
    for key in keys:
        is_given_up = any(step.fate == "stage" for step in done)
        done.append(_step(now, key, migrations[key], is_given_up=is_given_up, version=version, to=to))
    return Migrated(now, tuple(done))


def _step(
    state: dict[str, Any], key: int | str, migration: Migration, *, is_given_up: bool, version: str, to: str
) -> Step:
    """Carry out one migration, in place."""
    stage, task = state["stage"], state["stage"].get("task")
    name = stage["name"]
    to_stage = _successor(migration, name, version, to) if isinstance(key, int) else name
    fate = migration.fate(name)
    operations: Sequence[Operation] = ()
    if fate is not None and not isinstance(fate, str):
        operations = () if is_given_up else fate
        fate = "keep"
    done, idle = _carried_out(operations, task, key, name)
    active = state.get("active_policies") or []
    # The successor in another major version is found among those of the new stage, by its name alone if need be.
    successor = _declared if isinstance(key, int) else _renamed
    policies = {reference: successor(reference, migration.policies) for reference in active}
    state["active_policies"] = list(dict.fromkeys(one for one in policies.values() if one is not None)) or None
    rules: dict[str, str | None] = {}
    if isinstance(key, int):
        state["stage"] = {"name": to_stage, "task": task}
    else:
        rules = _rename_references(stage, migration)
        fate = fate or "keep"
    return Step(
        key=key,
        from_stage=name,
        to_stage=to_stage,
        policies=policies,
        rules=rules,
        fate=fate,
        parameters=tuple(done),
        idle=tuple(idle),
        note=migration.note,
    )


def _carried_out(
    operations: Sequence[Operation], task: Any, key: int | str, stage: str
) -> tuple[list[Did], list[Operation]]:
    """What operations did to the parameters of a task, in place, and those that did not concern it."""
    done: list[Did] = []
    idle: list[Operation] = []
    parameters = task.get("task_parameters") if isinstance(task, dict) else None
    if isinstance(parameters, dict):
        operator = _Operator(parameters, named(key), stage)
        for one in operations:
            idle += [] if operator.concerns(one) else [one]
            done += operator.carry_out(one)
    return done, idle


def _successor(migration: Migration, name: str, version: str, to: str) -> str:
    if name not in migration.stages:
        raise CurriculumError(
            "state.unknown_stage",
            f"The trainer state is at the stage {name!r} of version {version}, "
            f"of which the migration to version {to} says nothing.",
            f"It says where these go: {', '.join(migration.stages)}.",
            where="$.stage.name",
        )
    successor = migration.stages[name]
    if isinstance(successor, Tombstone):
        raise CurriculumError(
            "state.other_version",
            f"The stage {name!r} of version {version} is gone in version {to}.",
            successor.message,
            where="$.stage.name",
        )
    return successor


# References


def last_name(reference: str) -> str:
    """The name at the end of a dotted path."""
    return reference.rpartition(".")[2]


def _declared(reference: str, names: Mapping[str, str | None]) -> str | None:
    """What is declared for a reference, by its dotted path or its name; itself where nothing is."""
    return names.get(reference, names.get(last_name(reference), reference))


def _renamed(reference: str, names: Mapping[str, str | None]) -> str | None:
    """The dotted path that is declared for a reference; a bare name is in the same module."""
    successor = _declared(reference, names)
    if successor is None or "." in successor:
        return successor
    module = reference.rpartition(".")[0]
    return f"{module}.{successor}" if module else successor


def _rename_references(stage: dict[str, Any], migration: Migration) -> dict[str, str | None]:
    """Rename the rules that a state's stage holds, in place; a policy that ended leaves its graph."""
    told: dict[str, str | None] = {}

    def now(reference: str, names: Mapping[str, str | None]) -> str | None:
        successor = _renamed(reference, names)
        if successor != reference:
            told[reference] = successor
        return successor

    if stage.get("metrics_provider") is not None:
        stage["metrics_provider"] = now(stage["metrics_provider"], migration.rules)
    if "start_policies" in stage:
        starts = [now(one, migration.policies) for one in stage["start_policies"]]
        stage["start_policies"] = [one for one in starts if one is not None]
    graph = stage.get("graph", {})
    if "nodes" in graph:
        nodes = {key: now(one, migration.policies) for key, one in graph["nodes"].items()}
        graph["nodes"] = {key: one for key, one in nodes.items() if one is not None}
        gone = nodes.keys() - graph["nodes"].keys()
        graph["graph"] = {
            key: [
                [rule, *edge[1:]]
                for edge in out
                if str(edge[-1]) not in gone and (rule := now(edge[0], migration.rules)) is not None
            ]
            for key, out in graph.get("graph", {}).items()
            if key not in gone
        }
    return told


# Parameters


@dataclass(frozen=True)
class _Operator:
    """Carries out operations on the task parameters of one state, which it changes in place."""

    parameters: dict[str, Any]
    migration: str
    stage: str

    def concerns(self, operation: Operation) -> bool:
        """Whether the state has what an operation is about."""
        paths = operation.of if isinstance(operation, Compute) else [operation.path]
        return isinstance(operation, Set) or any(found(self.parameters, path) for path in paths)

    def carry_out(self, operation: Operation) -> Iterator[Did]:
        match operation:
            case Rename():
                return self._rename(operation)
            case Drop():
                return self._drop(operation)
            case Set():
                return self._set(operation)
            case Compute():
                return self._compute(operation)

    def _rename(self, one: Rename) -> Iterator[Did]:
        leaves = found(self.parameters, one.path)
        for leaf in leaves:
            self._take(leaf)
        places = [self._put(one.to, _bound(one.path, leaf.place), leaf.value, over=False) for leaf in leaves]
        for leaf, place in zip(leaves, places, strict=True):
            now = located(leaf.value, path_of(self.parameters, place))
            for before, after in zip(located(leaf.value, leaf.path), now, strict=True):
                yield Did("renamed", after.path, before.path, before.value, after.value)

    def _drop(self, one: Drop) -> Iterator[Did]:
        leaves = found(self.parameters, one.path)
        for leaf in reversed(leaves):  # the last first, so that indexes stay right
            self._take(leaf)
        for leaf in leaves:
            for inner in located(leaf.value, leaf.path):
                yield Did("dropped", inner.path, before=inner.value)

    def _set(self, one: Set) -> Iterator[Did]:
        each = [index for index, part in enumerate(parts(one.path)) if part is EACH]
        holder = "".join(steps(one.path)[: each[-1] + 1]) if each else None
        bound = [_bound(holder, leaf.place) for leaf in found(self.parameters, holder)] if holder else [()]
        for keys in bound:
            yield from self._replace("set", one.path, keys, copy.deepcopy(one.value))

    def _compute(self, one: Compute) -> Iterator[Did]:
        values = [{_bound(path, leaf.place): leaf.value for leaf in found(self.parameters, path)} for path in one.of]
        for keys in dict.fromkeys(keys for some in values for keys in some):
            lacking = [path for path, some in zip(one.of, values, strict=True) if keys not in some]
            if lacking:
                raise self._refused(f"computes {one.path} of {lacking[0]}, which the trainer state does not have")
            yield from self._replace("computed", one.path, keys, self._result(one, [some[keys] for some in values]))

    def _result(self, one: Compute, values: list[Any]) -> Any:
        """What the author's function makes of copies of some values."""
        what = f"The function that computes {one.path} in the {self.migration} failed"
        with curriculum_code("code.raised", what, "Fix the function that is named."):
            result = one.function(*copy.deepcopy(values))
        try:
            return parse(encode(result))
        except (TypeError, ValueError) as error:
            raise CurriculumError(
                "result.not_serialisable",
                f"The function that computes {one.path} in the {self.migration} returned what is no JSON: {error}.",
                "Use float, int, bool, str and lists or dicts of them; convert numpy values with .item() or .tolist().",
                where=MIGRATIONS,
            ) from None

    def _replace(
        self, did: Literal["set", "computed"], path: str, keys: tuple[str | int, ...], value: Any
    ) -> Iterator[Did]:
        """Put a value where there may be another."""
        before = [leaf.value for leaf in found(self.parameters, path) if _bound(path, leaf.place) == keys]
        told = path_of(self.parameters, self._put(path, keys, value, over=True))
        for one in changed(before[0] if before else ABSENT, value, told):
            yield Did(did, one.path, before=one.before, after=one.after)

    def _take(self, leaf: Leaf) -> None:
        here: Any = self.parameters
        for key in leaf.place[:-1]:
            here = here[key]
        del here[leaf.place[-1]]

    def _put(self, path: str, keys: tuple[str | int, ...], value: Any, *, over: bool) -> list[str | int]:
        """Put a value at a path, in objects that are made where there are none; return its place."""
        each = iter(keys)
        here: Any = self.parameters
        place: list[str | int] = []
        *holders, last = (next(each) if part is EACH else part for part in parts(path))
        for part in holders:
            place.append(self._key(here, part, path))
            here = here.setdefault(place[-1], {}) if isinstance(here, dict) else here[place[-1]]
        place.append(self._key(here, last, path))
        if not over and isinstance(here, dict) and place[-1] in here:
            raise self._refused(f"renames a parameter to {path}, which the trainer state has too")
        here[place[-1]] = value
        return place

    def _key(self, holder: Any, part: Part, path: str) -> str | int:
        if isinstance(holder, dict) and isinstance(part, str):
            return part
        if isinstance(holder, list):
            indexes = range(len(holder))
            at = [index for index in indexes if index == part or _is_named(holder[index], part)]
            if len(at) == 1:
                return at[0]
        raise self._refused(f"puts a value at {path}, for which the trainer state has no place")

    def _refused(self, why: str) -> CurriculumError:
        return CurriculumError(
            "repo.migration",
            f"The {self.migration} {why} (at the stage {self.stage!r}).",
            "Name the stages that it is meant for: parameters={'stage': [...]}; see `curriculum migrate`.",
            where=MIGRATIONS,
        )


def _is_named(value: Any, part: Part) -> bool:
    return isinstance(part, Named) and isinstance(value, dict) and value.get(part.field) == part.name


def _bound(path: str, place: Sequence[str | int]) -> tuple[str | int, ...]:
    """The keys and indexes that the ``[*]`` of a path stand for at a place."""
    return tuple(key for part, key in zip(parts(path), place, strict=True) if part is EACH)
