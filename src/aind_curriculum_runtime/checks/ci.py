"""Checks of CI (CI): the contract is tried at every push, on the systems that rigs have."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .base import Check, Finding
from .repo import CurriculumRepo

_CONTRACT = re.compile(r"curriculum check|tests/test_contract\.py|aind-curriculum-runtime@")


def _workflows(repo: CurriculumRepo) -> dict[str, str]:
    found = {}
    for name in repo.files:
        if re.fullmatch(r"\.github/workflows/[^/]+\.ya?ml", name):
            found[name] = (repo.root / name).read_text(encoding="utf-8", errors="replace")
    return found


class CI001(Check):
    """CI runs the contract

    A break is found at the push, not at the rig.
    """

    family = "CI"
    mend = "Add a job to .github/workflows that runs `uv run curriculum check`; the template has one."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        workflows = _workflows(repo)
        if not any(_CONTRACT.search(text) for text in workflows.values()):
            yield Finding(message="No workflow runs the contract.", path=".github/workflows")


class CI002(Check):
    """CI runs the contract on Linux and on Windows

    Curricula are written on one and run on the other.
    """

    family = "CI"
    requires = frozenset({"CI001"})
    mend = "Give the job a matrix of ubuntu-latest and windows-latest."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for name, text in _workflows(repo).items():
            if not _CONTRACT.search(text):
                continue
            job = _job_around(text)
            for system in ("ubuntu", "windows"):
                if system not in job:
                    yield Finding(message=f"The contract does not run on {system.capitalize()}.", path=name)


def _job_around(text: str) -> str:
    """The part of a workflow from the job that runs the contract on; jobs are indented by two."""
    jobs = re.split(r"(?m)^(?=  [\w-]+:\s*$)", text)
    return "".join(job for job in jobs if _CONTRACT.search(job))


class CI003(Check):
    """CI installs what is locked

    Otherwise it tests other packages than the rig will have.
    """

    family = "CI"
    requires = frozenset({"CI001"})
    level = "warning"
    mend = "Use `uv sync --locked` in every job."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for name, text in _workflows(repo).items():
            if _CONTRACT.search(text) and "--locked" not in text and "--frozen" not in text:
                yield Finding(message="The workflow does not install from the lock file.", path=name)


CHECKS = (CI001, CI002, CI003)
