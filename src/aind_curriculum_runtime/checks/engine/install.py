"""How to add this same runtime to another repo's environment.

Owns the ``uv run --with`` arguments, which follow from how this package is installed.
"""

from __future__ import annotations

from ...project.distributions import origin_of
from ...project.installed import runtime_version

__all__ = ["requirement"]

_WITH_CHECKS = "aind-curriculum-runtime[checks]"


def requirement() -> list[str]:
    """The arguments by which ``uv run`` adds this runtime, with its checks, to an environment.

    Returns:
        Arguments for ``uv run``.
    """
    origin = origin_of("aind-curriculum-runtime")
    if origin is None:
        return ["--with", f"{_WITH_CHECKS}=={runtime_version()}"]
    if origin.commit is not None:
        return ["--with", f"{_WITH_CHECKS} @ git+{origin.url}@{origin.commit}"]
    if origin.editable is not None:
        # Editable there too: uv would reuse a wheel that it once built from the folder.
        return ["--with-editable", f"{origin.editable}[checks]"]
    return ["--with", f"{_WITH_CHECKS} @ {origin.url}"]
