"""What changed between two versions of a curriculum, and the bump that it needs.

Owns the rule: **major** when a stage's name is in one version only or trainer states of a stage are refused, **minor**
when parameters, transitions, policies or metrics change otherwise, **patch** when only code or descriptions change,
**none** when nothing differs. A pure function of two snapshots.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from semver import Version

from ..contract.leaves import ABSENT, holders
from ..look.model import CurriculumModel, Metric, MetricsClass, Parameter, Policy, Rule, Stage
from .animals import Changed, Consequence, consequences
from .code import beside_rules, meaning
from .missing import Missing, missing
from .numbers import LEVELS, Level, level_between
from .sameness import Renamed, members, renamed_stages, same_value
from .snapshot import Snapshot

__all__ = ["Change", "Diff", "compare"]

Kind = Literal["stage", "transition", "policy", "parameter", "metrics", "code", "text"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that changed."""

    kind: Kind
    where: str
    """The stage, transition, metrics class, rule or module that changed."""

    text: str
    """What happened to it, in a few words."""

    level: Level
    path: str | None = None
    """The parameter whose value changed, by its path."""

    within: str | None = None
    """The path of what was added or removed as a whole, and the parameter with it."""

    before: Any = ABSENT
    """Value in the older version, as JSON; ABSENT if it has none."""

    after: Any = ABSENT


@dataclass(frozen=True, kw_only=True)
class Diff:
    """Everything that changed between two versions."""

    old: str
    """Label of the older version, as it was given."""

    new: str
    name: str
    old_version: str
    new_version: str
    changes: tuple[Change, ...]
    renamed: tuple[Renamed, ...]
    animals: tuple[Consequence, ...]
    """What happens to those in training."""

    missing: Missing
    """The migration that an author has to write for them."""

    module: str | None
    """The module to write it in; None for a bundle."""

    warnings: tuple[str, ...]
    """What could not be found out."""

    @property
    def given(self) -> Level:
        """The bump that was made; none where the newer version is not above the older one."""
        is_above = Version.parse(self.new_version) > Version.parse(self.old_version)
        return level_between(self.old_version, self.new_version) if is_above else "none"

    @property
    def to_write(self) -> str | None:
        """The migration that is missing for the bump that was made or is needed."""
        if "major" not in (self.given, self.needs) or self.missing.across is None:
            return None
        return self.missing.across if self.given == "major" else self.missing.within or self.missing.across

    @property
    def needs(self) -> Level:
        """The bump that the changes need."""
        return max((change.level for change in self.changes), key=LEVELS.index, default="none")


def compare(old: Snapshot, new: Snapshot) -> Diff:
    """Compare two versions of a curriculum.

    Args:
        old: The older version.
        new: The newer version.

    Returns:
        What changed, stage by stage in the order of the newer version.
    """
    renamed = renamed_stages(old.model, new.model)
    names = {one.old: one.new for one in renamed}
    changes = [*_refused(_once(_changes(old, new, names)), new)]
    return Diff(
        old=old.label,
        new=new.label,
        name=new.model.name,
        old_version=old.model.version,
        new_version=new.model.version,
        changes=tuple(changes),
        renamed=renamed,
        animals=tuple(consequences(old, new, _of_parameters(old.model, new.model))),
        missing=missing(old, new),
        module=new.module,
        warnings=tuple(_warnings(old, new)),
    )


def _once(changes: Iterable[Change]) -> Iterator[Change]:
    """Report a change of code or text once: a rule may be used in several places."""
    seen = set()
    for change in changes:
        key = change.kind, change.where, change.text
        if change.kind not in {"code", "text"} or key not in seen:
            yield change
        seen.add(key)


def _refused(changes: Iterable[Change], new: Snapshot) -> Iterator[Change]:
    """Ask for a major bump for each change by which trainer states of a stage are refused."""
    stages = {stage.name for stage in new.model.stages}
    arrivals = {} if new.arrivals is None else new.arrivals.within
    pending = {
        name: {one.path for one in arrival.unfit} | {one.reference for one in arrival.gone}
        for name, arrival in arrivals.items()
        if name in stages
    }
    told: set[tuple[str, str]] = set()
    for change in changes:
        stage = change.where.partition(": ")[0]
        causes = {(stage, one) for one in (change.path, change.before) if isinstance(one, str)}
        found = {(name, one) for name, one in causes if one in pending.get(name, ())}
        told |= found
        yield replace(change, level="major") if found else change
    for name, some in pending.items():
        for one in sorted(some):
            if (name, one) not in told:
                yield Change(kind="parameter", where=name, text=f"{one} is read no more", level="major")
        if why := arrivals[name].refused:
            yield Change(kind="stage", where=name, text=f"its trainer states are refused: {why}", level="major")


def _changes(old: Snapshot, new: Snapshot, names: Mapping[str, str]) -> Iterator[Change]:
    before = {names.get(stage.name, stage.name): stage for stage in old.model.stages}
    after = {stage.name: stage for stage in new.model.stages}
    for name in before:
        if name not in after:
            yield Change(kind="stage", where=name, text="removed", level="major")
    for name, stage in after.items():
        if name not in before:
            yield Change(kind="stage", where=name, text="added", level="major")
            continue
        if before[name].name != name:
            text = f"looks renamed from {before[name].name}"
            yield Change(kind="stage", where=name, text=text, level="major", before=before[name].name, after=name)
        yield from _stage(before[name], stage)
    yield from _first_stage(old.model, new.model, names)
    yield from _transitions(old.model, new.model, names)
    yield from _metrics(old.model, new.model)
    yield from _packages(old.packages, new.packages)
    yield from _modules(old, new)


def _first_stage(old: CurriculumModel, new: CurriculumModel, names: Mapping[str, str]) -> Iterator[Change]:
    if not old.stages or not new.stages:
        return
    before, after = old.stages[0].name, new.stages[0].name
    if names.get(before, before) != after:
        text = f"subjects start here, no longer at {before}"
        yield Change(kind="stage", where=after, text=text, level="minor", before=before, after=after)


# Stages


def _stage(old: Stage, new: Stage) -> Iterator[Change]:
    where = new.name
    told = [" ".join(filter(None, [one.name, one.version, f"({one.reference})"])) for one in (old.task, new.task)]
    if told[0] != told[1]:
        yield Change(kind="parameter", where=where, text="task", level="minor", before=told[0], after=told[1])
    elif old.task.description != new.task.description:
        yield Change(kind="text", where=where, text="description of the task", level="patch")
    yield from _parameters(where, old.parameters, new.parameters)
    yield from _policies(where, old.policies, new.policies)
    edges = [
        [(one.source, one.target, one.priority, one.rule) for one in stage.policy_transitions] for stage in (old, new)
    ]
    yield from _edges("policy", lambda source, target: f"{where}: {_last(source)} -> {_last(target)}", *edges)
    yield from _provider(where, old.metrics_provider, new.metrics_provider)
    if old.metrics != new.metrics:
        text = "metrics class of its rules"
        yield Change(kind="metrics", where=where, text=text, level="minor", before=old.metrics, after=new.metrics)


def _parameters(where: str, old: Sequence[Parameter], new: Sequence[Parameter]) -> Iterator[Change]:
    before, after = {one.name: one for one in old}, {one.name: one for one in new}
    change = functools.partial(Change, kind="parameter", where=where, level="minor")
    for path, within in _only_in(before, after).items():
        yield change(text=f"{path} removed", path=path, within=within, before=before[path].value)
    added = _only_in(after, before)
    for path, one in after.items():
        if path in added:
            yield change(text=f"{path} added", path=path, within=added[path], after=one.value)
        elif path in before and not same_value(before[path].value, one.value):
            yield change(text=path, path=path, before=before[path].value, after=one.value)
        elif path in before:
            yield from _field("parameter", where, before[path], one)


def _of_parameters(old: CurriculumModel, new: CurriculumModel) -> Iterator[Changed]:
    """What is not the same of the parameters that a stage has in both versions."""
    after = {(stage.name, one.name): one for stage in new.stages for one in stage.parameters}
    for stage in old.stages:
        for one in stage.parameters:
            other = after.get((stage.name, one.name))
            if other is None:
                continue
            if not same_value(one.value, other.value):
                yield Changed(stage.name, one.name, "value", "")
            if members(one.type) - members(other.type) and not isinstance(other.value, list):  # those have leaves
                yield Changed(stage.name, one.name, "type", other.type)
            if one.bounds != other.bounds and other.bounds:
                yield Changed(stage.name, one.name, "bounds", " and ".join(other.bounds))


def _only_in(some: Mapping[str, Parameter], others: Mapping[str, Parameter]) -> dict[str, str | None]:
    """The parameters that one version has, and what it has as a whole; not what is empty in it and filled there."""
    missing = [path for path in some if path not in others]
    filled = {holder for path in others for holder in holders(path)} if missing else set()
    return {
        path: next((holder for holder in holders(path) if holder not in filled), None)
        for path in missing
        if path not in filled or some[path].value not in (None, {}, [])
    }


def _field(
    kind: Kind, where: str, old: Parameter | Metric, new: Parameter | Metric, level: Level = "minor"
) -> Iterator[Change]:
    """Compare a field's declaration: type and limits decide what is valid, unit and description are for readers."""
    for attribute in ("type", "bounds", "required"):
        before, after = getattr(old, attribute, None), getattr(new, attribute, None)
        if before != after and not (attribute == "type" and members(old.type) == members(new.type)):
            plain = [", ".join(one) if isinstance(one, tuple) else one for one in (before, after)]
            text = f"{attribute} of {new.name}"
            yield Change(kind=kind, where=where, text=text, level=level, before=plain[0], after=plain[1])
    for attribute in ("unit", "description"):
        before, after = getattr(old, attribute), getattr(new, attribute)
        if before != after:
            text = f"{attribute} of {new.name}"
            yield Change(kind="text", where=where, text=text, level="patch", before=before, after=after)


def _policies(where: str, old: Sequence[Policy], new: Sequence[Policy]) -> Iterator[Change]:
    before, after = {one.rule.reference: one for one in old}, {one.rule.reference: one for one in new}
    for reference in before:
        if reference not in after:
            yield Change(
                kind="policy", where=where, text=f"{_last(reference)} removed", level="minor", before=reference
            )
    for reference, one in after.items():
        if reference not in before:
            yield Change(kind="policy", where=where, text=f"{_last(reference)} added", level="minor", after=reference)
            continue
        if before[reference].start != one.start:
            text = f"{_last(reference)} {'is now' if one.start else 'is no longer'} a start policy"
            yield Change(kind="policy", where=where, text=text, level="minor")
        yield from _rule(before[reference].rule, one.rule)
    kept_before = [reference for reference in before if reference in after]
    kept_after = [reference for reference in after if reference in before]
    if kept_before != kept_after:
        names = [[_last(one) for one in kept] for kept in (kept_before, kept_after)]
        text = "order in which policies are applied"
        yield Change(kind="policy", where=where, text=text, level="minor", before=names[0], after=names[1])


def _provider(where: str, old: Rule | None, new: Rule | None) -> Iterator[Change]:
    before, after = old.reference if old else None, new.reference if new else None
    if before != after:
        yield Change(kind="metrics", where=where, text="metrics provider", level="minor", before=before, after=after)
    elif old is not None and new is not None:
        yield from _rule(old, new)


# Transitions, of stages and of policies

_Edge = tuple[str, str, int, Rule]


def _transitions(old: CurriculumModel, new: CurriculumModel, names: Mapping[str, str]) -> Iterator[Change]:
    before = [
        (names.get(one.source, one.source), names.get(one.target, one.target), one.priority, one.rule)
        for one in old.transitions
    ]
    after = [(one.source, one.target, one.priority, one.rule) for one in new.transitions]
    yield from _edges("transition", lambda source, target: f"{source} -> {target}", before, after)


def _edges(kind: Kind, told: Callable[[str, str], str], old: Sequence[_Edge], new: Sequence[_Edge]) -> Iterator[Change]:
    before = {(source, target, rule.reference): (priority, rule) for source, target, priority, rule in old}
    after = {(source, target, rule.reference): (priority, rule) for source, target, priority, rule in new}
    for source, target, reference in before:
        if (source, target, reference) not in after:
            text = f"removed ({_last(reference)})"
            yield Change(kind=kind, where=told(source, target), text=text, level="minor", before=reference)
    for (source, target, reference), (priority, rule) in after.items():
        where = told(source, target)
        if (source, target, reference) not in before:
            text = f"added ({_last(reference)}, priority {priority})"
            yield Change(kind=kind, where=where, text=text, level="minor", after=reference)
            continue
        then = before[source, target, reference]
        if then[0] != priority and _order(before, after, source):
            yield Change(kind=kind, where=where, text="priority", level="minor", before=then[0], after=priority)
        if then[1].manual != rule.manual:
            text = "a person decides" if rule.manual else "no longer a person decides"
            yield Change(kind=kind, where=where, text=text, level="minor")
        yield from _rule(then[1], rule)


def _order(
    before: Mapping[tuple[str, str, str], tuple[int, Rule]],
    after: Mapping[tuple[str, str, str], tuple[int, Rule]],
    source: str,
) -> bool:
    """Whether the transitions from a source that both versions have are tried in another order."""

    def ranked(some: Mapping[tuple[str, str, str], tuple[int, Rule]], other: Any) -> list[tuple[str, str, str]]:
        return sorted((key for key in some if key[0] == source and key in other), key=lambda key: some[key][0])

    return ranked(before, after) != ranked(after, before)


# Metrics


def _metrics(old: CurriculumModel, new: CurriculumModel) -> Iterator[Change]:
    before, after = {one.reference: one for one in old.metrics}, {one.reference: one for one in new.metrics}
    for reference, then in before.items():
        if reference not in after:
            yield Change(kind="metrics", where=_last(reference), text="removed", level="minor", before=reference)
        else:
            yield from _metrics_class(_last(reference), then, after[reference])
    for reference in after:
        if reference not in before:
            yield Change(kind="metrics", where=_last(reference), text="added", level="minor", after=reference)


def _metrics_class(where: str, old: MetricsClass, new: MetricsClass) -> Iterator[Change]:
    before, after = {one.name: one for one in old.fields}, {one.name: one for one in new.fields}
    for name in before:
        if name not in after:
            yield Change(kind="metrics", where=where, text=f"{name} removed", level="minor")
    for name, one in after.items():
        if name not in before:
            yield Change(kind="metrics", where=where, text=f"{name} added", level="minor")
        else:
            yield from _field("metrics", where, before[name], one)


# Code


def _rule(old: Rule, new: Rule) -> Iterator[Change]:
    where = new.reference
    if meaning(old.source) != meaning(new.source):
        yield Change(kind="code", where=where, text="other code", level="patch")
    if old.docstring != new.docstring:
        yield Change(kind="text", where=where, text="docstring", level="patch")


def _packages(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    """The versions of the task's packages; what they change in the task's parameters is told there."""
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            change = functools.partial(Change, kind="code", where=name, text="version", level="patch")
            yield change(before=old[name], after=new[name])


def _modules(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    """Modules whose code changed outside of rules, which may call it."""
    rules = {rule.reference for model in (old.model, new.model) for rule in _all_rules(model)}
    for name in sorted(old.modules.keys() | new.modules.keys()):
        if name not in new.modules:
            yield Change(kind="code", where=name, text="module no longer used", level="patch")
        elif name not in old.modules:
            yield Change(kind="code", where=name, text="new module", level="patch")
        else:
            then, now = (beside_rules(snapshot.modules[name], name, rules) for snapshot in (old, new))
            # A name that only one version imports needs no look: the code that uses it differs too.
            if then.code != now.code or any(now.imports.get(key, one) != one for key, one in then.imports.items()):
                yield Change(kind="code", where=name, text="other code beside its rules", level="patch")


# What could not be found out


def _warnings(old: Snapshot, new: Snapshot) -> Iterator[str]:
    for one in (old, new):
        if one.other_packages is not None:
            yield (
                f"{one.label} was imported with other versions of the task's packages than it pins, which may change "
                f"its parameters: {one.other_packages}"
            )
    if new.arrivals is None:
        yield f"{new.label} is a bundle, which cannot be asked whether it reads the trainer states of {old.label}"


def _all_rules(model: CurriculumModel) -> Iterator[Rule]:
    for stage in model.stages:
        yield from _rules_in_states(stage)
    for transition in model.transitions:
        yield transition.rule


def _rules_in_states(stage: Stage) -> Iterator[Rule]:
    if stage.metrics_provider is not None:
        yield stage.metrics_provider
    for policy in stage.policies:
        yield policy.rule
    for one in stage.policy_transitions:
        yield one.rule


def _last(reference: str) -> str:
    return reference.rpartition(".")[2]
