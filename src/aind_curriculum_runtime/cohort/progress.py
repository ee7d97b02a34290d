"""Every session of every animal, one row an animal: the order of the rows, and where a session lies on an axis.

Source of what is shown: ``plot_all_progress`` of auto-train's manager.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from .sessions import Animal, Cohort

__all__ = ["AXES", "ORDERS", "places", "progress_ranks", "sorted_animals"]

AXES: Final = {"session": "session", "date": "date", "relative-date": "days in training"}
"""What runs from left to right, and what it is called."""

ORDERS: Final = {
    "subject": "animal",
    "first-date": "first session",
    "last-date": "last session",
    "progress": "progress",
}
"""What the rows are sorted by, and what it is called."""


def sorted_animals(cohort: Cohort, order: str, *, descending: bool = False) -> list[Animal]:
    """Sort the rows.

    Args:
        cohort: The animals.
        order: One of ``ORDERS``.
        descending: Whether the last one is first.

    Returns:
        The animals; those that the order does not tell apart are sorted by their names.
    """
    ranks = progress_ranks(cohort)
    keys: dict[str, Callable[[Animal], Any]] = {
        "subject": lambda one: (),
        "first-date": lambda one: one.sessions[0].day,
        "last-date": lambda one: one.sessions[-1].day,
        "progress": lambda one: ranks[one.subject],
    }
    named = sorted(cohort.animals, key=lambda one: _natural(one.subject))
    return (
        sorted(named, key=keys[order], reverse=descending) if order != "subject" else named[:: -1 if descending else 1]
    )


def progress_ranks(cohort: Cohort) -> dict[str, int]:
    """Rank animals by how far they came, and among those that came as far, by how soon.

    Args:
        cohort: The animals.

    Returns:
        By the animal, from 0 for the first one that came to the last stage.
    """
    ranks = {stage: rank for rank, stage in enumerate(cohort.stages)}

    def came(animal: Animal) -> tuple[int, int]:
        stages = [*(one.stage for one in animal.sessions), animal.stands_at]
        furthest = max(ranks[stage] for stage in stages)
        return -furthest, next(index for index, stage in enumerate(stages) if ranks[stage] == furthest)

    keys = {animal.subject: came(animal) for animal in cohort.animals}
    places = {key: place for place, key in enumerate(sorted(set(keys.values())))}
    return {subject: places[key] for subject, key in keys.items()}


def places(cohort: Cohort, axis: str) -> dict[str, list[int]]:
    """Tell where sessions lie on an axis.

    Args:
        cohort: The animals.
        axis: One of ``AXES``.

    Returns:
        By the animal, of each session the place from 0: sessions or days from the first one of any animal, or of this
        one.
    """
    if axis == "session":
        first = min(one.sessions[0].number for one in cohort.animals)
        return {animal.subject: [one.number - first for one in animal.sessions] for animal in cohort.animals}
    begin = min(one.day for one in cohort.sessions) if axis == "date" else None
    return {
        animal.subject: [(one.day - (begin or animal.sessions[0].day)).days for one in animal.sessions]
        for animal in cohort.animals
    }


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Numbers within a name count as numbers."""
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part) for part in parts]
