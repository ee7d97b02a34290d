"""Checks of the command line (CL): the launcher's call works, and nothing around it changes the result."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..engine.check import Check, Finding, NotApplicable, TargetCheck
from ..engine.process import Process
from ..engine.repo import CurriculumRepo, Target

_SAME = "The suggestion may depend on the session, the trainer state and the curriculum alone."


def difference(repo: CurriculumRepo, target: Target, name: str) -> str | None:
    """Compare a run with the launcher's.

    Args:
        repo: The repo under test.
        target: Which curriculum.
        name: The run.

    Returns:
        What differs, as the end of a sentence, or None.
    """
    process, usual = repo.runs.get(target, name), repo.runs.get(target, "launcher")
    if process.code != 0:
        return f"the run {process.ended}: {process.said}"
    if process.stdout == usual.stdout:
        return None
    if not process.stdout.strip():
        return "the run printed nothing"
    return f"the run printed another suggestion{unequal_place(usual.document, process.document)}"


def unequal_place(left: Any, right: Any, where: str = "") -> str:
    """Say where two JSON documents first differ.

    Args:
        left: One document.
        right: The other.
        where: Place of both in the documents they are from.

    Returns:
        As ``: metrics.water is 3.0, then 4.0``; empty when they are equal.
    """
    if isinstance(left, dict) and isinstance(right, dict):
        for key in {**left, **right}:
            if told := unequal_place(left.get(key), right.get(key), f"{where}.{key}" if where else str(key)):
                return told
        return ""
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, pair in enumerate(zip(left, right, strict=True)):
            if told := unequal_place(*pair, f"{where}[{index}]"):
                return told
        return ""
    if left == right:
        return ""
    one, other = (str(value) if len(str(value)) <= 60 else f"{str(value)[:60]}..." for value in (left, right))
    return f": {where or 'stdout'} is {one} in one and {other} in the other"


class CL001(TargetCheck):
    """The launcher's command works

    `uv run -q --directory REPO curriculum run --data-directory D --input-trainer-state S`, with the sample session
    and a trainer state at the first stage, ends with 0 and prints something.
    """

    family = "command line"
    requires = frozenset({"LP005", "SU005"})
    runs = ("facts", "launcher")
    fix = "`uv run curriculum demo` makes the same run and shows where it stops; fix that."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        process = repo.runs.get(target, "launcher")
        if process.code != 0:
            yield Finding(message=f"On the sample session the launcher's command {process.ended}: {process.said}")
        elif not process.stdout.strip():
            yield Finding(message="On the sample session the launcher's command ended with 0 and printed nothing.")


class CL002(TargetCheck):
    """`--curriculum NAME` gives the same

    A launcher may name the curriculum; that must not change the suggestion.
    """

    family = "command line"
    requires = frozenset({"SU001"})
    runs = ("launcher", "named")
    fix = "Run `uv sync --reinstall-package aind-curriculum-runtime`: choosing the curriculum is the runtime's task."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        repo.require_runtime()
        if target.name is None:
            raise NotApplicable("the curriculum is not declared, so it has no name to choose it by")
        if why := difference(repo, target, "named"):
            yield Finding(message=f"With --curriculum {target.name}, {why}.")


class CL003(TargetCheck):
    """Environment variables change nothing

    On a rig many programs share one environment; a variable of another's, such as MUTE_SUGGESTION=1, must not mute
    this one.
    """

    family = "command line"
    requires = frozenset({"SU001"})
    runs = ("launcher", "environment")
    fix = f"Take options from the command line only, with no settings class that reads the environment. {_SAME}"

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        if why := difference(repo, target, "environment"):
            yield Finding(
                message=f"With MUTE_SUGGESTION=1, DEBUG=1, LC_ALL=C or another USER in the environment, {why}."
            )


class CL004(TargetCheck):
    """Files in the working directory change nothing

    The launcher's working directory holds whatever it holds.
    """

    family = "command line"
    requires = frozenset({"SU001"})
    runs = ("launcher", "working directory")
    fix = f"Build every path from data_directory or from Path(__file__), never from a relative name. {_SAME}"

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        if why := difference(repo, target, "working directory"):
            yield Finding(message=f"Started in another folder, which holds other files, {why}.")


class CL005(TargetCheck):
    """No directory name is magic

    A session directory that is not there is an error, whatever it is called: `demo` has been a keyword.
    """

    family = "command line"
    requires = frozenset({"CL001"})
    runs = ("keyword",)
    fix = "Treat every data directory as a path; the runtime's `curriculum demo` runs the sample session."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        if repo.runs.get(target, "keyword").code == 0:
            yield Finding(message="`--data-directory demo` gives a suggestion although there is no such directory.")


class CL006(TargetCheck):
    """Spaces and other alphabets in paths change nothing

    Session directories are named by people, in their languages.
    """

    family = "command line"
    requires = frozenset({"SU001"})
    runs = ("launcher", "spaces")
    fix = "Keep paths as pathlib.Path from end to end: never split, encode or paste them into a shell command."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        if why := difference(repo, target, "spaces"):
            yield Finding(message=f"With spaces and other alphabets in the session directory's path, {why}.")


class CL007(Check):
    """`describe --json` says what is installed

    A launcher asks it before it relies on more than the first contract.
    """

    family = "command line"
    requires = frozenset({"LP004", "LP005"})
    runs = ("describe",)
    fix = "Run `uv sync`; then `uv run curriculum describe` must list the curriculum."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        repo.require_runtime()
        process: Process = repo.runs.get(repo.targets[0], "describe")
        described = process.document
        listed = described.get("curricula") if isinstance(described, dict) else None
        if process.code != 0:
            yield Finding(message=f"`curriculum describe --json` {process.ended}: {process.said}")
            return
        if not isinstance(listed, list):
            yield Finding(message="`curriculum describe --json` lists no curricula.")
            return
        names = {one.get("name") for one in listed}
        for target in repo.targets:
            if target.name is not None and target.name not in names:
                yield Finding(message=f"`curriculum describe --json` does not list the curriculum {target.name!r}.")


class CL008(Check):
    """The package asks nothing of the machine it runs on

    CL003 can set only the variables it knows. What is set on one rig and not on another, or differs with its name, its
    user, its folders or its clock, trains two animals differently, and nothing in the data says so.
    """

    family = "command line"
    level = "warning"
    fix = (
        "Make it a constant in the code, or a parameter of the task, so that it is written with the data; take times "
        "from the session's events."
    )

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for name, tree in repo.sources.items():
            for line, what in _questions(tree):
                yield Finding(message=f"{what} differs from rig to rig, or from day to day.", path=name, line=line)


_OF_THE_MACHINE = re.compile(
    r"(os\.)?(getenv|getcwd|cpu_count|getlogin|uname)|os\.path\.expanduser|.*\.expanduser|(Path|pathlib\.Path)\.(home|cwd)"
    r"|(getpass\.)?getuser|(socket\.)?gethostname|platform\.(node|uname)|uuid\.getnode"
    r"|(datetime\.)?(datetime|date)\.(now|utcnow|today)|time\.time(_ns)?"
)


def _questions(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.environb"}:
            yield node.lineno, f"What {ast.unparse(node)} says"
        elif isinstance(node, ast.Call) and _OF_THE_MACHINE.fullmatch(ast.unparse(node.func)):
            yield node.lineno, f"What {ast.unparse(node)[:60]} says"
        elif isinstance(node, ast.ClassDef) and any(ast.unparse(one).endswith("BaseSettings") for one in node.bases):
            yield node.lineno, f"What the settings class {node.name} reads from the environment"


CHECKS = (CL001, CL002, CL003, CL004, CL005, CL006, CL007, CL008)
