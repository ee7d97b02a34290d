"""Where two versions of a curriculum decide otherwise, over the same sessions of the same animals.

Owns two questions, and keeps them apart. *As it happened*: each decision is taken from the stage that was run, so each
is compared by itself. *First divergence*: the first session of an animal after which it would have been treated
otherwise; from there on its metrics would have been others, so nothing is claimed.

A pure function of two streams of decisions. Knows nothing of curricula, files or how a report looks.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from ..contract.leaves import Changed, changed

__all__ = [
    "AtStage",
    "Cell",
    "Difference",
    "Divergence",
    "Incomparable",
    "OtherParameter",
    "Row",
    "Side",
    "difference",
    "stage_of",
]

Row = Mapping[str, Any]
"""A decision by the names of ``replay.columns``, where no rule held with ``missed`` too (``Side``); ``metrics`` and
``parameters`` are JSON as text."""

OTHER_REASONS: Final = "other reasons"

_REASONS: Final = 1000
"""Reasons that are kept apart: one may name a session, and there may be millions."""


@dataclass(kw_only=True)
class _Counted:
    """How many decisions, of how many animals; those of an animal are counted one after the other."""

    decisions: int = 0
    subjects: int = 0
    _last: str | None = field(default=None, repr=False)

    def count(self, subject: str) -> None:
        self.decisions += 1
        self.subjects += subject != self._last
        self._last = subject

    def as_json(self) -> dict[str, Any]:
        """Turn it into JSON values."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}


@dataclass(kw_only=True)
class Cell(_Counted):
    """Decisions that led to one stage and lead to another."""

    old: str
    new: str


@dataclass(kw_only=True)
class AtStage(_Counted):
    """The decisions taken at one stage."""

    stage: str
    changed: int = 0
    subjects_changed: int = 0
    _last_changed: str | None = field(default=None, repr=False)

    def count_changed(self, subject: str) -> None:
        """Count a decision that is another."""
        self.changed += 1
        self.subjects_changed += subject != self._last_changed
        self._last_changed = subject


@dataclass(kw_only=True)
class OtherParameter(_Counted):
    """A task parameter that animals get with another value, at the same stage in both versions."""

    stage: str
    """The stage that they go on with."""

    path: str
    first: Changed
    """The first of them."""

    varies: bool = False
    """Whether the values of others are not those of the first."""

    def as_json(self) -> dict[str, Any]:
        """Turn it into JSON values."""
        return super().as_json() | {"first": self.first.as_json()}


@dataclass(kw_only=True)
class Incomparable(_Counted):
    """Decisions that cannot be compared for one reason."""

    reason: str
    first: tuple[str, Any]
    """The first animal, and its session."""

    def as_json(self) -> dict[str, Any]:
        """Turn it into JSON values."""
        subject, session = self.first
        return super().as_json() | {"first": {"subject": subject, "session": session}}


@dataclass(frozen=True, kw_only=True)
class Side:
    """What one version says after a session."""

    decision: str
    next_stage: str
    rule: str | None
    """The rule that decided; None where none held."""

    margin: float | None
    """How far its deciding comparison was from turning out otherwise, where it is one."""

    metrics: Any
    """As JSON values."""

    missed: Mapping[str, Sequence[tuple[str, float | None]]]
    """Where no rule held: the comparisons that kept each from it, with their margins where those are numbers."""

    @classmethod
    def of(cls, row: Row) -> Side:
        """Take it from a row."""
        margin = row.get("margin")
        return cls(
            decision=row["decision"],
            next_stage=row["next_stage_suggested"],
            rule=row.get("rule") or None,
            margin=margin if margin is not None and math.isfinite(margin) else None,
            metrics=json.loads(row.get("metrics") or "{}"),
            missed=row.get("missed") or {},
        )


@dataclass(frozen=True, kw_only=True)
class Divergence:
    """The first session of an animal after which the versions suggest different stages."""

    subject: str
    session: Any
    date: str | None
    stage: str
    """The stage that was run."""

    old: Side
    new: Side
    parameters_since: Any = None
    """An earlier session from which on it had other parameters at the same stage; None where there is none."""

    def as_json(self) -> dict[str, Any]:
        """Turn it into JSON values."""
        return vars(self) | {"old": vars(self.old), "new": vars(self.new)}


@dataclass(kw_only=True)
class Difference:
    """What is not the same."""

    compared: int = 0
    """Decisions."""

    changed: int = 0
    """Those that suggest another stage."""

    subjects: int = 0
    """Animals of which a decision was compared."""

    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    stages: dict[str, AtStage] = field(default_factory=dict)
    divergences: list[Divergence] = field(default_factory=list)
    """One an animal."""

    parameters: dict[tuple[str, str], OtherParameter] = field(default_factory=dict)
    other_parameters: _Counted = field(default_factory=_Counted)
    """Decisions for the same stage in both versions, with a parameter that is another."""

    other_metrics: _Counted = field(default_factory=_Counted)
    """Sessions of which the versions compute other metrics."""

    incomparable: dict[str, Incomparable] = field(default_factory=dict)
    cut: str | None = None
    """Why the source ended before its end."""

    lost: int = 0
    """Decisions that cannot be compared because the older version alone takes them."""

    @property
    def left_out(self) -> int:
        """Decisions that cannot be compared."""
        return sum(one.decisions for one in self.incomparable.values())

    def is_over(self, share: Fraction) -> bool:
        """Whether more of the older version's decisions change or are lost than a share; so it is where there are none.

        Args:
            share: From 0 to 1.
        """
        whole = self.compared + self.lost
        return not whole or Fraction(self.changed + self.lost, whole) > share

    def as_json(self) -> dict[str, Any]:
        """Turn it into JSON values, the two questions apart."""
        return {
            "as_it_happened": {
                "decisions": self.compared,
                "changed": self.changed,
                "subjects": self.subjects,
                "subjects_changed": len(self.divergences),
                "matrix": [one.as_json() for one in self.cells.values()],
                "stages": [one.as_json() for one in self.stages.values()],
                "parameters": [one.as_json() for one in self.parameters.values()],
                "other_parameters": self.other_parameters.as_json(),
                "other_metrics": self.other_metrics.as_json(),
            },
            "first_divergence": [one.as_json() for one in self.divergences],
            "incomparable": [one.as_json() for one in self.incomparable.values()],
            "lost": self.lost,
            "cut": self.cut,
        }


def difference(old: Iterable[Row], new: Iterable[Row], labels: tuple[str, str] = ("old", "new")) -> Difference:
    """Compare the decisions of two versions, session by session.

    Args:
        old: The decisions of the older version, those of an animal one after the other.
        new: Those of the newer one. Where both have the animals in the same order, one is held in memory at a time.
        labels: What the versions are called in reasons.

    Returns:
        What is not the same.
    """
    found = Difference()
    for subject, before, after in _paired(old, new):
        _add_subject(found, subject, before, after, labels)
    return found


_Sessions = dict[tuple[Any, Any, int], Row]


def _paired(old: Iterable[Row], new: Iterable[Row]) -> Iterator[tuple[str, _Sessions, _Sessions]]:
    """The sessions of each animal in both versions; empty for the version that does not have it."""
    subject = itemgetter("subject_id")
    streams = [groupby(rows, key=subject) for rows in (old, new)]
    waiting: list[dict[str, _Sessions]] = [{}, {}]
    ended = [False, False]
    while not all(ended):
        for side, stream in enumerate(streams):
            one = next(stream, None)
            ended[side] = one is None
            if one is None:
                continue
            sessions = _by_session(one[1])
            if one[0] in waiting[1 - side]:
                other = waiting[1 - side].pop(one[0])
                yield (one[0], other, sessions) if side else (one[0], sessions, other)
            else:
                waiting[side][one[0]] = sessions
    yield from ((name, sessions, {}) for name, sessions in waiting[0].items())
    yield from ((name, {}, sessions) for name, sessions in waiting[1].items())


def _by_session(rows: Iterable[Row]) -> _Sessions:
    """Rows by session and date; of one that is there twice, the first, the second..."""
    times: Counter[tuple[Any, Any]] = Counter()
    found = {}
    for row in rows:
        key = row.get("session"), row.get("session_date")
        found[*key, times[key]] = row
        times[key] += 1
    return found


def _add_subject(found: Difference, subject: str, before: _Sessions, after: _Sessions, labels: tuple[str, str]) -> None:
    diverged, parameters_since, is_compared = False, None, False
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        reason = _why_not(old, new, labels)
        if reason is not None or old is None or new is None:
            _leave_out(found, reason or OTHER_REASONS, subject, key[0])
            found.lost += _is_decided(old) and not _is_decided(new)
            continue
        is_compared = True
        found.compared += 1
        stage = found.stages.setdefault(stage_of(old), AtStage(stage=stage_of(old)))
        stage.count(subject)
        if old.get("metrics") != new.get("metrics"):
            found.other_metrics.count(subject)
        if old["next_stage_suggested"] != new["next_stage_suggested"]:
            found.changed += 1
            stage.count_changed(subject)
            ends = old["next_stage_suggested"], new["next_stage_suggested"]
            found.cells.setdefault(ends, Cell(old=ends[0], new=ends[1])).count(subject)
            if not diverged:
                found.divergences.append(_divergence(subject, old, new, parameters_since))
            diverged = True
        elif _add_parameters(found, subject, old, new) and parameters_since is None:
            parameters_since = key[0]
    found.subjects += is_compared


def _is_decided(row: Row | None) -> bool:
    return row is not None and not row.get("error")


def _why_not(old: Row | None, new: Row | None, labels: tuple[str, str]) -> str | None:
    """Why two decisions cannot be compared; None where they can."""
    if old is None or new is None:
        return f"only {labels[old is None]} has the session"
    errors = [str(row.get("error") or "") for row in (old, new)]
    if errors[0] == errors[1] and errors[0]:
        return f"both: {errors[0]}"
    told = [f"{label}: {error}" for label, error in zip(labels, errors, strict=True) if error]
    if told:
        return "; ".join(told)
    if stage_of(old) != stage_of(new):
        return f"decided from different stages: {stage_of(old)} by {labels[0]}, {stage_of(new)} by {labels[1]}"
    return None


def stage_of(row: Row) -> str:
    """The stage that a decision was taken from.

    Args:
        row: The decision.

    Returns:
        The stage that was run, or where nobody wrote it down, the suggested one.
    """
    return str(row["current_stage_actual"] if row["if_closed_loop"] else row["current_stage_suggested"])


def _leave_out(found: Difference, reason: str, subject: str, session: Any) -> None:
    if reason not in found.incomparable and len(found.incomparable) >= _REASONS:
        reason = OTHER_REASONS
    found.incomparable.setdefault(reason, Incomparable(reason=reason, first=(subject, session))).count(subject)


def _divergence(subject: str, old: Row, new: Row, parameters_since: Any) -> Divergence:
    return Divergence(
        subject=subject,
        session=old["session"],
        date=old.get("session_date"),
        stage=stage_of(old),
        old=Side.of(old),
        new=Side.of(new),
        parameters_since=parameters_since,
    )


def _add_parameters(found: Difference, subject: str, old: Row, new: Row) -> bool:
    """Count the parameters that are not the same, and say whether there are some."""
    stage = old["next_stage_suggested"]
    changes = _changed(old.get("parameters") or "null", new.get("parameters") or "null")
    for change in changes:
        one = found.parameters.setdefault(
            (stage, change.path), OtherParameter(stage=stage, path=change.path, first=change)
        )
        one.varies = one.varies or (one.first.before, one.first.after) != (change.before, change.after)
        one.count(subject)
    if changes:
        found.other_parameters.count(subject)
    return bool(changes)


@lru_cache(maxsize=256)
def _changed(old: str, new: str) -> tuple[Changed, ...]:
    """The leaves that differ; most animals at a stage have the same parameters."""
    return () if old == new else tuple(changed(json.loads(old), json.loads(new)))
