"""Checks of CI (CI): the contract is tried at every push, on the systems that rigs have."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..engine.check import Check
from ..engine.findings import Finding, NotApplicable
from ..engine.under_test import CurriculumRepo

_ACTION = re.compile(r"aind-curriculum-runtime@")
_CHECK = re.compile(r"\bcurriculum check\b")
_PYTEST = re.compile(r"\bpytest\b")
_LEFT_OUT = re.compile(r"--(ignore|deselect)[= ]\S*test_contract")


def _workflows(repo: CurriculumRepo) -> dict[str, list[str]]:
    """Lines of every workflow without comments, by its path."""
    found = {}
    folder = repo.checkout / ".github" / "workflows"  # the only place that GitHub reads
    for path in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
        text = path.read_text(encoding="utf-8", errors="replace")
        name = Path(os.path.relpath(path, repo.root)).as_posix()
        found[name] = [re.sub(r"(^|\s)#.*", "", line) for line in text.splitlines()]
    return found


def _runs_contract(repo: CurriculumRepo, line: str) -> bool:
    if _ACTION.search(line) or _CHECK.search(line):
        return True
    by_pytest = (repo.root / "tests" / "test_contract.py").is_file()
    return by_pytest and _PYTEST.search(line) is not None and not _LEFT_OUT.search(line)


def _jobs(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """The jobs of a workflow, each with the number of its first line; jobs are indented by two."""
    inside, start, job = False, 0, list[str]()
    for number, line in enumerate(lines, 1):
        if re.match(r"jobs:\s*$", line):
            inside = True
        elif inside and re.match(r"\S", line):
            inside = False
        if inside and re.match(r"  [\w-]+:\s*$", line):
            if job:
                yield start, job
            start, job = number, []
        if inside and start:
            job.append(line)
    if job:
        yield start, job


def _tested(repo: CurriculumRepo) -> list[tuple[str, int, list[str]]]:
    """Jobs that run the contract; if none does, in a repo with a command of its own, jobs that run its tests."""
    jobs = [(name, start, job) for name, lines in _workflows(repo).items() for start, job in _jobs(lines)]
    contract = [one for one in jobs if any(_runs_contract(repo, line) for line in one[2])]
    tests = [one for one in jobs if any(_PYTEST.search(line) for line in one[2])]
    found = contract or ([] if repo.uses_runtime else tests)
    if not found:
        raise NotApplicable("no job of .github/workflows runs the contract or tests")
    return found


class CI001(Check):
    """CI runs the contract

    What breaks is found at the push, not at the rig.
    """

    family = "CI"
    fix = "Add a job to .github/workflows that runs `uv sync --locked` and `uv run curriculum check --format github`."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        repo.require_runtime()
        workflows = _workflows(repo)
        if not any(_runs_contract(repo, line) for lines in workflows.values() for line in lines):
            yield Finding(message="No workflow runs the contract checks.", path=".github/workflows")


class CI002(Check):
    """CI tests on Linux and on Windows

    Curricula are written on one and run on the other.
    """

    family = "CI"
    fix = "Give the job `strategy: matrix: os: [ubuntu-latest, windows-latest]` and `runs-on: ${{ matrix.os }}`."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        jobs = _tested(repo)
        text = "\n".join(line for _, _, job in jobs for line in job).lower()
        for system in ("ubuntu", "windows"):
            if system not in text:
                name = "Linux" if system == "ubuntu" else "Windows"
                what = "The contract checks do" if repo.uses_runtime else "The tests do"
                yield Finding(message=f"{what} not run on {name}.", path=jobs[0][0], line=jobs[0][1])


class CI003(Check):
    """CI installs what is locked

    Otherwise it tests other packages than the rig will have.
    """

    family = "CI"
    level = "warning"
    fix = "Write `uv sync --locked`, which also fails when uv.lock is not current."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        for name, start, job in _tested(repo):
            text = "\n".join(job)
            if not re.search(r"--locked|--frozen|UV_LOCKED|UV_FROZEN", text) and not _ACTION.search(text):
                yield Finding(message="The job that tests does not install from uv.lock.", path=name, line=start)


class CI004(Check):
    """CI checks the formatting instead of changing it

    `ruff format` without `--check` formats CI's own copy, and passes however the repo is formatted.
    """

    family = "CI"
    level = "warning"
    fix = "Write `ruff format --check` (`black --check`)."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        for name, lines in _workflows(repo).items():
            for number, line in enumerate(lines, 1):
                formats = re.search(r"(^|run:|uvx?|run|&&|;)\s*(ruff format|black)\b", line)
                if formats and not re.search(r"--(check|diff)\b", line):
                    yield Finding(message="The formatter runs without --check.", path=name, line=number)


CHECKS = (CI001(), CI002(), CI003(), CI004())
