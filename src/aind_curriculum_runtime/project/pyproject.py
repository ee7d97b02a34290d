"""``pyproject.toml``, as a person wrote it: anything may stand in it, and nothing in it is trusted.

Owns every reading of that file. An accessor gives a value of its type, or an empty one where something else stands
there; what is wrong is told in words. Knows nothing of what callers conclude.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

from .distributions import ENTRY_POINT_GROUP, normalised

__all__ = ["NAME", "Pyproject"]

NAME: Final = "pyproject.toml"

_TABLES: Final = (
    ("project",),
    ("project", "entry-points"),
    ("project", "entry-points", ENTRY_POINT_GROUP),
    ("project", "scripts"),
)


@dataclass(frozen=True)
class Pyproject:
    """What a ``pyproject.toml`` says.

    Args:
        document: All of it; empty when it cannot be read.
        fault: Why it cannot be read, to follow the file's name in a sentence; None when it is TOML.
        is_missing: Whether there is no such file; ``fault`` says so too.
    """

    document: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None
    is_missing: bool = False

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the ``pyproject.toml`` of a folder, whatever is in it.

        Args:
            folder: The folder.

        Returns:
            What it says, or why it cannot be read.
        """
        try:
            return cls.parse((folder / NAME).read_bytes())
        except FileNotFoundError:
            return cls(fault="is missing", is_missing=True)
        except OSError as error:
            return cls(fault=f"cannot be read: {error.strerror}")

    @classmethod
    def parse(cls, content: str | bytes) -> Self:
        """Read the content of a ``pyproject.toml``.

        Args:
            content: All of it, as text or as bytes.

        Returns:
            What it says, or why it cannot be read.
        """
        try:
            text = content.decode("utf-8") if isinstance(content, bytes) else content
            # Editors on Windows begin a file with a byte order mark; uv reads past it, tomllib does not.
            return cls(tomllib.loads(text.removeprefix("\ufeff")))
        except ValueError as error:  # no TOML, not UTF-8, or an integer of thousands of digits
            return cls(fault=f"is not valid TOML: {error}")
        except RecursionError:
            return cls(fault="is not valid TOML: it is nested too deeply")

    @property
    def problem(self) -> str | None:
        """What keeps its curricula from being known: the fault, or a table of theirs that is something else."""
        if self.fault is not None:
            return self.fault
        for keys in _TABLES:
            if not isinstance(self.table(*keys[:-1]).get(keys[-1], {}), dict):
                return f"has a {'.'.join(keys)} that is not a table"
        return None

    def table(self, *keys: str) -> dict[str, Any]:
        """Find a table.

        Args:
            *keys: The way there.

        Returns:
            The table; empty where there is something else, or nothing.
        """
        found: Any = self.document
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def project(self) -> dict[str, Any]:
        """The table ``[project]``."""
        return self.table("project")

    @property
    def name(self) -> str | None:
        """Name of the distribution."""
        return _text(self.project.get("name"))

    @property
    def version(self) -> str | None:
        """The version as it is written; None where none is stated, or none as text."""
        return _text(self.project.get("version"))

    @property
    def version_is_generated(self) -> bool:
        """Whether the build makes the version (``dynamic``)."""
        return "version" in _texts(self.project.get("dynamic"))

    @property
    def dependency_names(self) -> set[str]:
        """The packages that it needs, by their normalised names."""
        names = (re.split(r"[^\w.-]", one.strip(), maxsplit=1)[0] for one in _texts(self.project.get("dependencies")))
        return {normalised(name) for name in names}

    @property
    def scripts(self) -> dict[str, str]:
        """Its console scripts: name to ``package.module:function``."""
        return {name: str(value) for name, value in self.table("project", "scripts").items()}

    @cached_property
    def curricula(self) -> dict[str, str]:
        """The curricula that it declares: name to ``package.module:OBJECT``."""
        points = self.table("project", "entry-points", ENTRY_POINT_GROUP)
        return {name: str(value).replace(" ", "") for name, value in points.items()}

    def workspace_members(self, root: Path) -> set[Path]:
        """The folders that belong to its uv workspace; what is no pattern for one is left to uv to complain of.

        Args:
            root: The folder that it is in.

        Returns:
            Existing paths below ``root``.
        """
        workspace = self.table("tool", "uv", "workspace")
        return _fitting(root, workspace.get("members")) - _fitting(root, workspace.get("exclude"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _fitting(root: Path, patterns: object) -> set[Path]:
    found: set[Path] = set()
    for pattern in _texts(patterns):
        if not Path(pattern).parts or Path(pattern).anchor or ".." in Path(pattern).parts:
            continue
        try:
            found.update(root.glob(pattern))
        except (OSError, ValueError):
            continue
    return found
