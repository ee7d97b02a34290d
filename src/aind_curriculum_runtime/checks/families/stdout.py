"""Checks of stdout (SO): one JSON document that every launcher can read, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ...contract.strict_json import StrictJsonError, parse
from ...session.suggestion import KEYS
from ..engine.check import Check, Finding, TargetCheck
from ..engine.repo import CurriculumRepo, Target
from .command_line import difference


class SO001(TargetCheck):
    """Stdout is one JSON object and a newline

    Launchers parse the whole of stdout.
    """

    family = "stdout"
    requires = frozenset({"CL001"})
    runs = ("launcher",)
    fix = "Use the runtime's command, which lets nothing else through; if it is used, reinstall it with `uv sync`."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        process = repo.runs.get(target, "launcher")
        if not isinstance(process.document, dict):
            first = process.stdout[:60].decode("utf-8", "replace")
            yield Finding(message=f"Stdout is not one JSON object; it begins with {first!r}.")
        elif not process.stdout.endswith(b"}\n") and not process.stdout.endswith(b"}\r\n"):
            yield Finding(message="Stdout does not end with the object and a newline.")


class SO002(TargetCheck):
    """Stdout is ASCII

    Launchers decode with the machine's own locale, which on many rigs is cp1252.
    """

    family = "stdout"
    requires = frozenset({"SO001"})
    runs = ("launcher",)
    fix = "Use the runtime's command, which escapes everything else."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        if not repo.runs.get(target, "launcher").stdout.isascii():
            said = repo.runs.get(target, "launcher").stdout.decode("utf-8", "replace")
            first = next(character for character in said if not character.isascii())
            yield Finding(message=f"Stdout holds characters beyond ASCII, such as {first!a}.")


class SO003(TargetCheck):
    """Stdout is strict JSON

    NaN, Infinity and keys that stand twice are not JSON; parsers differ in what they make of them.
    """

    family = "stdout"
    requires = frozenset({"SO001"})
    runs = ("launcher",)
    fix = "Use the runtime's command, which refuses a value that is not finite."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        try:
            parse(repo.runs.get(target, "launcher").stdout)
        except StrictJsonError as error:
            yield Finding(message=f"Stdout is not strict JSON: {error}.")


class SO004(TargetCheck):
    """The document has exactly the four keys

    trainer_state, metrics, version and dsl_version; more goes into files of its own.
    """

    family = "stdout"
    requires = frozenset({"SO001"})
    runs = ("launcher",)
    fix = "Use the runtime's command; put anything more into a file in the session directory."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        found = repo.runs.get(target, "launcher").document
        if isinstance(found, dict) and set(found) != set(KEYS):
            missing, extra = [key for key in KEYS if key not in found], [key for key in found if key not in KEYS]
            told = [f"it lacks {', '.join(missing)}"] * bool(missing) + [f"it adds {', '.join(extra)}"] * bool(extra)
            yield Finding(message=f"The document has other keys: {' and '.join(told)}.")


class SO005(TargetCheck):
    """Noise of every kind stays out of stdout

    Prints, loggers, progress bars, C code, child processes, threads and exit handlers write to stdout; the same run
    with all of these put in from outside must print the same document.
    """

    family = "stdout"
    requires = frozenset({"SU001"})
    runs = ("launcher", "noise")
    fix = (
        "The runtime's guard sees to this: run `uv sync --reinstall-package aind-curriculum-runtime`, and take out "
        "curriculum code that replaces sys.stdout or descriptor 1."
    )

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        repo.require_runtime()
        if why := difference(repo, target, "noise"):
            yield Finding(message=f"With prints, loggers, threads and child processes that write to stdout, {why}.")


class SO006(TargetCheck):
    """The process ends, and its pipes with it

    A child process or a fork that keeps the pipes makes the launcher wait for it, with an animal waiting too.
    """

    family = "stdout"
    requires = frozenset({"LP005"})
    runs = ("launcher",)
    fix = "In the metrics code use subprocess.run, which waits, or join the process before returning."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        if repo.runs.get(target, "launcher").pipes_held:
            message = "A second after the process ended, something that it started still held its stdout or stderr."
            yield Finding(message=message)


class SO007(TargetCheck):
    """The launcher's own model accepts the document

    Launchers read it with the library's base TrainerState, which refuses fields it does not know, such as one that a
    Task class adds beside task_parameters.
    """

    family = "stdout"
    requires = frozenset({"SO004"})
    runs = ("launcher", "reload")
    fix = "Keep a task's own settings in task_parameters, and stages plain Stage objects."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
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
        """Look for it."""
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


CHECKS = (SO001, SO002, SO003, SO004, SO005, SO006, SO007, SO008)
