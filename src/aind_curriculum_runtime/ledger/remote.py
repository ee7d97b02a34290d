"""The store in a bucket: the files of a folder store behind an ``s3://`` URL.

S3 creates an object in one step, and only where there is none (``If-None-Match``), so each place has one writer and an
entry is there whole or not at all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ..contract.errors import CurriculumError
from ..project.remote_files import connect, create, is_away, said
from .files import DOCUMENTS, GRAPHS, KNOWN, MARK, SUBJECTS, content_name, entry_name, place_of
from .store import Doing, Outline, gone, mark, no_answer, refused, require_mark

__all__ = ["RemoteStore"]


class RemoteStore:
    """A prefix of a bucket with ledgers.

    Args:
        url: ``s3://bucket/prefix``.

    Raises:
        CurriculumError: As ``FolderStore`` raises it.
        ImportError: What the URL needs is not installed.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._files, self._base = connect(url)
        require_mark(self._content(MARK), self.url)

    @classmethod
    def create(cls, url: str) -> RemoteStore:
        """Make a ledger.

        Args:
            url: ``s3://bucket/prefix``, under which there is nothing yet; one that is a ledger stays as it is.

        Returns:
            The store.

        Raises:
            CurriculumError: As ``FolderStore.create`` raises it.
            ImportError: What the URL needs is not installed.
        """
        files, base = connect(url)
        with _told(url.rstrip("/"), "written to"):
            if not files.exists(f"{base}/{MARK}"):
                if files.find(base, maxdepth=2):
                    raise CurriculumError(
                        "output.exists", f"{url} holds something else than a ledger.", "Give a new prefix."
                    )
                with contextlib.suppress(FileExistsError):  # somebody else made it meanwhile
                    create(files, f"{base}/{MARK}", mark())
        return cls(url)

    def subjects(self) -> list[str]:
        """Names of the subjects that have entries, sorted."""
        return sorted(self._names(SUBJECTS))

    def outlines(self) -> Iterator[Outline]:
        """Every subject that has entries, sorted by name; quicker than asking for one after the other."""
        last: dict[str, int] = {}
        with self._told("read"):
            paths = [str(path).rsplit("/", 2) for path in self._files.find(f"{self._base}/{SUBJECTS}")]
            for _, subject, name in paths:
                last[subject] = max(last.get(subject, 0), place_of(name))
            wanted = {f"{self._base}/{KNOWN}/{name}" for name in map(content_name, last)}
            there = wanted & set(self._files.find(f"{self._base}/{KNOWN}"))
            known = self._files.cat(sorted(there), on_error="omit") if there else {}  # it may be remade meanwhile
        for subject, place in sorted(last.items()):
            if place:
                content = known.get(f"{self._base}/{KNOWN}/{content_name(subject)}", b"")
                yield Outline(subject, place, content.partition(b"\n")[0])

    def last(self, subject: str) -> int:
        """Number of the subject's last entry; 0 for one that has none."""
        return max(self._places(subject), default=0)

    def read(self, subject: str, after: int = 0) -> Iterator[bytes]:
        """The subject's entries in their order, from the one after ``after``."""
        places = sorted(one for one in self._places(subject) if one > after)
        for expected, place in enumerate(places, after + 1):
            if place != expected:
                raise gone(self.url, subject, expected)
        paths = [self._path(SUBJECTS, subject, entry_name(place)) for place in places]
        with self._told("read"):
            found = self._files.cat(paths) if paths else {}  # many at once: each takes as long as the way there
        yield from (found[path] for path in paths)

    def entry(self, subject: str, place: int) -> bytes | None:
        """The bytes of one entry; None when it is not there."""
        return self._content(SUBJECTS, subject, entry_name(place))

    def append(self, subject: str, place: int, data: bytes) -> bool:
        """Write an entry, whole or not at all; False when somebody else has that place."""
        with self._told("written to"):
            try:
                create(self._files, self._path(SUBJECTS, subject, entry_name(place)), data)
            except FileExistsError:
                return False
            return True

    def keep_graph(self, digest: str, data: bytes) -> None:
        """Keep the graph of a curriculum, once for all that name it."""
        if self.graph(digest) != data:
            self._replace(GRAPHS, digest, data)

    def graph(self, digest: str) -> bytes | None:
        """The bytes of a graph; None when it is not there."""
        return self._content(GRAPHS, content_name(digest))

    def graphs(self) -> list[str]:
        """The hashes of all graphs, sorted."""
        return sorted(name.removesuffix(".json") for name in self._names(GRAPHS))

    def keep_known(self, subject: str, data: bytes) -> None:
        """Keep what a reader worked out of a subject's entries."""
        self._replace(KNOWN, subject, data)

    def known(self, subject: str) -> bytes | None:
        """What the last reader kept; None when it is not there."""
        return self._content(KNOWN, content_name(subject))

    def keep_document(self, name: str, data: bytes) -> None:
        """Keep a document about the ledger as a whole, in place of the one before."""
        self._replace(DOCUMENTS, name, data)

    def document(self, name: str) -> bytes | None:
        """The bytes of a document; None when it is not there."""
        return self._content(DOCUMENTS, content_name(name))

    def _replace(self, folder: str, key: str, data: bytes) -> None:
        with self._told("written to"):
            self._files.pipe_file(self._path(folder, content_name(key)), data)

    def _content(self, *path: str) -> bytes | None:
        with self._told("read"):
            try:
                data: bytes = self._files.cat_file(self._path(*path))
            except FileNotFoundError:
                return None
            return data

    def _places(self, subject: str) -> list[int]:
        return [place for place in map(place_of, self._names(SUBJECTS, subject)) if place]

    def _names(self, *folder: str) -> list[str]:
        with self._told("read"):
            try:
                found = self._files.ls(self._path(*folder), detail=False)
            except FileNotFoundError:
                return []
        return [str(path).rstrip("/").rpartition("/")[2] for path in found]

    def _path(self, *parts: str) -> str:
        return "/".join([self._base, *parts])

    def _told(self, doing: Doing) -> contextlib.AbstractContextManager[None]:
        return _told(self.url, doing)


@contextlib.contextmanager
def _told(url: str, doing: Doing) -> Iterator[None]:
    """Turn what the bucket raises into an error of ours."""
    try:
        yield
    except CurriculumError:
        raise
    except Exception as error:
        if is_away(error):
            raise no_answer(url, said(error), "Check the network") from error
        hint = "Check that the bucket is there and that this account may use it"
        raise refused(url, doing, said(error), hint) from error
