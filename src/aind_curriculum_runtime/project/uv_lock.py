"""Read ``uv.lock``: the versions of the packages in a repo's environment.

The only module that reads that file. Knows nothing of which versions are good.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final

__all__ = ["NAME", "needs", "read", "version_in", "versions"]

NAME: Final = "uv.lock"


def read(folder: Path) -> dict[str, Any] | None:
    """Read the lock file of a folder.

    Args:
        folder: The folder of a project or workspace.

    Returns:
        Its content, or None when it is missing or cannot be read.
    """
    text = _text(folder)
    try:
        return None if text is None else tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def versions(lock: dict[str, Any] | None) -> dict[str, str]:
    """The versions of the packages in a lock file.

    Args:
        lock: What ``read`` returned.

    Returns:
        Version by name of the package; empty without a lock file.
    """
    return {str(one.get("name")): str(one.get("version")) for one in _tables((lock or {}).get("package"))}


def needs(lock: dict[str, Any] | None) -> dict[str, list[str]]:
    """What each package in a lock file needs; not what only its developers do.

    Args:
        lock: What ``read`` returned.

    Returns:
        Names of packages by name of the package; empty without a lock file.
    """
    return {
        str(one.get("name")): [str(other.get("name")) for other in _tables(one.get("dependencies"))]
        for one in _tables((lock or {}).get("package"))
    }


def _tables(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def version_in(folder: Path, package: str) -> str | None:
    """The version of one package, without parsing the rest: a lock file has thousands of lines.

    Args:
        folder: The folder of a project or workspace.
        package: Name of the package, as uv writes it: in lower case, with dashes.

    Returns:
        The version, or None when the package is not in the lock file or the file cannot be read.
    """
    found = re.search(rf'^name = "{re.escape(package)}"\nversion = "([^"\n]*)"', _text(folder) or "", re.MULTILINE)
    return found[1] if found else None


def _text(folder: Path) -> str | None:
    try:
        return (folder / NAME).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
