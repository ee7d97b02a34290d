"""The hash of a session: of what the rig wrote, and of nothing that is written when it is over.

Owns which files count. They are those of the folder ``behavior``, which is what curricula read; the videos and the
recordings beside it are too large to be read after each session.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from .layout import METADATA, METRICS, SUGGESTION, lookup, unreadable

__all__ = ["session_digest"]

_WRITTEN_AFTERWARDS: Final = {
    *(tuple(part.casefold() for part in one[1:]) for one in (METRICS, SUGGESTION, METADATA)),
    ("logs", "suggestion.notes.json"),
}


def session_digest(directory: Path) -> dict[str, Any]:
    """Hash the files of a session: their names, and all that they hold.

    Args:
        directory: The session directory.

    Returns:
        ``sha256``, and the number of ``files`` and ``bytes``, which tell what kind of change there was.

    Raises:
        CurriculumError: ``session.unreadable`` or ``transient.io``.
    """
    whole, count, size = hashlib.sha256(), 0, 0
    try:
        root = lookup(directory, METRICS[:1]) or directory
        for name in sorted(_files(root)):
            with (root / name).open("rb") as file:
                one = hashlib.file_digest(file, "sha256").hexdigest()
                size += file.tell()
            whole.update(f"{name}\0{one}\n".encode("utf-8", "surrogateescape"))
            count += 1
    except OSError as error:
        raise unreadable(directory, error) from error
    return {"sha256": whole.hexdigest(), "files": count, "bytes": size}


def _files(root: Path) -> Iterator[str]:
    def stop(error: OSError) -> None:
        raise error

    for folder, _, names in os.walk(root, onerror=stop):
        for name in names:
            path = Path(folder, name).relative_to(root)
            if tuple(part.casefold() for part in path.parts) not in _WRITTEN_AFTERWARDS:
                yield path.as_posix()
