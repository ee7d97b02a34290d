"""A folder of session directories as a source: whose they are, and at which stage each was run.

Metrics are computed where a session is decided (``directory_metrics``). Sessions are numbered as they began.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from ..contract.errors import CurriculumError
from ..session.directories import session_directories
from ..session.identity import identify
from ..session.layout import find_state
from ..session.plain_state import read
from ..tables.autotrain import TrainedSession
from .sessions import Ran, Sessions

__all__ = ["Folder"]

_AT_ONCE: Final = 8
"""Directories that are looked at at once: a share answers slowly."""


class Folder:
    """A folder with session directories in it.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.cut: str | None = None
        self._root = root

    def animals(self) -> Iterator[Sessions]:
        """As ``Source`` says; every directory is looked at before the first animal comes."""
        found: list[Ran] = []
        directories = session_directories(self._root, lambda _, error: found.append(Ran("", None, error.message)))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found += pool.map(_ran, map(Path.absolute, directories))
        if not found:
            raise CurriculumError(
                "source.missing",
                f"There is no session directory in {self._root}.",
                "A session directory holds a folder 'behavior'.",
                where=str(self._root),
            )
        by_subject: dict[str, list[Ran]] = {}
        for one in sorted(found, key=_start):
            by_subject.setdefault(one.subject, []).append(one)
        for subject, ran in sorted(by_subject.items()):
            yield Sessions(subject, list(_numbered(ran)))


def _ran(directory: Path) -> Ran:
    subject = ""
    try:
        identity = identify(directory)
        subject = identity.subject
        state = read(find_state(directory))
        session = TrainedSession(
            subject=subject,
            number=0,
            start=datetime.fromisoformat(identity.session.start),
            curriculum=state.written_by.name if state.written_by is not None else None,
            actual=(state.content.get("stage") or {}).get("name"),
            is_closed_loop=state.content.get("stage") is not None,
        )
    except CurriculumError as error:
        return Ran(subject, None, error.message)
    return Ran(subject, session, directory=str(directory))


def _start(one: Ran) -> str:
    return one.session.start.isoformat() if one.session is not None else ""


def _numbered(ran: list[Ran]) -> Iterator[Ran]:
    number = 0
    for one in ran:
        if one.session is None:
            yield one
            continue
        number += 1
        # What was suggested for the first one there is, nobody knows: where it was run.
        suggested = one.session.actual if number == 1 else None
        yield one._replace(session=replace(one.session, number=number, suggested=suggested))
