"""Where an animal stands: a pure fold over its entries.

Owns the rules of SUBJECTS: what counts, what came too late, what a person's change does to a session that was still
running, and what is pinned on top. The same entries give the same standing, in whatever store they lie.

- An entry that a later one corrects does not count, unless that one was corrected itself. A new evaluation of a
  session takes the place in time of the one that it corrects.
- A session leads on from where the animal stands if it was run with just that state, or if it began after all that
  counted so far. Otherwise it came late: it is kept, and moves nothing that came after it. So a move that a person made
  while the session ran stays, and two rigs whose clocks disagree do not undo each other's work.
- Pinned parameters lie on top of every trainer state, until they are released or the animal is enrolled anew.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ..contract.leaves import located
from .entry import Entry, Session, digest_of_state

__all__ = ["Standing", "corrected_by", "counting", "stand", "stand_of", "with_pins"]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where an animal stands after some number of entries."""

    place: int = 0
    """Number of the last entry; 0 before the first."""

    head: str | None = None
    """The hash of that entry."""

    enrolled: int = 0
    """Place of the entry by which it was enrolled last; 0 before."""

    is_on: bool = False
    """Whether it is on curriculum."""

    state: dict[str, Any] | None = None
    """The trainer state it was sent to, without its graph and without what is pinned."""

    state_place: int = 0
    """Place of the entry that holds that state."""

    stage: str | None = None
    """The name of its stage."""

    curriculum: Mapping[str, Any] = field(default_factory=dict)
    """Name and version of the curriculum that wrote the state."""

    pins: Mapping[str, Any] = field(default_factory=dict)
    """Task parameters set by hand: the path of each leaf, and its value."""

    groups: tuple[str, ...] = ()
    moment: str = ""
    """Up to when things count: the latest start of a session, or time of a person's change. Empty before the first."""

    session: Session | None = None
    """The last session that counted."""

    metrics: dict[str, Any] | None = None
    """Its metrics: the previous metrics of the next one."""

    at_stage: int = 0
    """Sessions that were evaluated since the animal came to its stage."""

    took: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """How many sessions it took at each stage that it left, each time."""

    stuck_after: int | None = None
    """Sessions at this stage from which on its curriculum calls it stuck; None where it declares none."""

    held: int = 0
    """Sessions in a row, up to the last, that could not be evaluated."""

    late: tuple[int, ...] = ()
    """Places of the sessions that came too late to move anything."""

    @property
    def next_state(self) -> dict[str, Any] | None:
        """The trainer state that its next session is run with: with what is pinned, and on or off as people left it."""
        if self.state is None:
            return None
        state = with_pins(self.state, self.pins)
        return {**state, "is_on_curriculum": bool(state.get("is_on_curriculum", True)) and self.is_on}


def stand(entries: Iterable[Entry]) -> Standing:
    """Work out where an animal stands.

    Args:
        entries: All its entries, in their order.

    Returns:
        Its standing.
    """
    entries = list(entries)
    found = Standing()
    for entry in counting(entries):
        found = _after(found, entry)
    return replace(found, place=entries[-1].place, head=entries[-1].digest) if entries else found


def stand_of(before: Standing, entry: Entry) -> Standing | None:
    """Work out a standing from the one before the last entry, if that can be.

    Args:
        before: The standing of all entries but the last.
        entry: The last.

    Returns:
        The same as ``stand`` of all; None for an entry that corrects another, for which all are needed.
    """
    if entry.corrects is not None:
        return None
    return replace(_after(before, entry), place=entry.place, head=entry.digest)


def counting(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that count, in the order in which they take effect.

    Args:
        entries: All of a subject, in their order.

    Returns:
        Those that no counting entry corrects. One that evaluates a session anew stands where the first did; those that
        only take another away are left out.
    """
    entries = list(entries)
    taken_away = corrected_by(entries)
    position: dict[int, int] = {}
    for entry in entries:
        position[entry.place] = entry.place if entry.corrects is None else position.get(entry.corrects, entry.place)
    left = [one for one in entries if one.place not in taken_away and one.kind != "corrected"]
    return sorted(left, key=lambda one: (position[one.place], one.place))


def corrected_by(entries: Iterable[Entry]) -> dict[int, int]:
    """Which entries do not count, because a later one takes them away or takes their place.

    Args:
        entries: All of a subject, in their order.

    Returns:
        The place of each such entry, and that of the one that corrects it.
    """
    found: dict[int, int] = {}
    for entry in reversed(list(entries)):
        if entry.corrects is not None and entry.place not in found:
            found[entry.corrects] = entry.place
    return found


def _after(before: Standing, entry: Entry) -> Standing:
    if "groups" in entry.content:
        before = replace(before, groups=tuple(entry.content["groups"]))
    step = _STEPS.get(entry.kind)  # a kind of a newer runtime moves nothing here
    return before if step is None else step(before, entry)


def _enrolled(before: Standing, entry: Entry) -> Standing:
    fresh = Standing(groups=before.groups, late=before.late, moment=max(before.moment, entry.time))
    return replace(_sent(fresh, entry), enrolled=entry.place, is_on=True)


def _sent(before: Standing, entry: Entry) -> Standing:
    """Take the trainer state of an entry."""
    state = entry.state or {}
    by, stage = state.get("curriculum") or {}, (state.get("stage") or {}).get("name")
    stays = stage == before.stage
    took = dict(before.took)
    if not stays and before.stage is not None and before.at_stage:
        took[before.stage] = (*took.get(before.stage, ()), before.at_stage)
    return replace(
        before,
        state=state,
        state_place=entry.place,
        stage=stage,
        curriculum={key: by.get(key) for key in ("name", "version")},
        at_stage=before.at_stage if stays else 0,
        took=took,
        stuck_after=entry.content.get("stuck_after", before.stuck_after if stays else None),
    )


def _evaluated(before: Standing, entry: Entry) -> Standing:
    if not _leads_on(before, entry):
        return replace(before, late=(*before.late, entry.place))
    here = replace(before, at_stage=before.at_stage + 1)
    return replace(_sent(here, entry), metrics=entry.metrics, held=0, **_time(before, entry))


def _held(before: Standing, entry: Entry) -> Standing:
    if not _leads_on(before, entry):
        return replace(before, late=(*before.late, entry.place))
    return replace(before, held=before.held + 1, **_time(before, entry))


def _leads_on(before: Standing, entry: Entry) -> bool:
    assert entry.session is not None
    if before.state is None or entry.session.start > before.moment:
        return True
    state = before.next_state
    return state is not None and entry.given == digest_of_state(state) and not _is_earlier(before, entry)


def _is_earlier(before: Standing, entry: Entry) -> bool:
    """Whether a session began before the last that counted: a stage may be the same in both."""
    assert entry.session is not None
    return before.session is not None and entry.session.start < before.session.start


def _time(before: Standing, entry: Entry) -> dict[str, Any]:
    assert entry.session is not None
    return {"session": entry.session, "moment": max(before.moment, entry.session.start)}


def _moved(before: Standing, entry: Entry) -> Standing:
    return replace(_sent(before, entry), is_on=True, moment=max(before.moment, entry.time))


def _migrated(before: Standing, entry: Entry) -> Standing:
    """Another version and no training: one that is off stays off, and a stage of another name is the same stage."""
    same: dict[str, Any] = {"at_stage": before.at_stage, "took": before.took}
    return replace(_sent(before, entry), **same, moment=max(before.moment, entry.time))


def _off(before: Standing, entry: Entry) -> Standing:
    return replace(before, is_on=False, moment=max(before.moment, entry.time))


def _on(before: Standing, entry: Entry) -> Standing:
    return replace(before, is_on=True, moment=max(before.moment, entry.time))


def _pinned(before: Standing, entry: Entry) -> Standing:
    return replace(before, pins={**before.pins, entry.content["path"]: entry.content["value"]})


def _released(before: Standing, entry: Entry) -> Standing:
    return replace(before, pins={path: one for path, one in before.pins.items() if path != entry.content["path"]})


_STEPS: Final = {
    "enrolled": _enrolled,
    "evaluated": _evaluated,
    "held": _held,
    "moved": _moved,
    "migrated": _migrated,
    "off": _off,
    "on": _on,
    "pinned": _pinned,
    "released": _released,
}


def with_pins(state: Mapping[str, Any], pins: Mapping[str, Any]) -> dict[str, Any]:
    """Lay parameters that people pinned over a trainer state.

    Args:
        state: A trainer state as JSON; it is left as it is.
        pins: The path of each leaf, and its value. A leaf that the stage does not have is left out.

    Returns:
        The state with them.
    """
    if not pins or not state.get("stage"):
        return dict(state)
    whole = copy.deepcopy(dict(state))
    parameters = whole["stage"]["task"]["task_parameters"]
    for leaf in list(located(parameters)):
        if leaf.path in pins:
            here = parameters
            for step in leaf.place[:-1]:
                here = here[step]
            here[leaf.place[-1]] = pins[leaf.path]
    return whole
