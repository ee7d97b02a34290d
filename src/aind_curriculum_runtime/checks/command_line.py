"""Checks of the command line (CL): the launcher's call works, and nothing around it changes the result."""

from __future__ import annotations

from collections.abc import Iterable

from .base import Check, Finding, NotApplicable
from .repo import CurriculumRepo, Target
from .runs import Process

_SAME = "The suggestion must depend on the session, the trainer state and the curriculum alone."


def difference(repo: CurriculumRepo, target: Target, name: str) -> str | None:
    """Compare a run with the launcher's.

    Args:
        repo: The repo under test.
        target: Which curriculum.
        name: The run.

    Returns:
        What differs, as the end of a sentence, or None.
    """
    process = repo.runs.get(target, name)
    if process.code != 0:
        return f"the run {process.ended} ({process.said})"
    if process.stdout != repo.runs.get(target, "launcher").stdout:
        return "the run printed another suggestion" if process.stdout.strip() else "the run printed nothing"
    return None


class CL001(Check):
    """The launcher's command works

    `uv run -q --directory REPO curriculum run --data-directory D --input-trainer-state S`, with the sample session
    and a trainer state at the first stage, ends with 0 and prints something.
    """

    family = "command line"
    requires = frozenset({"LP005"})
    runs = ("facts", "launcher")
    mend = "Run `uv run curriculum demo` and mend what it says."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for target in repo.targets:
            process = repo.runs.get(target, "launcher")
            if process.code != 0:
                yield Finding(message=f"The launcher's command {process.ended}: {process.said}")
            elif not process.stdout.strip():
                yield Finding(message="The launcher's command ended with 0 and printed nothing.")


class CL002(Check):
    """`--curriculum NAME` gives the same

    A launcher may name the curriculum; that must not change the suggestion.
    """

    family = "command line"
    requires = frozenset({"CL001", "LP003"})
    runs = ("launcher", "named")
    mend = "Give the entry point the curriculum's own name and run `uv sync`."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        repo.require_runtime()
        for target in repo.targets:
            if target.name is not None and (why := difference(repo, target, "named")):
                yield Finding(message=f"With --curriculum {target.name}, {why}.")


class CL003(Check):
    """Environment variables change nothing

    On a rig many programs share one environment; a variable of another's, such as MUTE_SUGGESTION=1, must not mute
    this one.
    """

    family = "command line"
    requires = frozenset({"CL001"})
    runs = ("launcher", "environment")
    mend = f"Take options from the command line only (no settings class that reads the environment). {_SAME}"

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for target in repo.targets:
            if why := difference(repo, target, "environment"):
                yield Finding(message=f"With MUTE_SUGGESTION=1 and the like set, {why}.")


class CL004(Check):
    """Files in the working directory change nothing

    The launcher's working directory holds whatever it holds.
    """

    family = "command line"
    requires = frozenset({"CL001"})
    runs = ("launcher", "working directory")
    mend = f"Open files by the data directory's path, never by a relative one. {_SAME}"

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for target in repo.targets:
            if why := difference(repo, target, "working directory"):
                yield Finding(message=f"Started in another folder, with files named like modules in it, {why}.")


class CL005(Check):
    """No directory name is magic

    A session directory that is not there is an error, whatever it is called: `demo` has been a keyword.
    """

    family = "command line"
    requires = frozenset({"CL001"})
    runs = ("keyword",)
    mend = "Treat every data directory as a path; the runtime's `curriculum demo` runs the sample session."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for target in repo.targets:
            if repo.runs.get(target, "keyword").code == 0:
                yield Finding(message="`--data-directory demo` gives a suggestion although there is no such directory.")


class CL006(Check):
    """Spaces and other alphabets in paths change nothing

    Session directories are named by people, in their languages.
    """

    family = "command line"
    requires = frozenset({"CL001"})
    runs = ("launcher", "spaces")
    mend = "Open files with pathlib and an explicit encoding; never split a path or pass it through a shell."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for target in repo.targets:
            if why := difference(repo, target, "spaces"):
                yield Finding(message=f"With spaces and other alphabets in the session directory's path, {why}.")


class CL007(Check):
    """`describe --json` says what is installed

    A launcher asks it before it relies on more than the first contract.
    """

    family = "command line"
    requires = frozenset({"LP004"})
    runs = ("describe",)
    mend = "Run `uv sync`; then `uv run curriculum describe` must list the curriculum."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        repo.require_runtime()
        if not repo.targets:
            raise NotApplicable("no curriculum is declared")
        process: Process = repo.runs.get(repo.targets[0], "describe")
        described = process.document
        if process.code != 0 or not isinstance(described, dict):
            yield Finding(message=f"`curriculum describe --json` {process.ended}: {process.said}")
            return
        names = {one["name"] for one in described["curricula"]}
        for target in repo.targets:
            if target.name not in names:
                yield Finding(message=f"`curriculum describe --json` does not list {target.name!r}.")


CHECKS = (CL001, CL002, CL003, CL004, CL005, CL006, CL007)
