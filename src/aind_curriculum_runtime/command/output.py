"""Writing a result to the file that a person named, and wording what can go wrong with it.

Owns the sentences, and that a relative name is meant from where the command was started: code of the curriculum
may change the working directory before anything is written. Knows nothing of what is written.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ..contract.errors import CurriculumError
from ..project.files import is_transient, written_beside

__all__ = ["OutputFile", "planned"]


class OutputFile(NamedTuple):
    """A file that is going to be written, made by ``planned``.

    Attributes:
        path: Where, absolute.
        what: What it will hold, such as "diagram"; for sentences.
    """

    path: Path
    what: str

    def write(self, data: bytes) -> None:
        """Write the file whole or not at all.

        Args:
            data: All of its content.

        Raises:
            CurriculumError: As ``planned``, and ``output.not_writable`` or ``transient.io``.
        """
        with self.open() as file:
            file.write(data)

    @contextlib.contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the file to write it bit by bit; it stands in its place when the body ends, and not if that raises.

        Yields:
            The file.

        Raises:
            CurriculumError: As ``write``.
        """
        self.require()  # again: an evaluation lies between
        try:
            with written_beside(self.path) as file:
                yield file
        except OSError as error:
            raise self._refused(error) from error

    def remove(self) -> None:
        """Take the file away, if there is one.

        Raises:
            CurriculumError: ``output.not_writable`` or ``transient.io``.
        """
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise self._refused(error) from error

    def require(self) -> None:
        """Make sure that the file can stand where it is to stand.

        Raises:
            CurriculumError: ``output.directory_missing``, or ``output.not_writable`` where the file is a folder.
        """
        folder = self.path.parent
        if not folder.is_dir():
            state = "is a file" if folder.exists() else "is missing"
            raise CurriculumError(
                "output.directory_missing",
                f"The folder for the {self.what}, {folder}, {state}.",
                "Make the folder first.",
                where=str(self.path),
            )
        if self.path.is_dir():
            raise CurriculumError(
                "output.not_writable",
                f"The {self.what} could not be written to {self.path}: it is a folder.",
                "Name a file.",
                where=str(self.path),
            )

    def _refused(self, error: OSError) -> CurriculumError:
        return CurriculumError(
            "transient.io" if is_transient(error) else "output.not_writable",
            f"The {self.what} could not be written to {self.path}: {error.strerror}.",
            "Check that this account may write there and that the disk is not full.",
            where=str(self.path),
        )


def planned(path: Path, what: str) -> OutputFile:
    """Settle where a file goes before the work that gives its content, which may take long or change folder.

    Args:
        path: The file as it was named.
        what: What it will hold, such as "diagram".

    Returns:
        The target to write to later.

    Raises:
        CurriculumError: ``output.directory_missing``, or ``output.not_writable`` where the file is a folder.
    """
    target = OutputFile(Path(os.path.abspath(path)), what)
    target.require()
    return target
