"""Updates from every older version of the template to this one, of repos as made and of repos that were worked on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import copier
import pytest
from fleet_support import (
    EDITS,
    NEWEST,
    OLDER,
    OLDEST,
    Task,
    adds_a_file_that_the_template_adds,
    assert_holds,
    assert_no_leftovers,
    changes_a_line_that_the_template_changes,
    edits_a_file_that_the_template_drops,
    make_releases,
    own_lines,
    released_tags,
    rows,
    scaffold,
    snapshot,
)
from support import Repo, commit_all, git

from aind_curriculum_runtime.project.template import FileClass, classify

VERSIONS = [OLDEST, OLDER, *released_tags()]


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_releases(tmp_path_factory.mktemp("releases") / "template")


@pytest.fixture(scope="module")
def fresh(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """What the newest version makes."""
    return scaffold(releases, NEWEST, tmp_path_factory.mktemp("fresh") / "mine")


def update(repo: Path) -> None:
    """Update as `copier update --defaults` does: without trust."""
    copier.run_update(repo, defaults=True, overwrite=True, quiet=True)


def managed(repo: Path) -> dict[str, bytes]:
    """The managed files of a repo."""
    names = git(repo, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    return {
        name: (repo / name).read_bytes()
        for name in names
        if (repo / name).is_file() and classify(name, "mine") is FileClass.MANAGED
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_an_update_from_an_older_version_gives_what_a_fresh_copy_holds(
    version: str, releases: Path, fresh: Repo, tmp_path: Path
) -> None:
    repo = scaffold(releases, version, tmp_path / "mine")
    own = {name: (repo.path / name).read_bytes() for name in git(repo.path, "ls-files", "src", "tests/data").split()}
    update(repo.path)
    assert managed(repo.path) == managed(fresh.path)
    assert {name: (repo.path / name).read_bytes() for name in own} == own
    assert not (repo.path / ".editorconfig").exists()


@pytest.mark.parametrize("version", VERSIONS)
def test_no_line_of_a_repo_that_was_worked_on_is_lost(version: str, releases: Path, tmp_path: Path) -> None:
    repo = scaffold(releases, version, tmp_path / "mine")
    for edit in EDITS:
        edit(repo)
        commit_all(repo.path, edit.__name__)
    own = own_lines(repo.path)
    assert sum(map(len, own.values())) > 20
    gone = set(git(repo.path, "diff", "--name-only", "--diff-filter=D", "HEAD~8", "HEAD").split())
    update(repo.path)
    assert_no_leftovers(repo.path)
    assert_holds(repo.path, own)
    assert not [name for name in gone if (repo.path / name).exists()]


def test_edits_and_an_update_give_what_the_same_edits_of_a_fresh_copy_give(releases: Path, tmp_path: Path) -> None:
    repo, fresh = (scaffold(releases, version, tmp_path / version / "mine") for version in (OLDER, NEWEST))
    for edit in EDITS:
        edit(repo)
        edit(fresh)
    commit_all(repo.path, "Ours")
    update(repo.path)
    assert managed(repo.path) == managed(fresh.path)


def test_odd_but_valid_answers_of_an_older_version_are_kept(releases: Path, tmp_path: Path) -> None:
    odd = {
        "description": "It's 50 % größer: {{ not }} a template # really",
        "user_name": "José O'Neil #3",
        "user_email": "a+b%c@x-y.z",
        "github_user": "-",
        "python_version": "3.13",
    }
    repo = scaffold(releases, OLDER, tmp_path / "mine", **odd)
    update(repo.path)
    fresh = scaffold(releases, NEWEST, tmp_path / "fresh" / "mine", **odd)
    assert managed(repo.path) == managed(fresh.path)


def detached(checkout: Path) -> Path:
    git(checkout, "checkout", "--quiet", "--detach")
    return checkout


def in_a_worktree(checkout: Path) -> Path:
    target = checkout.parent / "worktree"
    git(checkout, "worktree", "add", "--quiet", "--detach", str(target))
    return target


@pytest.mark.parametrize("place", [detached, in_a_worktree], ids=lambda place: place.__name__)
def test_no_line_is_lost_in_a_submodule(place: Callable[[Path], Path], releases: Path, tmp_path: Path) -> None:
    origin = scaffold(releases, OLDEST, tmp_path / "mine")
    for edit in EDITS:
        edit(origin)
    commit_all(origin.path, "Ours")
    checkout = place(Task.make(tmp_path / "task").add(origin.path))
    own = own_lines(checkout)
    update(checkout)
    assert_no_leftovers(checkout)
    assert_holds(checkout, own)


# What Copier alone would lose, `curricula update` refuses.


@pytest.mark.parametrize(
    ("edit", "version", "file"),
    [
        pytest.param(changes_a_line_that_the_template_changes, OLDEST, "pyproject.toml", marks=pytest.mark.exhaustive),
        (changes_a_line_that_the_template_changes, OLDER, "pyproject.toml"),
        (edits_a_file_that_the_template_drops, OLDEST, ".editorconfig"),
        (adds_a_file_that_the_template_adds, OLDEST, ".pre-commit-config.yaml"),
    ],
)
def test_a_conflict_is_named_and_leaves_the_repo_as_it_was(
    edit: Callable[[Repo], None], version: str, file: str, releases: Path, tmp_path: Path
) -> None:
    origin = scaffold(releases, version, tmp_path / "mine")
    edit(origin)
    commit_all(origin.path, "Ours")
    task = Task.make(tmp_path / "task")
    checkout = task.add(origin.path)
    before = snapshot(checkout)
    done = task.curricula("update", "mine", "--no-check")
    assert done.code == 1, done.text
    assert rows(done)["mine"][2:] == ["conflict", file], done.stdout.decode()
    assert snapshot(checkout) == before


def test_an_answer_that_a_newer_template_refuses_is_not_replaced_in_silence(releases: Path, tmp_path: Path) -> None:
    template = tmp_path / "stricter"
    git(tmp_path, "clone", "--quiet", str(releases), str(template))
    origin = scaffold(template, NEWEST, tmp_path / "mine", description="Short.")
    Repo(template).edit(
        "copier.yml", "{%- if not description.strip()", "{%- if description | length < 20 or not description.strip()"
    )
    commit_all(template, "A stricter validator")
    git(template, "tag", "v1000.0.0")
    task = Task.make(tmp_path / "task")
    checkout = task.add(origin.path)
    before = snapshot(checkout)
    done = task.curricula("update", "mine", "--no-check")
    assert done.code == 1
    assert rows(done)["mine"][2] in {"conflict", "failed"}
    assert "description" in done.stdout.decode()
    assert snapshot(checkout) == before
