"""The shared runtime of training-curriculum repos: what a curriculum's own code imports from it.

Everything here is for curriculum code; the console script ``curriculum`` lives in ``cli``. Names are
loaded when first used, because a command must put the stdout guard in place before anything heavy
is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .contract.errors import CurriculumError, SessionError, TransientError
    from .curriculum.manual import manual_transition
    from .curriculum.migration import Compute, Drop, Migration, Rename, Set, Tombstone
    from .project.installed import curriculum_version
    from .session.previous_metrics import previous_metrics

__all__ = [
    "Compute",
    "CurriculumError",
    "Drop",
    "Migration",
    "Rename",
    "SessionError",
    "Set",
    "Tombstone",
    "TransientError",
    "curriculum_version",
    "manual_transition",
    "previous_metrics",
]

_HOMES = {
    "Compute": "curriculum.migration",
    "CurriculumError": "contract.errors",
    "Drop": "curriculum.migration",
    "Migration": "curriculum.migration",
    "Rename": "curriculum.migration",
    "SessionError": "contract.errors",
    "Set": "curriculum.migration",
    "Tombstone": "curriculum.migration",
    "TransientError": "contract.errors",
    "curriculum_version": "project.installed",
    "manual_transition": "curriculum.manual",
    "previous_metrics": "session.previous_metrics",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
