"""A fresh repo passes every check, whatever was answered when it was made."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support import Repo, commit_all, generate

from aind_curriculum_runtime.checks.engine.under_test import repo_at
from aind_curriculum_runtime.checks.report import review

SHORT, LONG = "x", "a-name-of-sixty-characters-the-most-that-the-template-allows"
PLAIN, ODD = "Trains mice.", "It's 50 % <b>{{ braces }}</b> #1: {x}, [y] \u2013 & \u96ea \U0001f42d"
ASCII, OTHER = "A. Author", "\u00c5sa \u00d6berg d'\u0141\u00f3d\u017a \u674e"
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"

NOT_YET = {"VE004", "VE005", "MI001", "MI002", "MI003", "MI004", "MI005"}
"""There is no release to compare with, and no older version or other repo to come from."""

# Every pair of these answers stands in one of the rows. The second has all that is unlike other tests' repos.
ANSWERS = [
    pytest.param(SHORT, PLAIN, OTHER, "3.11", id="short", marks=pytest.mark.exhaustive),
    pytest.param(LONG, ODD, OTHER, "3.11", id="all"),
    pytest.param(SHORT, ODD, ASCII, THIS, id="odd", marks=pytest.mark.exhaustive),
    pytest.param(LONG, PLAIN, ASCII, THIS, id="long", marks=pytest.mark.exhaustive),
]


@pytest.mark.parametrize(("name", "description", "author", "python"), ANSWERS)
def test_a_fresh_repo_passes_every_check(
    template: Path, tmp_path: Path, name: str, description: str, author: str, python: str
) -> None:
    answers = {"curriculum_name": name, "description": description, "user_name": author, "python_version": python}
    repo = Repo(generate(template, tmp_path / name, **answers)).sync()
    commit_all(repo.path, "Lock")
    report = review(repo_at(repo.path), everything=True)
    assert {row.id: row.findings for row in report.rows if row.status == "failed"} == {}
    assert {row.id for row in report.rows if row.status == "skipped"} == NOT_YET
