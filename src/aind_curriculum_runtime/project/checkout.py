"""Which code a folder holds, as far as git and the lock file tell: enough to have the very same again.

Owns the facts of a checkout: where it comes from, its commit, what in it is not committed, and the hash of its lock.
Each is asked for when somebody reads it, and is None where nobody can tell. Knows nothing of curricula.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from ..contract.errors import CurriculumError
from . import uv_lock
from .git import Git

__all__ = ["Checkout", "without_secrets"]


@dataclass(frozen=True)
class Checkout:
    """The code of a folder.

    Args:
        folder: A repo, or a folder of a larger one.
        at: The commit that is meant; what is checked out by default.
    """

    folder: Path
    at: str = "HEAD"

    def _ask(self, *arguments: str) -> str | None:
        try:
            return Git(self.folder).ask(*arguments)
        except CurriculumError:  # a rig need not have git
            return None

    @cached_property
    def commit(self) -> str | None:
        """The commit's id; None without git, or where that commit is not known."""
        return self._ask("rev-parse", "--quiet", "--verify", "--end-of-options", f"{self.at}^{{commit}}")

    @cached_property
    def tree(self) -> str | None:
        """Git's hash of the folder's committed files; None for a folder that is not in the commit."""
        return self._ask("rev-parse", "--quiet", "--verify", f"{self.commit}:./") if self.commit else None

    @cached_property
    def within(self) -> str | None:
        """The path of the folder in its repo, with slashes; empty for the repo itself."""
        prefix = self._ask("rev-parse", "--show-prefix")
        return None if prefix is None else prefix.rstrip("/")

    @cached_property
    def changes(self) -> tuple[str, ...] | None:
        """Files of the folder that are not as they are committed, new ones included."""
        text = self._ask("status", "--porcelain", "--untracked-files=normal", "-z", "--no-renames", "--", ".")
        return None if text is None else tuple(entry[3:] for entry in text.split("\0") if entry)

    @property
    def is_dirty(self) -> bool | None:
        """Whether there are such files."""
        return None if self.changes is None else bool(self.changes)

    @cached_property
    def url(self) -> str | None:
        """The address of the remote that it came from, without a password; None for a repo without a remote."""
        remotes = (self._ask("remote") or "").split()
        if not remotes:
            return None
        # Not `remote get-url`, which this machine's settings may turn into another address.
        url = self._ask("config", "--get", f"remote.{'origin' if 'origin' in remotes else remotes[0]}.url")
        return without_secrets(url) if url else None

    @cached_property
    def is_pushed(self) -> bool | None:
        """Whether a branch of a remote has the commit, as far as was fetched."""
        if self.commit is None:
            return None
        found = self._ask("for-each-ref", "--count=1", f"--contains={self.commit}", "refs/remotes")
        return None if found is None else bool(found)

    @cached_property
    def is_shallow(self) -> bool | None:
        """Whether older commits, and the tags on them, may be missing."""
        found = self._ask("rev-parse", "--is-shallow-repository")
        return None if found is None else found == "true"

    @cached_property
    def lock_file(self) -> Path | None:
        """Its ``uv.lock``, or that of the workspace it is in."""
        above = len(Path(self.within or "").parts)
        files = [folder / uv_lock.NAME for folder in (self.folder, *self.folder.parents[:above])]
        return next((file for file in files if file.is_file()), None)

    @cached_property
    def lock(self) -> str | None:
        """The hash of that file: SHA-256, the same whatever line ends git gave it."""
        try:
            data = None if self.lock_file is None else self.lock_file.read_bytes()
        except OSError:
            return None
        return None if data is None else hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def without_secrets(url: str) -> str:
    """Take name and password out of the address of a repo; the name of ssh stays, which is the same for everybody.

    Args:
        url: As a clone has it: a URL, ``git@host:path``, or the path of a folder.

    Returns:
        The address, which may be shown.
    """
    if "://" not in url:
        return url
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    keep = f"{name}@" if name and parts.scheme not in ("http", "https") else ""
    return urlunsplit(parts._replace(netloc=f"{keep}{host}"))
