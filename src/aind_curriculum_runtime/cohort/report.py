"""The statistics of a cohort as text, JSON and CSV.

Owns their forms. The columns of the CSV of stages are those of auto-train's ``compute_stats``.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from ..contract.strict_json import encode
from ..look.terminal import table
from ..look.wording import counted, wrapped
from ..tables.writing import Column, write
from .order import PROGRESS, ROLLBACK, STAY
from .sessions import Animal, Cohort
from .statistics import AtStage, StageOfGroup, at_stages, of_group
from .survival import Curve, Unit, curves

__all__ = ["CSV_TABLES", "Statistics", "as_csv", "as_json", "as_text", "statistics"]

_WIDTH: Final = 100
_LISTED: Final = 40
"""Rows of animals, if not all are asked for."""

_DECISIONS: Final = (STAY, PROGRESS, ROLLBACK)

_MOMENTS: Final[dict[Unit, tuple[int, ...]]] = {
    "sessions": (0, 1, 2, 5, 10, 20, 40, 80, 160, 320),
    "days": (0, 1, 3, 7, 14, 28, 56, 112, 224, 448),
}
"""Times at which the text reads the curves."""


@dataclass(frozen=True, kw_only=True)
class _Group:
    name: str
    animals: tuple[Animal, ...]
    stages: tuple[StageOfGroup, ...]
    curves: tuple[Curve, ...]


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """All that is known of a cohort."""

    cohort: Cohort
    unit: Unit
    since: date
    """An animal without a session on this day or later counts as having left."""

    groups: tuple[_Group, ...]
    at_stages: tuple[AtStage, ...]


def statistics(cohort: Cohort, unit: Unit, since: date) -> Statistics:
    """Count and estimate what the forms show.

    Args:
        cohort: The animals.
        unit: What the time to a stage is counted in.
        since: An animal without a session on this day or later has left.

    Returns:
        The statistics.
    """
    by_name: dict[str, list[Animal]] = {}
    for animal in cohort.animals:
        by_name.setdefault(animal.group, []).append(animal)
    return Statistics(
        cohort=cohort,
        unit=unit,
        since=since,
        groups=tuple(
            _Group(
                name=name,
                animals=tuple(animals),
                stages=tuple(of_group(animals, cohort.stages, since)),
                curves=tuple(curves(animals, cohort.stages, unit)),
            )
            for name, animals in sorted(by_name.items())
        ),
        at_stages=tuple(at_stages(cohort.animals)),
    )


def as_text(found: Statistics, *, everything: bool = False) -> str:
    """Write tables for a terminal.

    Args:
        found: The statistics.
        everything: Whether to list every animal, and not only the first of many.

    Returns:
        Lines of at most 100 characters, with a final newline.
    """
    lines = wrapped(found.cohort.told, _WIDTH)
    for group in found.groups:
        of = f" of {group.name}, {counted(len(group.animals), 'animal')}" if group.name else ""
        lines += ["", f"stages{of} (left: no session since {found.since})", *_stages(group.stages)]
        lines += ["", f"share of animals{of} that have come to a stage after so many {found.unit} (still at risk)"]
        lines += _curves(group.curves, found.unit)
    rows = found.at_stages if everything else found.at_stages[:_LISTED]
    lines += ["", "animals", *_animals(rows)]
    if len(rows) < len(found.at_stages):
        lines += ["", f"{len(found.at_stages) - len(rows)} more rows (--all shows them)."]
    return "\n".join(lines) + "\n"


def _stages(rows: Iterable[StageOfGroup]) -> list[str]:
    header = ["", "animals", "sessions", "stay", "progress", "rollback", "open loop", "moved", "now here", "left"]
    cells = [
        [
            one.stage,
            *map(str, (one.animals, one.sessions, *(one.decisions[name] for name in _DECISIONS))),
            *map(str, (one.open_loop, one.overridden, one.in_training, one.left)),
        ]
        for one in rows
    ]
    return table([header, *cells], width=_WIDTH)


def _curves(found: Sequence[Curve], unit: Unit) -> list[str]:
    longest = max((curve.steps[-1].time for curve in found), default=0)
    moments = [moment for moment in _MOMENTS[unit] if moment <= longest]
    while True:
        lines = table(_read_at(found, moments))
        if max(map(len, lines)) <= _WIDTH or len(moments) == 1:
            return lines
        del moments[min(1, len(moments) - 1)]


def _read_at(found: Sequence[Curve], moments: Sequence[int]) -> list[list[str]]:
    header = ["", "came", "median", *("at once" if not moment else f"after {moment}" for moment in moments)]
    cells = [
        [
            curve.stage,
            f"{curve.came} of {curve.animals}",
            str(curve.median) if curve.median is not None else "-",
            *(f"{curve.share(moment):.0%} ({curve.at_risk(moment)})" for moment in moments),
        ]
        for curve in found
    ]
    return [header, *cells]


def _animals(rows: Iterable[AtStage]) -> list[str]:
    header = ["", "stage", "sessions", "first", "last", "span", "stay", "progress", "rollback"]
    cells = []
    before = None
    for one in rows:
        numbers = (one.sessions, one.first, one.last, one.span, *(one.decisions[name] for name in _DECISIONS))
        cells.append([one.subject if one.subject != before else "", one.stage, *map(str, numbers)])
        before = one.subject
    return table([header, *cells], width=_WIDTH)


def as_json(found: Statistics) -> bytes:
    """Write everything as a JSON object.

    Args:
        found: The statistics.

    Returns:
        One line.
    """
    document = {
        "sessions": sum(1 for _ in found.cohort.sessions),
        "animals": len(found.cohort.animals),
        "simulated": found.cohort.simulated,
        "stages": list(found.cohort.stages),
        "time_in": found.unit,
        "left_since": found.since.isoformat(),
        "groups": [
            {
                "group": group.name,
                "subjects": [animal.subject for animal in group.animals],
                "stages": [_stage_json(one) for one in group.stages],
                "time_to_stage": [
                    {
                        "stage": curve.stage,
                        "animals": curve.animals,
                        "came": curve.came,
                        "median": curve.median,
                        "steps": [asdict(step) for step in curve.steps],
                    }
                    for curve in group.curves
                ],
            }
            for group in found.groups
        ],
        "subjects": [dict(_at_stage(one, _decisions(found))) for one in found.at_stages],
        "left_out": [asdict(one) for one in found.cohort.left_out],
    }
    return encode(document) + b"\n"


def _stage_json(one: StageOfGroup) -> dict[str, Any]:
    return {**asdict(one), "decisions": dict(sorted(one.decisions.items()))}


def _decisions(found: Statistics) -> list[str]:
    """All words for decisions: auto-train's three, then whatever else the table has."""
    others = {name for one in found.at_stages for name in one.decisions} - {*_DECISIONS}
    return [*_DECISIONS, *sorted(others)]


def _at_stage(one: AtStage, decisions: Iterable[str]) -> Mapping[str, Any]:
    return {
        "subject_id": one.subject,
        "current_stage_actual": one.stage,
        "session_spent": one.sessions,
        "first_entry": one.first,
        "last_leave": one.last,
        "session_spanned": one.span,
        **{f"n_{name}": one.decisions[name] for name in decisions},
    }


def as_csv(found: Statistics, which: str) -> bytes:
    """Write one of the tables as CSV.

    Args:
        found: The statistics.
        which: One of ``CSV_TABLES``.

    Returns:
        A header and rows.
    """
    rows = CSV_TABLES[which](found)
    file = io.BytesIO()
    write(file, "csv", [Column(name, "text") for name in rows[0]], rows)
    return file.getvalue()


def _stage_rows(found: Statistics) -> list[Mapping[str, Any]]:
    return [_at_stage(one, _decisions(found)) for one in found.at_stages]


def _group_rows(found: Statistics) -> list[Mapping[str, Any]]:
    names = _decisions(found)
    return [
        {
            "group": group.name,
            **{name: value for name, value in asdict(one).items() if name != "decisions"},
            **{f"n_{name}": one.decisions[name] for name in names},
        }
        for group in found.groups
        for one in group.stages
    ]


def _curve_rows(found: Statistics) -> list[Mapping[str, Any]]:
    empty = dict.fromkeys(("group", "stage", "time", "at_risk", "came", "censored", "share"))
    return [
        {"group": group.name, "stage": curve.stage, **asdict(step)}
        for group in found.groups
        for curve in group.curves
        for step in curve.steps
    ] or [empty]


CSV_TABLES: Final = {"animals": _stage_rows, "stages": _group_rows, "curves": _curve_rows}
"""What can be written as CSV."""
