"""The metrics of the session before, for metrics that look back.

Owns how they are read and checked; ``layout`` says where they are. With a ledger they come from there, and a file that
says otherwise is refused: one of the two is of another animal, or of another day.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from ..contract.errors import CurriculumError
from ..contract.strict_json import StrictJsonError, encode, parse
from ..curriculum.validation import first_fault
from ..project.files import is_transient, read_at_most
from .layout import PREVIOUS_METRICS, lookup, unreadable

if TYPE_CHECKING:
    from aind_behavior_curriculum import Metrics

    MetricsT = TypeVar("MetricsT", bound=Metrics)

__all__ = ["asked_in_vain", "from_ledger", "instead", "previous_metrics"]

_LIMIT: Final = 64 * 1024 * 1024


class _Recorded(NamedTuple):
    """What a ledger says."""

    metrics: dict[str, Any] | None
    place: str
    is_checked: bool = True
    """Whether a file in the session directory must say the same."""


_recorded: _Recorded | None = None
"""Set while a session is evaluated with a ledger or replayed; a process evaluates one session at a time."""


@contextmanager
def from_ledger(metrics: dict[str, Any] | None, place: str) -> Iterator[None]:
    """Have ``previous_metrics`` give what a ledger says.

    Args:
        metrics: The metrics of the session before, as JSON; None where there is none.
        place: What the ledger is called in messages.

    Yields:
        While the session is evaluated.
    """
    global _recorded
    _recorded = _Recorded(metrics, place)
    try:
        yield
    finally:
        _recorded = None


@contextmanager
def instead(metrics: dict[str, Any] | None, place: str) -> Iterator[None]:
    """Have ``previous_metrics`` give other metrics than those of the day, as a replay by another version needs it.

    Args:
        metrics: The metrics of the session before, as JSON; None to leave it to the session directory.
        place: Where they come from, for messages.

    Yields:
        While the session is evaluated.
    """
    global _recorded
    _recorded = None if metrics is None else _Recorded(metrics, place, is_checked=False)
    try:
        yield
    finally:
        _recorded = None


def previous_metrics(data_directory: str | os.PathLike[str], metrics: type[MetricsT]) -> MetricsT | None:
    """The metrics of the session before this one, for metrics that look back over sessions.

    They come from the ledger that ``run --ledger`` was given. Without one they are what the launcher wrote to
    ``behavior/previous_metrics.json`` in the new session's directory: the ``metrics`` of the last suggestion.

    Args:
        data_directory: The session directory, as ``metrics_from_dataset`` gets it.
        metrics: The curriculum's own Metrics class.

    Returns:
        An object of that class, or None for a subject's first session. Without a ledger a missing file means that too,
        which ``run`` tells on stderr: a file that was forgotten looks the same.

    Raises:
        CurriculumError: ``session.previous_metrics_invalid`` when the file does not hold such metrics, or not those of
            the ledger;
            ``session.unreadable`` when the directory cannot be listed, ``transient.io`` when a later try may work.
    """
    try:
        found = lookup(Path(data_directory), PREVIOUS_METRICS)
    except OSError as error:
        raise unreadable(Path(data_directory), error) from error
    if _recorded is None:
        if found is None:
            global _asked_in_vain
            _asked_in_vain = True
            return None
        return _as(metrics, _read(found), str(found))
    if _recorded.is_checked and found is not None and _read(found) != _recorded.metrics:
        raise CurriculumError(
            "session.previous_metrics_invalid",
            f"The previous metrics in {found} are not those of {_recorded.place}.",
            "One of them is of another animal or another session; with a ledger the file is not needed.",
            where=str(found),
        )
    return None if _recorded.metrics is None else _as(metrics, _recorded.metrics, _recorded.place)


_asked_in_vain = False


def asked_in_vain() -> bool:
    """Whether curriculum code asked for previous metrics and there were none, since this was last asked."""
    global _asked_in_vain
    found, _asked_in_vain = _asked_in_vain, False
    return found


def _read(path: Path) -> Any:
    try:
        data = read_at_most(path, _LIMIT)
    except OSError as error:
        if is_transient(error):
            raise CurriculumError("transient.io", f"{path}: {error.strerror}.", "Run the step again.") from error
        raise _invalid(str(path), error.strerror or str(error)) from error
    if data is None:
        raise _invalid(str(path), f"the file is larger than {_LIMIT // 2**20} MiB")
    try:
        return parse(data)
    except StrictJsonError as error:
        raise _invalid(str(path), str(error)) from None


def _as(metrics: type[MetricsT], written: Any, place: str) -> MetricsT:
    from pydantic import ValidationError

    try:
        read = metrics.model_validate_json(encode(written))
    except StrictJsonError as error:
        raise _invalid(place, str(error)) from None
    except ValidationError as error:
        fault = first_fault(error)
        raise _invalid(place, f"{fault.place}: {fault.message}", metrics) from None
    for field in read.model_extra or {}:
        if field in metrics.model_fields:  # the class takes it as an extra value, and the field gets its default
            why = f"{field}: the field is known by its alias only; allow its name by populate_by_name=True"
            raise _invalid(place, why, metrics)
    return read


def _invalid(place: str, why: str, metrics: type[Metrics] | None = None) -> CurriculumError:
    named = "" if metrics is None else f" ({metrics.__name__})"
    return CurriculumError(
        "session.previous_metrics_invalid",
        f"The previous metrics in {place} cannot be used: {why}.",
        f"They must be what the last suggestion gave as metrics{named}; where another stage has a class of its own for "
        "them, give the fields of both a default.",
        where=place,
    )
