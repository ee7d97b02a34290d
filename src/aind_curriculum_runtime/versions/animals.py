"""What happens to the animals in training when they come to a newer version.

Owns the consequences by stage and parameter. What a trainer state meets is not decided here: the newer version was
asked (``Arrivals``), by the code that ``run`` reads a state with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..look.changes import in_short
from ..session.arrival import Arrival
from .missing import renames
from .numbers import level_between
from .snapshot import Arrivals, Snapshot

__all__ = ["Changed", "Consequence", "consequences"]


class Changed(NamedTuple):
    """What is not the same of a parameter that a stage has in both versions."""

    stage: str
    path: str
    what: Literal["value", "type", "bounds"]
    now: str
    """What it is in the newer version."""


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """What happens to the animals at one stage of the older version."""

    stage: str
    outcome: Literal["refused", "stays", "migrated", "gets", "keeps", "depends"]
    begin: str
    """What happens, up to the path of the parameter that it happens to."""

    path: str | None = None
    end: str = ""

    @property
    def text(self) -> str:
        """What happens, in words that follow the name of the stage."""
        return f"{self.begin}{self.path or ''}{self.end}"


def consequences(old: Snapshot, new: Snapshot, changes: Iterable[Changed]) -> Iterator[Consequence]:
    """Say what happens to the animals of an older version.

    Args:
        old: The older version.
        new: The newer version; nothing is known of one that was not asked what it makes of them.
        changes: What is not the same of the parameters that a stage has in both.

    Yields:
        The consequences, stage by stage in the order of the older version; none for what stays as it is.
    """
    if new.arrivals is None:
        return
    is_major = level_between(old.model.version, new.model.version) == "major"
    stages = {stage.name for stage in new.model.stages}
    by_stage: dict[str, list[Changed]] = {}
    for change in changes:
        by_stage.setdefault(change.stage, []).append(change)
    for name in (stage.name for stage in old.model.stages):
        if is_major or name not in stages:
            yield from _elsewhere(name, old, new.arrivals)
        else:
            arrival = new.arrivals.within[name]
            yield from _arrived(name, arrival, old)
            if arrival.is_read and not arrival.as_enrolled:
                migrated = {did.path for did in arrival.migrated}
                yield from _tuned(name, [one for one in by_stage.get(name, ()) if one.path not in migrated])


def _elsewhere(name: str, old: Snapshot, arrivals: Arrivals) -> Iterator[Consequence]:
    """What happens to those that come to another major version."""
    stay = f"stay with version {old.model.version} (65)"
    if name not in arrivals.successors:
        yield Consequence(stage=name, outcome="stays", begin=f"{stay}, as nothing says where they go")
    elif arrivals.successors[name] is None:
        yield Consequence(stage=name, outcome="stays", begin=f"{stay}, as a tombstone says")
    else:
        arrival = arrivals.across[name]
        if arrival.is_read:
            whose = "that stage's task parameters" if arrival.as_enrolled else "their own task parameters"
            text = f"go on at {arrivals.successors[name]} with {whose}"
            yield Consequence(stage=name, outcome="migrated", begin=text)
        yield from _arrived(name, arrival, old)


def _arrived(name: str, arrival: Arrival, old: Snapshot) -> Iterator[Consequence]:
    """What happens to all that are at a stage: they are refused, or migrated and completed."""
    guesses = renames(arrival, old.parameters(name))
    for gone in arrival.gone:
        text = f"refused (77): their states name {gone.reference}, which is gone"
        yield Consequence(stage=name, outcome="refused", begin=text)
    for one in arrival.unfit:
        end = f" {one.fault}{f', and may be {guesses[one.path]} now' if one.path in guesses else ''}"
        yield Consequence(stage=name, outcome="refused", begin="refused (65): ", path=one.path, end=end)
    if arrival.refused:
        yield Consequence(stage=name, outcome="refused", begin=f"refused: {arrival.refused}")
    if not arrival.is_read:
        return
    for did in arrival.migrated:
        end = f", which was {did.was}" if did.was is not None else f" {did.did}"
        yield Consequence(stage=name, outcome="migrated", begin="migrated: ", path=did.path, end=end)
    for new in arrival.added:
        end = f" = {in_short(new.after)}, as the stage has it"
        yield Consequence(stage=name, outcome="gets", begin="get ", path=new.path, end=end)


def _tuned(name: str, changes: Iterable[Changed]) -> Iterator[Consequence]:
    """What happens by the values that the animals have, which are their own."""
    for one in changes:
        if one.what == "value":
            begin, end = "keep their own ", " until they leave the stage"
            yield Consequence(stage=name, outcome="keeps", begin=begin, path=one.path, end=end)
        else:
            end = f" is not {'of type ' if one.what == 'type' else ''}{one.now}"
            yield Consequence(stage=name, outcome="depends", begin="refused (65) if their own ", path=one.path, end=end)
