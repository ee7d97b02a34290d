"""The session directory: what a launcher hands over, read and never written.

Owns the layout: where to look for a trainer state and the previous metrics, and what counts as a directory that holds a
session. Knows nothing of how a state or metrics are checked.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from ..contract.errors import CurriculumError
from ..project.files import is_transient

__all__ = [
    "METADATA",
    "METRICS",
    "PREVIOUS_METRICS",
    "SAMPLE_SESSION",
    "SUGGESTION",
    "TRAINER_STATE",
    "find_state",
    "lookup",
    "missing",
    "place_of",
    "require_session",
    "too_deep",
    "unreadable",
]

_FOLDER: Final = "behavior"
TRAINER_STATE: Final = (_FOLDER, "trainer_state.json")
"""Where the launcher leaves the trainer state that the session is run with, relative to the session directory."""

_STATE_PLACES: Final = (TRAINER_STATE, TRAINER_STATE[1:])
SAMPLE_SESSION: Final = "tests/data/session"
"""Where a curriculum repo keeps its sample session, relative to its root."""

PREVIOUS_METRICS: Final = (_FOLDER, "previous_metrics.json")
"""Where the launcher leaves the metrics of the session before, relative to the session directory."""

METRICS: Final = (_FOLDER, "metrics.json")
"""Where the launcher leaves the metrics of this session, for the mapper of dynamic foraging."""

SUGGESTION: Final = (_FOLDER, "Logs", "suggestion.json")
"""Where it leaves the suggestion as the curriculum printed it, for the mapper of VR foraging."""

METADATA: Final = (_FOLDER, "Logs", "curriculum_metadata.json")
"""Where it leaves the facts of the curriculum for the session's metadata."""


def require_session(directory: Path) -> Path:
    """Make sure that ``directory`` is there, can be listed and is not empty.

    Args:
        directory: As it was given on the command line.

    Returns:
        Its absolute path.

    Raises:
        CurriculumError: ``session.missing``, ``session.not_a_directory``, ``session.unreadable``,
            ``session.empty`` or ``transient.io``.
    """
    absolute = Path(os.path.abspath(directory))
    try:
        with os.scandir(absolute) as entries:
            empty = next(entries, None) is None
    except NotADirectoryError:
        raise CurriculumError(
            "session.not_a_directory",
            f"The session directory {absolute} is a file.",
            "Give the directory of the session, the one that holds the folder 'behavior'.",
            where=str(absolute),
        ) from None
    except FileNotFoundError:
        raise missing("session.missing", "session directory", directory) from None
    except OSError as error:
        raise unreadable(absolute, error) from error
    if empty:
        raise CurriculumError(
            "session.empty",
            f"The session directory {absolute} is empty.",
            "Nothing was recorded, or the data was not copied yet; the previous trainer state stays in force.",
            where=str(absolute),
        )
    return absolute


def unreadable(directory: Path, error: OSError) -> CurriculumError:
    """The failure for a session directory that could not be read.

    Args:
        directory: The session directory.
        error: What the system said.

    Returns:
        ``session.unreadable``, or ``transient.io`` when a later try may work; for the caller to raise.
    """
    return CurriculumError(
        "transient.io" if is_transient(error) else "session.unreadable",
        f"The session directory {directory} could not be read: {error.strerror}.",
        "Check that the share is mounted and that this account may read it.",
        where=str(directory),
    )


def find_state(directory: Path) -> Path:
    """Look for the trainer state that the launcher left in a session directory.

    Args:
        directory: A session directory.

    Returns:
        ``behavior/trainer_state.json`` or else ``trainer_state.json`` in it, names compared without case.

    Raises:
        CurriculumError: ``state.missing`` when there is neither; ``session.unreadable`` or ``transient.io``.
    """
    for place in _STATE_PLACES:
        try:
            found = lookup(directory, place)
        except OSError as error:
            raise unreadable(directory, error) from error
        if found is not None:
            return found
    looked = "Looked for behavior/trainer_state.json and trainer_state.json; or name one with --input-trainer-state."
    raise CurriculumError(
        "state.missing",
        f"There is no trainer state in {directory}.",
        f"{too_deep(directory)}{looked}",
        where=str(directory),
    )


def too_deep(directory: Path) -> str:
    """A sentence for the hint of a failure where somebody gave the folder in a session directory instead of it.

    Some curricula may read such a folder on purpose, so it is no failure of its own.

    Args:
        directory: What was given as the session directory.

    Returns:
        The sentence, with a space at its end, that names the session directory; empty for any other folder.
    """
    if directory.name.casefold() != _FOLDER or (directory / _FOLDER).is_dir():
        return ""
    return f"{directory} is the folder 'behavior' in a session directory: give {directory.parent}. "


def place_of(directory: Path, parts: tuple[str, ...]) -> Path:
    """Where a launcher puts a file of a session: in a folder that exists, whatever the case of its name.

    Args:
        directory: The session directory.
        parts: Its folders and its name.

    Returns:
        The file's path; its folder need not be there yet.

    Raises:
        OSError: The directory cannot be listed.
    """
    for part in parts[:-1]:
        directory = lookup(directory, (part,)) or directory / part
    return directory / parts[-1]


def missing(code: str, what: str, given: Path) -> CurriculumError:
    """The failure for a path where there is nothing.

    Args:
        code: ``session.missing`` or ``state.missing``.
        what: "session directory" or "trainer state".
        given: The path as it was given; a relative one is the usual reason.

    Returns:
        The failure, for the caller to raise.
    """
    absolute = os.path.abspath(given)
    hint = "Check the path."
    if not os.path.isabs(given):
        hint = (
            f"{str(given)!r} is relative and was looked up in {Path.cwd()}: `uv run --directory` "
            "makes the repo the working directory. Give an absolute path."
        )
    return CurriculumError(code, f"There is no {what} at {absolute}.", hint, where=absolute)


def lookup(directory: Path, parts: tuple[str, ...]) -> Path | None:
    """Find a file of a session, with names compared without case; an exact match wins over the others.

    Args:
        directory: The session directory.
        parts: Its folders and its name.

    Returns:
        The file, or None when there is none.

    Raises:
        OSError: The directory cannot be listed, which does not mean that the file is missing.
    """
    if not parts:
        return directory
    try:
        alike = [name for name in os.listdir(directory) if name.casefold() == parts[0].casefold()]
    except (FileNotFoundError, NotADirectoryError):
        return None
    for name in sorted(alike, key=lambda name: (name != parts[0], name)):
        found = lookup(directory / name, parts[1:])
        if found is not None:
            return found
    return None
