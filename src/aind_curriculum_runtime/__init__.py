"""The shared runtime of training-curriculum repos: what a curriculum's own code imports from it.

Everything here is for curriculum code; the console script ``curriculum`` lives in ``cli``. Names are
loaded when first used, because a command must put the stdout guard in place before anything heavy
is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import CurriculumError, SessionError, TransientError
    from .manual import manual_transition
    from .migration import Migration, Tombstone
    from .session import previous_metrics
    from .versions import curriculum_version

__all__ = [
    "CurriculumError",
    "Migration",
    "SessionError",
    "Tombstone",
    "TransientError",
    "curriculum_version",
    "manual_transition",
    "previous_metrics",
]

_HOMES = {
    "CurriculumError": "errors",
    "Migration": "migration",
    "SessionError": "errors",
    "Tombstone": "migration",
    "TransientError": "errors",
    "curriculum_version": "versions",
    "manual_transition": "manual",
    "previous_metrics": "session",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
