"""The launcher's call of a check, started on the state of the check before."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import Repo

from aind_curriculum_runtime.checks.engine.process import Process
from aind_curriculum_runtime.checks.engine.under_test import repo_at
from aind_curriculum_runtime.checks.report import review

KEPT = Path(".venv", "curriculum-check")


@pytest.fixture(scope="module")
def shared_repo(locked_repo: Repo) -> Repo:
    return locked_repo


@contextmanager
def made(repo: Repo, *names: str) -> Iterator[list[Process]]:
    runs = repo_at(repo.path).runs
    try:
        yield [runs.get(runs.repo.targets[0], name) for name in names]
    finally:
        runs.close()


def volume_given(process: Process) -> float:
    state = json.loads((process.folder / "trainer_state.json").read_text(encoding="utf-8"))
    return state["stage"]["task"]["task_parameters"]["reward_volume"]


def test_the_second_check_takes_the_call_that_it_began_with(repo: Repo) -> None:
    with made(repo, "launcher"), made(repo, "ahead", "launcher") as (ahead, launcher):
        assert launcher is ahead
        assert (launcher.code, launcher.document["trainer_state"]["stage"]["name"]) == (0, "s_shaping")


def test_a_state_that_changed_is_tried_itself(repo: Repo) -> None:
    with made(repo, "launcher"):
        repo.edit("src/my_curriculum/stages.py", "reward_volume=6.0", "reward_volume=6.25")
    with made(repo, "ahead", "launcher") as (ahead, launcher):
        assert launcher is not ahead
        assert [volume_given(one) for one in (ahead, launcher)] == [6.0, 6.25]
    with made(repo, "ahead", "launcher") as (ahead, launcher):
        assert launcher is ahead


def test_a_check_works_where_nothing_can_be_kept(repo: Repo) -> None:
    kept = repo.path / KEPT
    shutil.rmtree(kept, ignore_errors=True)
    kept.write_text("a file where the folder belongs", encoding="utf-8")
    try:
        report = review(repo_at(repo.path), fast=True)
    finally:
        kept.unlink()
    assert not report.failed
    assert report.processes == 3
