"""Which store a URL means.

Owns the table of schemes. A new kind of store is a module beside this one and a row here; what it needs is imported
when somebody uses it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from ..contract.errors import CurriculumError
from .folder import FolderStore
from .store import Store

__all__ = ["create", "open_store"]


class _Kind(NamedTuple):
    """A kind of store: how one is opened, and how one is made."""

    open: Callable[[str], Store]
    create: Callable[[str], Store]


def _folders() -> _Kind:
    return _Kind(lambda url: FolderStore(_folder(url)), lambda url: FolderStore.create(_folder(url)))


def _buckets() -> _Kind:
    from .remote import RemoteStore

    return _Kind(RemoteStore, RemoteStore.create)


def _databases() -> _Kind:
    from .sql import SqlStore

    return _Kind(SqlStore, SqlStore.create)


_KINDS: Final = {
    "": _folders,
    "file": _folders,
    "s3": _buckets,
    "s3a": _buckets,
    "sqlite": _databases,
    "postgresql": _databases,
}


def open_store(url: str) -> Store:
    """Open a ledger.

    Args:
        url: The path of a folder, on this machine or on a share, or the same as ``file://``; ``s3://bucket/prefix``;
            ``sqlite:////path/of/a/file``; ``postgresql://user@host/database``.

    Returns:
        The store.

    Raises:
        CurriculumError: ``usage.invalid`` for another kind of URL, ``usage.extra_needed``; ``transient.io`` where there
            is no ledger, which may be because a share is away; ``ledger.unreadable``.
    """
    return _used(url, lambda kind: kind.open)


def create(url: str) -> Store:
    """Make a ledger; one that is there stays as it is.

    Args:
        url: As for ``open_store``.

    Returns:
        The store.

    Raises:
        CurriculumError: As ``open_store``, and as ``FolderStore.create`` raises it.
    """
    return _used(url, lambda kind: kind.create)


def _used(url: str, way: Callable[[_Kind], Callable[[str], Store]]) -> Store:
    scheme = url.partition("://")[0] if "://" in url else ""
    if scheme not in _KINDS:  # no more of the URL is shown, which may hold a password
        raise CurriculumError(
            "usage.invalid",
            f"A ledger cannot be at {scheme}://: a store must let one of two rigs that write at once have a place.",
            "These do: the path of a folder, also of a share that is mounted, or file://; s3://BUCKET/PREFIX; "
            "sqlite:////PATH/OF/A/FILE; postgresql://USER@HOST/DATABASE.",
        )
    try:
        return way(_KINDS[scheme]())(url)
    except ImportError as error:
        missing = error.name or getattr(error.__cause__, "name", "a package")  # fsspec gives the name to the cause
        raise CurriculumError(
            "usage.extra_needed",
            f"A ledger at {scheme}:// needs {missing}, which is not installed.",
            'Depend on "aind-curriculum-runtime[ledger]" and run `uv sync`.',
        ) from None


def _folder(url: str) -> Path:
    if "://" in url:
        parts = urlsplit(url)
        if parts.netloc not in ("", "localhost"):  # file://data/ledger would be the folder /ledger
            raise CurriculumError(
                "usage.invalid",
                f"The ledger {url!r} names a machine, {parts.netloc}, and a folder on it.",
                "Give the path of the folder on this machine, such as file:///data/ledger with three slashes; a "
                "share of another one is mounted first.",
            )
        path = Path(unquote(parts.path.removeprefix("/") if os.name == "nt" else parts.path))
    else:
        path = Path(url)
    if not path.is_absolute():
        raise CurriculumError(
            "usage.invalid",
            f"The ledger {url!r} is a relative path, and the working directory of a launcher is the repo.",
            f"Give the whole path, such as {Path(os.path.abspath(url))}.",
        )
    return path
