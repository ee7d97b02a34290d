"""Importing into a repo of the template: which files are replaced, and that they may be.

Owns the road from a source to the repo's files; the formats, the modules' texts and git are others'. Writes nothing: it
gives the files.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..contract.errors import CurriculumError
from ..processes.children import Children
from ..project.git import Git
from ..project.pyproject import Pyproject
from ..session.layout import SAMPLE_SESSION
from .author_modules import author_modules
from .imported import Imported
from .repo_files import changed_since_scaffold, own_package, require_committed
from .source import read, require_installed

__all__ = ["Files", "imported_into"]


@dataclass(frozen=True, kw_only=True)
class Files:
    """What an import comes to.

    Attributes:
        imported: The curriculum.
        files: Each file to write, and None for each to delete.
    """

    imported: Imported
    files: Mapping[Path, bytes | None]


def imported_into(root: Path, source: Path, *, replace: bool) -> Files:
    """Work out the files of a repo that holds a curriculum of another system.

    Args:
        root: The repo, made from the template.
        source: The file that the other system wrote.
        replace: Whether files go that are no longer as the template made them.

    Returns:
        What to write.

    Raises:
        CurriculumError: ``repo.not_fresh``, ``repo.uncommitted``, ``usage.extra_needed``; what reading the source
            raises.
    """
    require_installed("Jinja2", "ruff")
    file = Pyproject.read(root)
    package = own_package(root, file)
    ((curriculum, target),) = file.curricula.items()
    if target != f"{package}.curriculum:CURRICULUM":
        raise CurriculumError(
            "repo.not_fresh",
            f"{root} declares {target} as its curriculum, which the written modules would not be.",
            f"Call it in a fresh repo of the template, whose curriculum is {package}.curriculum:CURRICULUM.",
            where="pyproject.toml",
        )
    imported = read(source)
    written = author_modules(imported, curriculum, package)
    gone = _other_events(root, written)
    replaced = [*(name for name in written if (root / name).exists()), *gone]
    require_committed(root, replaced)
    changed = changed_since_scaffold(root, replaced)
    if changed and not replace:
        raise CurriculumError(
            "repo.not_fresh",
            f"Of the files that would be replaced, {len(changed)} are not as the template made them: {changed[0]}"
            f"{' and others' if len(changed) > 1 else ''}.",
            "Call it in a fresh repo of the template. With --replace they go; git keeps what was committed.",
            where=changed[0],
        )
    files: dict[Path, bytes | None] = {root / name: None for name in gone}
    files |= {root / name: text.encode("utf-8") for name, text in _laid_out(written).items()}
    return Files(imported=imported, files=files)


def _other_events(root: Path, written: Mapping[str, str]) -> list[str]:
    """The software events of the sample session, which are of another task than the one that is written."""
    folder = f"{SAMPLE_SESSION}/behavior/SoftwareEvents"
    tracked = Git(root)("ls-files", "-z", "--", f":(literal){folder}").split("\0")
    return [name for name in tracked if name and name not in written]


def _laid_out(written: Mapping[str, str]) -> dict[str, str]:
    """The same files, with the Python laid out by ruff as a repo of the template has it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        modules = {path: folder / f"{index}.py" for index, path in enumerate(written) if path.endswith(".py")}
        for path, module in modules.items():
            module.write_text(written[path], encoding="utf-8", newline="\n")
        command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--line-length=120", name]
        done = Children().run(command, folder)
        if done.code:
            raise RuntimeError(f"ruff does not format what was written: {done.stderr}")
        return {
            path: modules[path].read_text(encoding="utf-8") if path in modules else written[path] for path in written
        }
