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

__all__ = ["fault", "held_metadata"]


def fault(reason: CurriculumError) -> dict[str, Any]:
    """Write why there is no suggestion, as ledgers and metadata have it.

    Args:
        reason: Why.

    Returns:
        JSON values.
    """
    code = reason.code or reason.kind.value
    return {"code": code, "exit": reason.exit_code, "message": reason.message, "hint": reason.hint}


def held_metadata(reason: CurriculumError, state: Path, repo: Path) -> dict[str, Any]:
    """Write the facts of a session of which there is no suggestion.

    Args:
        reason: Why there is none.
        state: The trainer state that it was run with.
        repo: The curriculum's repo.

    Returns:
        What ``curriculum metadata`` prints, as far as it is known here.
    """
    given, code = json_object(state), code_of(repo)
    return acquisition(
        Record(
            code=code,
            given=given,
            held=fault(reason),
            versions={"curriculum": reason.version or code.version},
            hashes={"state": None if given is None else digest_of_state(given)},
            source="launcher",
        )
    )
