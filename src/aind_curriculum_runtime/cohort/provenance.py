"""Where a cohort difference comes from: the commits of both versions, and a hash of the data."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Final

from ..contract.errors import CurriculumError
from ..project.git import Git
from ..versions.snapshot import Place
from .difference_report import Provenance, Version

__all__ = ["provenance"]

_LARGE: Final = 1 << 24
"""Bytes from which on a file of a folder counts with its size: videos lie beside sessions."""


def provenance(old: Place, new: Place, name: str, source: str) -> Provenance:
    """Find out what is compared.

    Args:
        old: The older version.
        new: The newer version.
        name: The curriculum.
        source: The sessions, which can be read.

    Returns:
        Commits, version numbers and the hash of the data; no password of a ledger's URL.

    Raises:
        CurriculumError: The source cannot be read any more.
    """
    label, data = _of_ledger(source) if "://" in source else (source, _digest(Path(source)))
    return Provenance(curriculum=name, old=_version(old), new=_version(new), source=label, data=f"sha256 {data}")


def _version(place: Place) -> Version:
    number = place.project.version if place.project is not None else None
    if place.commit is not None:
        return Version(label=place.label, number=number, commit=place.commit)
    commit, is_changed = None, False
    with contextlib.suppress(CurriculumError):  # a folder needs no git
        git = Git(place.folder)
        commit = git.commit_of("HEAD")
        is_changed = commit is not None and bool(git.changes())
    return Version(label=place.label, number=number, commit=commit, is_changed=is_changed)


def _of_ledger(url: str) -> tuple[str, str]:
    from ..ledger.opening import open_store
    from ..replay.opening import opened

    found = hashlib.sha256()
    for animal in opened(url).animals():
        found.update(json.dumps([animal.subject, *animal.ran()], default=str, sort_keys=True).encode("ascii"))
    return open_store(url).url, found.hexdigest()


def _digest(path: Path) -> str:
    """The hash of a file as other programs give it, or of all files of a folder by their names."""
    try:
        if path.is_file():
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        found = hashlib.sha256()
        for one in sorted(path.rglob("*")):
            if one.is_file():
                size = one.stat().st_size
                told = str(size) if size > _LARGE else hashlib.sha256(one.read_bytes()).hexdigest()
                found.update(f"{told}  {one.relative_to(path).as_posix()}\n".encode("utf-8", "surrogateescape"))
        return found.hexdigest()
    except OSError as error:
        raise CurriculumError(
            "source.unreadable",
            f"{path} cannot be read: {error.strerror or error}.",
            "Check its permissions.",
            where=str(path),
        ) from None
