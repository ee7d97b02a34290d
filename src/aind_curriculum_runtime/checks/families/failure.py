"""Checks of failure (FA): every bad input gives its exit code, an empty stdout and a valid error line."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ...contract.errors import CODES, ERROR_LINE_LIMIT, ERROR_PREFIX, ExitCode
from ..engine.check import Finding, TargetCheck
from ..engine.process import Process
from ..engine.repo import CurriculumRepo, Target


def error_code(process: Process) -> str | None:
    """The code in the error line of a failed run.

    Args:
        process: The run.

    Returns:
        The code, or None when the last line of stderr is no valid error line.
    """
    last = process.stderr.rstrip(b"\r\n").rpartition(b"\n")[2]
    if not last.isascii() or len(last) >= ERROR_LINE_LIMIT or not last.startswith(ERROR_PREFIX.encode()):
        return None
    try:
        record = json.loads(last[len(ERROR_PREFIX) :])
    except ValueError:
        return None
    code = record.get("code")
    fits = record.get("exit") == process.code and CODES.get(code) == process.code
    return code if fits and record.get("message") and record.get("hint") else None


class _Failure(TargetCheck):
    """What the checks of this family share: one run, and the exit code it must give."""

    family = "failure"
    requires = frozenset({"CL001"})
    fix = (
        "The runtime gives these codes: run `uv sync --reinstall-package aind-curriculum-runtime`, and if it stays, "
        "look for code of the curriculum that replaces parts of the runtime or of the library."
    )
    what: str
    expected: ExitCode

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        repo.require_runtime()
        for name in self.runs:
            process = repo.runs.get(target, name)
            if process.code != self.expected:
                said = f" ({process.said})" if process.code else ""
                message = f"{self.what}, the run {process.ended} instead of {int(self.expected)}{said}"
                yield Finding(message=message)
            elif process.stdout:
                yield Finding(message=f"{self.what}, the run failed, yet it printed on stdout.")
            elif error_code(process) is None:
                yield Finding(
                    message=f"{self.what}, the run failed, but the last line of stderr is no valid error line."
                )


class FA001(_Failure):
    """A missing trainer state gives 66

    The launcher must know that it looked in the wrong place.
    """

    runs = ("no state",)
    what = "Given a trainer state file that is not there"
    expected = ExitCode.MISSING


class FA002(_Failure):
    """A trainer state cut short gives 65

    A disk that was full, a copy that was stopped.
    """

    runs = ("not json",)
    what = "Given a trainer state cut short"
    expected = ExitCode.STATE


class FA003(_Failure):
    """A trainer state of another curriculum gives 65

    The wrong repo was called for this animal.
    """

    runs = ("other curriculum",)
    what = "Given a trainer state of another curriculum"
    expected = ExitCode.STATE


class FA004(_Failure):
    """A trainer state of another major version gives 65

    Its stages may mean other things; the library alone would only warn.
    """

    runs = ("other version",)
    what = "Given a trainer state of another major version"
    expected = ExitCode.STATE


class FA005(_Failure):
    """A trainer state at an unknown stage gives 65

    There is no way on from there.
    """

    runs = ("unknown stage",)
    what = "Given a trainer state at a stage that the curriculum does not have"
    expected = ExitCode.STATE


class FA006(_Failure):
    """A missing session directory gives 66

    The launcher must know that it looked in the wrong place.
    """

    runs = ("no session",)
    what = "Given a session directory that is not there"
    expected = ExitCode.MISSING


class FA007(_Failure):
    """A subject off curriculum gives 69

    The library alone would put it back on the curriculum without a word.
    """

    runs = ("off curriculum",)
    what = "Given a subject off curriculum"
    expected = ExitCode.OFF_CURRICULUM


class FA008(_Failure):
    """An unknown option gives 64

    A launcher of another version calls.
    """

    runs = ("unknown option",)
    what = "Given an option that there is not"
    expected = ExitCode.USAGE


class FA009(_Failure):
    """A foreign rule in a trainer state is refused before it is imported

    The library imports and calls whatever a trainer state names: one edited string can delete a session directory.
    """

    runs = ("hostile provider", "hostile policy", "hostile graph")
    what = "Given a trainer state that names a function of another package"
    expected = ExitCode.REFUSED

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        yield from super().find_for(repo, target)
        for name in self.runs:
            witness = repo.runs.get(target, name).folder / "witness"
            if witness.exists():
                done = witness.read_text(encoding="utf-8")
                place = name.removeprefix("hostile ")
                yield Finding(message=f"A function of another package, named in the state's {place}, was {done}.")


CHECKS = (FA001, FA002, FA003, FA004, FA005, FA006, FA007, FA008, FA009)
