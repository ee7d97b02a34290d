"""Whose session a directory holds, what it is called and when it began.

Owns how that is read from the session's own file, the one that the rig writes beside its task: ``Logs/session*.json``
in the folder ``behavior`` with ``subject``, ``session_name`` and ``date``. Reads nothing else.
"""

from __future__ import annotations

import fnmatch
import os
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..contract.errors import CurriculumError
from ..contract.strict_json import StrictJsonError, parse
from ..ledger.entry import Session, at
from ..project.files import read_at_most
from .layout import lookup, unreadable

__all__ = ["Identity", "identify"]

_LOGS: Final = ("behavior", "logs")
_FILES: Final = "session*.json"
_LARGEST: Final = 1 << 24


class Identity(NamedTuple):
    """A session, and the subject that it is of."""

    subject: str
    session: Session


def identify(directory: Path, *, subject: str | None = None, name: str | None = None) -> Identity:
    """Find out whose session a directory holds.

    Args:
        directory: The session directory.
        subject: The subject, if a person or a launcher names it; it must be that of the session's own file.
        name: The session's name, if it is not to come from the directory.

    Returns:
        Subject and session. The name is that of the session's file, else the directory's; a date without a time zone is
        of this machine's.

    Raises:
        CurriculumError: ``session.other_subject``; ``session.unidentified`` where the subject or the date is missing;
            ``session.unreadable`` or ``transient.io``.
    """
    path, found = _own_file(directory)
    told = found.get("subject")
    if subject is not None and told is not None and str(told) != subject:
        raise CurriculumError(
            "session.other_subject",
            f"The session in {directory} is of the subject {told!r}, not of {subject!r}.",
            "Check which session belongs to the animal; nothing was recorded.",
            where=str(path),
        )
    subject = subject if subject is not None else told
    if not isinstance(subject, str) or not subject:
        raise _unidentified(directory, path, "of which subject", "Name it with --subject.")
    try:
        date = datetime.fromisoformat(found["date"])
    except (KeyError, TypeError, ValueError):
        hint = f"The launcher writes it to behavior/Logs/{_FILES} as date, such as 2026-03-01T12:00:00Z."
        raise _unidentified(directory, path, "when it began", hint) from None
    own = found.get("session_name")
    return Identity(subject, Session(name or (own if isinstance(own, str) and own else directory.name), at(date)))


def _unidentified(directory: Path, path: Path | None, what: str, hint: str) -> CurriculumError:
    return CurriculumError(
        "session.unidentified",
        f"The session in {directory} does not say {what}, which the ledger needs.",
        hint,
        where=str(path or directory),
    )


def _own_file(directory: Path) -> tuple[Path | None, dict[str, Any]]:
    """The session's own file with its content; empty where there is none that is an object with a subject."""
    try:
        logs = lookup(directory, _LOGS)
        names = sorted(os.listdir(logs)) if logs is not None and logs.is_dir() else []
    except OSError as error:
        raise unreadable(directory, error) from error
    for name in names:
        if logs is not None and fnmatch.fnmatch(name.casefold(), _FILES):
            try:
                content = parse(read_at_most(logs / name, _LARGEST) or b"")
            except StrictJsonError:
                continue
            except OSError as error:
                raise unreadable(directory, error) from error
            if isinstance(content, dict) and "subject" in content:
                return logs / name, content
    return None, {}
