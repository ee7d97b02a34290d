"""The record of a session that was concluded with a ledger: what its entries tell, with the session's own files.

Owns putting both together, on either side of the contract. Nothing is evaluated, and no curriculum code imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..contract.errors import CurriculumError
from ..ledger.entry import digest_of_state
from ..ledger.store import Store
from ..metadata.code import Code
from ..metadata.history import concluded
from ..metadata.reading import json_object
from ..metadata.record import Record
from .digest import session_digest
from .identity import Identity
from .layout import find_state

__all__ = ["record_of_ledger"]


def record_of_ledger(
    store: Store, identity: Identity, directory: Path, code: Callable[[Mapping[str, Any]], Code]
) -> Record:
    """Say what is known of a session that was concluded with a ledger.

    Args:
        store: Where the ledger lies.
        identity: Whose session it is.
        directory: The session directory.
        code: Finds the code that the entry names under ``curriculum``.

    Returns:
        The record.

    Raises:
        CurriculumError: As ``concluded`` and ``code`` raise it, or the session cannot be read.
    """
    found = concluded(store, identity.subject, identity.session)
    given = None
    if found.given is None:  # such as one that a launcher gave, and that nobody had recorded before
        given = _state_of(directory, found.entry.given)
    return found.record(code(found.entry.content.get("curriculum") or {}), given, session_digest(directory))


def _state_of(directory: Path, digest: str | None) -> dict[str, Any] | None:
    """The trainer state in the session, if it has that hash."""
    try:
        state = json_object(find_state(directory))
    except CurriculumError:
        return None
    return state if state is not None and digest_of_state(state) == digest else None
