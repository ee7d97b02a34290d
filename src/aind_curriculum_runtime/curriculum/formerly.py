"""Former rule paths: the trainer states of another repo, or of this one before a rule moved, are read as its own.

Owns what an author declares, and its use on a trainer state's JSON. A curriculum declares it in the module of its
``Curriculum`` object, the one that its entry point names, under the name ``FORMERLY``::

    FORMERLY = {
        "foraging_curricula.depletion.policies.p_learn_to_stop": "vr_depletion.policies.p_learn_to_stop",
    }

Each path that a rule had leads straight to the one it has. Nothing that a former path names is ever imported. Names
that the curriculum itself had are entry points (``discovery``), because it is chosen by them before it is imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..contract.errors import CurriculumError
from .beside import FORMERLY, beside
from .references import collect, replaced

__all__ = ["declared", "faults", "with_own_rules"]


def declared(target: str) -> Mapping[str, str]:
    """The former rule paths that a loaded curriculum declares.

    Args:
        target: Where its object is, ``package.module:OBJECT``.

    Returns:
        Former path to path of today; empty when the module declares none.

    Raises:
        CurriculumError: ``repo.formerly`` when ``FORMERLY`` is something else.
    """
    module = target.partition(":")[0]
    found = beside(target, FORMERLY)
    if found is None:
        return {}
    if not isinstance(found, Mapping) or not all(
        isinstance(path, str) and isinstance(now, str) for path, now in found.items()
    ):
        raise CurriculumError(
            "repo.formerly",
            f"{module}.{FORMERLY} is not a dict of former rule paths and those of today.",
            f'Write {FORMERLY} = {{"old_package.rules.p_x": "my_package.rules.p_x"}}.',
            where=f"{module}:{FORMERLY}",
        )
    return found


def faults(former: Mapping[str, str], own: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """What is wrong with former rule paths, whatever trainer states name.

    Args:
        former: What ``declared`` returned.
        own: What ``references.known`` returned for the repo's own curriculum.

    Yields:
        A sentence for each fault.
    """
    rules = frozenset[str]().union(*own.values())
    for path, now in former.items():
        if path in rules:
            yield f"{FORMERLY} names {path!r} as a former path, which is that of a rule today."
        elif now not in rules:
            yield _leads_nowhere(path, now)


def with_own_rules(
    state: dict[str, Any], former: Mapping[str, str], own: Mapping[str, frozenset[str]]
) -> dict[str, Any]:
    """Name the curriculum's own rules in a trainer state where it has paths that they had before.

    Args:
        state: JSON that passed ``references.require_shape``; it is left as it is.
        former: What ``declared`` returned.
        own: What ``references.known`` returned for the repo's own curriculum.

    Returns:
        The JSON with the paths of today. A path that is neither former nor the curriculum's own stays: it is refused
        later, and so is one that leads to a rule of another kind.

    Raises:
        CurriculumError: ``repo.formerly`` for a path that leads to no rule of the curriculum.
    """
    rules = frozenset[str]().union(*own.values())
    old = {path for _, _, path in collect(state) if path in former and path not in rules}
    for path in sorted(old):
        if former[path] not in rules:
            raise CurriculumError(
                "repo.formerly",
                _leads_nowhere(path, former[path]),
                "Give the path that the rule has today, as `curriculum init --stage` prints it.",
                where=FORMERLY,
            )

    def of_today(kind: str, path: str) -> str:
        return former[path] if path in old and former[path] in own[kind] else path

    return replaced(state, of_today) if old else state


def _leads_nowhere(path: str, now: str) -> str:
    return f"{FORMERLY} leads from {path!r} to {now!r}, which is no rule of this curriculum that a state can name."
