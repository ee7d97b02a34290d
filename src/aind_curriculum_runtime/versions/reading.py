"""Reading versions of a curriculum, from a git ref, a folder or a bundle.

Owns the forms in which a version may be given, and reading several at once. Each curriculum is imported in a process
of its own (``importer``) with the packages of this environment: both sides of a comparison use the same library, so
that any difference is the curriculum's.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from ..contract.errors import CurriculumError
from ..look.model import from_json
from ..project.git import Git
from ..project.packages import as_pinned, distribution_of, own_packages, top_of
from ..project.pyproject import Pyproject
from .bundle import is_bundle, name_of, read_bundle
from .releases import releases, require_commit
from .repo import Project, project_at
from .snapshot import Place, Snapshot

__all__ = ["WORKING_TREE", "choose", "opened", "read"]

WORKING_TREE: Final = "the working tree"
"""Label of the files as they are, committed or not."""

TIMEOUT: Final = 120.0
"""Seconds that importing a curriculum may take."""


@contextlib.contextmanager
def opened(versions: Sequence[str], root: Path) -> Iterator[list[Place]]:
    """Find versions and keep their files on disk while the body runs.

    Args:
        versions: Each a git ref, or the path of a repo or of a bundle; a name that is both counts as a ref.
        root: The curriculum repo that refs are looked up in; paths are relative to the working directory.

    Yields:
        One place for each version, in their order.

    Raises:
        CurriculumError: ``usage.unknown_ref``, ``repo.no_curriculum``, ``repo.version``, ``bundle.invalid``,
            ``bundle.checksum``, ``repo.no_git`` or ``repo.git_failed``.
    """
    with tempfile.TemporaryDirectory(prefix="curriculum-versions-", ignore_cleanup_errors=True) as scratch:
        yield [_place(text, root, Path(scratch) / str(index)) for index, text in enumerate(versions)]


def _place(text: str, root: Path, scratch: Path) -> Place:
    path = Path(os.path.abspath(text)) if text.strip() else None
    git = Git(root)
    looks_like_path = text.strip(".") == "" or os.path.isabs(text) or text.startswith(("./", "../", ".\\", "..\\"))
    if not (looks_like_path and path is not None and path.is_dir()):
        commit = _commit(git, text, path)
        if commit is not None:
            folder = git.unpack(commit, scratch)
            project = project_at(folder, text)
            return Place(label=text, folder=folder, project=project, names=tuple(sorted(project.curricula)))
    if path is None or not path.is_dir():
        raise _unknown(git, text, path)
    if is_bundle(path):
        return Place(label=text, folder=path, project=None, names=(name_of(path),))
    label = WORKING_TREE if path == root else text
    project = project_at(path, label)
    return Place(label=label, folder=path, project=project, names=tuple(sorted(project.curricula)))


def _commit(git: Git, text: str, path: Path | None) -> str | None:
    try:
        return git.commit_of(text)
    except CurriculumError:
        if path is not None and path.is_dir():
            return None  # a folder needs no git
        raise


def _unknown(git: Git, text: str, path: Path | None) -> CurriculumError:
    if path is not None and path.is_file():
        return CurriculumError("usage.unknown_ref", f"{text} is a file.", "Name the folder of a repo or of a bundle.")
    require_commit(git)
    tags = ", ".join(releases(git)[-5:])
    if git.is_shallow:
        hint = "This clone is shallow: `git fetch --unshallow --tags` brings the rest."
    else:
        hint = f"Releases here: {tags}." if tags else "There are no release tags (v1.2.3) here; `git fetch --tags`?"
    return CurriculumError("usage.unknown_ref", f"There is no git ref, repo or bundle {text!r}.", hint, where=text)


def choose(old: Place, new: Place, name: str | None) -> str:
    """Choose which curriculum of two versions to compare.

    Args:
        old: The older version.
        new: The newer version.
        name: The name asked for, or None for the only one that both have.

    Returns:
        Its name.

    Raises:
        CurriculumError: ``usage.unknown_curriculum`` or ``usage.curriculum_needed``.
    """
    both = [one for one in new.names if one in old.names]
    for place in (old, new):
        if name is not None and name not in place.names:
            raise CurriculumError(
                "usage.unknown_curriculum",
                f"{place.label} has no curriculum named {name!r}.",
                f"It has: {', '.join(place.names)}.",
            )
    if name is not None:
        return name
    if not both:
        raise CurriculumError(
            "usage.unknown_curriculum",
            f"{old.label} and {new.label} have no curriculum in common.",
            f"{old.label} has {', '.join(old.names)}; {new.label} has {', '.join(new.names)}.",
        )
    if len(both) > 1:
        raise CurriculumError(
            "usage.curriculum_needed",
            f"There are {len(both)} curricula here, so one must be chosen.",
            f"Add --curriculum with one of: {', '.join(both)}.",
        )
    return both[0]


def read(wanted: Sequence[tuple[Place, str]], *, full: bool = False) -> list[Snapshot]:
    """Read curricula in parallel, each in a process of its own.

    Args:
        wanted: Pairs of a place and the name of a curriculum in it.
        full: Whether to add the schemas and the library's own JSON, which a bundle needs.

    Returns:
        One snapshot for each pair, in their order.

    Raises:
        CurriculumError: ``repo.import_failed``, ``bundle.invalid`` or ``bundle.checksum``.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(wanted))) as pool:
        return [one.result() for one in [pool.submit(_read, place, name, full) for place, name in wanted]]


def _read(place: Place, name: str, full: bool) -> Snapshot:
    if place.project is None:
        return read_bundle(place.folder, place.label)
    source: Path | None = place.folder / "src" if (place.folder / "src").is_dir() else place.folder
    if not own_packages(place.folder, top_of(place.project.curricula[name])):
        _require_installed(place, place.project, name)
        source = None
    answer = _imported(source, place.project, name, full)
    if "error" in answer:
        raise CurriculumError(
            "repo.import_failed",
            f"The curriculum {name!r} of {place.label} does not import: {answer['error'].rstrip('.')}.",
            "It is imported with what is installed here; an old version may need other packages.",
            where=place.label,
        )
    model = from_json(answer.pop("model"))
    if full and place.project.version not in (None, model.version):
        raise CurriculumError(
            "repo.version",
            f"The curriculum says version {model.version}, and pyproject.toml {place.project.version}.",
            "Run `uv sync`; if that does not help, pass curriculum_version(...) to create_curriculum.",
            where="pyproject.toml",
        )
    # `curriculum_version` gave the installed version, not this one.
    model = dataclasses.replace(model, version=place.project.version or model.version)
    return Snapshot(label=place.label, model=model, modules=answer.pop("modules"), documents=answer)


def _require_installed(place: Place, project: Project, name: str) -> None:
    """Make sure that the package which a version wraps is installed here as that version pins it."""
    top = top_of(project.curricula[name])
    distribution = distribution_of(top)
    asked = Pyproject.read(place.folder).requirement(distribution) if distribution is not None else None
    if distribution is None or asked is None:
        raise CurriculumError(
            "repo.import_failed",
            f"The curriculum {name!r} of {place.label} does not import: there is no module "
            f"{project.curricula[name].partition(':')[0]} in it, nor in an installed package that it depends on.",
            "Run `uv sync`.",
            where=place.label,
        )
    here = as_pinned(distribution)
    if here is not None and _pin(asked) not in ("", _pin(here)):
        raise CurriculumError(
            "repo.wrapped",
            f"{place.label} wraps {name!r} of {asked}, and {here} is installed here.",
            "Two versions of a package are compared by their bundles: call `export DIR` in a checkout of each, then "
            "`diff DIR DIR`.",
            where=place.label,
        )


def _pin(requirement: str) -> str:
    """The one version, commit or address that a requirement asks for; empty for a range."""
    return [*re.split("={2,3}|@", requirement.partition(";")[0].replace(" ", ""), maxsplit=1), ""][1]


def _state_distribution(project: Project, folder: Path) -> None:
    """Write metadata like an installed distribution's: an old version asks for its number by the name it had then."""
    name = re.sub(r"[^A-Za-z0-9.]+", "_", project.name)
    metadata = folder / f"{name}-{project.version}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Name: {name}\nVersion: {project.version}\n", encoding="utf-8", newline="\n")


def _imported(source: Path | None, project: Project, name: str, full: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="curriculum-snapshot-", ignore_cleanup_errors=True) as folder:
        answer = Path(folder) / "answer.json"
        _state_distribution(project, Path(folder))
        # -P: nothing of the working directory is imported; -B: nothing is written beside the sources.
        command = [sys.executable, "-P", "-B", "-m", "aind_curriculum_runtime.versions.importer"]
        command += ["--installed"] if source is None else ["--source", str(source)]
        command += ["--object", project.curricula[name], "--answer", str(answer)]
        try:
            done = subprocess.run(
                [*command, *(["--full"] if full else [])],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd=folder,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"error": f"it did not end within {TIMEOUT:.0f} s"}
        try:
            found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        except FileNotFoundError:
            said = done.stderr.decode("utf-8", "replace").split()
            return {"error": f"the process ended with {done.returncode} ({' '.join(said)[-300:] or 'silently'})"}
        return found
