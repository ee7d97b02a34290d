"""Which curriculum a trainer state goes to, and the state as that curriculum names things today.

The one place where names that a curriculum and its rules had before (``formerly``) become those of today: directly
after a state was read, and before anything else looks at it. Nothing that the state names is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..contract.errors import CurriculumError
from ..curriculum.discovery import Registered, choose, find, installed
from ..curriculum.formerly import declared, with_own_rules
from ..curriculum.loading import load
from ..curriculum.references import known
from .plain_state import PlainState

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum

__all__ = ["Admitted", "admit", "with_rules_of_today"]


class Admitted(NamedTuple):
    """A trainer state with the curriculum to evaluate it with."""

    state: PlainState
    """The state, with the names of today."""

    registered: Registered
    curriculum: Curriculum[Any]


def admit(state: PlainState, asked: str | None = None, *, tell: Callable[[str], None] = lambda _: None) -> Admitted:
    """Find and load the curriculum of a trainer state, and read the state as one of its own.

    Args:
        state: What ``plain_state.read`` returned.
        asked: Name of the curriculum, or None to go by the trainer state.
        tell: Called with a sentence for the person at the rig where the state has former names.

    Returns:
        The curriculum, and the state with its names of today.

    Raises:
        CurriculumError: ``state.other_curriculum`` for a name that no curriculum here has or had, whatever ``choose``
            and ``load`` raise, or ``repo.formerly``.
    """
    registered = _registered_for(state, asked)
    curriculum = load(registered)
    today = _of_today(state, registered, curriculum)
    if today != state:
        tell(f"the trainer state has names that {registered.name!r} or its rules had before; it goes on with today's")
    return Admitted(today, registered, curriculum)


def _registered_for(state: PlainState, asked: str | None) -> Registered:
    """The curriculum to evaluate a trainer state with: the one asked for, or the one that the state names."""
    curricula = installed()
    named = state.written_by.name if state.written_by is not None else None
    if asked is None and named is not None and curricula and find(curricula, named) is None:
        from ..curriculum.migration import tombstone  # the launcher does not wait for what only a refusal needs

        raise CurriculumError(
            "state.other_curriculum",
            f"The trainer state is of the curriculum {named!r}, which is not installed here.",
            tombstone(named)
            or f"Installed: {', '.join(one.name for one in curricula)}. "
            "Check that the launcher calls the repo of the curriculum this subject is on.",
            where="$.curriculum.name",
        )
    return choose(curricula, asked if asked is not None else named)


def _of_today(state: PlainState, registered: Registered, curriculum: Curriculum[Any]) -> PlainState:
    """The state with the names of today; one of another curriculum as it is, because it is refused."""
    written_by = state.written_by
    if written_by is None or written_by.name not in (registered.name, *registered.formerly):
        return state
    state = with_rules_of_today(state, declared(registered.target), curriculum)
    return state._replace(written_by=written_by._replace(name=registered.name))


def with_rules_of_today(state: PlainState, former: Mapping[str, str], curriculum: Curriculum[Any]) -> PlainState:
    """Read a state's former rule paths as those of today.

    Args:
        state: The state.
        former: What ``formerly.declared`` returned.
        curriculum: The repo's own curriculum.

    Returns:
        The state with the paths of today.

    Raises:
        CurriculumError: ``repo.formerly``.
    """
    return state._replace(content=with_own_rules(state.content, former, known(curriculum))) if former else state
