"""Whether an animal is stuck: it stays too long at its stage, or its sessions give no metrics any more.

Owns the bounds. A stage's own bound is declared beside the curriculum (``STUCK_AFTER``) and comes with the entries;
without one, what other animals took at that stage is the measure. Only those who read all animals anyway can have that
one: it grows with their number, which recording a session must not.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from typing import Final

from .standing import Standing

__all__ = ["Stages", "stages_taken", "stuck"]

_HELD: Final = 2
"""Sessions in a row without metrics, from which on it is no chance."""

_TIMES: Final = 3
"""How many times longer than others an animal may take."""

_OTHERS: Final = 3
"""Stays of others at a stage, below which they are no measure."""

Stages = Mapping[tuple[str | None, str], Mapping[str, tuple[int, ...]]]
"""Of each stage of a curriculum, by subject: how many sessions it took there, each time that it was there."""


def stages_taken(standings: Mapping[str, Standing]) -> Stages:
    """Find out how long animals took at the stages that they left.

    Args:
        standings: Where each of them stands.

    Returns:
        Their stays by stage.
    """
    found: dict[tuple[str | None, str], dict[str, tuple[int, ...]]] = {}
    for subject, standing in standings.items():
        for stage, stays in standing.took.items():
            found.setdefault((standing.curriculum.get("name"), stage), {})[subject] = stays
    return found


def stuck(standing: Standing, others: Iterable[int] = ()) -> str | None:
    """Say why an animal is stuck.

    Args:
        standing: Where it stands.
        others: How many sessions others took at its stage.

    Returns:
        Why, worded to follow its name and a colon; None when it is not, or off curriculum.
    """
    if standing.stage is None or not standing.is_on:
        return None
    if standing.held >= _HELD:
        return f"the last {standing.held} sessions gave no metrics"
    here = f"{standing.at_stage} sessions at {standing.stage}"
    if standing.stuck_after is not None:
        return f"{here}, which should take {standing.stuck_after}" if standing.at_stage > standing.stuck_after else None
    stays = list(others)
    if len(stays) < _OTHERS:
        return None
    usual = statistics.median(stays)
    return f"{here}, where others took {usual:g}" if standing.at_stage > _TIMES * usual else None
