"""Which source a person means: a ledger, a folder of session directories, or a table."""

from __future__ import annotations

from pathlib import Path

from ..ledger.files import MARK
from .folder_source import Folder
from .ledger_source import Ledger
from .sessions import Source
from .table_source import Table

__all__ = ["opened"]


def opened(source: str, *, in_memory: bool = False) -> Source:
    """Find out what a source is.

    Args:
        source: A ledger's URL or folder, a folder of session directories, or a table.
        in_memory: Whether a table is read first, because the rows of an animal do not stand together.

    Returns:
        The source; nothing is read yet.

    Raises:
        CurriculumError: As ``ledger.opening.open_store`` raises it.
    """
    path = Path(source)
    if "://" in source or (path / MARK).is_file():
        return Ledger(source)
    if path.is_dir():
        return Folder(path)
    return Table(path, in_memory=in_memory)
