"""The files of a curriculum repo that bringing something over changes: what may be changed, and ``pyproject.toml``.

Owns the two refusals (what is not committed, what is no longer the template's), and edits of ``pyproject.toml`` that
change what they say and not one character more: each is parsed again and compared before it is given back. Knows
nothing of what is brought over.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ..contract.errors import CurriculumError
from ..project.distributions import ENTRY_POINT_GROUP, FORMER_NAMES
from ..project.git import Git
from ..project.pyproject import SETTINGS, Pyproject, name_of
from ..project.template import ANSWERS, is_from_template

__all__ = [
    "changed_since_scaffold",
    "own_package",
    "require_as_scaffolded",
    "require_committed",
    "with_curricula",
    "with_former_names",
    "with_requirement",
    "with_setting",
    "without_requirement",
]

_HEADER: Final = re.compile(r"^\s*\[(?P<table>[^\[\]]+)\]\s*(?:#.*)?$")
_CURRICULA: Final = f'project.entry-points."{ENTRY_POINT_GROUP}"'

_FRESH: Final = "Make one with the template (README of the runtime), commit, and call it there."
_COMMIT: Final = "Commit first, so that `git diff` shows afterwards what was changed: `git add .`, then `git commit`."


def own_package(root: Path, file: Pyproject) -> str:
    """The import package of a repo that the template made, and that holds one curriculum.

    Args:
        root: The repo.
        file: Its ``pyproject.toml``.

    Returns:
        The package's name.

    Raises:
        CurriculumError: ``repo.not_fresh`` when it is no such repo.
    """
    why = None
    if file.problem is not None:
        why = f"its pyproject.toml {file.problem}"
    elif file.name is None:
        why = "its project has no name"
    elif not is_from_template(root):
        why = "it was not made from the template"
    elif len(file.curricula) != 1:
        why = f"it declares {len(file.curricula)} curricula, not one"
    if why is not None or file.name is None:
        raise CurriculumError("repo.not_fresh", f"{root} takes in no curriculum: {why}.", _FRESH, where=str(root))
    return file.name.replace("-", "_")


def require_committed(root: Path, names: Iterable[str]) -> None:
    """Refuse to write files that git could not bring back.

    Args:
        root: The repo, which may be a folder of a larger one.
        names: Files or folders relative to it, with forward slashes; those that are not there do not count.

    Raises:
        CurriculumError: ``repo.uncommitted`` with the files; ``repo.no_git``.
    """
    git = Git(root)
    if git.commit_of("HEAD") is None:
        raise CurriculumError("repo.uncommitted", f"Nothing is committed in {root}.", _COMMIT, where=str(root))
    wanted = [name for name in names if (root / name).exists()]
    listed = git("status", "--porcelain", "--untracked-files=all", "-z", "--no-renames", "--", *map(_literal, wanted))
    changed = [entry[3:] for entry in listed.split("\0") if entry] if wanted else []
    if changed:
        raise CurriculumError("repo.uncommitted", f"Not committed: {_first(changed)}.", _COMMIT, where=changed[0])


def require_as_scaffolded(root: Path, names: Sequence[str]) -> None:
    """Refuse to delete what somebody wrote: each file must be as it was when the template's files were committed.

    Args:
        root: The repo.
        names: Files relative to it, with forward slashes, all committed.

    Raises:
        CurriculumError: ``repo.not_fresh`` with the files; ``repo.no_git``, ``repo.git_failed``.
    """
    changed = changed_since_scaffold(root, names)
    if changed:
        raise CurriculumError(
            "repo.not_fresh",
            f"These files would be deleted, and are not as the template made them: {_first(changed)}.",
            "Call it in a fresh repo of the template; or `git rm` what is not needed, commit, and call it again.",
            where=changed[0],
        )


def changed_since_scaffold(root: Path, names: Sequence[str]) -> list[str]:
    """Find the files that are not as they were when the template's files were committed.

    Args:
        root: The repo.
        names: Files relative to it, with forward slashes.

    Returns:
        Those of them that came, changed or went since.

    Raises:
        CurriculumError: ``repo.no_git``, ``repo.git_failed``.
    """
    git = Git(root)
    scaffold = git("log", "-1", "--diff-filter=A", "--format=%H", "--", _literal(ANSWERS))
    if not scaffold or not names:
        return [*names]
    compared = ("--name-only", "--no-renames", "--relative", "-z", scaffold)
    return [name for name in git("diff", *compared, "--", *map(_literal, names)).split("\0") if name]


def _first(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _literal(name: str) -> str:
    return f":(literal){name}"


def with_curricula(text: str, curricula: Mapping[str, str]) -> str:
    """Declare other curricula in a ``pyproject.toml``, in the place of those that it declares.

    Args:
        text: Its content.
        curricula: Name to ``package.module:OBJECT``.

    Returns:
        The new content.

    Raises:
        CurriculumError: ``repo.not_fresh`` when they do not stand in a table of their own, a line each.
    """

    def change(document: dict[str, Any]) -> None:
        document["project"]["entry-points"][ENTRY_POINT_GROUP] = dict(curricula)

    lines = text.splitlines(keepends=True)
    start, end = _table(lines, _CURRICULA)
    kept = [line for line in lines[start:end] if not re.match(r'\s*[\w."\'-]+\s*=', line)]
    declared = [f'{name} = "{target}"{_end(text)}' for name, target in curricula.items()]
    return _proved(text, [*lines[:start], *declared, *kept, *lines[end:]], change, "the curricula that it declares")


def with_former_names(text: str, names: Mapping[str, str]) -> str:
    """Declare names that curricula had before in a ``pyproject.toml`` that declares none, below the curricula.

    Args:
        text: Its content.
        names: Former name to ``package.module:OBJECT`` of the curriculum that had it.

    Returns:
        The new content.

    Raises:
        CurriculumError: ``repo.not_fresh`` when it declares some already, or curricula in another form.
    """

    def change(document: dict[str, Any]) -> None:
        points = document["project"]["entry-points"]
        points[FORMER_NAMES] = {**points.get(FORMER_NAMES, {}), **names}

    lines, end = text.splitlines(keepends=True), _end(text)
    _, after = _table(lines, _CURRICULA)
    while after > 0 and not lines[after - 1].strip():
        after -= 1
    head = [
        "",
        "# Names that it had before: trainer states may still have them.",
        f'[project.entry-points."{FORMER_NAMES}"]',
    ]
    added = [f"{line}{end}" for line in (*head, *(f'{name} = "{target}"' for name, target in names.items()))]
    return _proved(text, [*lines[:after], *added, *lines[after:]], change, "former names")


def without_requirement(text: str, name: str) -> str:
    """Take a package out of the dependencies in a ``pyproject.toml``.

    Args:
        text: Its content.
        name: The package's normalised name.

    Returns:
        The new content.

    Raises:
        CurriculumError: ``repo.not_fresh`` when the dependencies do not stand on a line each.
    """

    def change(document: dict[str, Any]) -> None:
        project = document["project"]
        project["dependencies"] = [one for one in project["dependencies"] if name_of(one) != name]

    lines = text.splitlines(keepends=True)
    rows = _dependencies(lines)
    kept = [line for number, line in enumerate(lines) if number not in rows or not _asks_for(line, name)]
    return _proved(text, kept, change, "its dependencies")


def with_requirement(text: str, requirement: str) -> str:
    """Depend on a package in a ``pyproject.toml``; a requirement of the same package is replaced.

    Args:
        text: Its content.
        requirement: Such as ``package==1.2.0``.

    Returns:
        The new content.

    Raises:
        CurriculumError: ``repo.not_fresh`` when the dependencies do not stand on a line each.
    """
    wanted = name_of(requirement)

    def change(document: dict[str, Any]) -> None:
        asked = document["project"]["dependencies"]
        places = [index for index, one in enumerate(asked) if name_of(one) == wanted]
        if places:
            asked[places[0]] = requirement
        else:
            asked.append(requirement)

    lines = text.splitlines(keepends=True)
    rows = _dependencies(lines)
    place = next((number for number in rows if _asks_for(lines[number], wanted)), rows.stop)
    lines[place : place + (place in rows)] = [f'    "{requirement}",{_end(text)}']
    return _proved(text, lines, change, "its dependencies")


def _dependencies(lines: Sequence[str]) -> range:
    """Numbers of the lines of the dependencies, one each."""
    start, end = _table(lines, "project")
    opened = next((n for n in range(start, end) if re.match(r"\s*dependencies\s*=\s*\[\s*(#.*)?$", lines[n])), end)
    return range(opened + 1, next((n for n in range(opened, end) if re.match(r"\s*\]", lines[n])), end))


def _asks_for(line: str, name: str) -> bool:
    """Whether a line of the dependencies is about a package."""
    asked = re.match(r"\s*([\"'])(?P<requirement>.*)\1", line)
    return asked is not None and name_of(asked["requirement"]) == name


def with_setting(text: str, key: str, value: str, comment: str) -> str:
    """Set something for the runtime in a ``pyproject.toml``, in a table of the runtime's own at its end.

    Args:
        text: Its content.
        key: Of ``[tool.aind-curriculum-runtime]``.
        value: What it is set to.
        comment: A line above the table.

    Returns:
        The new content; the same where that is what it says.

    Raises:
        CurriculumError: ``repo.not_fresh`` when the file has such a table that says something else.
    """
    if Pyproject.parse(text).settings.get(key) == value:
        return text

    def change(document: dict[str, Any]) -> None:
        document.setdefault("tool", {})[SETTINGS] = {key: value}

    end = _end(text)
    added = [f"{end}# {comment}{end}", f"[tool.{SETTINGS}]{end}", f'{key} = "{value}"{end}']
    return _proved(text, [text.rstrip() + end, *added], change, f"[tool.{SETTINGS}]")


def _end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _table(lines: Sequence[str], table: str) -> tuple[int, int]:
    """Numbers of the first line of a table after its header, and of the line after its last; the file's end twice."""
    start = next(
        (n + 1 for n, line in enumerate(lines) if (header := _HEADER.match(line)) and header["table"].strip() == table),
        len(lines),
    )
    return start, next((n for n in range(start, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))


def _proved(text: str, lines: Sequence[str], change: Callable[[dict[str, Any]], None], what: str) -> str:
    """The lines as a text, which must say what the text said, but for the change."""
    before, after = Pyproject.parse(text), Pyproject.parse("".join(lines))
    expected = copy.deepcopy(before.document)
    try:
        change(expected)
    except (KeyError, TypeError, AttributeError):
        expected = {}
    if after.fault is not None or after.document != expected:
        raise CurriculumError(
            "repo.not_fresh",
            f"In pyproject.toml, {what} cannot be changed without touching the rest.",
            "Write them as the template does: a table of its own, and a line for each.",
            where="pyproject.toml",
        )
    return "".join(lines)
