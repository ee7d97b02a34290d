"""Session directories below a folder: what counts as one, and how deep they are looked for.

A session directory is one that holds the folder ``behavior``, whatever the case of its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from ..contract.errors import CurriculumError
from ..project.files import is_transient
from .layout import BEHAVIOR

__all__ = ["folders", "session_directories", "unreadable"]

_DEEPEST: Final = 4
"""Folders between the source and a session directory."""


def session_directories(source: Path, leave_out: Callable[[Path, CurriculumError], None]) -> Iterator[Path]:
    """Find the session directories in a folder.

    Args:
        source: The folder, which may be one itself.
        leave_out: Called with each folder in it that cannot be read, and why; the rest goes on.

    Yields:
        The directories, sorted by their paths.

    Raises:
        CurriculumError: ``transient.io`` or ``source.unreadable`` for the folder itself.
    """
    return _within(source, folders(source), _DEEPEST, leave_out)


def _within(
    folder: Path, inside: list[Path], depth: int, leave_out: Callable[[Path, CurriculumError], None]
) -> Iterator[Path]:
    if any(one.name.casefold() == BEHAVIOR for one in inside):
        yield folder
        return
    for one in inside if depth else ():
        try:
            within = folders(one)
        except CurriculumError as error:
            leave_out(one, error)
        else:
            yield from _within(one, within, depth - 1, leave_out)


def folders(folder: Path) -> list[Path]:
    """The folders in a folder, without those whose name begins with a dot.

    Args:
        folder: The folder.

    Returns:
        Their paths, sorted.

    Raises:
        CurriculumError: ``transient.io`` or ``source.unreadable``.
    """
    try:
        return sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))
    except OSError as error:
        raise unreadable(folder, error) from error


def unreadable(path: Path, error: OSError) -> CurriculumError:
    """The failure for a folder or a file that could not be read; for the caller to raise.

    Args:
        path: Which one.
        error: What the system said.

    Returns:
        ``transient.io`` where a later try may work, else ``source.unreadable``.
    """
    return CurriculumError(
        "transient.io" if is_transient(error) else "source.unreadable",
        f"{path} cannot be read: {error.strerror}.",
        "Check that the share is mounted and that this account may read it.",
        where=str(path),
    )
