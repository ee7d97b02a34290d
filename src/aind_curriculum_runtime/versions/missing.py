"""The migration that is missing between two versions: the line that an author writes.

Owns what is missing, and the guesses that make the line: which parameter, rule or stage was renamed. Whether they are
right only the author knows.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from ..contract.leaves import ABSENT, steps
from ..contract.versions import major
from ..look.model import Stage
from ..session.arrival import Arrival, Gone
from .numbers import successors
from .sameness import renamed_stages, same_value
from .snapshot import Snapshot

__all__ = ["Missing", "missing", "renames"]

_ELEMENT: Final = re.compile(r"\[(\d+|\w+=.*)\]$", re.DOTALL)
"""A step to an element of a list."""

_NAMES: Final = re.compile(r"\[(\w+)\]$")
"""A step to the names of the elements of a list."""

_ALIKE: Final = 0.5
"""Names that are so similar (0 to 1) may be of the same thing."""


class Missing(NamedTuple):
    """What an author has to say of the animals, each as the line to write; None where all of it is said."""

    within: str | None
    """For a minor version: nothing but this keeps the animals from going on."""

    across: str | None
    """For a major version."""


def missing(old: Snapshot, new: Snapshot) -> Missing:
    """Find the migrations that are missing.

    Args:
        old: The older version.
        new: The newer version; nothing is missing of one that was not asked what it makes of the animals.

    Returns:
        The lines.
    """
    arrivals = new.arrivals
    if arrivals is None:
        return Missing(None, None)
    names = {stage.name for stage in old.model.stages}
    version, _ = successors(old.model.version, new.model.version)
    is_read = all(arrival.is_read for arrival in arrivals.within.values())
    can_be_said = names == {stage.name for stage in new.model.stages} and not any(
        arrival.refused for arrival in arrivals.within.values()
    )
    is_said = all(
        name in arrivals.successors and (arrivals.successors[name] is None or arrivals.across[name].is_read)
        for name in names
    )
    said = _fields(old, new) if can_be_said else {}
    across = {"stages": _stages(old, new), "parameters": said.get("parameters", '"keep"')}
    return Missing(
        None if is_read or not can_be_said else _line(json.dumps(version), said),
        None if is_said else _line(str(major(old.model.version)), across),
    )


def _line(key: str, fields: Mapping[str, str]) -> str:
    return f"MIGRATIONS = {{{key}: Migration({', '.join(f'{name}={value}' for name, value in fields.items())})}}"


def _fields(old: Snapshot, new: Snapshot) -> dict[str, str]:
    """What a migration says of what is refused within a major version."""
    assert new.arrivals is not None
    parameters: dict[str, str] = {}
    policies: dict[str, str] = {}
    rules: dict[str, str] = {}
    for name, arrival in new.arrivals.within.items():
        guesses = renames(arrival, old.parameters(name))
        for one in arrival.unfit:
            path, guess = _each(one.path), guesses.get(one.path)
            if guess is not None:
                parameters[path] = f"Rename({json.dumps(path)}, {json.dumps(_each(guess))})"
            elif one.fault == "is unknown":
                parameters.setdefault(path, f"Drop({json.dumps(path)})")
            else:
                parameters.setdefault(path, f"Compute({json.dumps(path)}, lambda value: ...)")
        for gone in arrival.gone:
            (policies if gone.kind == "policy" else rules)[gone.reference] = _successor(gone, new.model.stage(name))
    found = {"policies": _map(policies), "rules": _map(rules), "parameters": f"[{', '.join(parameters.values())}]"}
    return {field: value for field, value in found.items() if value not in ("{}", "[]")}


def _map(names: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{json.dumps(old)}: {new}' for old, new in names.items())}}}"


def _stages(old: Snapshot, new: Snapshot) -> str:
    renamed = {one.old: one.new for one in renamed_stages(old.model, new.model)}
    kept = {stage.name for stage in new.model.stages}
    targets = {stage.name: stage.name if stage.name in kept else renamed.get(stage.name) for stage in old.model.stages}
    tombstone = 'Tombstone("Say where its animals go.")'
    return _map({name: tombstone if target is None else json.dumps(target) for name, target in targets.items()})


def _successor(gone: Gone, stage: Stage) -> str:
    """The rule that took the place of one that is gone, by its name; None for a policy of which none did."""
    here = {
        "policy": [policy.rule for policy in stage.policies],
        "policy transition": [one.rule for one in stage.policy_transitions],
        "metrics provider": [stage.metrics_provider] if stage.metrics_provider is not None else [],
    }[gone.kind]
    name = gone.reference.rpartition(".")[2]
    by_name = {rule.name: rule.reference for rule in here}
    close = difflib.get_close_matches(name, by_name, n=1, cutoff=_ALIKE)
    if not close and gone.kind == "metrics provider":
        close = [*by_name]  # there is but one
    return json.dumps(by_name[close[0]]) if close else "None"


def renames(arrival: Arrival, before: Mapping[str, Any]) -> dict[str, str]:
    """Guess which parameters were renamed.

    Args:
        arrival: What becomes of the animals of a stage.
        before: The parameters of that stage by path, in the older version.

    Returns:
        New path by old path, of an unknown parameter and a new one in the same place that hold the same kind of value,
        with similar names or, where both are the only ones there, the same value.
    """
    unknown = {one.path: before.get(one.path, ABSENT) for one in arrival.unfit if one.fault == "is unknown"}
    scores = {}
    for path, value in unknown.items():
        beside = [one for one in arrival.added if _holder(one.path) == _holder(path)]
        alone = len(beside) == 1 and sum(_holder(other) == _holder(path) for other in unknown) == 1
        for one in beside:
            score = difflib.SequenceMatcher(None, steps(path)[-1], steps(one.path)[-1], autojunk=False).ratio()
            if _kind(value) is _kind(one.after) and (score >= _ALIKE or (alone and same_value(value, one.after))):
                scores[path, one.path] = score
    found: dict[str, str] = {}
    for path, new in sorted(scores, key=lambda pair: -scores[pair]):
        if path not in found and new not in found.values():
            found[path] = new
    return found


def _holder(path: str) -> tuple[str, ...]:
    return steps(path)[:-1]


def _kind(value: Any) -> type:
    return float if type(value) is int else type(value)


def _each(path: str) -> str:
    """The path for every element of the lists that it leads through: an animal's lists may have others."""
    return "".join(_spelled(steps(path)))


def _spelled(path: tuple[str, ...]) -> Iterator[str]:
    for step in path:
        names = _NAMES.match(step)
        if _ELEMENT.match(step):
            yield "[*]"
        elif names is not None:
            yield f"[*].{names[1]}"
        else:
            yield step
