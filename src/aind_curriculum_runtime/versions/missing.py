"""The migration that is missing between two versions: the line that an author writes.

Owns what is missing, and the guesses that make the line: which parameter, rule or stage was renamed. Whether they are
right only the author knows.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ..contract.leaves import ABSENT, steps
from ..contract.versions import major
from ..look.model import Stage
from ..session.arrival import Arrival, Gone
from .numbers import successors
from .sameness import renamed_stages, same_value
from .snapshot import Arrivals, Snapshot

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
    if new.arrivals is None:
        return Missing(None, None)
    fields = _within(old, new, new.arrivals)
    is_read = all(one.is_read for one in new.arrivals.within.values())
    minor = json.dumps(successors(old.model.version, new.model.version)[0])
    return Missing(
        None if is_read or fields is None else _line(minor, fields, new.arrivals),
        _across(old, new, new.arrivals, (fields or {}).get("parameters", '"keep"')),
    )


def _line(key: str, fields: Mapping[str, str], arrivals: Arrivals) -> str:
    """The line for a migration; what one of that key says already stays, and stands as three points."""
    if json.loads(key) in arrivals.declared:
        fields = {
            field: f"{value[0]}..., {value[1:]}" if value[0] in "[{" else value for field, value in fields.items()
        }
    migration = f"Migration({', '.join(f'{field}={value}' for field, value in fields.items())})"
    return f"MIGRATIONS[{key}] = {migration}" if arrivals.declared else f"MIGRATIONS = {{{key}: {migration}}}"


def _within(old: Snapshot, new: Snapshot, arrivals: Arrivals) -> dict[str, str] | None:
    """What a migration within a major version says of all that is refused; None where none can."""
    parameters: dict[str, str] = {}
    policies: dict[str, str] = {}
    rules: dict[str, str] = {}
    if {stage.name for stage in old.model.stages} != {stage.name for stage in new.model.stages}:
        return None
    for name, arrival in arrivals.within.items():
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
        if arrival.refused:
            return None
    said = {"policies": _map(policies), "rules": _map(rules), "parameters": f"[{', '.join(parameters.values())}]"}
    return {field: value for field, value in said.items() if value not in ("{}", "[]")}


def _across(old: Snapshot, new: Snapshot, arrivals: Arrivals, parameters: str) -> str | None:
    """The line for those who come to another major version; None where all have where to go."""
    names = [stage.name for stage in old.model.stages]
    known = arrivals.successors
    is_refused = any(known.get(name) is not None and not arrivals.across[name].is_read for name in names)
    if not is_refused and all(name in known for name in names):
        return None
    fields = {"stages": _stages(old, new, [name for name in names if name not in known])}
    if is_refused or not known:
        fields["parameters"] = parameters
    fields = {field: value for field, value in fields.items() if value != "{}"}
    return _line(str(major(old.model.version)), fields, arrivals)


def _map(names: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{json.dumps(old)}: {new}' for old, new in names.items())}}}"


def _stages(old: Snapshot, new: Snapshot, names: Sequence[str]) -> str:
    """Where the animals of some stages of the older version may go."""
    targets = {one.old: one.new for one in renamed_stages(old.model, new.model)}
    targets |= {stage.name: stage.name for stage in new.model.stages}
    tombstone = 'Tombstone("Say where its animals go.")'
    return _map({name: json.dumps(targets[name]) if name in targets else tombstone for name in names})


def _successor(gone: Gone, stage: Stage) -> str:
    """The rule that took the place of one that is gone, by its name; None where none did."""
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
