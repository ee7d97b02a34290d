"""The metrics of the session before, for metrics that look back.

Owns how they are read and checked; ``layout`` says where they are.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from ..contract.errors import CurriculumError
from ..contract.strict_json import StrictJsonError, encode, parse
from ..curriculum.validation import first_fault
from ..project.files import is_transient, read_at_most
from .layout import PREVIOUS_METRICS, lookup, unreadable

if TYPE_CHECKING:
    from aind_behavior_curriculum import Metrics

    MetricsT = TypeVar("MetricsT", bound=Metrics)

__all__ = ["previous_metrics"]

_LIMIT: Final = 64 * 1024 * 1024


def previous_metrics(data_directory: str | os.PathLike[str], metrics: type[MetricsT]) -> MetricsT | None:
    """The metrics of the session before this one, for metrics that look back over sessions.

    The launcher writes the ``metrics`` of the last suggestion to ``behavior/previous_metrics.json`` in the new
    session's directory.

    Args:
        data_directory: The session directory, as ``metrics_from_dataset`` gets it.
        metrics: The curriculum's own Metrics class.

    Returns:
        An object of that class, or None for a subject's first session (there is no such file).

    Raises:
        CurriculumError: ``session.previous_metrics_invalid`` when the file does not hold such metrics;
            ``session.unreadable`` when the directory cannot be listed, ``transient.io`` when a later try may work.
    """
    from pydantic import ValidationError

    try:
        found = lookup(Path(data_directory), PREVIOUS_METRICS)
    except OSError as error:
        raise unreadable(Path(data_directory), error) from error
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
        data = read_at_most(found, _LIMIT)
    except OSError as error:
        if is_transient(error):
            raise CurriculumError("transient.io", f"{found}: {error.strerror}.", "Run the step again.") from error
        raise invalid(error.strerror or str(error)) from error
    if data is None:
        raise invalid(f"the file is larger than {_LIMIT // 2**20} MiB")
    try:
        read = metrics.model_validate_json(encode(parse(data)))
    except StrictJsonError as error:
        raise invalid(str(error)) from None
    except ValidationError as error:
        fault = first_fault(error)
        raise invalid(f"{fault.place}: {fault.message}") from None
    for field in read.model_extra or {}:
        if field in metrics.model_fields:  # the class takes it as an extra value, and the field gets its default
            raise invalid(f"{field}: the field is known by its alias only; allow its name by populate_by_name=True")
    return read
