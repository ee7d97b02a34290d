"""Every contract check tells its fault, and no other check tells it too.

The repo is generated and real, and so are the runs; each fault of mutations.py is seeded, told and undone. It is asked
of the check it is for and of all that look at the same runs; of every check once a family, and of every check for
every fault where that is asked for (`pytest -m exhaustive`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from mutations import MUTATIONS, SOURCES, Mutation, Runtime, installed_runtime
from support import Repo

from aind_curriculum_runtime.checks.engine.under_test import CurriculumRepo, repo_at
from aind_curriculum_runtime.checks.plugin import BY_DEFAULT, CHECKS, FAMILIES, runs_of
from aind_curriculum_runtime.checks.report import Report, review

FOR_ITS_FAMILY = {
    *("LP008", "CL004", "SO005", "SU009", "GR005"),
    *("SE001", "VE003", "MI002", "CI001", "FA004"),
}
"""One check a family, with a fault at which every check still has something to look at."""


def neighbours(name: str) -> list[str]:
    """The check, and all that need no other process than it does."""
    return [other for other in CHECKS if runs_of(other) <= runs_of(name)]


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
    mutation.undo(locked_repo)
    if any(isinstance(step, Runtime) for step in mutation.steps):
        assert digests(installed_runtime(locked_repo)) == digests(SOURCES)


def digests(package: Path) -> dict[str, str]:
    """The modules of a package, by what they hold."""
    return {
        path.relative_to(package).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in package.rglob("*.py")
    }


def told(report: Report) -> dict[str, list[str]]:
    return {row.id: [one.sentence for one in row.findings] for row in report.rows if row.status == "failed"}


def each_fault(*marks: pytest.MarkDecorator, of: Collection[str] = CHECKS) -> pytest.MarkDecorator:
    """Parametrize ``broken`` with the faults of some checks."""
    faults = [mutation for mutation in MUTATIONS if mutation.check in of]
    return pytest.mark.parametrize(
        "broken", [pytest.param(one, id=f"{one.check}-{one.fault}", marks=marks) for one in faults], indirect=True
    )


def test_a_fresh_repo_passes_every_check(before: CurriculumRepo) -> None:
    report = review(before, everything=True)
    assert [row.id for row in report.rows] == list(CHECKS)
    assert told(report) == {}
    assert {row.id for row in report.rows if row.status == "skipped"} == {
        "VE004",
        "VE005",
        "MI001",
        "MI002",
        "MI003",
        "MI004",
        "MI005",
    }  # no release yet, no migrations, no former names


def test_every_check_has_a_fault_to_tell() -> None:
    assert {mutation.check for mutation in MUTATIONS} == set(CHECKS)


@each_fault(of=CHECKS.keys() - FOR_ITS_FAMILY)
def test_a_fault_is_told_by_its_check_and_by_none_that_shares_its_runs(
    broken: CurriculumRepo, request: pytest.FixtureRequest
) -> None:
    mutation: Mutation = request.node.callspec.params["broken"]
    found = told(review(broken, select=neighbours(mutation.check)))
    assert set(found) == {mutation.check}, found


@each_fault(of=FOR_ITS_FAMILY)
def test_one_fault_a_family_is_told_by_its_check_alone(broken: CurriculumRepo, request: pytest.FixtureRequest) -> None:
    mutation: Mutation = request.node.callspec.params["broken"]
    found = told(review(broken, everything=True))
    assert set(found) == {mutation.check}, found


@each_fault(pytest.mark.exhaustive)
def test_every_fault_is_told_by_its_check_alone(broken: CurriculumRepo, request: pytest.FixtureRequest) -> None:
    mutation: Mutation = request.node.callspec.params["broken"]
    found = told(review(broken, everything=True))
    assert set(found) == {mutation.check}, found


def test_every_family_has_its_full_review() -> None:
    assert sorted(CHECKS[name].family for name in FOR_ITS_FAMILY) == sorted(FAMILIES)


@each_fault(of={"FA001"})
def test_an_edited_runtime_is_found_only_where_everything_is_asked_for(broken: CurriculumRepo) -> None:
    ignored = [name for name in BY_DEFAULT if name not in neighbours("CL001")]
    plain = review(repo_at(broken.root), ignore=ignored)
    on_request = [name for name in CHECKS if name not in BY_DEFAULT]
    assert [row.id for row in plain.rows] == [name for name in BY_DEFAULT if name not in ignored]
    assert (told(plain), list(plain.left_out)) == ({}, on_request)
    whole = review(repo_at(broken.root), ignore=ignored, everything=True)
    assert [row.id for row in whole.rows if row.id not in {one.id for one in plain.rows}] == on_request
    assert (set(told(whole)), whole.left_out) == ({"FA001"}, ())
