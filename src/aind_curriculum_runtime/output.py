"""Writing a result to the file that a person named, and wording what can go wrong with it.

Owns the sentences. Knows nothing of what is written.
"""

from __future__ import annotations

import os
from pathlib import Path

from .errors import CurriculumError
from .files import is_transient, write_atomically

__all__ = ["not_written", "require_directory", "write_output"]


def require_directory(target: Path, what: str) -> Path:
    """Look at the folder of a file before the work that gives its content.

    Args:
        target: The file as it was named.
        what: What it will hold, such as "diagram".

    Returns:
        Its absolute path.

    Raises:
        CurriculumError: ``output.directory_missing``, or ``output.not_writable`` where the file is a folder.
    """
    absolute = Path(os.path.abspath(target))
    if not absolute.parent.is_dir():
        state = "is a file" if absolute.parent.exists() else "is missing"
        raise CurriculumError(
            "output.directory_missing",
            f"The folder for the {what}, {absolute.parent}, {state}.",
            "Make the folder first.",
            where=str(absolute),
        )
    if absolute.is_dir():
        raise CurriculumError(
            "output.not_writable",
            f"The {what} could not be written to {absolute}: it is a folder.",
            "Name a file.",
            where=str(absolute),
        )
    return absolute


def write_output(target: Path, data: bytes, what: str) -> None:
    """Write a file whole or not at all.

    Args:
        target: The file as it was named.
        data: All of its content.
        what: What it holds, such as "diagram".

    Raises:
        CurriculumError: As ``require_directory``, and ``output.not_writable`` or ``transient.io``.
    """
    absolute = require_directory(target, what)
    try:
        write_atomically(absolute, data)
    except OSError as error:
        raise not_written(absolute, what, error) from error


def not_written(target: Path, what: str, error: OSError) -> CurriculumError:
    """Word that the system refused a file.

    Args:
        target: The file.
        what: What it was to hold, such as "diagram".
        error: What the system said.

    Returns:
        The failure, not raised yet.
    """
    return CurriculumError(
        "transient.io" if is_transient(error) else "output.not_writable",
        f"The {what} could not be written to {target}: {error.strerror}.",
        "Check that this account may write there and that the disk is not full.",
        where=str(target),
    )
