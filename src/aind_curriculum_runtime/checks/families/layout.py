"""Checks of layout and packaging (LP): what a fresh clone must hold so that a rig can be set up from it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...contract.console_script import NAMES
from ...project.distributions import ENTRY_POINT_GROUP
from ...project.pyproject import SETTINGS
from ...project.template import ANSWERS
from ..engine.check import Check, TargetCheck
from ..engine.findings import Finding, NotApplicable
from ..engine.managed import digest, digests
from ..engine.repo import Target
from ..engine.shapes import InSources
from ..engine.under_test import CurriculumRepo

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
    fix = "Write a pyproject.toml with a table [project] that has name and version; the template's is an example."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
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
    fix = "Run `uv lock` and commit uv.lock."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        if repo.lock is None:
            yield Finding(message="uv.lock is missing or unreadable.", path="uv.lock")
            return
        if repo.targets:
            process = repo.runs.get(repo.targets[0], "lock")
            told = process.stderr.decode("utf-8", "replace")
            if process.code != 0 and "offline" not in told and "network" not in told:
                yield Finding(message="uv.lock is not current: pyproject.toml asks for something else.", path="uv.lock")
                return
            if process.code != 0:
                note = f"uv could not compare uv.lock with pyproject.toml without a network: {process.said}"
                repo.outcomes[self.id].notes.append(note.rstrip("."))
        if repo.project_root == repo.root and "uv.lock" not in repo.files:
            line = repo.line_of(".gitignore", "uv.lock")
            yield Finding(
                message="git ignores uv.lock, so a clone has none.",
                path=".gitignore" if line else "uv.lock",
                line=line,
                fix="Take it out of .gitignore and commit uv.lock.",
            )
        elif repo.project_root == repo.root and repo.in_git is not None and "uv.lock" not in repo.in_git:
            yield Finding(
                message="uv.lock is not in git, so a clone has none.",
                path="uv.lock",
                fix="Commit it: `git add uv.lock`, then `git commit`.",
            )


class LP003(Check):
    """The command that launchers call is the runtime's

    Launchers call `uv run curriculum run`, or `aind-curriculum` where the repo asks for that. The runtime's command
    puts its guard in place before any code of the repo is imported; a command of the repo's own, or of a package that
    it depends on, cannot, so one print breaks the launcher.
    """

    family = "layout"
    requires = frozenset({"LP001"})
    fix = (
        "Take `curriculum` out of [project.scripts], depend on aind-curriculum-runtime, which brings the command, and "
        "declare the curriculum by an entry point as the template does; then run `uv sync --reinstall`, which "
        "puts the runtime's command back."
    )

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        own, asked = repo.own_command, repo.settings.get("command", repo.command)
        if asked != repo.command:
            yield Finding(
                message=f"[tool.{SETTINGS}] asks for the command {asked!r}, which the runtime does not have.",
                path="pyproject.toml",
                line=repo.line_of("pyproject.toml", f"[tool.{SETTINGS}]"),
                fix=f"Write one of its two: {' or '.join(NAMES)}.",
            )
        elif own is not None and own.replace(" ", "") != "aind_curriculum_runtime.cli:main":
            yield Finding(
                message=f"The command `{repo.command}` is the repo's own ({own}).",
                path="pyproject.toml",
                line=repo.line_of("pyproject.toml", own),
            )
        elif own is None and repo.hides_command is not None:
            yield Finding(
                message=f"{repo.hides_command} installs a command `{repo.command}` too, which hides the runtime's.",
                path="pyproject.toml",
                line=repo.line_of("pyproject.toml", repo.hides_command),
                fix=f'Write command = "{NAMES[1]}" under [tool.{SETTINGS}], so that launchers and checks call that, '
                "then run `uv sync --reinstall`.",
            )
        elif "aind-curriculum-runtime" not in repo.dependencies:
            yield Finding(
                message="The repo does not depend on aind-curriculum-runtime, which brings the command `curriculum`.",
                path="pyproject.toml",
                line=repo.line_of("pyproject.toml", "dependencies"),
                fix="Add aind-curriculum-runtime to [project] dependencies and run `uv lock`.",
            )


class LP004(Check):
    """The repo declares its curricula by entry point

    The runtime finds curricula by the entry point group `aind_curriculum_runtime.curricula`, without importing
    them.
    """

    family = "layout"
    requires = frozenset({"LP003"})
    fix = f'Under [project.entry-points."{ENTRY_POINT_GROUP}"] write NAME = "package.module:OBJECT".'

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        if not repo.declared:
            yield Finding(message="pyproject.toml declares no curriculum.", path="pyproject.toml")


class LP005(TargetCheck):
    """Every curriculum imports, under the name it is declared by

    A package that does not import on the rig leaves the animal without a suggestion. So does a module that is only on
    this disk, because git ignores it.
    """

    family = "layout"
    requires = frozenset({"LP001"})
    runs = ("facts",)
    fix = "`uv run python -c 'import PACKAGE.MODULE'` shows the import alone; fix that, then run `uv sync`."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        if not repo.targets:
            if repo.curriculum is None:
                raise NotApplicable("no curriculum is declared; name one with --curriculum package.module:OBJECT")
            known = ", ".join(repo.declared) or "none"
            yield Finding(
                message=f"No curriculum named {repo.curriculum!r} is declared.",
                path="pyproject.toml",
                fix=f"Declared: {known}. Give one of these, or package.module:OBJECT.",
            )
        yield from super().find(repo)

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        path, line = "pyproject.toml", repo.line_of("pyproject.toml", target.object)
        if not re.fullmatch(r"[\w.]+:[\w.]+", target.object):
            yield Finding(
                message=f"The curriculum {target.label!r} is not declared as package.module:OBJECT ({target.object}).",
                path=path,
                line=line,
                fix="Write the module, a colon and the name of the object that create_curriculum(...)() gave.",
            )
            return
        answer = repo.runs.answer(target, "facts")
        if "error" in answer:
            told = f"{target.object} does not import: {answer['error'].rstrip('.')}."
            yield Finding(message=told, path=path, line=line, fix=answer["fix"])
        elif target.name is not None and answer["name"] != target.name:
            yield Finding(
                message=f"The entry point {target.name!r} leads to a curriculum named {answer['name']!r}.",
                path=path,
                line=line,
                fix="Give both the same name, since trainer states choose their curriculum by it, and run `uv sync`.",
            )
        for name in _ignored_modules(repo, answer.get("modules", [])):
            yield Finding(
                message=f"{target.object} imports {name}, which git ignores, so a clone has none.",
                path=name,
                fix="Take it out of .gitignore and commit it.",
            )


def _ignored_modules(repo: CurriculumRepo, modules: list[str]) -> Iterator[str]:
    known = {name.casefold() for name in repo.files}
    generated = repo.version_is_generated  # by the build, from git tags
    for path in map(Path, modules):
        if any(path.is_relative_to(folder) for folder in repo.packages):
            name = repo.relative(path)
            if name.casefold() not in known and not (generated and "version" in path.name):
                yield name


class LP006(Check):
    """The library's version is one the runtime was tested with

    The runtime works around known faults of aind-behavior-curriculum; another series may have others.
    """

    family = "layout"
    requires = frozenset({"LP002"})
    fix = 'Depend on "aind-behavior-curriculum>=0.0.42,<0.1" and run `uv lock`.'

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        version = repo.locked.get("aind-behavior-curriculum")
        if version is None:
            yield Finding(message="aind-behavior-curriculum is not among the locked packages.", path="uv.lock")
            return
        numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
        if not (0, 0, 42) <= numbers < (0, 1, 0):
            yield Finding(
                message=f"aind-behavior-curriculum is locked at {version}, which the runtime was not tested with.",
                path="uv.lock",
                line=repo.line_of("uv.lock", 'name = "aind-behavior-curriculum"'),
            )


class LP007(Check):
    """Files that the template manages are as it made them

    Every update merges them: an edit there will conflict, and in tests/test_contract.py or the workflow it can switch
    the contract off. Without .copier-answers.yml no update reaches the repo at all.
    """

    family = "layout"
    level = "warning"
    fix = "`copier recopy` puts it back as the template has it; keep what is yours in a file of its own."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        if repo.lost_answers:
            yield Finding(
                message=f"{ANSWERS} is missing, so no update of the template reaches this repo.",
                path=ANSWERS,
                fix=f"`git log --diff-filter=D -- {ANSWERS}` names the commit that deleted it; take it from the one "
                "before.",
            )
            return
        if not repo.from_template:
            raise NotApplicable("the repo was not made from the template")
        for name, expected in digests().items():
            if name.startswith(".github/") and repo.checkout != repo.root:
                continue  # GitHub does not read it in a folder of a larger repo
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
    fix = "Choose between the two sides at the markers, delete *.rej files, and commit."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
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
    fix = "Rename the file."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        seen: dict[str, str] = {}
        tracked = (repo.git("ls-files", "-z") or "").split("\0")
        for name in sorted({*repo.files, *filter(None, tracked)}):  # on Windows one of two such names is only in git
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
    fix = "Copy a small real session there: the directory that holds the folder 'behavior'."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        if repo.session is None:
            yield Finding(message="There is no sample session at tests/data/session.", path="tests/data/session")
        elif not any(path.is_file() for path in repo.session.rglob("*")):
            yield Finding(message="The sample session holds no file.", path="tests/data/session")


class LP011(Check):
    """The repo holds one curriculum

    A curriculum's commit is recorded with the data; with several in one repo a commit says little about each,
    and one version number stands for all.
    """

    family = "layout"
    level = "warning"
    fix = "Give each curriculum a repo of its own, made from the template."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        repo.require_own_code()
        made = [(name, node) for name, tree in repo.sources.items() for node in _creations(tree)]
        if len(made) > 1:
            name, node = made[1]
            yield Finding(
                message=f"{len(made)} curricula are made in this repo ({', '.join(sorted({n for n, _ in made}))}).",
                path=name,
                line=node.lineno,
            )


class LP014(TargetCheck):
    """The package that the task comes from is pinned

    A suggestion is a task of the version installed here, and the rig runs the task repo's own. uv.lock holds one
    version for this repo, but nothing compares it with the rig's, and with a range in pyproject.toml the next
    `uv lock --upgrade` moves it without a line of anybody's: the suggestion then names another version of the task than
    the one that runs. Pinned, it is moved by an edit that a person makes and reviews, together with the rig's.
    """

    family = "layout"
    level = "warning"
    requires = frozenset({"LP005"})
    runs = ("facts",)
    fix = "Write the version that the rig runs, with `==`, in [project] dependencies, and run `uv lock`."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        for name in repo.runs.facts(target)["task_packages"]:
            asked = repo.unpinned(name)
            if asked is not None:
                locked = repo.locked.get(name)
                now = f", and uv.lock has {locked} today" if locked else ""
                yield Finding(
                    message=f"The task comes from {name}, which is not pinned ({asked}){now}.",
                    path="pyproject.toml",
                    line=repo.line_of("pyproject.toml", f'"{asked}"'),
                )


def _creations(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name == "create_curriculum":
                yield node


_POSIX_ONLY = {"crypt", "fcntl", "grp", "posix", "pty", "pwd", "resource", "spwd", "syslog", "termios", "tty"}


def _posix_imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in tree.body:  # an import deeper down is guarded, or may never run
        tops = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        tops += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
        for top in tops:
            if top.partition(".")[0] in _POSIX_ONLY:
                yield node.lineno, f"Windows has no module {top!r}."


_MACHINE_PATH = re.compile(r"(?:[A-Za-z]:[\\/]|/(?:home|Users|root|mnt|media|tmp)/|\\\\[\w.-]+\\)[\w.]")


def _machine_paths(tree: ast.Module) -> Iterator[tuple[int, str]]:
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in prose:
            continue
        if isinstance(node.value, str) and _MACHINE_PATH.match(node.value):
            yield node.lineno, f"{node.value[:60]!r} is a path of one machine."


CHECKS = (
    LP001(),
    LP002(),
    LP003(),
    LP004(),
    LP005(),
    LP006(),
    LP007(),
    LP008(),
    LP009(),
    LP010(),
    LP011(),
    InSources(
        id="LP012",
        title="Every import works on Windows",
        why="Rigs are Windows machines, and some modules of Python's own library are not there.",
        family="layout",
        level="warning",
        search=_posix_imports,
        fix="Use what works on both (shutil, pathlib, msvcrt), or import it inside a branch for sys.platform.",
    ),
    InSources(
        id="LP013",
        title="The code contains no path of one machine",
        why="What is on one computer's disk or on one lab's share is missing on the next rig.",
        family="layout",
        level="warning",
        search=_machine_paths,
        fix="Build the path from data_directory, or from Path(__file__) for a file of the package.",
    ),
    LP014(),
)
