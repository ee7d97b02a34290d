"""The folder store: one file an entry, on a local disk or a network share, laid out as ``files`` says.

An entry is created by ``project.files.create_atomically``: no crash leaves it half done, and no other writer can have
created it as well.

A ledger is made by a person, never in passing: a share that is away is often an empty folder.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..contract.errors import CurriculumError
from ..project.files import create_atomically, is_transient, read_at_most, write_atomically
from .files import DOCUMENTS, GRAPHS, KNOWN, MARK, SUBJECTS, content_name, entry_name, place_of
from .store import Doing, Outline, gone, mark, no_answer, refused, require_mark

__all__ = ["FolderStore"]

_LARGEST: Final = 1 << 26
"""Bytes of an entry or a graph: 64 MiB, as of a trainer state."""


class FolderStore:
    """A folder with ledgers.

    Args:
        root: The folder.

    Raises:
        CurriculumError: ``transient.io`` where there is no ledger, which may be because a share is away;
            ``ledger.unreadable`` for one of a newer runtime.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.url = str(root)
        with self._told("read"):
            try:
                data = read_at_most(root / MARK, _LARGEST) or b""
            except (FileNotFoundError, NotADirectoryError):
                data = None
        require_mark(data, self.url)

    @classmethod
    def create(cls, root: Path) -> FolderStore:
        """Make a ledger.

        Args:
            root: A folder that is empty or not there yet; one that is a ledger already stays as it is.

        Returns:
            The store.

        Raises:
            CurriculumError: ``output.exists`` for a folder that holds something else; ``ledger.not_writable`` or
                ``transient.io``.
        """
        with _told(str(root), "written to"):
            root.mkdir(parents=True, exist_ok=True)
            if not (root / MARK).exists():
                if any(root.iterdir()):
                    raise CurriculumError(
                        "output.exists", f"The folder {root} holds something else than a ledger.", "Give a new folder."
                    )
                write_atomically(root / MARK, mark())
        return cls(root)

    def subjects(self) -> list[str]:
        """Names of the subjects that have entries, sorted."""
        with self._told("read"):
            try:
                return sorted(one.name for one in os.scandir(self._root / SUBJECTS) if one.is_dir())
            except FileNotFoundError:
                return []

    def outlines(self) -> Iterator[Outline]:
        """Every subject that has entries, sorted by name; quicker than asking for one after the other."""
        for subject in self.subjects():
            if last := self.last(subject):
                yield Outline(subject, last, self._first_line(self._root / KNOWN / content_name(subject)))

    def last(self, subject: str) -> int:
        """Number of the subject's last entry; 0 for one that has none."""
        with self._told("read"):
            return max(self._places(subject), default=0)

    def read(self, subject: str, after: int = 0) -> Iterator[bytes]:
        """The subject's entries in their order, from the one after ``after``."""
        with self._told("read"):
            places = sorted(one for one in self._places(subject) if one > after)
        for expected, place in enumerate(places, after + 1):
            if place != expected:
                raise gone(self.url, subject, expected)
            with self._told("read"):
                data = read_at_most(self._file(subject, place), _LARGEST)
            yield data if data is not None else b""

    def entry(self, subject: str, place: int) -> bytes | None:
        """The bytes of one entry; None when it is not there."""
        return self._content(self._file(subject, place))

    def append(self, subject: str, place: int, data: bytes) -> bool:
        """Write an entry, whole or not at all; False when somebody else has that place."""
        with self._told("written to"):
            (self._root / SUBJECTS / subject).mkdir(parents=True, exist_ok=True)
            return create_atomically(self._file(subject, place), data)

    def keep_graph(self, digest: str, data: bytes) -> None:
        """Keep the graph of a curriculum, once for all that name it."""
        if self.graph(digest) != data:
            self._write(self._root / GRAPHS / content_name(digest), data)

    def graph(self, digest: str) -> bytes | None:
        """The bytes of a graph; None when it is not there."""
        return self._content(self._root / GRAPHS / content_name(digest))

    def graphs(self) -> list[str]:
        """The hashes of all graphs, sorted."""
        with self._told("read"):
            try:
                return sorted(name[:-5] for name in os.listdir(self._root / GRAPHS) if name == content_name(name[:-5]))
            except FileNotFoundError:
                return []

    def keep_known(self, subject: str, data: bytes) -> None:
        """Keep what a reader worked out of a subject's entries."""
        self._write(self._root / KNOWN / content_name(subject), data)

    def known(self, subject: str) -> bytes | None:
        """What the last reader kept; None when it is not there."""
        return self._content(self._root / KNOWN / content_name(subject))

    def keep_document(self, name: str, data: bytes) -> None:
        """Keep a document about the ledger as a whole, in place of the one before."""
        self._write(self._root / DOCUMENTS / content_name(name), data)

    def document(self, name: str) -> bytes | None:
        """The bytes of a document; None when it is not there."""
        return self._content(self._root / DOCUMENTS / content_name(name))

    def _write(self, path: Path, data: bytes) -> None:
        with self._told("written to"):
            path.parent.mkdir(exist_ok=True)
            write_atomically(path, data)

    def _content(self, path: Path) -> bytes | None:
        with self._told("read"):
            try:
                return read_at_most(path, _LARGEST)
            except FileNotFoundError:
                return None

    def _places(self, subject: str) -> list[int]:
        try:
            names = os.listdir(self._root / SUBJECTS / subject)
        except FileNotFoundError:
            return []
        return [place for place in map(place_of, names) if place]

    def _file(self, subject: str, place: int) -> Path:
        return self._root / SUBJECTS / subject / entry_name(place)

    def _first_line(self, path: Path) -> bytes:
        with self._told("read"):
            try:
                with path.open("rb") as file:
                    return file.readline(_LARGEST)
            except FileNotFoundError:
                return b""

    def _told(self, doing: Doing) -> contextlib.AbstractContextManager[None]:
        return _told(self.url, doing)


@contextlib.contextmanager
def _told(url: str, doing: Doing) -> Iterator[None]:
    """Turn the system's errors into ours."""
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)
        if is_transient(error):
            raise no_answer(url, said, "Check that the share is mounted and can be reached,") from error
        hint = "Check that the folder is there, has room, and that this account may use it"
        raise refused(url, doing, said, hint) from error
