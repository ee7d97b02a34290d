"""Checks of the runtime (FA, and some of CL and SE): what it promises every repo, whatever the repo does.

Only an edited or broken runtime fails them, and they need half of all process runs. So they run when the runtime has
changed: in `curricula update`, in `curriculum check --all` and in the runtime's own CI, not at every push.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ...contract.errors import ExitCode
from ..engine.check import Check, TargetCheck
from ..engine.comparison import error_code
from ..engine.findings import Finding
from ..engine.repo import Target
from ..engine.shapes import SameSuggestion, TableRow, UnfitSession
from ..engine.under_test import CurriculumRepo

__all__ = ["CHECKS", "FAMILY"]

FAMILY: Final = "runtime"

_REINSTALL: Final = "run `uv sync --reinstall-package aind-curriculum-runtime`"


class CL007(Check):
    """`describe --json` says what is installed

    A launcher calls it before it relies on more than the first contract.
    """

    family = FAMILY
    requires = frozenset({"LP004", "LP005"})
    runs = ("describe",)
    fix = "Run `uv sync`; then `uv run curriculum describe` must list the curriculum."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        repo.require_runtime()
        process = repo.runs.get(repo.targets[0], "describe")
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


@dataclass(kw_only=True, eq=False)
class _Failure(TableRow, TargetCheck):
    """Bad input gives its exit code, an empty stdout and a valid error line.

    Args:
        given: The bad input, as the beginning of a sentence.
        expected: The exit code.
    """

    family: str = FAMILY
    requires: frozenset[str] = frozenset({"CL001"})
    fix: str = (
        f"The runtime gives these codes: {_REINSTALL}, and if that does not help, "
        "look for code of the curriculum that replaces parts of the runtime or of the library."
    )
    given: str
    expected: ExitCode

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        repo.require_runtime()
        for name in self.runs:
            process = repo.runs.get(target, name)
            if process.code != self.expected:
                said = f" ({process.said})" if process.code else ""
                yield Finding(message=f"{self.given}, the run {process.ended} instead of {int(self.expected)}{said}")
            elif process.stdout:
                yield Finding(message=f"{self.given}, the run failed, yet it printed on stdout.")
            elif error_code(process) is None:
                told = "the run failed, but the last line of stderr is no valid error line"
                yield Finding(message=f"{self.given}, {told}.")


class _ForeignRule(_Failure):
    """A failure by a rule of another package, which must not even be imported."""

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        yield from super().find_for(repo, target)
        for name in self.runs:
            witness = repo.runs.get(target, name).folder / "witness"
            if witness.exists():
                done = witness.read_text(encoding="utf-8")
                place = name.removeprefix("hostile ")
                yield Finding(message=f"A function of another package, named in the state's {place}, was {done}.")


CHECKS = (
    SameSuggestion(
        id="CL002",
        title="`--curriculum NAME` gives the same",
        why="A launcher may name the curriculum; that must not change the suggestion.",
        family=FAMILY,
        requires=frozenset({"SU001"}),
        runs=("launcher", "named"),
        when="With the curriculum named by --curriculum",
        promise=True,
        fix=f"Choosing the curriculum is the runtime's task: {_REINSTALL}.",
    ),
    CL007(),
    _Failure(
        id="FA001",
        title="A missing trainer state gives 66",
        why="The launcher must learn that it looked in the wrong place.",
        runs=("no state",),
        given="Given a trainer state file that is not there",
        expected=ExitCode.MISSING,
    ),
    _Failure(
        id="FA002",
        title="A trainer state cut short gives 65",
        why="The disk was full, or a copy was stopped.",
        runs=("not json",),
        given="Given a trainer state cut short",
        expected=ExitCode.STATE,
    ),
    _Failure(
        id="FA003",
        title="A trainer state of another curriculum gives 65",
        why="The wrong repo was called for this animal.",
        runs=("other curriculum",),
        given="Given a trainer state of another curriculum",
        expected=ExitCode.STATE,
    ),
    _Failure(
        id="FA004",
        title="A trainer state of another major version gives 65",
        why="Its stages may mean other things; the library alone would only warn.",
        runs=("other version",),
        given="Given a trainer state of another major version",
        expected=ExitCode.STATE,
    ),
    _Failure(
        id="FA005",
        title="A trainer state at an unknown stage gives 65",
        why="Nothing says where the animal goes from there.",
        runs=("unknown stage",),
        given="Given a trainer state at a stage that the curriculum does not have",
        expected=ExitCode.STATE,
    ),
    _Failure(
        id="FA006",
        title="A missing session directory gives 66",
        why="The launcher must learn that it looked in the wrong place.",
        runs=("no session",),
        given="Given a session directory that is not there",
        expected=ExitCode.MISSING,
    ),
    _Failure(
        id="FA007",
        title="A subject off curriculum gives 69",
        why="The library alone would put it back on the curriculum without a word.",
        runs=("off curriculum",),
        given="Given a subject off curriculum",
        expected=ExitCode.OFF_CURRICULUM,
    ),
    _Failure(
        id="FA008",
        title="An unknown option gives 64",
        why="The launcher may be of another version.",
        runs=("unknown option",),
        given="Given an option that there is not",
        expected=ExitCode.USAGE,
    ),
    _ForeignRule(
        id="FA009",
        title="A foreign rule in a trainer state is refused before it is imported",
        why=(
            "The library imports and calls whatever a trainer state names: one edited string can delete a session "
            "directory."
        ),
        runs=("hostile provider", "hostile policy", "hostile graph"),
        given="Given a trainer state that names a function of another package",
        expected=ExitCode.REFUSED,
    ),
    UnfitSession(
        id="SE002",
        title="An empty session directory is a defined failure",
        why="A session that was aborted before it wrote anything must not look like a fault in the curriculum.",
        family=FAMILY,
        requires=frozenset({"CL001"}),
        runs=("empty session",),
        what="An empty session directory",
        fix=f"The runtime refuses it by itself: {_REINSTALL}.",
    ),
)
