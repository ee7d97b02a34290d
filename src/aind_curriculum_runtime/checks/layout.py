"""Checks of layout and packaging (LP): what a fresh clone must hold so that a rig can be set up from it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from ..discovery import ENTRY_POINT_GROUP
from .base import Check, Finding, NotApplicable
from .managed import digest, digests
from .repo import CurriculumRepo

_FORBIDDEN_NAMES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{name}{digit}" for name in ("com", "lpt") for digit in range(1, 10)),
}


class LP001(Check):
    """pyproject.toml names the project

    Everything else starts from there: uv, the version, the curricula.
    """

    family = "layout"
    mend = "Write a pyproject.toml with [project], name and version."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        if repo.pyproject_error is not None:
            yield Finding(message=repo.pyproject_error, path="pyproject.toml")


class LP002(Check):
    """The lock file is there and current

    A rig is set up with `uv sync --frozen`, often offline: without a current uv.lock it gets other packages
    than the ones the curriculum was tested with, or none.
    """

    family = "layout"
    requires = frozenset({"LP001"})
    runs = ("lock",)
    mend = "Run `uv lock` and commit uv.lock."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        if repo.lock is None:
            yield Finding(message="uv.lock is missing or unreadable.", path="uv.lock")
            return
        if repo.targets and (process := repo.runs.get(repo.targets[0], "lock")).code != 0:
            yield Finding(message=f"uv.lock does not fit pyproject.toml ({process.said}).", path="uv.lock")
        elif "uv.lock" not in repo.files:
            yield Finding(message="uv.lock is ignored by git, so a clone has none.", path=".gitignore")


class LP003(Check):
    """The command `curriculum` is the runtime's

    Launchers call `uv run curriculum run`. The runtime's command puts its guard in place before any code of
    the repo is imported; a command of the repo's own cannot, so one print breaks the launcher.
    """

    family = "layout"
    requires = frozenset({"LP001"})
    mend = "Take `curriculum` out of [project.scripts] and depend on aind-curriculum-runtime, which brings it."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        own = repo.own_command
        if own is not None and own.replace(" ", "") != "aind_curriculum_runtime.cli:main":
            yield Finding(
                message=f"The command `curriculum` is the repo's own ({own}).",
                path="pyproject.toml",
                line=repo.line_of("pyproject.toml", own),
            )
        elif not any(
            re.match(r"aind[-_.]curriculum[-_.]runtime\b", str(one)) for one in repo.project.get("dependencies", [])
        ):
            yield Finding(message="The repo does not depend on aind-curriculum-runtime.", path="pyproject.toml")


class LP004(Check):
    """The repo declares its curricula by entry point

    The runtime finds curricula by the entry point group `aind_curriculum_runtime.curricula`, without importing
    them.
    """

    family = "layout"
    requires = frozenset({"LP003"})
    mend = f'Under [project.entry-points."{ENTRY_POINT_GROUP}"] write NAME = "package.module:OBJECT".'

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        if not repo.declared:
            yield Finding(message="No curriculum is declared.", path="pyproject.toml")
        for name, value in repo.declared.items():
            if not re.fullmatch(r"[\w.]+:[\w.]+", value):
                line = repo.line_of("pyproject.toml", value)
                message = f"The entry point {name!r} is not of the form package.module:OBJECT ({value})."
                yield Finding(message=message, path="pyproject.toml", line=line)


class LP005(Check):
    """Every curriculum imports, under the name it is declared by

    A package that does not import on the rig leaves the animal without a suggestion.
    """

    family = "layout"
    requires = frozenset({"LP001"})
    runs = ("facts",)
    mend = "Import the module by hand (`uv run python -c 'import ...'`), mend what it says, and run `uv sync`."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        if not repo.targets:
            if repo.curriculum is not None:
                yield Finding(message=f"No curriculum named {repo.curriculum!r} is declared.", path="pyproject.toml")
                return
            raise NotApplicable("no curriculum is declared; name one with --curriculum package.module:OBJECT")
        for target in repo.targets:
            process = repo.runs.get(target, "facts")
            answer = process.answer
            if not isinstance(answer, dict):
                yield Finding(message=f"{target.object} could not be imported: {process.said}.", path="pyproject.toml")
            elif "error" in answer:
                yield Finding(
                    message=f"{target.object} could not be imported: {answer['error']}.",
                    path="pyproject.toml",
                    line=repo.line_of("pyproject.toml", target.object),
                )
            elif target.name is not None and answer["name"] != target.name:
                yield Finding(
                    message=f"The entry point {target.name!r} leads to a curriculum named {answer['name']!r}.",
                    path="pyproject.toml",
                    line=repo.line_of("pyproject.toml", target.object),
                )


class LP006(Check):
    """The library's version is one the runtime was tested with

    The runtime works around known faults of aind-behavior-curriculum; another series may have others.
    """

    family = "layout"
    requires = frozenset({"LP002"})
    mend = 'Depend on "aind-behavior-curriculum>=0.0.42,<0.1" and run `uv lock`.'

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        packages = {one.get("name"): one.get("version") for one in (repo.lock or {}).get("package", [])}
        version = packages.get("aind-behavior-curriculum")
        if version is None:
            yield Finding(message="aind-behavior-curriculum is not among the locked packages.", path="uv.lock")
            return
        numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
        if not (0, 0, 42) <= numbers < (0, 1, 0):
            yield Finding(message=f"aind-behavior-curriculum is locked at {version}.", path="uv.lock")


class LP007(Check):
    """Files that the template manages are as it made them

    They are merged at every update; an edit there is a conflict to come, and in tests/test_contract.py or the
    workflow it can switch the contract off.
    """

    family = "layout"
    level = "warning"
    mend = "Put the file back as the template has it, and keep what is yours in a file of its own."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        if not repo.from_template:
            raise NotApplicable("the repo was not made from the template")
        for name, expected in digests().items():
            try:
                content = (repo.root / name).read_bytes()
            except OSError:
                yield Finding(message=f"{name} is missing.", path=name)
                continue
            if digest(content) != expected and not _has_leftovers(content):
                yield Finding(message=f"{name} differs from the template's.", path=name)


class LP008(Check):
    """No leftovers of an update

    `copier update` ends with 0 on a conflict and leaves markers, which `git commit -am` commits.
    """

    family = "layout"
    mend = "Mend the conflict, delete *.rej files, and commit."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for line in (repo.git("ls-files", "--unmerged") or "").splitlines()[:1]:
            path = line.partition("\t")[2]
            yield Finding(message=f"git has {path} as unmerged.", path=path)
        for name in repo.files:
            if name.endswith(".rej"):
                yield Finding(message=f"{name} holds what an update could not merge.", path=name)
                continue
            try:
                content = (repo.root / name).read_bytes()
            except OSError:
                continue
            if _has_leftovers(content):
                number = 1 + content[: _MARKER.search(content).start() + 1].count(b"\n")  # type: ignore[union-attr]
                yield Finding(message=f"{name} has conflict markers.", path=name, line=number)


_MARKER = re.compile(rb"^(?:<<<<<<< |>>>>>>> )", re.MULTILINE)


def _has_leftovers(content: bytes) -> bool:
    return b"\0" not in content[:1024] and _MARKER.search(content) is not None


class LP009(Check):
    """Every file name works on Windows

    Rigs are Windows machines: a name with a colon, a reserved name, or two names that differ only in case cannot
    be checked out there.
    """

    family = "layout"
    mend = "Rename the file."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        seen: dict[str, str] = {}
        for name in repo.files:
            parts = name.split("/")
            if any(
                re.search(r'[<>:"\\|?*\x00-\x1f]', part)
                or part.rstrip(" .") != part
                or part.partition(".")[0].lower() in _FORBIDDEN_NAMES
                for part in parts
            ):
                yield Finding(message=f"Windows cannot have a file named {name}.", path=name)
            other = seen.setdefault(name.casefold(), name)
            if other != name:
                yield Finding(message=f"Windows takes {name} and {other} for one file.", path=name)
            if (repo.root / name).is_symlink():
                yield Finding(message=f"{name} is a symbolic link, which Windows does not follow.", path=name)


class LP010(Check):
    """The repo has a sample session

    The demo and every check that runs the curriculum need a small session directory at tests/data/session.
    """

    family = "layout"
    mend = "Put a small real session directory there, the one with the folder 'behavior'."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        if repo.session is None:
            yield Finding(message="There is no sample session at tests/data/session.", path="tests/data/session")
        elif not any(path.is_file() for path in repo.session.rglob("*")):
            yield Finding(message="The sample session holds no file.", path="tests/data/session")


class LP011(Check):
    """The repo holds one curriculum

    A curriculum's commit is recorded with the data; with several in one repo a commit says little of any one, and
    one version number stands for all.
    """

    family = "layout"
    level = "warning"
    mend = "Give each curriculum a repo of its own, made from the template."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        made = [(name, node) for name, tree in repo.sources.items() for node in _creations(tree)]
        if len(made) > 1:
            name, node = made[1]
            yield Finding(
                message=f"{len(made)} curricula are made in this repo ({', '.join(sorted({n for n, _ in made}))}).",
                path=name,
                line=node.lineno,
            )


def _creations(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name == "create_curriculum":
                yield node


CHECKS = (LP001, LP002, LP003, LP004, LP005, LP006, LP007, LP008, LP009, LP010, LP011)
