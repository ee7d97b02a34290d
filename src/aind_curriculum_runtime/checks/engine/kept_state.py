"""The trainer state that the last check of a repo began with, kept so that the next need not wait for it.

The launcher's own call is made on a state of the first stage, and only an import of the curriculum can tell that state.
Most edits leave it as it is. So the call is started on the kept state, beside the import; it counts only if the import
then gives the very same bytes (``scenarios``), else it is made again. Without a kept state nothing is lost but time.

It lies in the repo's environment: git ignores that folder, and a new environment begins without one.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from ...project.files import read_at_most, write_atomically
from .repo import Target

__all__ = ["keep", "kept"]

_LARGEST = 1 << 24


def kept(environment: Path, target: Target) -> bytes | None:
    """Read the state that the last check began with.

    Args:
        environment: Folder of the repo's environment; it need not exist.
        target: Which curriculum.

    Returns:
        The state as JSON, or None.
    """
    with contextlib.suppress(OSError):
        return read_at_most(_file(environment, target), _LARGEST)
    return None


def keep(environment: Path, target: Target, state: bytes) -> None:
    """Keep a state for the next check, if that can be done: an environment may be read-only.

    Args:
        environment: Folder of the repo's environment; without one nothing is kept.
        target: Which curriculum.
        state: The state as JSON.
    """
    if environment.is_dir():
        with contextlib.suppress(OSError):
            _file(environment, target).parent.mkdir(exist_ok=True)
            write_atomically(_file(environment, target), state)


def _file(environment: Path, target: Target) -> Path:
    return environment / "curriculum-check" / f"{target.object.replace(':', '.')}.json"
