"""Checks of the command line (CL): the launcher's call works, and nothing around it changes the result."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final

from ..engine.check import TargetCheck
from ..engine.findings import Finding
from ..engine.repo import Target
from ..engine.shapes import InSources, SameSuggestion
from ..engine.under_test import CurriculumRepo

_SAME: Final = "The suggestion may depend only on the session, the trainer state and the curriculum."


class CL001(TargetCheck):
    """The launcher's command works

    `uv run -q --directory REPO curriculum run --data-directory D --input-trainer-state S`, with the sample session
    and a trainer state at the first stage, ends with 0 and prints something.
    """

    family = "command line"
    requires = frozenset({"LP005", "SU005", "GR013"})
    runs = ("facts", "launcher")
    fix = "`uv run curriculum demo` makes the same run and shows where it stops; fix that."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        process = repo.runs.get(target, "launcher")
        if process.code != 0:
            yield Finding(message=f"On the sample session the launcher's command {process.ended}: {process.said}")
        elif not process.stdout.strip():
            yield Finding(message="On the sample session the launcher's command ended with 0 and printed nothing.")


class CL005(TargetCheck):
    """No directory name is special

    A session directory that is not there is an error, whatever its name: `demo` was once a keyword.
    """

    family = "command line"
    requires = frozenset({"CL001"})
    runs = ("keyword",)
    fix = "Treat every data directory as a path; the runtime's `curriculum demo` runs the sample session."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        if repo.runs.get(target, "keyword").code == 0:
            yield Finding(message="`--data-directory demo` gives a suggestion although there is no such directory.")


_OF_THE_MACHINE = re.compile(
    r"(os\.)?(getenv|getcwd|cpu_count|getlogin|uname)|os\.path\.expanduser|.*\.expanduser|(Path|pathlib\.Path)\.(home|cwd)"
    r"|(getpass\.)?getuser|(socket\.)?gethostname|platform\.(node|uname)|uuid\.getnode"
    r"|(datetime\.)?(datetime|date)\.(now|utcnow|today)|time\.time(_ns)?"
)


def _questions(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.environb"}:
            yield node.lineno, _differs(f"What {ast.unparse(node)} says")
        elif isinstance(node, ast.Call) and _OF_THE_MACHINE.fullmatch(ast.unparse(node.func)):
            yield node.lineno, _differs(f"What {ast.unparse(node)[:60]} says")
        elif isinstance(node, ast.ClassDef) and any(ast.unparse(one).endswith("BaseSettings") for one in node.bases):
            yield node.lineno, _differs(f"What the settings class {node.name} reads from the environment")


def _differs(what: str) -> str:
    return f"{what} differs from rig to rig, or from day to day."


CHECKS = (
    CL001(),
    SameSuggestion(
        id="CL003",
        title="Environment variables change nothing",
        why=(
            "On a rig many programs share one environment; a variable meant for another, such as MUTE_SUGGESTION=1, "
            "must not silence this one."
        ),
        family="command line",
        requires=frozenset({"SU001"}),
        runs=("launcher", "environment"),
        when="With MUTE_SUGGESTION=1, DEBUG=1, LC_ALL=C or another USER in the environment",
        fix=f"Take options from the command line only, with no settings class that reads the environment. {_SAME}",
    ),
    SameSuggestion(
        id="CL004",
        title="Files in the working directory change nothing",
        why="The launcher's working directory may hold any files.",
        family="command line",
        requires=frozenset({"SU001"}),
        runs=("launcher", "working directory"),
        when="Started in another folder, which holds other files",
        fix=f"Build every path from data_directory or from Path(__file__), never from a relative name. {_SAME}",
    ),
    CL005(),
    SameSuggestion(
        id="CL006",
        title="Spaces and other alphabets in paths change nothing",
        why="Session directories are named by people, in their languages.",
        family="command line",
        requires=frozenset({"SU001"}),
        runs=("launcher", "spaces"),
        when="With spaces and other alphabets in the session directory's path",
        fix=f"Keep paths as pathlib.Path throughout: never split, encode or paste them into a shell command. {_SAME}",
    ),
    InSources(
        id="CL008",
        title="The package does not depend on the machine it runs on",
        why=(
            "CL003 can set only the variables it knows. A value that is set on one rig and not on another, or depends "
            "on its name, its user, its folders or its clock, trains two animals differently, and nothing in the data "
            "shows it."
        ),
        family="command line",
        level="warning",
        search=_questions,
        fix=(
            "Make it a constant in the code, or a parameter of the task, so that it is written with the data; take "
            "times from the session's events."
        ),
    ),
)
