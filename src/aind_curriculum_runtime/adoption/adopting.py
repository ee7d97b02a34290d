"""Adopting: the curriculum of an installed package, which a repo wraps, becomes code of the repo's own.

Owns what such a repo holds afterwards: the modules that the curriculum needs, the names that it and its rules had, so
that the trainer states of before are read, and requirements of what its code uses. Writes nothing: it gives the files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..contract.errors import CurriculumError
from ..curriculum.discovery import Registered
from ..curriculum.loading import load
from ..look.mermaid import HEADER, inserted, markdown
from ..look.model import CurriculumModel
from ..project.packages import distribution_of, own_packages, top_of
from ..project.pyproject import NAME, Pyproject
from ..versions.bump import with_version
from ..versions.changelog import NAME as CHANGELOG
from ..versions.changelog import has_entry, opened_entry, with_unreleased
from .own_code import OwnCode, own_code
from .remaining import Step, as_markdown
from .repo_files import require_committed, with_curricula, with_former_names, with_requirement, without_requirement
from .requirements import requirements_of
from .trial import tried

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum

__all__ = ["STEPS", "Adopted", "adopted"]

STEPS: Final = "docs/ADOPT-STEPS.md"
"""Where the steps that are left are written down."""

_README: Final = "README.md"
_PAGE: Final = "docs/curriculum.md"


@dataclass(frozen=True, kw_only=True)
class Adopted:
    """A repo as it is when it has adopted its curriculum."""

    name: str
    former_name: str
    version: str
    package: str
    """The package that it came from."""

    modules: int
    rules: int
    """How many rule paths of before it reads."""

    is_equal: bool
    """Whether the moved curriculum is the original, but for names."""

    steps: tuple[Step, ...]
    """What is left for a person."""

    files: Mapping[Path, bytes | None]
    """Each file to write, and None for each to delete."""


def adopted(root: Path) -> Adopted:
    """Work out what makes the curriculum that a repo wraps its own.

    Args:
        root: The repo.

    Returns:
        What to write.

    Raises:
        CurriculumError: ``repo.not_wrapped``, ``repo.not_fresh``, ``repo.uncommitted``; what loading the curriculum
            raises.
    """
    file = Pyproject.read(root)
    former_name, target = _wrapped(root, file)
    name = file.name or ""
    distribution = distribution_of(top_of(target)) or ""
    before = Registered(name=former_name, target=target, distribution=distribution, version=file.version or "")
    original = load(before)
    for whole in (False, True):  # what it needs alone; or, where that is another curriculum, all of its modules
        code = own_code(original, target, name, whole=whole)
        trial = tried(code, original, before, before._replace(name=name, target=code.target, distribution=name))
        if trial.is_equal:
            break
    steps = (*code.steps, *trial.steps)
    sources = {f"src/{path}": text for path, text in code.texts.items()}
    require_committed(root, [NAME, CHANGELOG, STEPS, _README, _PAGE, *sources])
    _require_free(root, sources)
    project = with_curricula(_text(root, NAME), {name: code.target})
    if former_name != name:
        project = with_former_names(project, {former_name: code.target})
    if file.version != original.version:
        project = with_version(project, original.version)
    files = {
        **sources,
        NAME: _with_requirements(project, code, distribution, original),
        **_pages(root, trial.model),
        **_noted(root, original.version, f"The code of the curriculum is in this repo now; it was `{target}`."),
        **({STEPS: as_markdown(steps, former_name)} if steps else {}),
    }
    return Adopted(
        name=name,
        former_name=former_name,
        version=original.version,
        package=top_of(target),
        modules=len(sources),
        rules=len(code.former_rules),
        is_equal=trial.is_equal,
        steps=steps,
        files={root / path: text.encode("utf-8") for path, text in files.items()},
    )


def _wrapped(root: Path, file: Pyproject) -> tuple[str, str]:
    """The curriculum that a repo wraps: its name, and where it is in an installed package."""
    problem = file.problem or (None if file.name is not None else "has no project with a name")
    if problem is not None:
        raise CurriculumError("repo.not_fresh", f"{root}: pyproject.toml {problem}.", "Fix it.", where=NAME)
    wrapped = {name: one for name, one in file.curricula.items() if not own_packages(root, top_of(one))}
    if len(wrapped) != 1 or len(file.curricula) != 1:
        raise CurriculumError(
            "repo.not_wrapped",
            f"{root} wraps no curriculum of an installed package"
            + ("." if not wrapped else " alone: it declares several."),
            "Make a repo with the template, and wrap the curriculum first: `curriculum wrap PACKAGE.MODULE:OBJECT`.",
            where=NAME,
        )
    return next(iter(wrapped.items()))


def _with_requirements(text: str, code: OwnCode, distribution: str, original: Curriculum[Any]) -> str:
    """A ``pyproject.toml`` that asks for what the code needs, in the place of its old package."""
    if not code.needs_package:
        text = without_requirement(text, distribution)
    for requirement in requirements_of(distribution, code.texts.values(), original):
        text = with_requirement(text, requirement)
    return text


def _require_free(root: Path, sources: Mapping[str, str]) -> None:
    """Refuse to write over a module of the repo; what ``wrap`` leaves there has no code."""
    taken = [path for path in sources if not path.endswith("__init__.py") and (root / path).exists()]
    if taken:
        raise CurriculumError(
            "repo.not_fresh",
            f"{taken[0]} is there already, and a module of the curriculum would take its place.",
            "Move it away, commit, and call it again.",
            where=taken[0],
        )


def _pages(root: Path, model: CurriculumModel | None) -> dict[str, str]:
    """The pages that show the curriculum."""
    if model is None:
        return {}
    page, readme = _text(root, _PAGE), _readme(_text(root, _README), model.name)
    found = {_README: inserted(model, readme) or readme} if readme else {}
    if not page or HEADER in page:  # else it is a page that people wrote
        found[_PAGE] = markdown(model)
    return found


def _readme(text: str, name: str) -> str:
    """The page that ``wrap`` wrote, without what is no longer so."""
    own = name.replace("-", "_")
    for old, new in (
        (r"(?s)This repo wraps the curriculum .*?\n\n", ""),
        (r"(?m)^\| `pyproject\.toml` \| the package, pinned; .*$", f"| `src/{own}` | the curriculum |"),
        (r"(?ms)^## Another version of the package\n.*?(?=^## )", ""),
    ):
        text = re.sub(old, lambda _, new=new: new, text)  # type: ignore[misc]
    return text


def _noted(root: Path, version: str, line: str) -> dict[str, str]:
    """The changelog, which says that the code is here."""
    log = _text(root, CHANGELOG)
    if not log:
        return {}
    if has_entry(log, version):
        return {CHANGELOG: with_unreleased(log, line)}
    return {CHANGELOG: opened_entry(log, version, date.today().isoformat(), [line])}


def _text(root: Path, name: str) -> str:
    try:
        return (root / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
