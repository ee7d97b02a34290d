"""The session directory: what a launcher hands over, read and never written.

Owns the layout: where a trainer state and the previous metrics are looked for, and what counts as
a directory that holds a session. Knows nothing of how a state or metrics are checked.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from .errors import CurriculumError
from .files import is_transient, read_at_most

if TYPE_CHECKING:
    from aind_behavior_curriculum import Metrics

    MetricsT = TypeVar("MetricsT", bound=Metrics)

__all__ = ["find_state", "previous_metrics", "require_session"]

_STATE_PLACES: Final = (("behavior", "trainer_state.json"), ("trainer_state.json",))
_PREVIOUS_METRICS: Final = ("behavior", "previous_metrics.json")
_PREVIOUS_METRICS_LIMIT: Final = 64 * 1024 * 1024


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
        raise _unreadable(absolute, error) from error
    if empty:
        raise CurriculumError(
            "session.empty",
            f"The session directory {absolute} is empty.",
            "Nothing was recorded, or the data was not copied yet; the previous trainer state stays in force.",
            where=str(absolute),
        )
    return absolute


def _unreadable(directory: Path, error: OSError) -> CurriculumError:
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
            found = _lookup(directory, place)
        except OSError as error:
            raise _unreadable(directory, error) from error
        if found is not None:
            return found
    raise CurriculumError(
        "state.missing",
        f"There is no trainer state in {directory}.",
        "Looked for behavior/trainer_state.json and trainer_state.json; or name one with --input-trainer-state.",
        where=str(directory),
    )


def previous_metrics(data_directory: str | os.PathLike[str], metrics: type[MetricsT]) -> MetricsT | None:
    """The metrics of the session before this one, for metrics that look back over sessions.

    The launcher leaves what the curriculum said last time, the suggestion's ``metrics``, as
    ``behavior/previous_metrics.json`` in the new session's directory.

    Args:
        data_directory: The session directory, as ``metrics_from_dataset`` gets it.
        metrics: The curriculum's own Metrics class.

    Returns:
        An object of that class, or None for a subject's first session (there is no such file).

    Raises:
        CurriculumError: ``session.previous_metrics_invalid`` when the file does not hold such metrics;
            ``session.unreadable`` when it cannot be told whether there is one, ``transient.io`` when that
            may pass.
    """
    from pydantic import ValidationError

    from .strict_json import StrictJsonError, encode, parse

    try:
        found = _lookup(Path(data_directory), _PREVIOUS_METRICS)
    except OSError as error:
        raise _unreadable(Path(data_directory), error) from error
    if found is None:
        return None

    def invalid(why: str) -> CurriculumError:
        return CurriculumError(
            "session.previous_metrics_invalid",
            f"The previous metrics in {found} cannot be used: {why}.",
            f"They must be what the last suggestion gave as metrics ({metrics.__name__}); where another stage has a "
            "class of its own for them, give the fields of both a default.",
            where=str(found),
        )

    try:
        data = read_at_most(found, _PREVIOUS_METRICS_LIMIT)
    except OSError as error:
        if is_transient(error):
            raise CurriculumError("transient.io", f"{found}: {error.strerror}.", "Run the step again.") from error
        raise invalid(error.strerror or str(error)) from error
    if data is None:
        raise invalid(f"the file is larger than {_PREVIOUS_METRICS_LIMIT // 2**20} MiB")
    try:
        read = metrics.model_validate_json(encode(parse(data)))
    except StrictJsonError as error:
        raise invalid(str(error)) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise invalid(f"{field}: {first['msg']}") from None
    for field in read.model_extra or {}:
        if field in metrics.model_fields:  # the class keeps it beside the field, which gets its default
            raise invalid(f"{field}: the field is known by its alias only; allow its name by populate_by_name=True")
    return read


def missing(code: str, what: str, given: Path) -> CurriculumError:
    """Word that something is not where it was looked for.

    Args:
        code: ``session.missing`` or ``state.missing``.
        what: "session directory" or "trainer state".
        given: The path as it was given; a relative one is the usual reason.

    Returns:
        The failure, not raised yet.
    """
    absolute = os.path.abspath(given)
    hint = "Check the path."
    if not os.path.isabs(given):
        hint = (
            f"{str(given)!r} is relative and was looked up in {Path.cwd()}: `uv run --directory` "
            "makes the repo the working directory. Give an absolute path."
        )
    return CurriculumError(code, f"There is no {what} at {absolute}.", hint, where=absolute)


def _lookup(directory: Path, parts: tuple[str, ...]) -> Path | None:
    """Walk down ``parts`` comparing names without case; an exact match wins over the others.

    Raises ``OSError`` when it cannot be told: a share that is away is not a share without the file.
    """
    if not parts:
        return directory
    try:
        alike = [name for name in os.listdir(directory) if name.casefold() == parts[0]]
    except (FileNotFoundError, NotADirectoryError):
        return None
    for name in sorted(alike, key=lambda name: (name != parts[0], name)):
        found = _lookup(directory / name, parts[1:])
        if found is not None:
            return found
    return None
