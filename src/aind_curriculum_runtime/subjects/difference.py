"""What a change would do to an animal, leaf by leaf, in lines for a person.

Owns which facts of a standing are told; how a parameter reads is ``look.changes``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ..contract.leaves import changed
from ..ledger.standing import Standing
from ..look.changes import change_lines, folded, in_short, sides

__all__ = ["difference"]

_TITLE: Final = 14
_INDENT: Final = " " * (_TITLE + 2)


def difference(before: Standing, after: Standing, *, everything: bool = False) -> list[str]:
    """Tell what is different for the animal.

    Args:
        before: Where it stands.
        after: Where it would stand.
        everything: Whether to list all parameters, and not only the first of many.

    Returns:
        Lines: what it runs next, and what is known of it; none where nothing differs.
    """
    lines = [line for title, entries in _facts(before, after) for line in _titled(title, entries)]
    old, new = before.next_state, after.next_state
    if old is not None and new is not None:
        changes = changed(_parameters(old), _parameters(new))
        lines += _titled("parameters", change_lines(changes, _INDENT, everything=everything)) if changes else []
    return lines


def _facts(before: Standing, after: Standing) -> Iterator[tuple[str, list[str]]]:
    old, new = before.next_state, after.next_state
    facts = [
        ("curriculum", _curriculum(before), _curriculum(after)),
        ("stage", before.stage, after.stage),
        ("policies", _policies(old), _policies(new)),
        ("groups", ", ".join(before.groups), ", ".join(after.groups)),
        ("pinned", ", ".join(before.pins), ", ".join(after.pins)),
    ]
    if old is not None:
        facts += [
            ("on curriculum", _is_on(old), _is_on(new)),
            ("sessions here", _sessions(before), _sessions(after)),
            ("last metrics", *_metrics(before, after)),
            ("came too late", _late(before), _late(after)),
        ]
    for title, was, now in facts:
        if was != now:
            told = f"{now}" if old is None else f"{was or 'none'} -> {now or 'none'}"
            yield title, folded(_INDENT + told, _INDENT)


def _titled(title: str, entries: Sequence[str]) -> list[str]:
    first, *others = entries
    return [f"  {title:<{_TITLE}}{first.removeprefix(_INDENT)}", *others]


def _parameters(state: dict[str, Any]) -> Any:
    return ((state.get("stage") or {}).get("task") or {}).get("task_parameters")


def _curriculum(standing: Standing) -> str:
    return " ".join(str(one) for one in standing.curriculum.values() if one is not None)


def _is_on(state: dict[str, Any] | None) -> str | None:
    return None if state is None else "yes" if state["is_on_curriculum"] else "no"


def _policies(state: dict[str, Any] | None) -> str:
    return ", ".join(str(name).rpartition(".")[2] for name in (state or {}).get("active_policies") or [])


def _sessions(standing: Standing) -> str | None:
    return None if standing.state is None else str(standing.at_stage)


def _metrics(before: Standing, after: Standing) -> tuple[str | None, str | None]:
    """The previous metrics of the next session, before and after."""
    if before.metrics == after.metrics:
        return None, None
    if before.metrics is not None and after.metrics is not None:
        return sides(before.metrics, after.metrics)
    old, new = (None if one is None else in_short(one) for one in (before.metrics, after.metrics))
    return old, new


def _late(standing: Standing) -> str:
    return ", ".join(f"entry {place}" for place in standing.late)
