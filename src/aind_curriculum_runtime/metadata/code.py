"""Which code a session was evaluated with, and why it could not be had again, if it could not.

Owns the JSON of the code and the sentences; what git tells is ``project.checkout``'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ..contract.errors import CurriculumError
from ..project.checkout import Checkout, without_secrets
from ..project.distributions import Origin
from ..project.pyproject import Pyproject

__all__ = ["Code", "code_of", "code_of_package", "require_exact"]

_MOST_NAMED: Final = 20
"""So many changed files are named; a folder that was never committed may have thousands."""


@dataclass(frozen=True, kw_only=True)
class Code:
    """The code of a curriculum."""

    url: str | None = None
    commit: str | None = None
    lock: str | None = None
    """SHA-256 of ``uv.lock``."""

    is_dirty: bool | None = None
    distribution: str | None = None
    version: str | None = None
    """As ``pyproject.toml`` states it."""

    script: str | None = None
    """The console script that launchers call."""

    details: Mapping[str, Any] = field(default_factory=dict)
    """What else is known of the checkout, as JSON."""

    faults: tuple[CurriculumError, ...] = ()
    """Why it could not be had again from this, the worst first."""


def code_of(folder: Path, recorded: Mapping[str, Any] = MappingProxyType({})) -> Code:
    """Find out which code a repo holds.

    Args:
        folder: The curriculum's repo.
        recorded: ``curriculum`` of a ledger's entry, where the session was evaluated before now: its commit, whether
            there was more than that, and the lock are those of then.

    Returns:
        The code, as far as it is known.
    """
    is_now = recorded.get("commit") is None
    project = Pyproject.read(folder)
    here = Checkout(folder, "HEAD" if is_now else recorded["commit"])
    is_dirty = here.is_dirty if is_now else recorded.get("dirty")
    changes = here.changes if is_now else None
    lock = here.lock if is_now else recorded.get("lock")
    details = {
        "folder": here.within,
        "tree": here.tree,
        "changed_files": list(changes[:_MOST_NAMED]) if changes else None,
        "is_pushed": here.is_pushed,
        "is_shallow": here.is_shallow,
    }
    commit = here.commit if is_now else recorded["commit"]
    return Code(
        url=here.url,
        commit=commit,
        lock=lock,
        is_dirty=is_dirty,
        distribution=project.name,
        version=project.version,
        script=project.command,
        details={name: one for name, one in details.items() if one is not None},
        faults=tuple(_faults(here, commit, is_dirty, lock)),
    )


def code_of_package(distribution: str, version: str, origin: Origin | None) -> Code:
    """The code of a curriculum that is installed and no checkout.

    Args:
        distribution: The package.
        version: Its version.
        origin: Where it was installed from, if that was recorded.

    Returns:
        Its repo and commit where it was installed from git; else nothing but the reason.
    """
    if origin is not None and origin.commit is not None:
        url = without_secrets(origin.url)
        return Code(url=url, commit=origin.commit, is_dirty=False, distribution=distribution, version=version)
    hint = "Work in a checkout of its repo with `uv sync`, or install it from git."
    fault = CurriculumError("repo.no_checkout", f"{distribution} is installed as a package, without a checkout.", hint)
    return Code(distribution=distribution, version=version, faults=(fault,))


def require_exact(code: Code) -> None:
    """Refuse code that could not be had again.

    Args:
        code: The code.

    Raises:
        CurriculumError: The first of its faults: ``repo.no_git``, ``repo.uncommitted``, ``repo.no_remote``,
            ``repo.not_pushed``, ``repo.no_lock`` or ``repo.no_checkout``; ``metadata.differs`` for code that does not
            give the suggestion.
    """
    if code.faults:
        raise code.faults[0]


def _faults(here: Checkout, commit: str | None, is_dirty: bool | None, lock: str | None) -> list[CurriculumError]:
    place = str(here.folder)

    def fault(kind: str, message: str, hint: str) -> CurriculumError:
        return CurriculumError(kind, message, hint, where=place)

    if commit is None or here.within is None:
        why = "is not in a git repo, or git is not there" if here.within is None else "has no commit yet"
        return [fault("repo.no_git", f"{place} {why}.", "Run `git init`, commit and push, or install git.")]
    found = []
    if is_dirty or (here.commit is not None and here.tree is None):
        named = ", ".join((here.changes or ())[:3]) if is_dirty and here.at == "HEAD" else ""
        more = f": {named}" + (" ..." if len(here.changes or ()) > 3 else "") if named else ""
        found.append(fault("repo.uncommitted", f"{place} has changes that are not committed{more}.", "Commit them."))
    if here.url is None:
        found.append(fault("repo.no_remote", f"The git repo of {place} has no remote.", "Push it to one."))
    elif not here.is_pushed:
        told = f"No branch of the remote {here.url} has the commit {commit[:12]}, as far as was fetched."
        found.append(fault("repo.not_pushed", told, "Push it."))
    if lock is None:
        found.append(fault("repo.no_lock", f"{place} has no uv.lock.", "Run `uv lock`, and commit the file."))
    return found
