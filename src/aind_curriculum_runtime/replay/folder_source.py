"""A folder of session directories as a source: whose they are, and at which stage each was run.

Metrics are computed where a session is decided (``directory_metrics``). Sessions are numbered as they began.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from ..contract.errors import CurriculumError
from ..session.identity import identify
from ..session.layout import find_state
from ..session.state import read
from ..tables.autotrain import TrainedSession
from .sessions import Ran, Sessions

__all__ = ["Folder"]

_AT_ONCE: Final = 8
"""Directories that are looked at at once: a share answers slowly."""


class Folder:
    """A folder with session directories in it, at any depth.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.cut: str | None = None
        self._root = root

    def animals(self) -> Iterator[Sessions]:
        """As ``Source`` says; every directory is looked at before the first animal comes."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(_ran, _directories(self._root)))
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
            yield Sessions(subject, [_numbered(one, number) for number, one in enumerate(ran, 1)])


def _directories(root: Path) -> Iterator[Path]:
    for folder, names, _ in os.walk(root):
        names.sort()
        if any(name.casefold() == "behavior" for name in names):
            names.clear()
            yield Path(os.path.abspath(folder))


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


def _numbered(one: Ran, number: int) -> Ran:
    if one.session is None:
        return one
    # What was suggested for the first one there is, nobody knows: where it was run.
    suggested = one.session.actual if number == 1 else None
    return one._replace(session=replace(one.session, number=number, suggested=suggested))
