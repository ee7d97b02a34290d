"""The folder store: one file an entry, on a local disk or a network share.

    ledger.json                       what this is, and its form
    subjects/786543/00000001.json     an entry, never changed again
    graphs/4f1c....json               the graph of a curriculum, by its hash
    known/786543.json                 what the last reader worked out; it can be removed at any time

An entry is written beside and then linked to its name, which is the one step that no other writer can have done as well
and that no crash leaves half done. Windows refuses to rename to a name that is taken, so there that step is a rename.

A ledger is made by a person, never in passing: a share that is away is often an empty folder.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..contract.errors import CurriculumError
from ..contract.strict_json import StrictJsonError, encode, parse
from ..project.files import is_transient, read_at_most, write_atomically
from .entry import FORMAT

__all__ = ["FolderStore"]

_MARK: Final = "ledger.json"
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
        self._require_ledger()

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
            if not (root / _MARK).exists():
                if any(root.iterdir()):
                    raise CurriculumError(
                        "output.exists", f"The folder {root} holds something else than a ledger.", "Give a new folder."
                    )
                write_atomically(root / _MARK, encode({"ledger": FORMAT}) + b"\n")
        return cls(root)

    def subjects(self) -> list[str]:
        """Names of the subjects that have entries, sorted."""
        with self._told("read"):
            try:
                return sorted(one.name for one in os.scandir(self._root / "subjects") if one.is_dir())
            except FileNotFoundError:
                return []

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
                raise self._gone(subject, expected)
            with self._told("read"):
                data = read_at_most(self._file(subject, place), _LARGEST)
            yield data if data is not None else b""

    def entry(self, subject: str, place: int) -> bytes | None:
        """The bytes of one entry; None when it is not there."""
        return self._content(self._file(subject, place))

    def append(self, subject: str, place: int, data: bytes) -> bool:
        """Write an entry, whole or not at all; False when somebody else has that place."""
        with self._told("written to"):
            (self._root / "subjects" / subject).mkdir(parents=True, exist_ok=True)
            return _create(self._file(subject, place), data)

    def keep_graph(self, digest: str, data: bytes) -> None:
        """Keep the graph of a curriculum, once for all that name it."""
        if self.graph(digest) != data:
            self._write(self._root / "graphs" / f"{digest}.json", data)

    def graph(self, digest: str) -> bytes | None:
        """The bytes of a graph; None when it is not there."""
        return self._content(self._root / "graphs" / f"{digest}.json")

    def keep_known(self, subject: str, data: bytes) -> None:
        """Keep what a reader worked out of a subject's entries."""
        self._write(self._root / "known" / f"{subject}.json", data)

    def known(self, subject: str) -> bytes | None:
        """What the last reader kept; None when it is not there."""
        return self._content(self._root / "known" / f"{subject}.json")

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
            names = os.listdir(self._root / "subjects" / subject)
        except FileNotFoundError:
            return []
        return [int(name[:8]) for name in names if len(name) == 13 and name[:8].isdecimal() and name.endswith(".json")]

    def _file(self, subject: str, place: int) -> Path:
        return self._root / "subjects" / subject / f"{place:08}.json"

    def _require_ledger(self) -> None:
        with self._told("read"):
            try:
                data = read_at_most(self._root / _MARK, _LARGEST)
            except (FileNotFoundError, NotADirectoryError):
                raise CurriculumError(
                    "transient.io",
                    f"There is no ledger at {self.url}.",
                    "If it is on a share, mount that and run the step again. "
                    "`curricula subjects create` makes a new one.",
                    where=self.url,
                ) from None
        try:
            form = parse(data or b"")["ledger"]
        except (StrictJsonError, KeyError, TypeError):
            form = None
        if not isinstance(form, int) or form > FORMAT:
            raise CurriculumError(
                "ledger.unreadable",
                f"The ledger {self.url} has a form that this runtime does not know: {form!r}.",
                "Update the runtime of this repo (`copier update`).",
                where=self.url,
            )

    def _gone(self, subject: str, place: int) -> CurriculumError:
        return CurriculumError(
            "ledger.damaged",
            f"Entry {place} of {subject} in {self.url} is gone.",
            "Nothing was written. Bring the file back from a copy.",
            where=f"{subject}/{place}",
        )

    def _told(self, what: str) -> contextlib.AbstractContextManager[None]:
        return _told(self.url, what)


@contextlib.contextmanager
def _told(url: str, what: str) -> Iterator[None]:
    """Turn the system's errors into ours."""
    try:
        yield
    except OSError as error:
        code = "ledger.not_writable" if what == "written to" else "ledger.unreadable"
        raise CurriculumError(
            "transient.io" if is_transient(error) else code,
            f"The ledger {url} could not be {what}: {error.strerror or error}.",
            "Check that the folder is there, has room, and that this account may use it; then run the step again.",
            where=url,
        ) from error


def _create(path: Path, data: bytes) -> bool:
    """Create a file whole; False when there is one of the name."""
    beside = path.with_name(f".{path.name}.{os.urandom(6).hex()}.part")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            if sys.platform == "win32":
                beside.rename(path)
            else:
                os.link(beside, path)
        except FileExistsError:
            return False
        return True
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
