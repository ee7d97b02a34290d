"""Which store a URL means.

Owns the table of schemes. A new kind of store is a module beside this one and a row here.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..contract.errors import CurriculumError
from .folder import FolderStore
from .store import Store

__all__ = ["create", "open_store"]


def open_store(url: str) -> Store:
    """Open a ledger.

    Args:
        url: The path of a folder, on this machine or on a share, or the same as ``file://``.

    Returns:
        The store.

    Raises:
        CurriculumError: ``usage.invalid`` for another kind of URL; ``transient.io`` where there is no ledger, which may
            be because a share is away; ``ledger.unreadable``.
    """
    return FolderStore(_folder(url))


def create(url: str) -> Store:
    """Make a ledger; one that is there stays as it is.

    Args:
        url: As for ``open_store``.

    Returns:
        The store.

    Raises:
        CurriculumError: As ``FolderStore.create`` raises it.
    """
    return FolderStore.create(_folder(url))


def _folder(url: str) -> Path:
    scheme, separator, _ = url.partition("://")
    if not separator:
        path = Path(url)
    elif scheme == "file":
        parts = urlsplit(url)
        path = Path(unquote(parts.path.removeprefix("/") if os.name == "nt" else parts.path))
    else:
        raise CurriculumError(
            "usage.invalid", f"{url!r} is no ledger: {scheme}:// is not known.", "Give the path of a folder."
        )
    if not path.is_absolute():
        raise CurriculumError(
            "usage.invalid",
            f"The ledger {url!r} is a relative path, and the working directory of a launcher is the repo.",
            f"Give the whole path, such as {Path(os.path.abspath(url))}.",
        )
    return path
