"""Publishing bundles to a folder or a bucket, listing them and fetching them.

Owns the layout ``<name>/<version>/`` at a URL that fsspec understands, and turns a store's errors into ours. The
checksums are written last and never replaced: a bundle without them does not count, and one with them stays as it is.
Of several that publish one version, the first to write the claim goes on; nobody removes a file that another relies on.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from semver import Version

from ..contract.errors import CurriculumError
from ..contract.versions import SEMVER
from ..project.remote_files import connect, create, is_away, said
from .bundle import CHECKSUMS, check, largest, listed, require_of, too_large

__all__ = ["Published", "Store"]

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_CLAIM: Final = ".publishing"
"""File that is written first and removed at the end of an upload; it holds the checksums of what is uploaded."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A bundle in the store."""

    name: str
    version: str


class Store:
    """A folder or bucket with bundles.

    Args:
        url: Anything that fsspec understands: a path, ``file://``, ``s3://bucket/prefix`` and others.

    Raises:
        CurriculumError: ``usage.extra_needed`` or ``usage.invalid``.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        try:
            self._files, self._base = connect(url)
        except ImportError:
            raise _extra_needed() from None
        except ValueError as error:
            raise CurriculumError(
                "usage.invalid", f"{url!r} is no place to publish to: {error}.", "Give a folder or s3://bucket/prefix."
            ) from None

    def versions(self) -> list[Published]:
        """All complete bundles in the store, sorted by name and version.

        Raises:
            CurriculumError: ``output.refused``, ``usage.unknown_bundle`` or ``transient.io``.
        """
        with self._told("listed"):
            if not self._files.exists(self._base):
                raise CurriculumError(
                    "usage.unknown_bundle", f"There is nothing at {self.url}.", "Check the URL.", where=self.url
                )
            found = self._files.glob(f"{self._base}/*/*/{CHECKSUMS}")
        pairs = [str(one).replace("\\", "/").split("/")[-3:-1] for one in found]
        # Other folders are not ours, and their names may not be fit to print.
        pairs = [pair for pair in pairs if _NAME.fullmatch(pair[0]) and SEMVER.fullmatch(pair[1])]
        valid = [Published(name=name, version=version) for name, version in pairs]
        return sorted(valid, key=lambda one: (one.name, Version.parse(one.version)))

    def require_free(self, name: str, version: str) -> None:
        """Make sure that a version is not published yet.

        Args:
            name: The curriculum's name.
            version: Its version.

        Raises:
            CurriculumError: ``output.exists``, ``output.refused`` or ``transient.io``.
        """
        with self._told("read"):
            if self._files.exists(self._path(name, version, CHECKSUMS)):
                raise self._exists(name, version)

    def publish(self, name: str, version: str, files: Mapping[str, bytes]) -> str:
        """Upload a bundle and read it back.

        Args:
            name: The curriculum's name.
            version: Its version.
            files: What ``bundle.contents`` returned.

        Returns:
            Its URL.

        Raises:
            CurriculumError: ``output.exists``, ``output.refused``, ``bundle.checksum`` or ``transient.io``; what
                was uploaded is then removed again.
        """
        self.require_free(name, version)
        target = self._path(name, version)
        claim, sums = f"{target}/{_CLAIM}", f"{target}/{CHECKSUMS}"
        uploaded: list[str] = []
        try:
            with self._told("written to"):
                if self._is_local:  # elsewhere this would create the bucket, whose name may be misspelt
                    self._files.makedirs(target, exist_ok=True)
                alone = self._claim(claim, files[CHECKSUMS], name, version)
                uploaded += [claim] if alone else []
                self.require_free(name, version)  # another may have ended before this claim
                for file in [*(file for file in files if file != CHECKSUMS), CHECKSUMS]:
                    path = f"{target}/{file}"
                    # Another upload of the same content may be under way, or was cut short: nothing is replaced.
                    try:
                        self._write(path, files[file])
                    except FileExistsError:
                        if file == CHECKSUMS:
                            raise self._exists(name, version) from None
                        there = self._files.cat_file(path)
                        if not files[file].startswith(there):
                            raise self._begun(name, version) from None
                        if there != files[file]:  # the first part of this same file: a write was cut short
                            self._files.pipe_file(path, files[file])
                    else:
                        # What one of two made that upload the same, the other may have found and left out.
                        uploaded += [path] if alone or path == sums else []
            check(self._read_all(name, version), f"{self.url}/{name}/{version}")
        except BaseException:
            with contextlib.suppress(Exception):
                if sums not in uploaded and self._files.exists(sums):
                    uploaded = [one for one in uploaded if one == claim]  # they belong to the other upload now
            self._remove(uploaded)
            raise
        self._remove([claim])
        return f"{self.url}/{name}/{version}"

    def _claim(self, path: str, sums: bytes, name: str, version: str) -> bool:
        """Claim a version; True if nobody else has, False if another upload of the same content has."""
        for _ in range(20):
            try:
                self._write(path, sums)
                return True
            except FileExistsError:
                pass
            with contextlib.suppress(FileNotFoundError):  # that upload has ended meanwhile
                there = self._files.cat_file(path)
                if there == sums:
                    return False
                if not sums.startswith(there):
                    break
            time.sleep(0.05)  # a folder shows a file before all of it is written
        raise self._begun(name, version)

    def withdraw(self, name: str, version: str, files: Iterable[str]) -> None:
        """Remove what ``publish`` has just uploaded, because a later step of the release failed.

        Args:
            name: The curriculum's name.
            version: Its version.
            files: Names of the bundle's files, the checksums last.
        """
        self._remove([self._path(name, version, file) for file in files])

    def _remove(self, paths: list[str]) -> None:
        for path in reversed(paths):  # the checksums first: without them the bundle is not there
            with contextlib.suppress(Exception):
                self._files.rm_file(path)

    def fetch(self, name: str, version: str | None) -> tuple[Published, dict[str, bytes]]:
        """Download a bundle and check it.

        Args:
            name: The curriculum's name.
            version: Its version, or None for the newest release; a prerelease only if there is nothing else.

        Returns:
            Its name and version, and its files.

        Raises:
            CurriculumError: ``usage.unknown_bundle``, ``bundle.checksum``, ``bundle.invalid``, ``output.refused`` or
                ``transient.io``.
        """
        there = self.versions()
        some = [one for one in there if one.name == name and version in (None, one.version)]
        if not some:
            others = [one.version for one in there if one.name == name]
            names = list(dict.fromkeys(one.name for one in there))
            hint = f"Versions there: {', '.join(others)}." if others else f"There: {', '.join(names) or 'nothing'}."
            asked = name if version is None else f"{name} {version}"
            raise CurriculumError("usage.unknown_bundle", f"There is no {asked} at {self.url}.", hint, where=self.url)
        chosen = max(some, key=lambda one: ("-" not in one.version, Version.parse(one.version)))
        files = self._read_all(chosen.name, chosen.version)
        label = f"{self.url}/{chosen.name}/{chosen.version}"
        check(files, label)
        require_of(files, chosen.name, chosen.version, label)
        return chosen, files

    def _read_all(self, name: str, version: str) -> dict[str, bytes]:
        label = f"{self.url}/{name}/{version}"
        with self._told("read"):
            files = {CHECKSUMS: self._read(self._path(name, version, CHECKSUMS), CHECKSUMS, label)}
            for file in listed(files[CHECKSUMS], label):
                with contextlib.suppress(FileNotFoundError):  # reported by ``check``
                    files[file] = self._read(self._path(name, version, file), file, label)
        return files

    def _read(self, path: str, name: str, label: str) -> bytes:
        if self._files.size(path) > largest(name):
            raise too_large(name, label)
        data: bytes = self._files.cat_file(path)
        return data

    def _write(self, path: str, data: bytes) -> None:
        """Write a file that does not exist yet; raise ``FileExistsError`` if it does."""
        if self._is_local:
            with Path(path).open("xb") as file:  # fsspec looks first and writes later, so two uploads could both pass
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        else:
            create(self._files, path, data)

    @property
    def _is_local(self) -> bool:
        protocol = self._files.protocol
        return "file" in ((protocol,) if isinstance(protocol, str) else protocol)

    def _path(self, name: str, version: str, *file: str) -> str:
        if not _NAME.fullmatch(name) or not SEMVER.fullmatch(version):
            raise CurriculumError(
                "usage.invalid",
                f"{name!r} {version!r} is no name and version of a curriculum.",
                "Names are letters, digits, dashes and underscores; versions MAJOR.MINOR.PATCH.",
            )
        return "/".join([self._base, name, version, *file])

    def _exists(self, name: str, version: str) -> CurriculumError:
        return CurriculumError(
            "output.exists",
            f"{name} {version} is at {self.url} already, and a published version is never replaced.",
            "Raise the version (`curriculum bump`), or publish elsewhere.",
            where=f"{self.url}/{name}/{version}",
        )

    def _begun(self, name: str, version: str) -> CurriculumError:
        return CurriculumError(
            "output.exists",
            f"An upload of {name} {version} to {self.url} with other content is under way, or was cut short.",
            f"If nobody else is at it, remove {self.url}/{name}/{version} and run it again.",
            where=f"{self.url}/{name}/{version}",
        )

    @contextlib.contextmanager
    def _told(self, done: str) -> Iterator[None]:
        """Turn what a store raises into an error of ours, with one sentence."""
        try:
            yield
        except CurriculumError:
            raise
        except Exception as error:
            if is_away(error):
                raise CurriculumError(
                    "transient.io", f"{self.url} did not answer: {said(error)}.", "Check the network and run it again."
                ) from error
            raise CurriculumError(
                "output.refused",
                f"{self.url} could not be {done}: {said(error)}.",
                "Check that the bucket or folder exists and that this account may use it.",
                where=self.url,
            ) from error


def _extra_needed() -> CurriculumError:
    return CurriculumError(
        "usage.extra_needed",
        "Publishing and fetching need the extra 'publish', which is not installed.",
        'Depend on "aind-curriculum-runtime[publish]" in the dev group and run `uv sync`.',
    )
