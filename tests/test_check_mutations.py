"""Every contract check tells its fault, and no other check tells it too.

The repo is generated and real, and so are the runs; each fault of mutations.py is seeded, told and undone.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from mutations import MUTATIONS, Mutation
from support import Repo, clean_environment, git

from aind_curriculum_runtime.checks.engine.repo import CurriculumRepo, repo_at
from aind_curriculum_runtime.checks.plugin import CHECKS
from aind_curriculum_runtime.checks.report import Report, review


@pytest.fixture(scope="module")
def before(locked_repo: Repo) -> Iterator[CurriculumRepo]:
    """The fresh repo under test, its runs kept for faults that no process can see."""
    repo = repo_at(locked_repo.path)
    runs = repo.runs
    yield repo
    runs.close()


@pytest.fixture
def broken(locked_repo: Repo, before: CurriculumRepo, request: pytest.FixtureRequest) -> Iterator[CurriculumRepo]:
    """The repo with a fault; afterwards it is as before, its environment included."""
    mutation: Mutation = request.param
    mutation.apply(locked_repo)
    repo = repo_at(locked_repo.path)
    if not mutation.read_by_processes:
        repo.runs = before.runs
    yield repo
    for tag in git(locked_repo.path, "tag").split():
        git(locked_repo.path, "tag", "--delete", tag)
    git(locked_repo.path, "reset", "--quiet", "--hard")
    locked_repo.restore()
    if mutation.read_by_processes:
        reinstall = [f"--reinstall-package={name}" for name in ("aind-curriculum-runtime", "my-curriculum")]
        subprocess.run(["uv", "sync", "-q", *reinstall], cwd=locked_repo.path, check=True, env=clean_environment())


def failed(report: Report) -> set[str]:
    return {row.id for row in report.rows if row.status == "failed"}


def test_a_fresh_repo_passes_every_check(before: CurriculumRepo) -> None:
    report = review(before)
    assert {row.id: row.findings for row in report.rows if row.status == "failed"} == {}
    assert {row.id for row in report.rows if row.status == "skipped"} == {
        "VE004",
        "MI001",
        "MI002",
        "MI003",
    }  # no release yet, no migrations


def test_every_check_has_a_fault_to_tell() -> None:
    assert {mutation.check for mutation in MUTATIONS} == set(CHECKS)


@pytest.mark.parametrize(
    "broken", [pytest.param(one, id=f"{one.check}-{one.fault}") for one in MUTATIONS], indirect=True
)
def test_a_fault_is_told_by_its_check_alone(broken: CurriculumRepo, request: pytest.FixtureRequest) -> None:
    mutation: Mutation = request.node.callspec.params["broken"]
    report = review(broken)
    told = {row.id: [finding.sentence for finding in row.findings] for row in report.rows if row.status == "failed"}
    assert set(told) == {mutation.check}, told
