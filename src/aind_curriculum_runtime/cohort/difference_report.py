"""What a reviewer reads of a cohort difference: one sentence, and six parts in a fixed order.

Owns the words, and which question each part answers. The forms (``difference_text``, ``_markdown``, ``_html``)
know only ``Report``; JSON is made of the ``Difference`` itself.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from ..contract.leaves import ABSENT
from ..look.changes import LISTED, in_short, sides
from .difference import Difference, Divergence, OtherParameter, Side

__all__ = ["Part", "Provenance", "Report", "Version", "document", "report", "sentence"]

_MODE: Final = "as-run"

_HAPPENED: Final = "As it happened"
_FIRST: Final = "First divergence"

_METRICS: Final = 12
"""Metrics of a divergence that are written; JSON has all of them."""

_NUMBER: Final = re.compile(r"[\d,.]*%?")

_STAGES: Final = 3
"""Stages that the sentence names."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """One of the two."""

    label: str
    """As it was typed."""

    number: str | None
    """None where its ``pyproject.toml`` states none."""

    commit: str | None
    """None where it is not in git."""

    is_changed: bool = False
    """Whether there are changes since that commit."""

    def __str__(self) -> str:
        """In words."""
        commit = f"commit {self.commit}" if self.commit else "not in git"
        return f"{self.label} ({self.number}), {commit}{' with changes that are not committed' * self.is_changed}"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What was compared."""

    curriculum: str
    old: Version
    new: Version
    source: str
    data: str
    """The hash of the data, with its algorithm."""

    @property
    def source_name(self) -> str:
        """The source without the folders that it is in."""
        return self.source if "://" in self.source else PurePath(self.source).name or self.source


@dataclass(frozen=True, kw_only=True)
class Part:
    """A titled table."""

    title: str
    says: str
    """What the table is about, or why there is none."""

    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    more: int = 0
    """Rows that are not listed."""

    heading: int = 0
    """How many columns name the row, where its other cells are too long for a line; 0 for short cells."""

    @property
    def numbers(self) -> frozenset[int]:
        """The columns that hold numbers only."""
        columns = enumerate(zip(*self.rows, strict=True))
        return frozenset(index for index, column in columns if all(map(_NUMBER.fullmatch, column)))


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that is told, in its order."""

    title: str
    sentence: str
    parts: tuple[Part, ...]


def report(found: Difference, about: Provenance, *, everything: bool) -> Report:
    """Put a difference into words.

    Args:
        found: The difference.
        about: What was compared.
        everything: Whether all rows of a part are listed, or of many the first.

    Returns:
        The seven parts: the sentence, and six with tables.
    """
    parts = (
        _matrix(found, about),
        _stages(found),
        _divergences(found, about),
        _parameters(found),
        _incomparable(found),
        _provenance(about),
    )
    return Report(
        title=f"{about.curriculum}: {about.old.label} -> {about.new.label} over {about.source_name}",
        sentence=sentence(found, about),
        parts=tuple(part if everything else _first(part) for part in parts),
    )


def document(found: Difference, about: Provenance) -> dict[str, Any]:
    """Turn all of it into JSON values.

    Args:
        found: The difference.
        about: What was compared.

    Returns:
        What a program reads; nothing is left out.
    """
    provenance = {**dataclasses.asdict(about), "mode": _MODE}
    return {"sentence": sentence(found, about), **found.as_json(), "provenance": provenance}


def sentence(found: Difference, about: Provenance) -> str:
    """Say in one sentence what changes.

    Args:
        found: The difference.
        about: What was compared.

    Returns:
        Such as ``12 of 3,522 decisions change, 5 of 150 animals, all at s_3.``
    """
    if not found.compared:
        return (
            f"None of {_of(found.left_out, 'decision')} can be compared." if found.left_out else "There is no decision."
        )
    if not found.changed:
        told = f"None of {found.compared:,} decisions of {_animals(found.subjects)} changes"
    else:
        told = (
            f"{found.changed:,} of {_of(found.compared, 'decision')} {'changes' if found.changed == 1 else 'change'}, "
            f"{len(found.divergences):,} of {_animals(found.subjects)}, {_where(found)}"
        )
    if found.other_parameters.decisions:
        told += f"; {_of(found.other_parameters.decisions, 'decision')} for the same stage with other parameters"
    if found.left_out:
        told += f"; {found.left_out:,} cannot be compared"
    if found.lost:
        which = "all" if found.lost == found.left_out else f"{found.lost:,} of them"
        told += f", {which} decided by {about.old.label} alone"
    return f"{told}."


def _where(found: Difference) -> str:
    stages = [stage.stage for stage in found.stages.values() if stage.changed]
    if len(stages) == 1:
        return f"all at {stages[0]}"
    if len(stages) > _STAGES:
        return f"at {len(stages)} of {_of(len(found.stages), 'stage')}"
    return f"at {', '.join(stages[:-1])} and {stages[-1]}"


def _of(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _animals(count: int) -> str:
    return _of(count, "animal")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _first(part: Part) -> Part:
    rows = part.rows[:LISTED]
    return dataclasses.replace(part, rows=rows, more=len(part.rows) - len(rows))


def _matrix(found: Difference, about: Provenance) -> Part:
    cells = found.cells
    olds, news = (list(dict.fromkeys(pair[side] for pair in cells)) for side in (0, 1))
    rows = [(old, *(str(cells[old, new].decisions) if (old, new) in cells else "" for new in news)) for old in olds]
    return Part(
        title=f"{_HAPPENED}: suggested stages, old -> new",
        says=f"Decisions that change: down the stage that {about.old.label} suggests, across that of {about.new.label}."
        if cells
        else "No suggested stage changes.",
        header=("old \\ new", *news) if cells else (),
        rows=tuple(rows),
    )


def _stages(found: Difference) -> Part:
    rows = [
        (
            one.stage,
            f"{one.decisions:,}",
            f"{one.changed:,}",
            _share(one.changed, one.decisions),
            f"{one.subjects:,}",
            f"{one.subjects_changed:,}",
        )
        for one in found.stages.values()
    ]
    return Part(
        title=f"{_HAPPENED}: by stage",
        says="Each decision is taken from the stage that was run." if rows else "There is no decision to compare.",
        header=("stage", "decisions", "change", "share", "animals", "of them changed") if rows else (),
        rows=tuple(rows),
    )


def _divergences(found: Difference, about: Provenance) -> Part:
    rows = [
        (
            one.subject,
            f"session {one.session}{f', {one.date}' if one.date else ''}",
            f"at {one.stage}",
            _side(one.old, one.new.rule),
            _side(one.new, one.old.rule),
            _metrics(one),
        )
        for one in found.divergences
    ]
    return Part(
        title=f"{_FIRST} of each animal",
        says="From there on the animal would have had other sessions, so nothing is claimed of them."
        if rows
        else "No animal diverges.",
        header=("animal", "session", "stage", about.old.label, about.new.label, "metrics") if rows else (),
        rows=tuple(rows),
        heading=3,
    )


def _side(side: Side, other: str | None) -> str:
    """What a version says; where no rule held, what kept the rule from it by which the other version decided."""
    if side.rule is not None:
        why = f"by {_name(side.rule)}" + (f", margin {side.margin:+.4g}" if side.margin is not None else "")
    else:
        why = "no rule held"
        if other is not None and (missed := side.missed.get(other)):
            told = [text + (f" by {abs(margin):.4g}" if margin is not None else "") for text, margin in missed]
            why += f": {_name(other)} misses {' and '.join(told)}"
    return f"{side.decision} to {side.next_stage} ({why})"


def _name(rule: str) -> str:
    return rule.rpartition(".")[2]


def _metrics(one: Divergence) -> str:
    values = _named(one.old.metrics), _named(one.new.metrics)
    told = []
    for name in dict.fromkeys([*values[0], *values[1]]):
        old, new = (some.get(name, ABSENT) for some in values)
        if old == new:
            told.append(f"{name} {in_short(old)}")
        else:
            pair = sides(*("absent" if value is ABSENT else value for value in (old, new)))
            told.append(f"{name} {pair[0]} -> {pair[1]}")
    listed = told[:_METRICS] + ([f"and {len(told) - _METRICS} more"] if len(told) > _METRICS else [])
    return "; ".join(listed) + (
        f"; other parameters since session {one.parameters_since}" if one.parameters_since else ""
    )


def _named(metrics: Any) -> Mapping[str, Any]:
    return metrics if isinstance(metrics, dict) else {"metrics": metrics}


def _parameters(found: Difference) -> Part:
    other = found.other_parameters
    rows = [_parameter(one) for one in found.parameters.values()]
    return Part(
        title=f"{_HAPPENED}: parameters at the same stage",
        says=f"{_of(other.decisions, 'decision')} of {_animals(other.subjects)} lead to the same stage, with other "
        "parameters."
        if rows
        else "Where both versions suggest the same stage, its parameters are the same.",
        header=("stage", "parameter", "old", "new", "decisions", "animals") if rows else (),
        rows=tuple(rows),
    )


def _parameter(one: OtherParameter) -> tuple[str, ...]:
    pair = (one.first.before, one.first.after)
    values = tuple("-" if one is ABSENT else in_short(one) for one in pair) if ABSENT in pair else sides(*pair)
    new = f"{values[1]} (the first; others vary)" if one.varies else values[1]
    return one.stage, one.path, values[0], new, f"{one.decisions:,}", f"{one.subjects:,}"


def _incomparable(found: Difference) -> Part:
    rows = [
        (f"{one.decisions:,}", f"{one.subjects:,}", ", session ".join(map(str, filter(None, one.first))), one.reason)
        for one in found.incomparable.values()
    ]
    says = [f"{_of(found.left_out, 'decision')} cannot be compared." if rows else "Every decision can be compared."]
    if found.cut is not None:
        says.append(f"The source ends early, and what comes after was not read: {found.cut}")
    if found.other_metrics.decisions:
        other = found.other_metrics
        says.append(
            f"The versions compute other metrics of {_of(other.decisions, 'session')} of {_animals(other.subjects)} "
            "that are compared."
        )
    return Part(
        title="What cannot be compared",
        says=" ".join(says),
        header=("decisions", "animals", "the first", "why") if rows else (),
        rows=tuple(rows),
    )


def _provenance(about: Provenance) -> Part:
    rows = (
        ("old", str(about.old)),
        ("new", str(about.new)),
        ("animals", about.source),
        ("data", about.data),
        ("mode", f"{_MODE}: each decision from the stage that was run"),
    )
    return Part(title="Provenance", says="", header=("", "what was compared"), rows=rows)
