"""How to bring this very runtime into another repo's environment.

Owns the ``uv run --with`` arguments, read from how this package itself is installed.
"""

from __future__ import annotations

from ...project.distributions import origin_of
from ...project.installed import runtime_version

__all__ = ["requirement"]

_WITH_CHECKS = "aind-curriculum-runtime[checks]"


def requirement() -> list[str]:
    """Say what ``uv run`` needs to lay this runtime, with its checks, over an environment.

    Returns:
        Arguments for ``uv run``.
    """
    origin = origin_of("aind-curriculum-runtime")
    if origin is None:
        return ["--with", f"{_WITH_CHECKS}=={runtime_version()}"]
    if origin.commit is not None:
        return ["--with", f"{_WITH_CHECKS} @ git+{origin.url}@{origin.commit}"]
    if origin.editable is not None:
        # Editable there as here: uv would keep a wheel that it once built from the folder.
        return ["--with-editable", f"{origin.editable}[checks]"]
    return ["--with", f"{_WITH_CHECKS} @ {origin.url}"]
