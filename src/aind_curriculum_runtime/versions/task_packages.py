"""The packages that a curriculum's task comes from, at the versions that its own lock pins.

Another version of such a package changes the task's model although no line of the repo changes. So each version of a
curriculum is imported with its own; of everything else it gets what is installed here. Owns which packages count, and
how one is had that is not installed. Knows nothing of what they hold.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Final

from ..processes.children import last_line
from ..processes.environment import GIT, PYTHON, UV, without
from ..project import uv_lock
from ..project.distributions import normalised, version_of

__all__ = ["install", "is_installed", "pinned"]

_LIBRARY: Final = "aind-behavior-curriculum"
"""What every task is a class of: a package that does not build on it defines none."""

_RUNTIME: Final = "aind-curriculum-runtime"

_TIMEOUT: Final = 60.0
"""Seconds that uv may take for them."""


def pinned(folder: Path, project: str) -> dict[str, str]:
    """The versions of the task's packages that a lock pins.

    Args:
        folder: The folder of a curriculum repo.
        project: Name of its distribution.

    Returns:
        Version by name, of each package that the repo needs and that builds on the library; empty without a lock.
    """
    lock = uv_lock.read(folder)
    needed = uv_lock.needs(lock)
    reached = _reached(normalised(project), needed) - {normalised(project), _RUNTIME, _LIBRARY}
    versions = uv_lock.versions(lock)
    return {name: versions[name] for name in sorted(reached) if _LIBRARY in _reached(name, needed)}


def _reached(name: str, needs: dict[str, list[str]]) -> set[str]:
    """A package and all that it needs, directly or not."""
    reached: set[str] = set()
    pending = [name]
    while pending:
        one = pending.pop()
        if one in needs and one not in reached:
            reached.add(one)
            pending += needs[one]
    return reached


def is_installed(package: str, version: str) -> bool:
    """Whether a package is installed here at a version.

    Args:
        package: Its name.
        version: The version, as a lock spells it.

    Returns:
        False for another version, and where it is not installed.
    """
    try:
        return version_of(package) == version
    except ModuleNotFoundError:
        return False


def install(packages: Collection[str], folder: Path, target: Path) -> str | None:
    """Install packages as the lock of a repo pins them, each without what it needs itself.

    Args:
        packages: Their names.
        folder: The folder of the repo.
        target: The folder to import them from.

    Returns:
        None, or in words why they cannot be had.
    """
    others = uv_lock.versions(uv_lock.read(folder)).keys() - packages
    left_out = [argument for name in sorted(others) for argument in ("--no-emit-package", name)]
    requirements = target.with_name(f"{target.name}.txt")
    export = ["export", "--frozen", "--no-hashes", "--no-editable", "--quiet", "--output-file", str(requirements)]
    fetch = ["pip", "install", "--no-deps", "--quiet", "--python", sys.executable, "--target", str(target)]
    return _why_not([*export, *left_out], folder) or _why_not([*fetch, "--requirements", str(requirements)], folder)


def _why_not(arguments: list[str], folder: Path) -> str | None:
    """Run uv; None when it succeeds, or why it does not."""
    try:
        done = subprocess.run(
            ["uv", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=without(GIT, PYTHON, UV),
            timeout=_TIMEOUT,
            check=False,
        )
    except OSError as error:
        return f"uv cannot be started: {error.strerror}"
    except subprocess.TimeoutExpired:
        return f"uv did not end within {_TIMEOUT:.0f} s"
    return None if done.returncode == 0 else last_line(done.stderr.decode("utf-8", "replace"))
