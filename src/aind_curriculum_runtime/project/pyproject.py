"""Read ``pyproject.toml``, which a person wrote: any value in it may have any type.

The only module that reads that file. A property returns a value of its type, or an empty one when the file has
something else; ``fault`` and ``problem`` say in words what is wrong. Knows nothing of what callers conclude.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

from ..contract.console_script import NAMES
from .distributions import ENTRY_POINT_GROUP, FORMER_NAMES, normalised

__all__ = ["NAME", "SETTINGS", "Pyproject", "name_of"]

NAME: Final = "pyproject.toml"

SETTINGS: Final = "aind-curriculum-runtime"
"""The table below ``[tool]`` that says how a repo uses the runtime."""


_TABLES: Final = (
    ("project",),
    ("project", "entry-points"),
    ("project", "entry-points", ENTRY_POINT_GROUP),
    ("project", "entry-points", FORMER_NAMES),
    ("project", "scripts"),
)


@dataclass(frozen=True)
class Pyproject:
    """What a ``pyproject.toml`` says.

    Args:
        document: All of it; empty when it cannot be read.
        fault: Why it cannot be read, worded to follow the file's name; None when it is TOML.
        is_missing: Whether there is no such file; ``fault`` says so too.
    """

    document: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None
    is_missing: bool = False

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the ``pyproject.toml`` of a folder, valid or not.

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
        except ValueError as error:  # not TOML, not UTF-8, or an integer of thousands of digits
            return cls(fault=f"is not valid TOML: {error}")
        except RecursionError:
            return cls(fault="is not valid TOML: it is nested too deeply")

    @property
    def problem(self) -> str | None:
        """Why its curricula cannot be read: ``fault``, or a value where a table must be; None when they can."""
        if self.fault is not None:
            return self.fault
        for keys in _TABLES:
            if not isinstance(self.table(*keys[:-1]).get(keys[-1], {}), dict):
                return f"has a {'.'.join(keys)} that is not a table"
        return None

    def table(self, *keys: str) -> dict[str, Any]:
        """Find a table.

        Args:
            *keys: The names that lead to it, from the top of the file.

        Returns:
            The table; empty when it is missing or not a table.
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
        """The version as it is written; None when it is missing or not a string."""
        return _text(self.project.get("version"))

    @property
    def version_is_generated(self) -> bool:
        """Whether the build computes the version (``dynamic``)."""
        return "version" in _texts(self.project.get("dynamic"))

    @property
    def dependency_names(self) -> set[str]:
        """Normalised names of the packages that it depends on."""
        return {name_of(one) for one in _texts(self.project.get("dependencies"))}

    def requirement(self, name: str) -> str | None:
        """How the repo asks for a package.

        Args:
            name: Its normalised name.

        Returns:
            The requirement as it is written; None when the package is none of its dependencies.
        """
        return next((one for one in _texts(self.project.get("dependencies")) if name_of(one) == name), None)

    def is_pinned(self, name: str) -> bool:
        """Whether the repo asks for one version of a package: by number, commit, tag or folder, not by a range.

        Args:
            name: Its normalised name, of one of its dependencies.

        Returns:
            False for a range, a branch, and no version at all.
        """
        asked = (self.requirement(name) or "").partition(";")[0]
        sources = {normalised(key): value for key, value in self.table("tool", "uv", "sources").items()}
        source = sources.get(name)
        if isinstance(source, dict) and not {"rev", "tag", "path", "url", "workspace"}.isdisjoint(source):
            return True
        if "@" in asked:  # a direct reference; one to a git repo has a second @ before the commit
            address = asked.partition("@")[2].partition("#")[0].strip()
            return not address.startswith("git+") or "@" in address.rpartition("/")[2]
        return re.search(r"={2,3}[^,*]+$", asked.rstrip()) is not None

    @property
    def scripts(self) -> dict[str, str]:
        """Its console scripts: name to ``package.module:function``."""
        return {name: str(value) for name, value in self.table("project", "scripts").items()}

    @property
    def settings(self) -> dict[str, Any]:
        """The table ``[tool.aind-curriculum-runtime]``."""
        return self.table("tool", SETTINGS)

    @property
    def command(self) -> str:
        """The console script by which launchers call the runtime in this repo.

        ``curriculum``, unless the repo says ``command = "aind-curriculum"`` under ``[tool.aind-curriculum-runtime]``,
        because a package that it depends on installs a ``curriculum`` of its own. A repo must say so: a runtime from
        before there were two has only the first, and `uv run` would take the second from anywhere on PATH.
        """
        asked = self.settings.get("command")
        return asked if asked in NAMES else NAMES[0]

    @cached_property
    def curricula(self) -> dict[str, str]:
        """The curricula that it declares: name to ``package.module:OBJECT``."""
        points = self.table("project", "entry-points", ENTRY_POINT_GROUP)
        return {name: str(value).replace(" ", "") for name, value in points.items()}

    @cached_property
    def former_names(self) -> dict[str, str]:
        """Names that its curricula had before: each with the ``package.module:OBJECT`` that it leads to."""
        points = self.table("project", "entry-points", FORMER_NAMES)
        return {name: str(value).replace(" ", "") for name, value in points.items()}

    def workspace_members(self, root: Path) -> set[Path]:
        """The folders of its uv workspace; a pattern that is not valid is skipped, because uv reports it.

        Args:
            root: The folder that the file is in.

        Returns:
            Existing paths below ``root``.
        """
        workspace = self.table("tool", "uv", "workspace")
        return _fitting(root, workspace.get("members")) - _fitting(root, workspace.get("exclude"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def name_of(requirement: str) -> str:
    """The package that a requirement asks for.

    Args:
        requirement: Such as ``package[extra]>=1.2``.

    Returns:
        The package's normalised name.
    """
    return normalised(re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0])


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
