"""The repo under test, as its files show it.

Owns reading ``pyproject.toml``, the lock file, sources and git of a curriculum repo, each at most once.
Starts nothing but git, and knows nothing of runs: ``under_test`` adds them.
"""

from __future__ import annotations

import ast
import contextlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ...contract.errors import CurriculumError
from ...contract.versions import semver_of
from ...project import uv_lock
from ...project.distributions import entry_points
from ...project.git import Git
from ...project.packages import own_packages, top_of
from ...project.pyproject import Pyproject
from ...project.template import ANSWERS, PIN_COMMENT, is_from_template
from ...session.layout import SAMPLE_SESSION
from .findings import NotApplicable

__all__ = ["RepoFiles", "Target"]


@dataclass(frozen=True)
class Target:
    """One curriculum of the repo: the name launchers use, if it has one, and where the object is."""

    name: str | None
    object: str

    @property
    def label(self) -> str:
        """Its name in messages, when the repo has several."""
        return self.name if self.name is not None else self.object

    @property
    def package(self) -> str:
        """The import package it is in."""
        return top_of(self.object)


@dataclass(eq=False)
class RepoFiles:
    """A curriculum repo on disk.

    Args:
        root: Folder of its ``pyproject.toml``.
        curriculum: Which curriculum, as ``package.module:OBJECT`` or by name; None for all it declares.
        session_override: The sample session, if it is not at ``tests/data/session``.
    """

    root: Path
    curriculum: str | None = None
    session_override: Path | None = None

    @cached_property
    def _as_written(self) -> Pyproject:
        return Pyproject.read(self.root)

    @cached_property
    def _file(self) -> Pyproject:
        """``pyproject.toml``; empty when it cannot be used."""
        return self._as_written if self.pyproject_error is None else Pyproject()

    @cached_property
    def pyproject_error(self) -> str | None:
        """Why ``pyproject.toml`` cannot be used, or None."""
        file = self._as_written
        if file.is_missing:
            return "There is no pyproject.toml."
        if file.fault is not None:
            return f"pyproject.toml {file.fault}."
        if file.name is None:
            return "pyproject.toml has no [project] with a name."
        tool = file.document.get("tool", {})
        settings = tool.get("repo-review", {}) if isinstance(tool, dict) else tool
        if not isinstance(settings, dict) or not isinstance(settings.get("ignore", {}), dict | list):
            return "pyproject.toml has a [tool.repo-review] that is not a table, or an ignore in it that is none."
        return None

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        """``pyproject.toml``; empty when it cannot be used."""
        return self._file.document

    def left_out(self, check: str) -> dict[str | None, str]:
        """What ``pyproject.toml`` leaves out of one check, such as ``"GR005:st_a_b" = "tested"``.

        Args:
            check: The check's id.

        Returns:
            The reasons, by what each is about.
        """
        ignored = self.pyproject.get("tool", {}).get("repo-review", {}).get("ignore", {})
        reasons = ignored if isinstance(ignored, dict) else dict.fromkeys(map(str, ignored), "")
        found = {name.partition(":"): str(reason) for name, reason in reasons.items()}
        return {about: reason or "no reason given" for (of, _, about), reason in found.items() if of == check and about}

    @property
    def project(self) -> dict[str, Any]:
        """The table ``[project]``; empty when ``pyproject.toml`` cannot be used."""
        return self._file.project

    @cached_property
    def project_root(self) -> Path:
        """The folder of uv's lock file and environment: the workspace's, if the repo is a member of one."""
        for folder in (self.root, *self.root.parents):
            if (folder / uv_lock.NAME).is_file():
                is_ours = folder == self.root or self.root in Pyproject.read(folder).workspace_members(folder)
                return folder if is_ours else self.root
        return self.root

    @cached_property
    def lock(self) -> dict[str, Any] | None:
        """``uv.lock``, or None when it is missing or cannot be read."""
        return uv_lock.read(self.project_root)

    @cached_property
    def declared(self) -> dict[str, str]:
        """The curricula that the repo declares: name to ``package.module:OBJECT``."""
        return self._file.curricula

    @property
    def settings(self) -> dict[str, Any]:
        """What the repo says of its use of the runtime."""
        return self._file.settings

    @property
    def dependencies(self) -> set[str]:
        """The packages that the repo needs, by their normalised names."""
        return self._file.dependency_names

    def unpinned(self, name: str) -> str | None:
        """How the repo asks for a package, if it does not ask for one version of it.

        Args:
            name: Its normalised name.

        Returns:
            The requirement as it is written; None for a pinned package, and for one that the repo does not ask for.
        """
        return None if self._file.is_pinned(name) else self._file.requirement(name)

    @property
    def version(self) -> str:
        """The version in ``[project]`` as a semantic one; as it is written where it is none, and empty without one."""
        version = str(self.project.get("version", ""))
        try:
            return semver_of(version)
        except ValueError:
            return version

    @property
    def version_is_generated(self) -> bool:
        """Whether the build makes the version, for example from git tags."""
        return self._file.version_is_generated

    @cached_property
    def targets(self) -> list[Target]:
        """The curricula to test."""
        if self.curriculum is not None and ":" in self.curriculum:
            name = next((name for name, value in self.declared.items() if value == self.curriculum), None)
            return [Target(name, self.curriculum)]
        chosen = {name: value for name, value in self.declared.items() if self.curriculum in (None, name)}
        return [Target(name, value) for name, value in sorted(chosen.items())]

    @cached_property
    def from_template(self) -> bool:
        """Whether Copier keeps the repo up to date, from this template and not from some other."""
        return is_from_template(self.root)

    @property
    def lost_answers(self) -> bool:
        """Whether the repo was made from the template, as its pin says, and its answers are gone."""
        return not (self.root / ANSWERS).is_file() and self.line_of("pyproject.toml", PIN_COMMENT) is not None

    @cached_property
    def own_command(self) -> str | None:
        """The object behind the command that a launcher calls, where the repo itself declares it, or None."""
        return self._file.scripts.get(self.command)

    @property
    def command(self) -> str:
        """The console script that a launcher calls."""
        return self._file.command

    @cached_property
    def hides_command(self) -> str | None:
        """The installed package with a command that hides the one which a launcher calls, or None."""
        name = "Lib/site-packages" if os.name == "nt" else "lib/python*/site-packages"
        folders = (self.project_root / ".venv").glob(name)
        scripts = [one for one in entry_points("console_scripts", [*map(str, folders)]) if one.name == self.command]
        return next((one.distribution.name for one in scripts if top_of(one.value) != top_of(__package__)), None)

    @cached_property
    def locked(self) -> dict[str, str]:
        """The versions that the lock file holds, by package; empty without one."""
        return uv_lock.versions(self.lock)

    @property
    def uses_runtime(self) -> bool:
        """Whether the command that a launcher calls is the runtime's."""
        own = self.own_command
        return bool(self.declared) and (own is None or own.replace(" ", "") == "aind_curriculum_runtime.cli:main")

    def require_runtime(self) -> None:
        """Make sure that the repo uses the runtime's command, because the check is about a promise of the runtime.

        Raises:
            NotApplicable: The command that a launcher calls is the repo's own, or no curriculum is declared.
        """
        if not self.declared and self.own_command is None:
            raise NotApplicable("no curriculum is declared by entry point")
        if not self.uses_runtime:
            raise NotApplicable(f"the repo's `{self.command}` command is its own, and this is the runtime's promise")

    @cached_property
    def session(self) -> Path | None:
        """The sample session, or None."""
        found = self.session_override if self.session_override is not None else self.root / SAMPLE_SESSION
        return found if found.is_dir() else None

    @cached_property
    def packages(self) -> list[Path]:
        """The import packages that hold the curricula: folders, or single module files."""
        tops = sorted({target.package for target in self.targets})
        return [path for top in tops for path in own_packages(self.root, top)]

    def require_own_code(self) -> None:
        """Make sure that a curriculum's code is in the repo, because the check is about what its author can change.

        Raises:
            NotApplicable: The repo wraps curricula of installed packages, and holds none of its own.
        """
        if self.targets and not self.packages:
            raise NotApplicable(f"the curriculum's code is that of an installed package, {self.targets[0].package}")

    @cached_property
    def sources(self) -> dict[str, ast.Module]:
        """The syntax tree of each module of ``packages`` that parses, by its path in the repo, as an import runs it."""
        found = {}
        for folder in self.packages:
            for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]:
                try:
                    tree = ast.parse(path.read_text(encoding="utf-8-sig"), str(path))
                    tree.body = [node for node in tree.body if not _is_for_scripts(node)]
                    found[self.relative(path)] = tree
                except (SyntaxError, UnicodeDecodeError, ValueError):
                    continue  # reported by the import
        return found

    def relative(self, path: Path) -> str:
        """A path relative to the repo, with forward slashes."""
        return path.relative_to(self.root).as_posix()

    def place_of(self, rule: dict[str, Any]) -> tuple[str | None, int | None]:
        """Where a rule's function is, if that is in the repo.

        Args:
            rule: A record of ``probe`` with ``file`` and ``line``.

        Returns:
            Path in the repo and line; None for both when the function is elsewhere.
        """
        if rule["file"] is None:
            return None, None
        try:
            return self.relative(Path(rule["file"]).resolve()), rule["line"]
        except ValueError:
            return None, None

    @cached_property
    def checkout(self) -> Path:
        """The folder that git checked out: one above, if the repo is a folder of a larger one."""
        top = self.git("rev-parse", "--show-toplevel")
        return Path(top).resolve() if top else self.root

    def line_of(self, name: str, text: str) -> int | None:
        """The number, from 1, of the first line of a file that contains ``text``, or None."""
        try:
            lines = (self.root / name).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return None
        return next((number for number, line in enumerate(lines, 1) if text in line), None)

    @cached_property
    def files(self) -> list[str]:
        """Files of the repo: those that git tracks or does not ignore; without git all but environments and caches."""
        return self._list_files()

    @cached_property
    def in_git(self) -> frozenset[str] | None:
        """Files that git tracks, staged ones included; None without git, and before the first commit."""
        if self.git("rev-parse", "--quiet", "--verify", "HEAD") is None:
            return None
        return frozenset((self.git("ls-files", "-z") or "").split("\0"))

    def _list_files(self) -> list[str]:
        listed = self.git("ls-files", "--cached", "--others", "--exclude-standard", "-z")
        if listed is not None:
            return sorted(name for name in set(listed.split("\0")) if name and (self.root / name).is_file())
        if not (self.root / "pyproject.toml").is_file():
            return []  # it may be somebody's home directory
        skipped = {".venv", ".git", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", "node_modules"}
        return sorted(
            self.relative(path)
            for path in self.root.rglob("*")
            if path.is_file() and not skipped & set(path.relative_to(self.root).parts)
        )

    @cached_property
    def snapshot(self) -> dict[str, tuple[int, int]]:
        """The repo's files before the first run, with size and time of change."""
        return self.look()

    def look(self) -> dict[str, tuple[int, int]]:
        """List the repo's files as they are now.

        Returns:
            Size in bytes and time of the last change in nanoseconds, by path.
        """
        found = {}
        for name in self._list_files():
            with contextlib.suppress(OSError):
                status = (self.root / name).stat()
                found[name] = (status.st_size, status.st_mtime_ns)
        return found

    def git(self, *arguments: str) -> str | None:
        """Ask git about the repo.

        Args:
            arguments: What follows `git`.

        Returns:
            Its output, or None when it failed, is not installed or the repo is not in git.
        """
        try:
            return Git(self.root).ask(*arguments)
        except CurriculumError:  # no git on this machine
            return None


def _is_for_scripts(node: ast.stmt) -> bool:
    """Whether a statement is `if __name__ == "__main__":`, which no import runs."""
    return isinstance(node, ast.If) and not node.orelse and ast.unparse(node.test) == "__name__ == '__main__'"
