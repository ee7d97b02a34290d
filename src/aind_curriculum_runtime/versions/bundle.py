"""The bundle: a folder that holds everything about one version of a curriculum, with checksums.

Owns the files of a bundle, their bytes, and the check that none is missing or changed. The same commit gives the same
bytes: no times, no paths of a machine, everything in a fixed order.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ..contract.errors import CONTRACT_VERSION, CurriculumError
from ..contract.strict_json import parse
from ..look.model import CurriculumModel, from_json, to_json
from ..project.files import is_transient, read_at_most
from ..project.git import Git
from ..project.installed import dsl_version, runtime_version
from .snapshot import Place, Snapshot

__all__ = [
    "CHECKSUMS",
    "check",
    "checksums",
    "contents",
    "is_bundle",
    "largest",
    "listed",
    "name_of",
    "read_bundle",
    "require_free",
    "require_of",
    "too_large",
    "write_bundle",
]

CHECKSUMS: Final = "SHA256SUMS"
"""The file of checksums, as ``sha256sum --check`` reads it. It is written last: a bundle that has it is complete."""

FORMAT: Final = 1
"""Number of the bundle format. Under one number files may be added, but never renamed."""

_LARGEST: Final = {CHECKSUMS: 2**20}
"""Bytes of the file of checksums: a line for each of twelve thousand files. It is read before anything is checked."""

_LARGEST_OF_OTHERS: Final = 64 * 2**20

_LINE: Final = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9_][A-Za-z0-9_.-]*)")


def contents(place: Place, snapshot: Snapshot) -> dict[str, bytes]:
    """Make the files of a bundle, in memory.

    Args:
        place: The repo that the snapshot was read from.
        snapshot: The curriculum, read with ``full=True``.

    Returns:
        File name to content, the checksums last.

    Raises:
        CurriculumError: ``repo.no_git`` when there is no git on this machine; ``repo.git_failed``.
    """
    assert place.project is not None
    model, git = snapshot.model, Git(place.folder)
    commit = git.commit_of("HEAD")
    describe = {
        "bundle": FORMAT,
        "contract": CONTRACT_VERSION,
        "name": model.name,
        "version": model.version,
        "distribution": place.project.name,
        "object": place.project.curricula[model.name],
        "dsl_version": dsl_version(),
        "runtime_version": runtime_version(),
        "task_packages": snapshot.packages,
        "commit": commit,
        "committed": commit is not None and not git.changes(),
    }
    files = {
        "curriculum.json": _json(snapshot.curriculum),
        "describe.json": _json(describe),
        "metrics.schema.json": _json(snapshot.schemas["metrics"]),
        "model.json": _json(to_json(model)),
        "sources.json": _json(snapshot.modules),
        "trainer_state.schema.json": _json(snapshot.schemas["trainer_state"]),
        **_diagrams(model),
    }
    files = dict(sorted(files.items()))
    return files | {CHECKSUMS: checksums(files)}


def _diagrams(model: CurriculumModel) -> dict[str, bytes]:
    from ..look.mermaid import markdown

    found = {"diagram.md": markdown(model).encode("utf-8")}
    if importlib.util.find_spec("pygraphviz") is not None:
        from ..look.dot import draw
        from ..look.drawing import svg

        found["diagram.svg"] = svg(draw(model)).encode("utf-8")
    return found


def checksums(files: Mapping[str, bytes]) -> bytes:
    """Make the file of checksums.

    Args:
        files: File name to content.

    Returns:
        One line for each file, sorted by name.
    """
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode("ascii")


def listed(sums: bytes, label: str) -> dict[str, str]:
    """Read a file of checksums.

    Args:
        sums: Its content.
        label: What to call the bundle in messages.

    Returns:
        File name to digest. No name is a path, so none leads out of the bundle's folder.

    Raises:
        CurriculumError: ``bundle.invalid`` when a line is malformed, or a file that every bundle has is not listed.
    """
    found = {}
    for line in sums.decode("ascii", "replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise _invalid(label, f"{CHECKSUMS} holds the line {line[:80]!r}")
        found[match[2]] = match[1]
    if not {"curriculum.json", "describe.json", "model.json", "sources.json"} <= found.keys():
        raise _invalid(label, f"{CHECKSUMS} does not list the files of a bundle")
    return found


def require_of(files: Mapping[str, bytes], name: str, version: str, label: str) -> None:
    """Make sure that a bundle is the version that was asked for: somebody may have copied it to another place.

    Args:
        files: File name to content.
        name: The curriculum's name.
        version: Its version.
        label: What to call the bundle in messages.

    Raises:
        CurriculumError: ``bundle.invalid``.
    """
    told = _described(files["describe.json"], label)
    if (told["name"], told["version"]) != (name, version):
        raise CurriculumError(
            "bundle.invalid",
            f"The bundle at {label} is not of that version: it says that it is {told['name']} {told['version']}.",
            "It was copied or renamed: publish that version from its own commit (`curriculum release`).",
            where=label,
        )


def check(files: Mapping[str, bytes], label: str) -> None:
    """Make sure that no file of a bundle is missing or changed.

    Args:
        files: File name to content, the checksums among them.
        label: What to call the bundle in messages.

    Raises:
        CurriculumError: ``bundle.checksum`` naming the file; ``bundle.invalid`` when one is missing.
    """
    expected = listed(files[CHECKSUMS], label)
    for name, digest in expected.items():
        if name not in files:
            raise _invalid(label, f"{name} is missing")
        if hashlib.sha256(files[name]).hexdigest() != digest:
            raise CurriculumError(
                "bundle.checksum",
                f"In the bundle {label}, {name} does not have the checksum that {CHECKSUMS} gives.",
                "It was changed or damaged on the way: fetch or export it again.",
                where=name,
            )


def largest(name: str) -> int:
    """The size in bytes up to which a file of a bundle is read."""
    return _LARGEST.get(name, _LARGEST_OF_OTHERS)


def too_large(name: str, label: str) -> CurriculumError:
    """The failure for a file that is larger; for the caller to raise."""
    return _invalid(label, f"{name} is larger than {largest(name) // 2**20} MiB")


def _invalid(label: str, why: str) -> CurriculumError:
    return CurriculumError(
        "bundle.invalid", f"{label} is not a whole bundle: {why}.", "Fetch or export it again.", where=label
    )


def is_bundle(folder: Path) -> bool:
    """Whether a folder is meant to be a bundle, complete or not."""
    return (folder / CHECKSUMS).is_file() or ((folder / "model.json").is_file() and not _has_project(folder))


def _has_project(folder: Path) -> bool:
    return (folder / "pyproject.toml").is_file()


def name_of(folder: Path) -> str:
    """The name of the curriculum in a bundle.

    Args:
        folder: The bundle.

    Returns:
        Its name.

    Raises:
        CurriculumError: ``bundle.invalid``.
    """
    return str(_described(_bytes(folder, "describe.json", str(folder)), str(folder))["name"])


def read_bundle(folder: Path, label: str) -> Snapshot:
    """Check that a bundle is complete, and read it.

    Args:
        folder: The bundle.
        label: What to call it in messages.

    Returns:
        The curriculum in it.

    Raises:
        CurriculumError: ``bundle.checksum`` or ``bundle.invalid``.
    """
    files = {CHECKSUMS: _bytes(folder, CHECKSUMS, label)}
    files |= {name: _bytes(folder, name, label) for name in listed(files[CHECKSUMS], label)}
    check(files, label)
    packages = _described(files["describe.json"], label).get("task_packages", {})
    try:
        modules, curriculum = parse(files["sources.json"]), parse(files["curriculum.json"])
        model = from_json(parse(files["model.json"]))
        snapshot = Snapshot(label=label, model=model, modules=modules, curriculum=curriculum, packages=packages)
        snapshot.enrolled()
        return snapshot
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _invalid(label, f"in curriculum.json, model.json or sources.json, {error}") from None


def _bytes(folder: Path, name: str, label: str) -> bytes:
    try:
        data = read_at_most(folder / name, largest(name))
    except FileNotFoundError:
        raise _invalid(label, f"{name} is missing") from None
    except OSError as error:
        raise _invalid(label, f"{name} cannot be read ({error.strerror})") from None
    if data is None:
        raise too_large(name, label)
    return data


def _described(data: bytes, label: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = parse(data)
        if found["bundle"] == FORMAT:
            str(found["name"]), str(found["version"])
            return found
    except (ValueError, KeyError, TypeError):
        pass
    raise _invalid(label, f"its describe.json is not of the bundle format {FORMAT}")


def require_free(target: Path) -> None:
    """Make sure that a bundle can be written without replacing anything.

    Args:
        target: The folder to write.

    Raises:
        CurriculumError: ``output.exists`` when there is something at that path.
    """
    if target.is_dir() and not any(target.iterdir()):
        return
    if os.path.lexists(target):
        raise CurriculumError(
            "output.exists",
            f"There is something at {target} already, and a bundle never replaces anything.",
            "Name a new folder, or remove that one.",
            where=str(target),
        )


def write_bundle(target: Path, files: Mapping[str, bytes]) -> None:
    """Write a bundle completely or not at all: into a folder beside the target, which is then renamed.

    Args:
        target: The folder to make; missing parents are made too.
        files: What ``contents`` returned.

    Raises:
        CurriculumError: ``output.exists``, ``output.not_writable`` or ``transient.io``.
    """
    require_free(target)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        beside.mkdir(parents=True)
        for name, data in files.items():
            (beside / name).write_bytes(data)
        if target.is_dir():
            target.rmdir()  # it is empty; Windows cannot rename onto a folder that exists
        beside.rename(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            shutil.rmtree(beside)
        raise CurriculumError(
            "transient.io" if is_transient(error) else "output.not_writable",
            f"The bundle could not be written to {target}: {error.strerror}.",
            "Check that this account may write there and that the disk is not full.",
            where=str(target),
        ) from error


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n").encode("ascii")
