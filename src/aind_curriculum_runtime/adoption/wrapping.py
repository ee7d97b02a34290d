"""Wrapping: a repo of the template whose curriculum is one of an installed package, unchanged.

Owns what such a repo holds: the package pinned, the entry point under the name that the curriculum has, the version of
the curriculum as the repo's own, and nothing of the template's example. Writes nothing: it gives the files.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from ..contract.console_script import NAMES
from ..contract.errors import CurriculumError
from ..contract.versions import semver_of
from ..curriculum.author_code import a_value, curriculum_code
from ..curriculum.discovery import Registered
from ..curriculum.loading import load
from ..look.mermaid import HEADER, inserted, markdown
from ..look.read import read_model
from ..project.distributions import entry_points
from ..project.git import Git
from ..project.packages import as_pinned, distribution_of, own_packages, top_of
from ..project.pyproject import Pyproject
from ..project.template import FileClass, classify
from ..session.layout import SAMPLE_SESSION, require_session, too_deep, unreadable
from ..versions.bump import with_version
from ..versions.changelog import NAME as CHANGELOG
from ..versions.changelog import has_entry, opened_entry
from .repo_files import (
    changed_since_scaffold,
    own_package,
    require_as_scaffolded,
    require_committed,
    with_curricula,
    with_requirement,
    with_setting,
)

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum

__all__ = ["SESSION_LIMIT", "Wrapped", "wrapped"]

SESSION_LIMIT: Final = 20 * 2**20
"""Bytes of the largest session that is copied in: it is in every clone, and a check copies it some forty times."""

_PROJECT, _PAGE, _README_FILE = "pyproject.toml", "docs/curriculum.md", "README.md"
_REWRITTEN: Final = (_PROJECT, _PAGE, _README_FILE, CHANGELOG)


@dataclass(frozen=True, kw_only=True)
class Wrapped:
    """A repo as it is when it wraps a curriculum."""

    name: str
    version: str
    requirement: str
    """What the repo depends on for it, pinned."""

    command: str
    """The console script by which launchers call it."""

    has_session: bool
    files: Mapping[Path, bytes | None]
    """Each file to write, and None for each to delete."""


@dataclass(frozen=True, kw_only=True)
class _Repo:
    """The repo as it is."""

    root: Path
    file: Pyproject
    package: str
    """Its own import package, which the template made, and which stays, because the build wants one."""

    @property
    def init(self) -> str:
        """The one file of that package that stays."""
        return f"src/{self.package}/__init__.py"

    @cached_property
    def has_own_code(self) -> bool:
        """Whether the curriculum that it declares now is code of its own: if not, it wraps one already."""
        return any(own_packages(self.root, top_of(target)) for target in self.file.curricula.values())

    def text(self, name: str) -> str:
        """A file's content; empty when it is missing."""
        path = self.root / name
        try:
            return path.read_text(encoding="utf-8") if path.is_file() else ""
        except UnicodeDecodeError:
            raise CurriculumError(
                "repo.not_fresh", f"{name} is not UTF-8, so it cannot be changed.", "Save it as UTF-8.", where=name
            ) from None


@dataclass(frozen=True, kw_only=True)
class _Brought:
    """What it is going to wrap."""

    curriculum: Curriculum[Any]
    target: str
    requirement: str
    version: str
    command: str


def wrapped(root: Path, target: str, session: Path | None = None) -> Wrapped:
    """Work out what makes a repo of the template wrap a curriculum; a repo that wraps one already gets another.

    Args:
        root: The repo.
        target: Where the curriculum is in the environment: ``package.module:OBJECT``.
        session: A session directory to copy in as the sample session, if there is one.

    Returns:
        What to write.

    Raises:
        CurriculumError: ``repo.not_fresh``, ``repo.uncommitted``, ``repo.version``, ``usage.invalid``; what importing
            the curriculum and reading the session raises.
    """
    repo = _repo(root)
    require_committed(root, _REWRITTEN)  # soon, because the import takes seconds
    brought = _brought(target, repo.file.command)
    tracked = [name for name in Git(root)("ls-files", "-z").split("\0") if name]
    going = [name for name in tracked if _goes(repo, name, replaces_session=session is not None)]
    if repo.has_own_code:
        require_as_scaffolded(root, going)
    require_committed(root, [repo.init, *going, SAMPLE_SESSION])
    copied = _session_files(session) if session is not None else {}
    files: dict[str, bytes | None] = dict.fromkeys(going)
    files |= {f"{SAMPLE_SESSION}/{name}": content for name, content in copied.items()}
    files |= {name: text.encode("utf-8") for name, text in _rewritten(repo, brought).items()}
    stays = any(name.startswith(f"{SAMPLE_SESSION}/") for name in {*tracked} - {*going})
    return Wrapped(
        name=brought.curriculum.name,
        version=brought.version,
        requirement=brought.requirement,
        command=brought.command,
        has_session=bool(copied) or stays,
        files={root / name: content for name, content in files.items()},
    )


def _repo(root: Path) -> _Repo:
    file = Pyproject.read(root)
    return _Repo(root=root, file=file, package=own_package(root, file))


def _goes(repo: _Repo, name: str, *, replaces_session: bool) -> bool:
    """Whether a file has no place in a repo that wraps a curriculum."""
    if not repo.has_own_code:  # what was the example's is the repo's own by now
        return replaces_session and name.startswith(f"{SAMPLE_SESSION}/")
    return classify(name, repo.package) is FileClass.EXAMPLE and name not in {*_REWRITTEN, repo.init}


def _brought(target: str, command: str) -> _Brought:
    curriculum, requirement = _curriculum(target)
    return _Brought(
        curriculum=curriculum,
        target=target,
        requirement=requirement,
        version=_version(curriculum, target),
        command=NAMES[1] if _hides_command() else command,
    )


def _curriculum(target: str) -> tuple[Curriculum[Any], str]:
    """Import the curriculum, with every check that `run` makes, and find the requirement that brings it."""
    if not re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*:[A-Za-z_]\w*(\.\w+)*", target):
        raise CurriculumError(
            "usage.invalid",
            f"{target!r} does not say where a curriculum is.",
            "Give PACKAGE.MODULE:OBJECT, such as some_package.depletion.curriculum:CURRICULUM.",
        )
    found = _imported(target)
    distribution = distribution_of(top_of(target))
    if distribution is None:
        raise CurriculumError(
            "usage.invalid",
            f"{top_of(target)} is not of an installed package, so it cannot be pinned.",
            "Give a curriculum of a package that `uv add` or `uv run --with` brings.",
        )
    requirement = _requirement(distribution)
    registered = Registered(name=found.name, target=target, distribution=distribution, version=found.version)
    return load(registered), requirement


def _here() -> str:
    """The runtime's command as `uv run --with` can call it in this repo.

    Where a path has a space or more bytes than Linux reads (127), a script cannot name its interpreter in its first
    line. uv 0.13 then starts the script with the repo's own environment, without what `--with` brings.
    """
    first_line = f"#!{sys.executable}\n"
    is_told_otherwise = os.name == "posix" and (" " in first_line or len(os.fsencode(first_line)) > 127)
    return "python -m aind_curriculum_runtime.cli" if is_told_otherwise else NAMES[1]


def _imported(target: str) -> Curriculum[Any]:
    module_name, _, attributes = target.partition(":")
    call = f"uv run --with PACKAGE==VERSION {_here()} wrap {target}"
    bring = f"`{call}` brings the package that has it, for this one call."
    with curriculum_code("repo.import_failed", f"{target} does not import", bring):
        found: object = importlib.import_module(module_name)
        for attribute in attributes.split("."):
            found = getattr(found, attribute)

    from aind_behavior_curriculum import Curriculum

    if not isinstance(found, Curriculum):
        others = [name for name, one in vars(sys.modules[module_name]).items() if isinstance(one, Curriculum)]
        raise CurriculumError(
            "repo.not_a_curriculum",
            f"{target} is {a_value(found)}, not a Curriculum object.",
            f"That module has: {', '.join(others)}." if others else "That module has no Curriculum object.",
        )
    return found


def _requirement(distribution: str) -> str:
    found = as_pinned(distribution)
    if found is None:
        raise CurriculumError(
            "usage.invalid",
            f"{distribution} is installed from this machine's disk, so no other machine could have it.",
            "Bring it from a package index or from git: `uv run --with PACKAGE==VERSION`, or `--with git+URL@COMMIT`.",
        )
    return found


def _version(curriculum: Curriculum[Any], target: str) -> str:
    """The curriculum's own version, which becomes the repo's; packaging may not spell it in another way."""
    try:
        if re.fullmatch(r"\d+\.\d+\.\d+", semver_of(curriculum.version)):
            return curriculum.version
    except ValueError:
        pass
    raise CurriculumError(
        "repo.version",
        f"The version {curriculum.version!r} of {target} is not MAJOR.MINOR.PATCH.",
        "The repo's version must be the curriculum's: take a released version of the package.",
    )


def _hides_command() -> bool:
    """Whether a package of this environment installs a command `curriculum` of its own, as the wrapped one may."""
    scripts = [point for point in entry_points("console_scripts") if point.name == NAMES[0]]
    return any(top_of(point.value) != top_of(__package__) for point in scripts)


def _session_files(session: Path) -> dict[str, bytes]:
    """The files of a session directory, by their paths in it."""
    directory = require_session(session)
    if hint := too_deep(directory):
        raise CurriculumError("usage.invalid", f"{directory} is not a session directory.", hint.strip())
    try:
        return _read_session(directory)
    except OSError as error:
        raise unreadable(directory, error) from error


def _read_session(directory: Path) -> dict[str, bytes]:
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    sizes = {path: path.stat().st_size for path in paths}
    if sum(sizes.values()) > SESSION_LIMIT:
        largest = max(paths, key=lambda path: sizes[path]).relative_to(directory).as_posix()
        raise CurriculumError(
            "usage.invalid",
            f"The session {directory} has {sum(sizes.values()) / 2**20:.0f} MiB, and a sample session at most "
            f"{SESSION_LIMIT // 2**20}; its largest file is {largest}.",
            "Give a copy without the files that the metrics do not read, such as videos.",
            where=str(directory),
        )
    return {PurePosixPath(path.relative_to(directory)).as_posix(): path.read_bytes() for path in paths}


def _rewritten(repo: _Repo, brought: _Brought) -> dict[str, str]:
    """The files that say what the repo is."""
    model = read_model(brought.curriculum)
    found = {_PROJECT: _project(repo, brought), repo.init: _INIT}
    page, log, readme = (repo.text(name) for name in (_PAGE, CHANGELOG, _README_FILE))
    if not page or HEADER in page:  # else it is a page that people wrote
        found[_PAGE] = markdown(model)
    if log and not has_entry(log, brought.version):
        told = f"The curriculum `{model.name}`, unchanged: `{brought.target}` of `{brought.requirement}`."
        found[CHANGELOG] = opened_entry(log, brought.version, date.today().isoformat(), [told])
    if readme and repo.has_own_code and not changed_since_scaffold(repo.root, [_README_FILE]):
        readme = _README.format(
            repo=repo.file.name,
            description=repo.file.project.get("description", ""),
            name=model.name,
            target=brought.target,
            command=brought.command,
            url=repo.file.table("project", "urls").get("Repository", "URL"),
        )
    with_diagram = inserted(model, readme)
    return found | ({_README_FILE: with_diagram} if with_diagram is not None else {})


def _project(repo: _Repo, brought: _Brought) -> str:
    text = with_requirement(repo.text(_PROJECT), brought.requirement)
    text = with_curricula(text, {brought.curriculum.name: brought.target})
    text = with_version(text, brought.version)
    if brought.command == repo.file.command:
        return text
    why = "What launchers call: a package that this repo needs has a `curriculum` too."
    return with_setting(text, "command", brought.command, why)


_INIT: Final = '"""No code is here: pyproject.toml says which package has the curriculum."""\n'

_README: Final = """\
# {repo}

{description}

This repo wraps the curriculum `{name}` of a package that `pyproject.toml` pins, unchanged: it is
`{target}`.
What the repo adds is the contract with launchers, the checks and the pictures.

<!-- curriculum diagram -->
<!-- end of the curriculum diagram -->

[docs/curriculum.md](docs/curriculum.md) has the rules and the parameters of every stage.

## The commands one needs first

    uv run {command} demo        the suggestion for the sample session in tests/data/session, with a summary
    uv run {command} show        the curriculum in the terminal
    uv run {command} check       whether a launcher can rely on this repo: the contract, check by check
    uv run pytest                      the contract, as a test

`uv run {command} --help` lists all commands. Trainer states that the package's own command wrote go in as they are.

## Where things are

| file | what it holds |
|---|---|
| `pyproject.toml` | the package, pinned; the curriculum's name and where it is; its version, which is this repo's |
| `tests/data/session` | a small session directory of your own, for the demo and the checks |

## Another version of the package

    uv run --with "PACKAGE==VERSION" {command} wrap {target}

pins it, and takes over the curriculum's version; read `git diff`, and commit.

## As a part of a task repo

    git submodule add {url} curricula/{repo}
    uv sync --directory curricula/{repo}

## Update from the template

    uvx copier update
"""
