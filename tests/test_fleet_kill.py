"""`curricula update` cut short at any moment: no repo is left in between, and another run completes it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fleet_support import (
    NEWEST,
    OLDER,
    OLDEST,
    Task,
    adds_a_dependency,
    assert_no_leftovers,
    fleet_environment,
    make_releases,
    rows,
    scaffold,
    script,
    snapshot,
    works_on_the_curriculum,
    worktrees,
)
from support import clean_environment, commit_all, git

REPOS = int(os.environ.get("FLEET_KILL_REPOS", "2"))
UPDATE = ("update", "--all", "--no-check")
NOTE = "curricula-update.json"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Task:
    """A task repo of repos at older versions, every other one worked on."""
    folder = tmp_path_factory.mktemp("fleet")
    releases = make_releases(folder / "template")
    task = Task.make(folder / "task")
    for number in range(REPOS):
        repo = scaffold(releases, (OLDEST, OLDER)[number % 2], folder / "origins" / f"curriculum-{number}")
        if number % 2:
            works_on_the_curriculum(repo)
            adds_a_dependency(repo)
            commit_all(repo.path, "Ours")
        task.add(repo.path)
    return task


@pytest.fixture
def task(fleet: Task) -> Iterator[Task]:
    yield fleet
    reset(fleet)


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """The folder for temporary files, of which nothing may be left."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def checkouts(task: Task) -> list[Path]:
    return sorted((task.path / "curricula").iterdir())


def reset(task: Task) -> None:
    """Put every repo back to where it was before any update."""
    for path in checkouts(task):
        for name in ("index.lock", NOTE):
            (Path(git(path, "rev-parse", "--absolute-git-dir")) / name).unlink(missing_ok=True)
        git(path, "checkout", "--quiet", "--force", "main")
        git(path, "clean", "--quiet", "--force", "-d")
        for branch in git(path, "branch", "--list", "--format=%(refname:short)", "curriculum-template/*").split():
            git(path, "branch", "--quiet", "-D", branch)


def start(task: Task, temporary: Path) -> subprocess.Popen[bytes]:
    """Start an update as a shell does: in a process group of its own."""
    apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if sys.platform == "win32" else {"process_group": 0}
    variables = fleet_environment(TMPDIR=str(temporary), TEMP=str(temporary), TMP=str(temporary))
    return subprocess.Popen(
        [script(), *UPDATE],
        cwd=task.path,
        env=clean_environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **apart,
    )


def kill_the_command(process: subprocess.Popen[bytes]) -> None:
    process.kill()


def kill_its_group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)


def press_ctrl_c(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGINT)


def stop_as_a_scheduler_does(process: subprocess.Popen[bytes]) -> None:
    process.terminate()


Kill = Callable[[subprocess.Popen[bytes]], None]
WAYS: list[tuple[Kill, int]] = [(kill_the_command, -9), (press_ctrl_c, 130)]
"""With the exit code that each one gives: one that leaves git running, and one that the command answers."""
MORE_WAYS: list[tuple[Kill, int]] = [(kill_its_group, -9), (stop_as_a_scheduler_does, 130)]
if sys.platform == "win32":
    WAYS, MORE_WAYS = [(kill_the_command, 1)], []


def standing(before: tuple[str, ...], path: Path) -> str:
    """Say whether a repo is as it was, or at the new version, or something else."""
    if snapshot(path) == before:
        return "untouched"
    updated = (
        git(path, "status", "--porcelain") == ""
        and git(path, "rev-parse", "HEAD~1") == before[0]
        and git(path, "branch", "--show-current") == f"curriculum-template/{NEWEST}"
        and f"_commit: {NEWEST}" in git(path, "show", "HEAD:.copier-answers.yml")
    )
    return "complete" if updated else "in between"


def assert_nothing_in_between(task: Task, before: dict[Path, tuple[str, ...]]) -> None:
    """Once git has ended, which had begun to move a checkout, every repo is one or the other."""
    for path in checkouts(task):
        until = time.monotonic() + 20
        while (now := standing_or_busy(before[path], path)) == "in between" and time.monotonic() < until:
            time.sleep(0.2)
        assert now in {"untouched", "complete"}, f"{path.name}: {git(path, 'status')}"
        assert_no_leftovers(path)


def standing_or_busy(before: tuple[str, ...], path: Path) -> str:
    """As ``standing``; while git is at work its own questions may fail."""
    try:
        return standing(before, path)
    except subprocess.CalledProcessError:
        return "in between"


def assert_a_run_completes(task: Task, before: dict[Path, tuple[str, ...]], temporary: Path) -> None:
    variables = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    done = task.curricula(*UPDATE, env=variables)
    assert done.code == 0, done.stdout.decode() + done.text
    for path in checkouts(task):
        assert standing(before[path], path) == "complete", path.name
        assert worktrees(path) == []
        assert not (Path(git(path, "rev-parse", "--absolute-git-dir")) / NOTE).exists()
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.exhaustive)])
def test_killed_at_random_moments_no_repo_is_left_in_between(kills: int, task: Task, temporary: Path) -> None:
    ways = [way for way, _ in WAYS + MORE_WAYS]
    dice = random.Random(20250)
    before = {path: snapshot(path) for path in checkouts(task)}
    started = time.monotonic()
    assert_a_run_completes(task, before, temporary)
    whole = time.monotonic() - started
    seen = set()
    for number in range(kills):
        reset(task)
        process = start(task, temporary)
        # Spread over the run, so that a few kills also meet its beginning and its end.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(whole * (number + dice.random()) / kills)
        if process.poll() is None:
            ways[number % len(ways)](process)
        process.wait(60)
        assert_nothing_in_between(task, before)
        seen.update(standing(before[path], path) for path in checkouts(task))
        if number % 2:  # each time it would be most of the test's work
            assert_a_run_completes(task, before, temporary)
    assert "untouched" in seen


@pytest.mark.parametrize(
    ("way", "code"),
    [*WAYS, *(pytest.param(*one, marks=pytest.mark.exhaustive) for one in MORE_WAYS)],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_killed_while_a_checkout_moves_no_repo_is_left_in_between(
    way: Kill, code: int, task: Task, temporary: Path
) -> None:
    before = {path: snapshot(path) for path in checkouts(task)}
    notes = [Path(git(path, "rev-parse", "--absolute-git-dir")) / NOTE for path in checkouts(task)]
    # Git runs this program for each file it writes, so moving takes a while.
    for path in checkouts(task):
        git(path, "config", "filter.slow.smudge", "sleep 0.3; cat")
        (Path(git(path, "rev-parse", "--absolute-git-dir")) / "info").mkdir(exist_ok=True)
        attributes = Path(git(path, "rev-parse", "--absolute-git-dir")) / "info" / "attributes"
        attributes.write_text("pyproject.toml filter=slow\n.gitignore filter=slow\n", encoding="utf-8")
    process = start(task, temporary)
    try:
        while not any(note.exists() for note in notes):
            assert process.poll() is None, "it ended before a checkout moved"
            time.sleep(0.005)
        time.sleep(0.1)
        way(process)
        assert process.wait(60) == code
        assert_nothing_in_between(task, before)
        assert "complete" in {standing(before[path], path) for path in checkouts(task)}
    finally:
        process.kill()
        for path in checkouts(task):
            (Path(git(path, "rev-parse", "--absolute-git-dir")) / "info" / "attributes").unlink()
    assert_a_run_completes(task, before, temporary)


def power_goes(path: Path, before: str, after: str, files: list[str]) -> None:
    """Leave a checkout as git does that is killed half way: its lock, some files as after, one of them cut."""
    directory = Path(git(path, "rev-parse", "--absolute-git-dir"))
    git(path, "checkout", "--quiet", "--force", "-B", "main", before)
    git(path, "branch", "--quiet", "-D", f"curriculum-template/{NEWEST}")
    for name in files:
        text = git(path, "show", f"{after}:{name}") + "\n"
        (path / name).write_text(text, encoding="utf-8", newline="\n")
    (path / files[-1]).write_text(text[: len(text) // 2], encoding="utf-8", newline="\n")
    shutil.copy2(directory / "index", directory / "index.lock")
    note = {"branch": f"curriculum-template/{NEWEST}", "before": before, "after": after}
    (directory / NOTE).write_text(json.dumps(note), encoding="utf-8")


@pytest.fixture
def cut_short(task: Task) -> tuple[Path, str]:
    """A repo whose git was killed while it moved the checkout, and the commit that it was to move to."""
    path = checkouts(task)[0]
    before = git(path, "rev-parse", "HEAD")
    done = task.curricula("update", path.name, "--no-check")
    assert done.code == 0, done.stdout.decode()
    after = git(path, "rev-parse", "HEAD")
    power_goes(path, before, after, [".gitignore", "pyproject.toml"])
    return path, after


def test_a_checkout_that_git_left_half_moved_is_completed(task: Task, cut_short: tuple[Path, str]) -> None:
    path, after = cut_short
    assert rows(task.curricula("list"))[path.name][-1] == "update unfinished"
    done = task.curricula("update", path.name, "--no-check")
    assert done.code == 0, done.stdout.decode()
    assert rows(done)[path.name][2:] == ["updated", "completed what was cut short"]
    assert (git(path, "rev-parse", "HEAD"), git(path, "status", "--porcelain")) == (after, "")
    assert rows(task.curricula("list"))[path.name][-1] == "not at the pin"


@pytest.mark.parametrize("name", ["README.md", pytest.param(".gitignore", marks=pytest.mark.exhaustive)])
def test_work_done_after_git_was_killed_is_not_overwritten(name: str, task: Task, cut_short: tuple[Path, str]) -> None:
    path, after = cut_short
    (path / name).write_text("Ours, since.\n", encoding="utf-8")
    done = task.curricula("update", path.name, "--no-check")
    assert done.code == 1
    assert name in rows(done)[path.name][-1]
    assert (path / name).read_text(encoding="utf-8") == "Ours, since.\n"
    assert "Move them out of the repo, then run it again: it completes the update." in done.stdout.decode()
    (path / name).rename(task.path / "ours")
    done = task.curricula("update", path.name, "--no-check")
    assert rows(done)[path.name][2:] == ["updated", "completed what was cut short"], done.stdout.decode()
    assert (git(path, "rev-parse", "HEAD"), git(path, "status", "--porcelain")) == (after, "")
    (task.path / "ours").unlink()


def test_two_updates_of_one_task_repo_do_not_run_at_once(task: Task, temporary: Path) -> None:
    before = {path: snapshot(path) for path in checkouts(task)}
    first, second = start(task, temporary), start(task, temporary)
    assert {first.wait(120), second.wait(120)} <= {0, 75}
    assert_a_run_completes(task, before, temporary)
