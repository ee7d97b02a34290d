"""The order of the stages, read off the decisions that were taken: no curriculum is at hand."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Final

from ..look.order import order_of

__all__ = ["PROGRESS", "ROLLBACK", "STAY", "decision", "stage_order"]

STAY: Final = "STAY"
PROGRESS: Final = "PROGRESS"
ROLLBACK: Final = "ROLLBACK"

_LAST: Final = "GRADUATED"
"""What both auto-train and curricula of the institute call the end of the training."""


def stage_order(moves: Iterable[tuple[str, str | None, str | None]]) -> tuple[str, ...]:
    """Put stages in the order in which animals advance.

    Args:
        moves: Of each session its stage, the decision, and the stage that it leads to.

    Returns:
        All stages: one that leads up to another comes before it. One that no decision leads to or from comes after the
        one that was seen before it.
    """
    seen: dict[str, None] = {}
    forward: dict[tuple[str, str], None] = {}
    for stage, decided, following in moves:
        seen[stage] = None
        if following is None:
            continue
        seen[following] = None
        if decided == PROGRESS:
            forward[stage, following] = None
        elif decided == ROLLBACK:
            forward[following, stage] = None
    last = [name for name in seen if name == _LAST]
    names = [name for name in seen if name != _LAST]
    joined = {name for pair in forward for name in pair}
    for before, name in itertools.pairwise(names):
        if name not in joined:
            forward[before, name] = None
    return (*order_of(names, [pair for pair in forward if _LAST not in pair]).names, *last)


def decision(stage: str, following: str, order: tuple[str, ...]) -> str:
    """Say what a move is called.

    Args:
        stage: The stage of a session.
        following: The stage that it leads to.
        order: All stages in their order.

    Returns:
        auto-train's word for it.
    """
    moved = order.index(following) - order.index(stage)
    return PROGRESS if moved > 0 else ROLLBACK if moved < 0 else STAY
