"""Reading versions of a curriculum, from a git ref, a folder or a bundle.

Owns the forms in which a version may be given, and reading several at once. Each curriculum is imported in a process
of its own (``importable``).
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from ..contract.errors import CurriculumError
from ..look.model import from_json
from ..project.git import Git
from .bundle import is_bundle, name_of, read_bundle
from .importable import importable
from .releases import releases, require_commit
from .repo import project_at
from .snapshot import Arrivals, Place, Snapshot

__all__ = ["WORKING_TREE", "choose", "opened", "read", "read_both"]

WORKING_TREE: Final = "the working tree"
"""Label of the files as they are, committed or not."""

_IMPORTER: Final = "aind_curriculum_runtime.versions.importer"

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
            names = tuple(sorted(project.curricula))
            return Place(label=text, folder=folder, project=project, names=names, commit=commit)
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


def read(wanted: Sequence[tuple[Place, str]], *, full: bool = False, session: Path | None = None) -> list[Snapshot]:
    """Read curricula in parallel, each in a process of its own.

    Args:
        wanted: Pairs of a place and the name of a curriculum in it.
        full: Whether to add the schemas, which a bundle needs.
        session: A session directory, to add trainer states of animals at each stage; those of a bundle have none.

    Returns:
        One snapshot for each pair, in their order.

    Raises:
        CurriculumError: ``repo.import_failed``, ``bundle.invalid`` or ``bundle.checksum``.
    """
    return _in_parallel(lambda one: _read(*one, full=full, session=session), wanted)


def read_both(old: Place, new: Place, names: Sequence[str]) -> list[tuple[Snapshot, Snapshot]]:
    """Read curricula that two places have, and ask the newer version what it makes of the animals of the older one.

    Args:
        old: The older version.
        new: The newer version.
        names: Curricula that both have.

    Returns:
        Both snapshots of each, in their order. What the newer one makes of the animals is in it, unless it is a bundle,
        which cannot be asked.

    Raises:
        CurriculumError: As ``read`` does.
    """
    older = read([(old, name) for name in names])
    newer = _in_parallel(lambda one: _read(new, one.model.name, of=one), older)
    return list(zip(older, newer, strict=True))


_T = TypeVar("_T")
_R = TypeVar("_R")


def _in_parallel(work: Callable[[_T], _R], items: Sequence[_T]) -> list[_R]:
    with ThreadPoolExecutor(max_workers=max(1, len(items))) as pool:
        return list(pool.map(work, items))


def _read(
    place: Place, name: str, *, full: bool = False, session: Path | None = None, of: Snapshot | None = None
) -> Snapshot:
    if place.project is None:
        return read_bundle(place.folder, place.label)
    with importable(place, place.project, name) as version:
        more = [*(["--full"] if full else []), *(["--session", os.path.abspath(session)] if session else [])]
        if of is not None:
            states = {"version": of.model.version, "called": place.project.version, "states": of.enrolled()}
            (version.folder / "states.json").write_text(json.dumps(states), encoding="utf-8")
            more += ["--states", str(version.folder / "states.json")]
        answer = version.ask(_IMPORTER, more, timeout=TIMEOUT)
    packages, not_had = version.packages, version.not_had
    if "error" in answer:
        raise version.import_failed(answer["error"])
    if full and not_had:
        raise CurriculumError(
            "repo.import_failed",
            f"{place.label} pins other versions of the task's packages than those that are installed.",
            f"Run `uv sync`: {not_had}.",
            where=place.label,
        )
    model = from_json(answer["model"])
    if full and place.project.version not in (None, model.version):
        raise CurriculumError(
            "repo.version",
            f"The curriculum says version {model.version}, and pyproject.toml {place.project.version}.",
            "Run `uv sync`; if that does not help, pass curriculum_version(...) to create_curriculum.",
            where="pyproject.toml",
        )
    return Snapshot(
        label=place.label,
        # `curriculum_version` gave the installed version, not this one.
        model=dataclasses.replace(model, version=place.project.version or model.version),
        modules=answer["modules"],
        curriculum=answer["curriculum"],
        schemas=answer["schemas"],
        states=answer.get("states", {}),
        module=place.project.curricula[name].partition(":")[0],
        packages=packages,
        other_packages=not_had,
        arrivals=Arrivals.from_json(answer["arrivals"]) if "arrivals" in answer else None,
    )
