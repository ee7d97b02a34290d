"""Checks of stdout (SO): one JSON document that every launcher can read, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ...contract.strict_json import StrictJsonError, parse
from ...session.suggestion import KEYS
from ..engine.check import Check, TargetCheck
from ..engine.findings import Finding
from ..engine.process import Process
from ..engine.repo import Target
from ..engine.shapes import SameSuggestion, TableRow
from ..engine.under_test import CurriculumRepo


@dataclass(kw_only=True, eq=False)
class _Launch(TableRow, TargetCheck):
    """Something is wrong with what the launcher's own run left behind.

    Args:
        tell: Gives what is wrong, in one sentence, or None.
    """

    family: str = "stdout"
    requires: frozenset[str] = frozenset({"SO001"})
    runs: tuple[str, ...] = ("launcher",)
    tell: Callable[[Process], str | None]

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        message = self.tell(repo.runs.get(target, "launcher"))
        if message is not None:
            yield Finding(message=message)


def _no_object(process: Process) -> str | None:
    if not isinstance(process.document, dict):
        first = process.stdout[:60].decode("utf-8", "replace")
        return f"Stdout is not one JSON object; it begins with {first!r}."
    whole = process.stdout.endswith((b"}\n", b"}\r\n"))
    return None if whole else "Stdout does not end with the object and a newline."


def _beyond_ascii(process: Process) -> str | None:
    said = process.stdout.decode("utf-8", "replace")
    first = next((character for character in said if not character.isascii()), None)
    return None if first is None else f"Stdout holds characters beyond ASCII, such as {first!a}."


def _not_strict(process: Process) -> str | None:
    try:
        parse(process.stdout)
    except StrictJsonError as error:
        return f"Stdout is not strict JSON: {error}."
    return None


def _other_keys(process: Process) -> str | None:
    found = process.document
    if not isinstance(found, dict) or set(found) == set(KEYS):
        return None
    missing, extra = [key for key in KEYS if key not in found], [key for key in found if key not in KEYS]
    told = [f"it lacks {', '.join(missing)}"] * bool(missing) + [f"it adds {', '.join(extra)}"] * bool(extra)
    return f"The document has other keys: {' and '.join(told)}."


def _held_pipes(process: Process) -> str | None:
    held = "A second after the process ended, something that it started still held its stdout or stderr."
    return held if process.pipes_held else None


class SO007(TargetCheck):
    """The launcher's own model accepts the document

    Launchers read it with the library's base TrainerState, which refuses unknown fields, such as one that a Task class
    adds beside task_parameters.
    """

    family = "stdout"
    requires = frozenset({"SO004"})
    runs = ("launcher", "reload")
    fix = "Keep a task's own settings in task_parameters, and stages plain Stage objects."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        if why := repo.runs.answer(target, "reload").get("host"):
            yield Finding(message=f"The launcher's model refuses the document: {why}.")


class SO008(Check):
    """The package does not print

    The guard keeps prints out of stdout, but on the rig they bury the message that matters.
    """

    family = "stdout"
    level = "warning"
    fix = "Use logging.getLogger(__name__), which is quiet by default and shown with -v."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        repo.require_own_code()
        # A command of the repo's own prints the suggestion itself.
        command = (repo.own_command or "").replace(" ", "").partition(":")[0].replace(".", "/")
        for name, tree in repo.sources.items():
            if command and name.endswith((f"{command}.py", f"{command}/__init__.py")):
                continue
            for line, what in _prints(tree):
                yield Finding(message=f"{what} writes to stdout.", path=name, line=line)


def _prints(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        spelled = ast.unparse(node.func)
        if spelled == "print" and not any(keyword.arg == "file" for keyword in node.keywords):
            yield node.lineno, "print(...)"
        elif spelled in {"sys.stdout.write", "sys.__stdout__.write", "sys.stdout.buffer.write"}:
            yield node.lineno, f"{spelled}(...)"


CHECKS = (
    _Launch(
        id="SO001",
        title="Stdout is one JSON object and a newline",
        why="Launchers parse the whole of stdout.",
        requires=frozenset({"CL001"}),
        tell=_no_object,
        fix="Use the runtime's command, which lets nothing else through; if it is used, reinstall it with `uv sync`.",
    ),
    _Launch(
        id="SO002",
        title="Stdout is ASCII",
        why="Launchers decode with the machine's own locale, which on many rigs is cp1252.",
        tell=_beyond_ascii,
        fix="Use the runtime's command, which escapes everything else.",
    ),
    _Launch(
        id="SO003",
        title="Stdout is strict JSON",
        why="NaN, Infinity and repeated keys are not JSON, and each parser reads them in its own way.",
        tell=_not_strict,
        fix="Use the runtime's command, which refuses a value that is not finite.",
    ),
    _Launch(
        id="SO004",
        title="The document has exactly the four keys",
        why="They are trainer_state, metrics, version and dsl_version; anything more goes into other files.",
        tell=_other_keys,
        fix="Use the runtime's command; put anything more into a file in the session directory.",
    ),
    SameSuggestion(
        id="SO005",
        title="Noise of every kind stays out of stdout",
        why=(
            "Prints, loggers, progress bars, C code, child processes, threads and exit handlers write to stdout; the "
            "same run with all of these put in from outside must print the same document."
        ),
        family="stdout",
        requires=frozenset({"SU001"}),
        runs=("launcher", "noise"),
        when="With prints, loggers, threads and child processes that write to stdout",
        promise=True,
        fix=(
            "The runtime's guard sees to this: run `uv sync --reinstall-package aind-curriculum-runtime`, and take "
            "out curriculum code that replaces sys.stdout or descriptor 1."
        ),
    ),
    _Launch(
        id="SO006",
        title="The process ends and closes its pipes",
        why="A child process or a fork that keeps the pipes open makes the launcher wait, and the animal with it.",
        requires=frozenset({"LP005"}),
        tell=_held_pipes,
        fix="In the metrics code use subprocess.run, which waits, or join the process before returning.",
    ),
    SO007(),
    SO008(),
)
