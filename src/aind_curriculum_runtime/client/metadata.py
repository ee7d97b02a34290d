"""The metadata of a session that was held, written on the launcher's side: no process of the curriculum gave any.

Owns what can be said then: the stage that was run, the code, and the reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..ledger.entry import digest_of_state
from ..metadata.code import code_of
from ..metadata.reading import json_object
from ..metadata.record import Record, acquisition
from .errors import CurriculumError

__all__ = ["held_metadata"]


def held_metadata(reason: CurriculumError, state: Path, repo: Path, *, exact: bool = False) -> dict[str, Any]:
    """Write the facts of a session of which there is no suggestion.

    Args:
        reason: Why there is none.
        state: The trainer state that it was run with.
        repo: The curriculum's repo.
        exact: Whether code that could not be had again is refused.

    Returns:
        What ``curriculum metadata`` prints, as far as it is known here.

    Raises:
        CurriculumError: Of the kind ``repo``, for code that is refused.
    """
    given, code = json_object(state), code_of(repo)
    if exact and code.faults:
        raise CurriculumError.of(code.faults[0])
    return acquisition(
        Record(
            code=code,
            given=given,
            held=reason.fault,
            versions={"curriculum": reason.version or code.version},
            hashes={"state": None if given is None else digest_of_state(given)},
            source="launcher",
        )
    )
