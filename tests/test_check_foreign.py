"""The checks on a repo that was not made from the template: each of its faults is found, and nothing else is.

tests/foreign is such a repo, with the faults that the curriculum repos in use have: several curricula in one package,
a command of its own that reads the environment, a run that does not evaluate, a transition that another one shadows,
a directory name that is magic, and CI that tests what is not locked, on Linux, and formats instead of looking.
"""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import PROJECT, call, clean_environment, commit_all, git

OF_THE_REPO = {
    "LP003",  # a command of its own
    "LP011",  # several curricula in one package
    "CL003",  # MUTE_SUGGESTION=1 mutes it
    "CL008",  # since the package reads the environment
    "CI002",  # Linux only
    "CI003",  # not what is locked
    "CI004",  # formats instead of looking
}
DEPLETION, EXAMPLE = (f"foraging_curricula.{name}.curriculum:CURRICULUM" for name in ("depletion", "example"))
FAULTS = {
    DEPLETION: OF_THE_REPO | {"GR004"},  # > 20 shadows > 40
    EXAMPLE: OF_THE_REPO | {"SU002", "CL005"},  # unevaluated; demo
}
PROMISES_OF_THE_RUNTIME = {
    *("CL002", "CL007", "SO005", "SU007", "SU008", "SE002", "SE003", "CI001"),
    *(f"FA00{number}" for number in range(1, 10)),
}


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repo as a maintainer has just cloned it: locked, with no environment yet."""
    repo = tmp_path_factory.mktemp("foreign") / "foraging"
    shutil.copytree(PROJECT / "tests" / "foreign", repo)
    shutil.move(repo / "session", repo.parent / "session")
    subprocess.run(["uv", "lock", "-q"], cwd=repo, check=True, env=clean_environment())
    commit_all(repo, "A repo of before")
    return repo


Check = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def check(foreign: Path) -> Check:
    """What `curriculum check` says of a curriculum, called from another folder through `uv run --with`."""

    @functools.cache
    def rows(curriculum: str, *select: str) -> dict[str, Any]:
        result = call(
            ["uv", "run", "-q", "--no-project", "--with-editable", f"{PROJECT}[checks]", "curriculum", "check", foreign,
             "--all", "--curriculum", curriculum, "--session", foreign.parent / "session", "--format", "json",
             *(word for name in select for word in ("--select", name))],
            cwd=foreign.parent,
            timeout=600,
        )  # fmt: skip
        assert result.code == 1, result.text
        return {row["id"]: row for row in result.document["checks"]}

    return rows


def failed(rows: dict[str, Any]) -> dict[str, Any]:
    return {row["id"]: row["findings"] for row in rows.values() if row["status"] == "failed"}


CURRICULA = [DEPLETION, pytest.param(EXAMPLE, marks=pytest.mark.exhaustive)]


@pytest.mark.parametrize("curriculum", CURRICULA)
def test_each_fault_is_found_and_nothing_else_is(check: Check, curriculum: str) -> None:
    found = failed(check(curriculum))
    assert set(found) == FAULTS[curriculum], json.dumps(found, indent=1)


def test_the_faults_of_the_other_curriculum_are_found(check: Check) -> None:
    own = FAULTS[EXAMPLE] - OF_THE_REPO
    assert set(failed(check(EXAMPLE, *own))) == own


@pytest.mark.parametrize("curriculum", CURRICULA)
def test_what_the_runtime_promises_is_skipped_with_the_reason(check: Check, curriculum: str) -> None:
    skipped = {row["id"]: row["reason"] for row in check(curriculum).values() if row["status"] == "skipped"}
    assert skipped.keys() >= PROMISES_OF_THE_RUNTIME
    assert all(skipped.values())
    own = {reason for check, reason in skipped.items() if check in PROMISES_OF_THE_RUNTIME}
    assert any("its own" in reason for reason in own), own


def test_the_repo_is_left_as_it_was_without_an_environment(foreign: Path, check: Check) -> None:
    check(DEPLETION)
    assert git(foreign, "status", "--porcelain") == ""
    assert not (foreign / ".venv").exists()


def test_a_finding_names_the_file_and_the_line(check: Check) -> None:
    shadowed = check(DEPLETION)["GR004"]["findings"]
    assert [(one["path"], "st_one_all" in one["message"]) for one in shadowed] == [
        ("src/foraging_curricula/depletion/curriculum.py", True)
    ]
    lines = (PROJECT / "tests/foreign" / shadowed[0]["path"]).read_text(encoding="utf-8").splitlines()
    assert lines[shadowed[0]["line"] - 1].startswith("def st_one_all(")


def test_without_a_name_the_check_says_how_to_give_one(foreign: Path) -> None:
    result = call(
        ["uv", "run", "-q", "--no-project", "--with-editable", f"{PROJECT}[checks]", "curriculum", "check", foreign]
    )
    assert b"name one with --curriculum package.module:OBJECT" in result.stdout
