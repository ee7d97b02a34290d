"""`curricula update` on a machine or in a repo that lets it down: the cause is said, and the next run completes it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fleet_support import NEWEST, OLDEST, Task, make_releases, rows, scaffold, snapshot
from support import Repo, Result, commit_all, git

COMES = ".pre-commit-config.yaml"
"""A file that the template brings after the oldest version."""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repo of the oldest version."""
    folder = tmp_path_factory.mktemp("origin")
    return scaffold(make_releases(folder / "template"), OLDEST, folder / "mine").path


@pytest.fixture
def task(origin: Path, tmp_path: Path) -> Task:
    task = Task.make(tmp_path / "task")
    task.add(origin)
    return task


def checkout_of(task: Task) -> Path:
    return task.path / "curricula" / "mine"


def update(task: Task, **variables: str) -> Result:
    return task.curricula("update", "mine", "--no-check", env=variables)


def note_of(result: Result) -> str:
    return rows(result)["mine"][-1]


def assert_unfinished(task: Task, result: Result) -> None:
    assert result.code == 1
    assert note_of(result) == "git moved its files only in part: the disk is full"
    assert "then run it again: it completes the update" in result.stdout.decode()
    assert rows(task.curricula("list"))["mine"][-1] == "update unfinished"


def assert_completed(task: Task, result: Result) -> None:
    checkout = checkout_of(task)
    assert rows(result)["mine"][2:] == ["updated", "completed what was cut short"], result.stdout.decode()
    assert git(checkout, "status", "--porcelain") == ""
    assert f"_commit: {NEWEST}" in git(checkout, "show", "HEAD:.copier-answers.yml")


# A full disk.


def test_a_checkout_that_moved_in_part_is_named_with_the_cause_and_completed(task: Task) -> None:
    """Git writes one file through a program that meets the full disk."""
    checkout = checkout_of(task)
    smudge = "case $PWD in */curricula-update) cat ;; *) echo 'cat: No space left on device' >&2; exit 1 ;; esac"
    git(checkout, "config", "filter.full.smudge", smudge)
    git(checkout, "config", "filter.full.clean", "cat")
    git(checkout, "config", "filter.full.required", "true")
    attributes = Path(git(checkout, "rev-parse", "--absolute-git-dir")) / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("pyproject.toml filter=full\n", encoding="utf-8")
    assert_unfinished(task, update(task))
    assert_unfinished(task, update(task))  # still full
    attributes.unlink()
    assert_completed(task, update(task))


if sys.platform == "linux" and os.geteuid() == 0:  # others may not make a file system

    @contextmanager
    def small_disk(folder: Path) -> Iterator[Path]:
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], check=True)
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)

    def fill(disk: Path, free: int) -> Path:
        """Leave so many bytes of it."""
        there = os.statvfs(disk)
        file = disk / "fill"
        file.write_bytes(b"x" * (there.f_bavail * there.f_frsize - free))
        return file

    def test_an_update_on_a_full_disk_is_completed_when_there_is_room(origin: Path, tmp_path: Path) -> None:
        """With room for the commit, but not for the lock file in the checkout."""
        with small_disk(tmp_path / "disk") as disk:
            task = Task.make(disk / "task")
            task.add(origin)
            file = fill(disk, 200_000)
            assert_unfinished(task, update(task))
            file.unlink()
            assert_completed(task, update(task))

    def test_a_disk_without_room_for_the_commit_leaves_the_repo_as_it_was(origin: Path, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk") as disk:
            task = Task.make(disk / "task")
            before = snapshot(task.add(origin))
            file = fill(disk, 40_000)
            done = update(task)
            file.unlink()
            assert (done.code, note_of(done)) == (1, "the disk is full")
            assert "Free some space, then run it again." in done.stdout.decode()
            assert snapshot(checkout_of(task)) == before

    @pytest.mark.parametrize("free", [40_000, 4_500_000], ids=["the template", "copier"])
    def test_a_full_folder_for_temporary_files_is_named(free: int, task: Task, tmp_path: Path) -> None:
        before = snapshot(checkout_of(task))
        with small_disk(tmp_path / "disk") as disk:
            fill(disk, free)
            done = update(task, TMPDIR=str(disk))
            assert (done.code, note_of(done)) == (1, "the disk of the temporary files is full")
            assert f"Free some space in {disk}, or name another folder with TMPDIR" in done.stdout.decode()
            assert [one.name for one in disk.iterdir()] == ["fill"]
        assert snapshot(checkout_of(task)) == before


# What is in the way in the repo.


def folder_that_is_committed(checkout: Path) -> None:
    Repo(checkout).write(f"{COMES}/ours", "ours\n")
    commit_all(checkout, "Ours")


def folder_for_a_file(checkout: Path) -> None:
    git(checkout, "rm", "--quiet", ".gitignore")
    Repo(checkout).write(".gitignore/ours", "ours\n")
    commit_all(checkout, "Ours")


def file_for_a_folder(checkout: Path) -> None:
    git(checkout, "rm", "--quiet", "-r", ".github")
    Repo(checkout).write(".github", "ours\n")
    commit_all(checkout, "Ours")


@pytest.mark.parametrize(
    ("make", "note"),
    [
        (folder_that_is_committed, f"{COMES} is a folder here and a file of the template"),
        (folder_for_a_file, ".gitignore is a folder here and a file of the template"),
        (file_for_a_folder, ".github is a file here and a folder of the template"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_folder_in_place_of_a_file_is_named(make: Callable[[Path], None], note: str, task: Task) -> None:
    make(checkout_of(task))
    before = snapshot(checkout_of(task))
    done = update(task)
    assert (done.code, note_of(done)) == (1, note)
    assert "Rename what is in the way (`git mv`), commit that, and run it again." in done.stdout.decode()
    assert snapshot(checkout_of(task)) == before


def test_a_folder_that_git_ignores_is_told_with_what_to_do(task: Task) -> None:
    checkout = checkout_of(task)
    exclude = Path(git(checkout, "rev-parse", "--absolute-git-dir")) / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text(f"{COMES}\n", encoding="utf-8")
    Repo(checkout).write(f"{COMES}/ours", "ours\n")
    before = snapshot(checkout)
    done = update(task)
    assert (done.code, note_of(done).endswith(f"would lose untracked files in them: {COMES}")) == (1, True)
    assert "The repo is as it was: fix what git says, then run it again." in done.stdout.decode()
    assert snapshot(checkout) == before
    assert (checkout / COMES / "ours").read_text(encoding="utf-8") == "ours\n"


if sys.platform == "linux":  # elsewhere no file has such a name

    def test_a_file_name_that_is_not_utf8_is_named(task: Task) -> None:
        checkout = checkout_of(task)
        (checkout / os.fsdecode(b"gr\xf6sse.txt")).write_bytes(b"")
        commit_all(checkout, "A name in Latin-1")
        before = snapshot(checkout)
        done = update(task)
        assert (done.code, note_of(done)) == (1, "the name of a file is not UTF-8: gr\\xf6sse.txt")
        assert "Rename it with `git mv`, commit that, and run it again." in done.stdout.decode()
        assert snapshot(checkout) == before
