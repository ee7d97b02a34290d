"""What `copier update` does to a generated repo, without trust, for every kind of file and repo."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import copier
import pytest
import yaml
from support import (
    Repo,
    call,
    clean_environment,
    commit_all,
    copier_command,
    generate,
    git,
    hosted_at,
    make_template,
    printed_commands,
    run_together,
)

from aind_curriculum_runtime.project.template import FILES, FileClass, classify

PACKAGE = "my_curriculum"
CODE = f"src/{PACKAGE}/stages.py"
MARKER = re.compile(rb"^(<<<<<<<|>>>>>>>) ", re.MULTILINE)


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A template with two releases: v0.1.0 is this working tree; v0.2.0 changes a file of every class."""
    template = make_template(tmp_path_factory.mktemp("releases") / "template")
    shipped = Repo(template / "template")
    shipped.write(".editorconfig", "root = true\n")  # a managed file that v0.2.0 takes away
    commit_all(template, "Release 0.1.0")
    git(template, "tag", "v0.1.0")

    (shipped.path / ".editorconfig").unlink()
    with (shipped.path / ".gitignore").open("a", encoding="utf-8", newline="\n") as ignored:
        ignored.write(".coverage\n")
    shipped.edit("pyproject.toml.jinja", "line-length = 120", "line-length = 110")
    shipped.write(".github/dependabot.yml", "version: 2\n")
    shipped.write("README.md.jinja", "# Another README\n")
    own = "{{ own_task }}"
    for name in ("stages.py", "added.py"):
        shipped.write(f"{own}/src/{{{{ package_name }}}}/{name}", '"""Another example."""\n')
    shipped.write(f"{own}/tests/test_examples.py.jinja", '"""Other examples."""\n')
    shipped.write(f"{own}/tests/data/session/behavior/Logs/tasklogic_input.json", "{}\n")
    commit_all(template, "Release 0.2.0")
    git(template, "tag", "v0.2.0")
    return template


@pytest.fixture
def old(releases: Path, tmp_path: Path) -> Repo:
    """A repo from v0.1.0, committed."""
    return Repo(release(releases, "v0.1.0", tmp_path / "my-curriculum"))


def release(template: Path, version: str, target: Path) -> Path:
    """Copy one release of the template and commit the repo."""
    copier.run_copy(
        str(template), target, data={"curriculum_name": "my-curriculum"}, defaults=True, quiet=True, vcs_ref=version
    )
    commit_all(target, "Scaffold")
    return target


def update(repo: Repo, version: str | None = None) -> None:
    """Commit the repo's changes and run `copier update --defaults`, which has no trust."""
    commit_all(repo.path, "Before the update")
    copier.run_update(repo.path, defaults=True, overwrite=True, quiet=True, vcs_ref=version)


def contents(repo: Path, *classes: FileClass | None) -> dict[str, bytes]:
    """The files of a repo that are of the given classes, by path."""
    names = git(repo, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    return {
        name: (repo / name).read_bytes()
        for name in names
        if (repo / name).is_file() and classify(name, PACKAGE) in classes
    }


def assert_clean(repo: Path) -> None:
    """Assert that an update left neither conflict markers nor rejected hunks."""
    for name, content in contents(repo, *FileClass, None).items():
        assert not name.endswith(".rej"), name
        assert not MARKER.search(content), name


# An update is as good as a fresh copy.


def alone(repo: Path, scratch: Path) -> Path:
    return repo


def in_a_worktree(repo: Path, scratch: Path) -> Path:
    git(repo, "worktree", "add", "--quiet", "-b", "update-template", str(scratch / "worktree"))
    return scratch / "worktree"


def in_a_submodule(repo: Path, scratch: Path) -> Path:
    task = scratch / "task"
    task.mkdir()
    commit_all(task, "A task repo")
    git(task, "submodule", "--quiet", "add", str(repo), "curricula/my-curriculum")
    commit_all(task, "Its curriculum")
    git(task / "curricula" / "my-curriculum", "checkout", "--quiet", "--detach")
    return task / "curricula" / "my-curriculum"


def in_a_submodule_of_a_worktree(repo: Path, scratch: Path) -> Path:
    in_a_submodule(repo, scratch)
    worktree = in_a_worktree(scratch / "task", scratch)
    git(worktree, "submodule", "--quiet", "update", "--init")
    return worktree / "curricula" / "my-curriculum"


def in_a_folder_of_a_larger_repo(repo: Path, scratch: Path) -> Path:
    target = scratch / "workspace" / "curricula" / "my-curriculum"
    shutil.copytree(repo, target, ignore=shutil.ignore_patterns(".git"))
    commit_all(scratch / "workspace", "A workspace")
    return target


@pytest.mark.parametrize(
    "place",
    [
        alone,
        pytest.param(in_a_worktree, marks=pytest.mark.exhaustive),
        pytest.param(in_a_submodule, marks=pytest.mark.exhaustive),
        in_a_submodule_of_a_worktree,  # which is both
        in_a_folder_of_a_larger_repo,
    ],
)
def test_an_update_brings_every_managed_file_to_what_a_fresh_copy_holds(
    place: Callable[[Path, Path], Path], old: Repo, releases: Path, tmp_path: Path
) -> None:
    repo = place(old.path, tmp_path)
    before = contents(repo, FileClass.SEED, FileClass.EXAMPLE)
    copier.run_update(repo, defaults=True, overwrite=True, quiet=True)
    fresh = release(releases, "v0.2.0", tmp_path / "fresh")
    # .editorconfig and dependabot.yml are in no row or a managed one: gone, and come, as in a fresh copy.
    assert contents(repo, FileClass.MANAGED, None) == contents(fresh, FileClass.MANAGED, None)
    assert contents(repo, FileClass.SEED, FileClass.EXAMPLE) == before


def test_an_update_moves_the_runtime_with_the_template(old: Repo, worked_on: Repo, releases: Path) -> None:
    assert pin_of(old)["rev"] == git(releases, "rev-parse", "v0.1.0")
    assert pin_of(worked_on)["rev"] == git(releases, "rev-parse", "v0.2.0")


def pin_of(repo: Repo) -> dict[str, str]:
    """Where a repo asks for the runtime."""
    pyproject = tomllib.loads((repo.path / "pyproject.toml").read_text(encoding="utf-8"))
    pin: dict[str, str] = pyproject["tool"]["uv"]["sources"]["aind-curriculum-runtime"]
    return pin


def test_an_update_keeps_the_answers(releases: Path, tmp_path: Path) -> None:
    answers = {"description": "It's 50 % größer.", "user_name": "Zoë Ångström", "python_version": "3.12"}
    repo = Repo(generate(releases, tmp_path / "new", **answers))
    commit_all(releases, "After the release")
    try:
        update(repo, "HEAD")
    finally:
        git(releases, "reset", "--quiet", "--hard", "v0.2.0")
    stored = yaml.safe_load((repo.path / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert {name: stored[name] for name in answers} == answers


def test_an_update_works_between_commits_of_a_template_without_tags(tmp_path: Path) -> None:
    template = make_template(tmp_path / "template")
    repo = Repo(generate(template, tmp_path / "my-curriculum"))
    newest = commit_all(template, "The next commit")
    update(repo)
    assert pin_of(repo)["rev"] == newest
    assert_clean(repo.path)


def test_an_update_finds_a_local_clone_that_was_given_by_a_relative_path(releases: Path, tmp_path: Path) -> None:
    shutil.copytree(releases, tmp_path / "clone")
    arguments = ("copy", "--defaults", "--vcs-ref=v0.1.0", "clone", "new")
    assert copier_command(*arguments, data={"curriculum_name": "a"}, cwd=tmp_path).code == 0
    commit_all(tmp_path / "new", "Scaffold")
    done = copier_command("update", "--defaults", cwd=tmp_path / "new")
    assert done.code == 0, done.text
    assert pin_of(Repo(tmp_path / "new"))["rev"] == git(releases, "rev-parse", "v0.2.0")


def test_an_update_of_a_hosted_template_keeps_its_url(releases: Path, tmp_path: Path) -> None:
    hosted = hosted_at(releases)
    arguments = ("copy", "--defaults", "--vcs-ref=v0.1.0", "gh:an-owner/a-template", "new")
    assert copier_command(*arguments, data={"curriculum_name": "a"}, cwd=tmp_path, env=hosted).code == 0
    commit_all(tmp_path / "new", "Scaffold")
    done = copier_command("update", "--defaults", cwd=tmp_path / "new", env=hosted)
    assert done.code == 0, done.text
    pin = pin_of(Repo(tmp_path / "new"))
    assert pin == {"git": "https://github.com/an-owner/a-template.git", "rev": git(releases, "rev-parse", "v0.2.0")}


# No edit of the user is lost.


SEEDS = ["README.md", "CHANGELOG.md", "LICENSE"]
EXAMPLES = [CODE, "tests/test_examples.py", "tests/data/session/behavior/Logs/tasklogic_input.json"]


OWN = {f"src/{PACKAGE}/more.py": "MORE = 1\n", "tests/test_more.py": "# ours\n", ".github/workflows/ours.yml": "{}\n"}


@pytest.fixture(scope="module")
def worked_on(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repo that was worked on in every way that merges, but for its examples, and updated; tests only look at it."""
    repo = Repo(release(releases, "v0.1.0", tmp_path_factory.mktemp("worked-on") / "my-curriculum"))
    for name in (*SEEDS[1:], *EXAMPLES):
        repo.write(name, "Our own words.\n")
    (repo.path / "README.md").unlink()
    (repo.path / ".pre-commit-config.yaml").unlink()
    for name, text in OWN.items():
        repo.write(name, text)
    update(repo)
    return repo


def test_edited_files_of_the_users_own_are_kept(worked_on: Repo) -> None:
    names = [*SEEDS[1:], *EXAMPLES]
    assert {name: (worked_on.path / name).read_text(encoding="utf-8") for name in names} == dict.fromkeys(
        names, "Our own words.\n"
    )
    assert_clean(worked_on.path)


def test_a_deleted_seed_is_made_anew(worked_on: Repo) -> None:
    assert (worked_on.path / "README.md").read_text(encoding="utf-8") == "# Another README\n"


def test_deleted_examples_stay_deleted(old: Repo) -> None:
    for rule in FILES:
        if rule.file_class is FileClass.EXAMPLE:
            target = old.path / rule.pattern.format(package=PACKAGE)
            shutil.rmtree(target) if target.is_dir() else target.unlink()
    old.write("README.md", "Our own words.\n")
    old.write(f"src/{PACKAGE}/rules/curriculum.py", "# moved\n")
    update(old)
    assert list(contents(old.path, FileClass.EXAMPLE)) == [f"src/{PACKAGE}/rules/curriculum.py"]
    assert (old.path / "README.md").read_text(encoding="utf-8") == "Our own words.\n"


def test_a_new_example_does_not_come_to_an_older_repo(worked_on: Repo) -> None:
    assert not (worked_on.path / "src" / PACKAGE / "added.py").exists()


def test_a_deleted_managed_file_stays_deleted(worked_on: Repo) -> None:
    assert not (worked_on.path / ".pre-commit-config.yaml").exists()


def test_files_that_the_user_added_are_kept(worked_on: Repo) -> None:
    assert {name: (worked_on.path / name).read_text(encoding="utf-8") for name in OWN} == OWN


PYPROJECT = {
    "version": ('version = "0.1.0"', 'version = "1.4.2"'),
    "dependency": ('    "aind-curriculum-runtime",\n', '    "aind-curriculum-runtime",\n    "numpy>=2",\n'),
    "section above the pin": (
        "# --- the runtime, at", "[tool.coverage.run]\nbranch = true\n\n# --- the runtime, at",
    ),
    "section below the pin": ("\n[tool.ruff]\n", "\n[tool.coverage.html]\nskip_empty = true\n\n[tool.ruff]\n"),
    "section at the end": (
        '"-ra --strict-markers"\n', '"-ra --strict-markers"\n\n[tool.coverage.report]\nprecision = 1\n',
    ),
    "development dependency": ('    "ruff>=0.14",\n', '    "pytest-cov",\n    "ruff>=0.14",\n'),
}  # fmt: skip


@pytest.mark.parametrize(
    "edits", [[*PYPROJECT], *(pytest.param([one], id=one, marks=pytest.mark.exhaustive) for one in PYPROJECT)]
)
def test_an_edit_of_pyproject_is_merged_without_a_conflict(
    edits: list[str], old: Repo, releases: Path, tmp_path: Path
) -> None:
    fresh = Repo(release(releases, "v0.2.0", tmp_path / "fresh"))
    for edit in edits:
        old.edit("pyproject.toml", *PYPROJECT[edit])
    update(old)
    for edit in edits:
        fresh.edit("pyproject.toml", *PYPROJECT[edit])
    assert (old.path / "pyproject.toml").read_bytes() == (fresh.path / "pyproject.toml").read_bytes()
    assert_clean(old.path)


def test_what_uv_add_writes_beside_the_pin_is_merged(old: Repo, tmp_path: Path, releases: Path) -> None:
    library = Repo(tmp_path / "rig tools")
    library.write("pyproject.toml", '[project]\nname = "rig-tools"\nversion = "1.0"\n')
    command = ["uv", "add", "--quiet", "--no-sync", str(library.path)]
    subprocess.run(command, cwd=old.path, check=True, env=clean_environment())
    update(old)
    pyproject = tomllib.loads((old.path / "pyproject.toml").read_text(encoding="utf-8"))
    assert "rig-tools" in pyproject["project"]["dependencies"]
    assert set(pyproject["tool"]["uv"]["sources"]) == {"rig-tools", "aind-curriculum-runtime"}
    assert pin_of(old)["rev"] == git(releases, "rev-parse", "v0.2.0")
    assert_clean(old.path)


def test_a_recopy_leaves_seeds_and_examples_alone(old: Repo) -> None:
    for name in (*SEEDS, *EXAMPLES):
        old.write(name, "Our own.\n")
    commit_all(old.path, "Edits")
    copier.run_recopy(old.path, defaults=True, overwrite=True, quiet=True)
    for name in (*SEEDS, *EXAMPLES):
        assert (old.path / name).read_text(encoding="utf-8") == "Our own.\n"
    assert (old.path / ".gitignore").read_text(encoding="utf-8").endswith(".coverage\n")


def test_an_update_refuses_uncommitted_changes(old: Repo) -> None:
    old.write("README.md", "Not committed.\n")
    with pytest.raises(copier.errors.UserMessageError, match="dirty"):
        copier.run_update(old.path, defaults=True, overwrite=True, quiet=True)


def test_an_update_to_uncommitted_changes_of_the_template_is_refused(tmp_path: Path) -> None:
    template = make_template(tmp_path / "template")
    repo = Repo(generate(template, tmp_path / "my-curriculum"))
    Repo(template).write("draft.md", "Not committed.\n")
    with pytest.warns(match="Dirty template changes"), pytest.raises(ValueError, match='"curriculum_name" is required'):
        update(repo, "HEAD")
    assert git(repo.path, "status", "--porcelain") == ""


# Conflicts, and what comes after.


def test_the_next_steps_that_an_update_prints_work_as_printed(old: Repo) -> None:
    old.sync()
    commit_all(old.path, "Lock")
    done = copier_command("update", "--defaults", cwd=old.path)
    assert done.code == 0, done.text
    commands = printed_commands(done.text)
    assert commands[0] == "uv lock"
    ran = run_together(commands, old.path)
    assert ran.code == 0, ran.text
    assert git(old.path, "status", "--porcelain") == ""
    locked = call(["uv", "lock", "--check"], cwd=old.path)
    assert locked.code == 0, locked.text


def leftovers(repo: Repo) -> str:
    """What the check says that the repo's CI looks for them with."""
    done = call([Path(sys.executable).with_name("curriculum"), "check", repo.path, "--select", "LP008"])
    assert (done.code == 1) is ("LP008 error" in done.stdout.decode()), done.text
    return done.stdout.decode()


def test_a_conflict_exits_with_zero_and_the_repos_ci_finds_it(old: Repo) -> None:
    assert "LP008 error" not in leftovers(old)
    old.edit("pyproject.toml", "line-length = 120", "line-length = 100")
    commit_all(old.path, "An edit where the template has one too")
    done = copier_command("update", "--defaults", cwd=old.path)
    assert done.code == 0, done.text
    git(old.path, "commit", "--quiet", "--all", "-m", "Without looking")
    assert "pyproject.toml has conflict markers" in leftovers(old)


def test_the_repos_ci_finds_rejected_hunks(old: Repo) -> None:
    old.write("README.md.rej", "a rejected hunk\n")
    commit_all(old.path, "Without looking")
    assert "README.md.rej holds what an update could not merge" in leftovers(old)
