"""The mirror that CLABE reads: ``Subjects/<subject>/trainer_state.json`` and ``task.json`` in its library folder.

Owns which files those are. Both generations of CLABE read them: the ``DefaultBehaviorPicker`` up to 0.12, and the store
of local files from 0.13 on. Each is replaced in one step; one that holds other bytes than the ledger says is behind.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..contract.errors import CurriculumError
from ..contract.strict_json import encode
from ..project.files import read_at_most, write_atomically
from .files import MARK
from .known import Known, entries_of, next_state
from .mirror import Away, Behind
from .store import Store

__all__ = ["ByAnimal"]

_SUBJECTS: Final = "Subjects"
_STATE: Final = "trainer_state.json"
_TASK: Final = "task.json"
_LARGEST: Final = 1 << 26


class ByAnimal:
    """A library folder of CLABE.

    Args:
        url: The whole path of the folder.

    Raises:
        CurriculumError: ``usage.invalid`` for a relative path.
    """

    def __init__(self, url: str) -> None:
        self._root = Path(url)
        self._subjects = self._root / _SUBJECTS
        if not self._root.is_absolute():
            raise CurriculumError(
                "usage.invalid",
                f"The mirror {url!r} is no whole path on this machine.",
                "Give the whole path of CLABE's library folder, the same on every rig.",
            )

    def prepare(self) -> None:
        """Make the folder of the subjects, in a library that is there."""
        if (self._root / MARK).exists():  # Windows takes `subjects` and `Subjects` for one folder
            raise CurriculumError(
                "usage.invalid", f"{self._root} is a ledger itself.", "A mirror needs a folder of its own."
            )
        if not self._root.is_dir():
            raise Away(f"the folder {self._root} is not there")
        with self._told():
            self._subjects.mkdir(exist_ok=True)

    def show(self, store: Store, found: Known) -> bool:
        """Show where an animal stands, in its two files."""
        folder = self._subjects / found.subject
        wanted = _files(store, found)
        with self._told():
            changed = {name: data for name, data in wanted.items() if _content(folder / name) != data}
            if changed and not self._subjects.is_dir():  # a share that is not mounted looks like an empty folder
                raise Away(f"the folder {self._subjects} is not there")
            for name, data in changed.items():
                folder.mkdir(exist_ok=True)
                if data is None:
                    (folder / name).unlink(missing_ok=True)
                else:
                    write_atomically(folder / name, data)
        return bool(changed)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn the system's errors into ours; what is wrong with the folder of one animal is not wrong with all."""
        try:
            yield
        except OSError as error:
            is_its_own = isinstance(error, NotADirectoryError | IsADirectoryError | FileExistsError)
            kind = Behind if is_its_own and self._subjects.is_dir() else Away
            raise kind(f"{error.filename or self._root} could not be written: {error.strerror or error}") from error


def _files(store: Store, found: Known) -> dict[str, bytes | None]:
    """What the files should hold; None for one that should not be there."""
    state = next_state(store, found)
    if state is not None:
        task = (state.get("stage") or {}).get("task")
        return {_TASK: None if task is None else encode(task) + b"\n", _STATE: encode(state) + b"\n"}
    if any(one.state for one in entries_of(store, found.subject)):  # its enrollment was undone
        return {_TASK: None, _STATE: None}
    return {}  # what a launcher has of an animal that the ledger never sent anywhere stays


def _content(path: Path) -> bytes | None:
    try:
        return read_at_most(path, _LARGEST)
    except FileNotFoundError:
        return None
