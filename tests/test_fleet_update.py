"""`curricula update`: a fleet at once, and whatever one repo can be like."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml
from fleet_support import (
    CONFLICTS,
    EDITS,
    NEWEST,
    OLDER,
    OLDEST,
    Task,
    assert_holds,
    assert_no_leftovers,
    deletes_examples,
    fleet_environment,
    make_releases,
    own_lines,
    rows,
    scaffold,
    snapshot,
    worktrees,
)
from support import PROJECT, Repo, call, commit_all, copier_command, git, hosted_at

FLEET = (0, 1, 3, 5, 7)
"""Of twenty repos, those that between them have every version, edits, and both conflicts."""

CHECKED = os.environ.get("FLEET_CHECKS") == "1"
"""Whether every repo of the fleet also goes through its own checks: minutes instead of seconds."""


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_releases(tmp_path_factory.mktemp("releases") / "template")


@pytest.fixture(scope="module")
def origin(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repo of the older version, unedited and not locked; tests work in submodules of it."""
    return scaffold(releases, OLDER, tmp_path_factory.mktemp("origin") / "mine").path


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return Task.make(tmp_path / "task")


@pytest.fixture
def checkout(task: Task, origin: Path) -> Path:
    """A submodule at an older version."""
    return task.add(origin)


def template_of(repo: Path) -> str:
    """The template's version in a repo's answers."""
    return str(yaml.safe_load((repo / ".copier-answers.yml").read_text(encoding="utf-8"))["_commit"])


@pytest.mark.parametrize("numbers", [FLEET, pytest.param(range(20), marks=pytest.mark.exhaustive)], ids=len)
def test_a_fleet_moves_but_for_the_conflicts_and_no_line_is_lost(
    numbers: Sequence[int], releases: Path, task: Task, tmp_path: Path
) -> None:
    """Three versions of the template; every other repo was worked on, some so that the update conflicts."""
    conflicting = set()
    for number in numbers:
        version = (OLDEST, OLDER, NEWEST)[number // 2 % 3]
        repo = scaffold(releases, version, tmp_path / "origins" / f"curriculum-{number}")
        if number % 2:
            for edit in EDITS:
                # A curriculum without its metrics is one that its own checks refuse, which is another test's.
                if not (CHECKED and edit is deletes_examples):
                    edit(repo)
        if number % 6 == 1 or number % 12 == 9:
            CONFLICTS[number // 6 % len(CONFLICTS)](repo)
            conflicting.add(repo.path.name)
        commit_all(repo.path, "Ours")
        checkout = task.add(repo.path)
        if number % 5 == 0:
            git(checkout, "checkout", "--quiet", "--detach")
    checkouts = {path.name: path for path in (task.path / "curricula").iterdir()}
    before = {name: snapshot(path) for name, path in checkouts.items()}
    own = {name: own_lines(path) for name, path in checkouts.items()}
    assert len(conflicting) >= 2

    arguments = ("update", "--all") if CHECKED else ("update", "--all", "--no-check")
    done = task.curricula(*arguments, timeout=3600)

    assert done.code == 1, done.text
    table = rows(done)
    assert {name for name, cells in table.items() if cells[2] == "conflict"} == conflicting, done.stdout.decode()
    for name, path in checkouts.items():
        assert git(path, "status", "--porcelain") == "", name
        assert_no_leftovers(path)
        assert_holds(path, own[name])
        assert worktrees(path) == []
        if table[name][2] != "updated":
            assert snapshot(path) == before[name], name
        else:
            assert template_of(path) == NEWEST
            assert git(path, "rev-parse", "HEAD~1") == before[name][0]
            assert git(path, "branch", "--show-current") == f"curriculum-template/{NEWEST}"
    moved = {name for name, cells in table.items() if cells[2] == "updated"}
    assert moved == {name for name, cells in table.items() if cells[0] != NEWEST} - conflicting

    again = task.curricula(*arguments)
    assert {cells[2] for name, cells in rows(again).items() if name not in conflicting} == {"up to date"}


def test_an_update_locks_and_is_checked_in_the_repos_own_environment(task: Task, checkout: Path) -> None:
    done = task.curricula("update", "mine")
    assert done.code == 0, done.stdout.decode() + done.text
    assert rows(done)["mine"][:3] == [OLDER, NEWEST, "updated"]
    locked = call(["uv", "lock", "--check"], cwd=checkout)
    assert locked.code == 0, locked.text


def test_a_repo_whose_checks_fail_is_left_as_it_was(task: Task, checkout: Path) -> None:
    (checkout / "src" / "mine" / "curriculum.py").write_text("raise RuntimeError('broken')\n", encoding="utf-8")
    commit_all(checkout, "Broken")
    before = snapshot(checkout)
    done = task.curricula("update", "mine")
    assert done.code == 1
    assert rows(done)["mine"][2:] == ["failed", "`curriculum check` fails after the update"]
    assert "LP005" in done.stdout.decode()
    assert snapshot(checkout) == before


def test_a_runtime_that_breaks_a_promise_comes_to_no_repo(
    releases: Path, task: Task, checkout: Path, tmp_path: Path
) -> None:
    """The family `runtime`, which a plain check leaves out, is run where the runtime changes."""
    edited = Repo(shutil.copytree(releases, tmp_path / "template"))
    promise, broken = ('"state.missing": ExitCode.MISSING,', '"state.missing": ExitCode.STATE,')
    edited.edit("src/aind_curriculum_runtime/contract/errors.py", promise, broken)
    commit_all(edited.path, "Another exit code")
    git(edited.path, "tag", "v999.0.1")
    before = snapshot(checkout)
    done = task.curricula("update", "mine", "--template", edited.path)
    assert rows(done)["mine"][2:] == ["failed", "`curriculum check` fails after the update"]
    assert "FA001 error: Given a trainer state file that is not there" in done.stdout.decode()
    assert snapshot(checkout) == before


def test_a_repo_that_cannot_be_locked_is_left_as_it_was(task: Task, checkout: Path) -> None:
    Repo(checkout).edit("pyproject.toml", '    "mypy>=1.15",\n', '    "mypy>=1.15",\n    "mypy<1.10",\n')
    commit_all(checkout, "No version fits")
    before = snapshot(checkout)
    done = task.curricula("update", "mine", "--no-check")
    assert done.code == 1
    assert rows(done)["mine"][2] == "failed"
    assert "uv lock" in rows(done)["mine"][3]
    assert snapshot(checkout) == before


def test_the_task_repos_own_index_is_left_alone(task: Task, checkout: Path) -> None:
    staged = git(task.path, "ls-files", "--stage")
    done = task.curricula("update", "mine", "--no-check")
    assert done.code == 0, done.stdout.decode()
    assert git(task.path, "ls-files", "--stage") == staged
    assert git(task.path, "status", "--porcelain") == "M curricula/mine"
    assert "add curricula/mine" in done.stdout.decode()


def test_a_dry_run_says_what_would_come_and_changes_nothing(task: Task, checkout: Path) -> None:
    before = snapshot(checkout)
    done = task.curricula("update", "--all", "--dry-run")
    assert done.code == 0, done.text
    assert rows(done)["mine"][:3] == [OLDER, NEWEST, "would update"]
    assert "D .editorconfig" in done.stdout.decode()
    assert snapshot(checkout) == before


def test_an_update_goes_to_the_version_that_is_asked_for(releases: Path, task: Task, tmp_path: Path) -> None:
    checkout = task.add(scaffold(releases, OLDEST, tmp_path / "mine").path)
    done = task.curricula("update", "mine", "--to", OLDER, "--no-check")
    assert done.code == 0, done.stdout.decode()
    assert template_of(checkout) == OLDER
    assert git(releases, "rev-parse", OLDER) in (checkout / "pyproject.toml").read_text(encoding="utf-8")


def test_a_branch_of_that_name_with_work_on_it_is_kept(task: Task, checkout: Path) -> None:
    name = f"curriculum-template/{NEWEST}"
    git(checkout, "checkout", "--quiet", "-b", name)
    work = commit_all(checkout, "Work")
    git(checkout, "checkout", "--quiet", "main")
    done = task.curricula("update", "mine", "--no-check")
    assert done.code == 0, done.stdout.decode()
    assert git(checkout, "rev-parse", name) == work
    assert git(checkout, "branch", "--show-current") == f"{name}-2"


def test_an_ignored_file_in_the_way_is_not_overwritten(task: Task, checkout: Path) -> None:
    Repo(checkout).edit(".gitignore", ".venv/\n", "uv.lock\n.venv/\n")
    commit_all(checkout, "Ignore")
    git(checkout, "rm", "--quiet", "--cached", ".github/workflows/contract.yml")
    Repo(checkout).edit(".gitignore", "uv.lock\n", "uv.lock\ncontract.yml\n")
    git(checkout, "commit", "--quiet", "--all", "-m", "Ours is ignored")
    (checkout / ".github" / "workflows" / "contract.yml").write_text("ours\n", encoding="utf-8")
    task.curricula("update", "mine", "--no-check")
    assert (checkout / ".github" / "workflows" / "contract.yml").read_text(encoding="utf-8") == "ours\n"
    assert git(checkout, "status", "--porcelain") == ""


def test_hooks_and_signing_of_the_repo_do_not_hold_it_up(task: Task, checkout: Path) -> None:
    hooks = Path(git(checkout, "rev-parse", "--absolute-git-dir")) / "hooks"
    for name in ("pre-commit", "commit-msg", "post-checkout"):
        (hooks / name).write_text("#!/bin/sh\nexit 1\n", encoding="utf-8", newline="\n")
        (hooks / name).chmod(0o755)
    git(checkout, "config", "commit.gpgSign", "true")
    git(checkout, "config", "user.signingKey", "missing")
    done = task.curricula("update", "mine", "--no-check")
    assert rows(done)["mine"][2] == "updated", done.stdout.decode()


def test_a_persons_worktree_of_a_similar_name_is_kept(task: Task, checkout: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "curricula-update-by-hand"
    git(checkout, "worktree", "add", "--quiet", "-b", "theirs", str(theirs))
    assert task.curricula("update", "mine", "--no-check").code == 0
    assert git(theirs, "branch", "--show-current") == "theirs"


def test_a_helper_that_git_leaves_running_does_not_keep_the_next_update_waiting(
    task: Task, checkout: Path, tmp_path: Path
) -> None:
    """As git's credential cache does; here it is started by git's question for changed files."""
    helper, running = tmp_path / "helper", tmp_path / "running"
    helper.write_text(
        f"#!/bin/sh\nsleep 80 >/dev/null 2>&1 </dev/null &\necho $! >> {running.as_posix()}\nexit 1\n",
        encoding="utf-8",
        newline="\n",
    )
    helper.chmod(0o755)
    git(checkout, "config", "core.fsmonitor", helper.as_posix())
    try:
        assert task.curricula("update", "mine", "--dry-run").code == 0
        assert running.exists()
        done = task.curricula("update", "mine", "--dry-run")
        assert (done.code, done.text) == (0, "")
    finally:
        for one in running.read_text(encoding="utf-8").split():
            call(["sh", "-c", f"kill {one}"])


def test_the_commands_to_go_on_with_can_be_pasted_whatever_the_folder(task: Task, origin: Path) -> None:
    task.add(origin, "curricula/größe 1")
    done = task.curricula("update", "mine", "--no-check")
    assert done.code == 0, done.text
    assert done.stdout.decode("utf-8").rstrip().endswith(' add "curricula/größe 1"')


def test_the_same_update_from_another_machine_is_taken_over(
    releases: Path, origin: Path, task: Task, checkout: Path, tmp_path: Path
) -> None:
    remote = tmp_path / "remote.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(origin), str(remote))
    git(checkout, "remote", "set-url", "origin", str(remote))

    def updated(**env: str) -> str:
        git(checkout, "checkout", "--quiet", "main")
        if git(checkout, "branch", "--list", f"curriculum-template/{NEWEST}"):
            git(checkout, "branch", "--quiet", "-D", f"curriculum-template/{NEWEST}")
        assert task.curricula("update", "mine", "--no-check", env=env).code == 0
        return git(checkout, "rev-parse", "HEAD")

    # A registry may tell the sizes of files or not, from one minute to the next: both locks are made from uv's cache,
    # which the first update fills.
    updated()
    first = updated(UV_OFFLINE="1")
    git(checkout, "push", "--quiet", "origin", "HEAD")
    assert updated(UV_OFFLINE="1") == first


def test_the_weekly_workflow_pushes_each_repo_before_the_pins(
    origin: Path, task: Task, checkout: Path, tmp_path: Path
) -> None:
    for name, source in (("curriculum.git", origin), ("task.git", task.path)):
        git(tmp_path, "clone", "--quiet", "--bare", str(source), name)
    git(checkout, "remote", "set-url", "origin", str(tmp_path / "curriculum.git"))
    git(task.path, "remote", "add", "origin", str(tmp_path / "task.git"))
    assert task.curricula("update", "--all", "--no-check").code == 0
    workflow = yaml.safe_load((PROJECT / ".github/workflows/update-curricula.yml").read_text(encoding="utf-8"))
    step = next(one for one in workflow["jobs"]["update"]["steps"] if one.get("id") == "push")
    environment = fleet_environment(BRANCH="weekly", GITHUB_OUTPUT=str(tmp_path / "output"))
    done = call(["bash", "-eo", "pipefail", "-c", step["run"]], cwd=task.path, env=environment)
    assert done.code == 0, done.text
    assert (tmp_path / "output").read_text(encoding="utf-8") == "moved=true\n"
    pin = git(tmp_path / "task.git", "rev-parse", "weekly:curricula/mine")
    assert git(tmp_path / "curriculum.git", "rev-parse", f"curriculum-template/{NEWEST}") == pin
    again = call(["bash", "-eo", "pipefail", "-c", step["run"]], cwd=task.path, env=environment)
    assert (again.code, (tmp_path / "output").read_text(encoding="utf-8")) == (0, "moved=true\n")


# Where a repo's template may be.


def test_a_repo_of_a_hosted_template_is_updated(releases: Path, task: Task, tmp_path: Path) -> None:
    hosted = hosted_at(releases)
    made = tmp_path / "mine"
    arguments = ("copy", "--quiet", "--defaults", f"--vcs-ref={OLDER}", "gh:an-owner/a-template", made)
    copied = copier_command(*arguments, data={"curriculum_name": "mine"}, env=hosted)
    assert copied.code == 0, copied.text
    commit_all(made, "Scaffold")
    checkout = task.add(made)
    done = task.curricula("update", "mine", "--no-check", env=hosted)
    assert done.code == 0, done.stdout.decode()
    pyproject = (checkout / "pyproject.toml").read_text(encoding="utf-8")
    assert 'git = "https://github.com/an-owner/a-template.git"' in pyproject
    assert git(releases, "rev-parse", NEWEST) in pyproject


def test_a_repo_of_an_untagged_commit_is_updated_to_another(releases: Path, task: Task, tmp_path: Path) -> None:
    template = tmp_path / "template"
    git(tmp_path, "clone", "--quiet", "--no-tags", str(releases), str(template))
    checkout = task.add(scaffold(template, "HEAD", tmp_path / "mine").path)
    newest = commit_all(template, "The next commit")
    done = task.curricula("update", "mine", "--no-check")
    assert done.code == 0, done.stdout.decode()
    assert newest in (checkout / "pyproject.toml").read_text(encoding="utf-8")
    assert newest.startswith(template_of(checkout))


def test_a_repo_that_is_ahead_of_the_latest_release_is_told_so(releases: Path, task: Task, tmp_path: Path) -> None:
    template = tmp_path / "template"
    git(tmp_path, "clone", "--quiet", str(releases), str(template))
    commit_all(template, "After the release")
    checkout = task.add(scaffold(template, "HEAD", tmp_path / "mine").path)
    before = snapshot(checkout)
    done = task.curricula("update", "mine", "--no-check")
    assert (done.code, rows(done)["mine"][2]) == (0, "ahead")
    asked = task.curricula("update", "mine", "--no-check", "--to", NEWEST)
    assert asked.code == 1
    assert rows(asked)["mine"][3] == "it is at a newer version of the template than that"
    assert "--to" in asked.stdout.decode()
    assert snapshot(checkout) == before


def test_a_repo_whose_template_moved_is_told_how_and_follows(releases: Path, task: Task, tmp_path: Path) -> None:
    template = tmp_path / "template"
    git(tmp_path, "clone", "--quiet", str(releases), str(template))
    checkout = task.add(scaffold(template, OLDER, tmp_path / "mine").path)
    moved = template.rename(tmp_path / "moved")
    done = task.curricula("update", "mine", "--no-check")
    assert done.code == 1
    assert rows(done)["mine"][3] == f"the template cannot be reached: {template}"
    assert "curricula update mine --template URL" in done.stdout.decode()
    done = task.curricula("update", "mine", "--no-check", "--template", moved.as_uri())
    assert done.code == 0, done.stdout.decode()
    assert f'git = "{moved.as_uri()}"' in (checkout / "pyproject.toml").read_text(encoding="utf-8")
    answers = yaml.safe_load((checkout / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert (answers["_src_path"], answers["runtime_url"]) == (f"git+{moved.as_uri()}", moved.as_uri())
    assert git(checkout, "rev-list", "--count", "main..HEAD") == "1"


def test_a_repo_whose_commit_is_gone_from_the_template_is_told_how(task: Task, checkout: Path) -> None:
    Repo(checkout).edit(".copier-answers.yml", f"_commit: {OLDER}", "_commit: v0.0.1-7-gabcdef0")
    commit_all(checkout, "A commit that was never pushed")
    done = task.curricula("update", "mine", "--no-check")
    assert done.code == 1
    assert rows(done)["mine"][3] == "its version v0.0.1-7-gabcdef0 is not in the template"
    assert "as _commit into .copier-answers.yml" in done.stdout.decode()


def test_an_update_that_needs_trust_is_told_so_and_not_made(releases: Path, task: Task, tmp_path: Path) -> None:
    template = tmp_path / "template"
    git(tmp_path, "clone", "--quiet", str(releases), str(template))
    checkout = task.add(scaffold(template, NEWEST, tmp_path / "mine").path)
    Repo(template).edit(
        "copier.yml", "_migrations: []", '_migrations:\n  - version: "1000.0.0"\n    command: ["git", "--version"]'
    )
    commit_all(template, "A migration")
    git(template, "tag", "v1000.0.0")
    before = snapshot(checkout)
    done = task.curricula("update", "mine", "--no-check")
    assert done.code == 1
    assert "copier update --trust" in done.stdout.decode()
    assert snapshot(checkout) == before


def test_what_copier_asks_anew_is_told_with_the_command_to_answer_it(
    releases: Path, task: Task, tmp_path: Path
) -> None:
    template = tmp_path / "template"
    git(tmp_path, "clone", "--quiet", str(releases), str(template))
    checkout = task.add(scaffold(template, NEWEST, tmp_path / "mine").path)
    Repo(template).write("copier.yml", (template / "copier.yml").read_text(encoding="utf-8") + "\nrig:\n  type: str\n")
    commit_all(template, "A question without a default")
    git(template, "tag", "v1000.0.0")
    before = snapshot(checkout)
    done = task.curricula("update", "mine", "--no-check")
    assert rows(done)["mine"][2:] == ["failed", 'copier: Question "rig" is required']
    assert "`uvx copier update --vcs-ref v1000.0.0` in curricula/mine" in done.stdout.decode()
    assert snapshot(checkout) == before


def test_a_binary_file_of_the_repos_own_is_not_overwritten(releases: Path, task: Task, tmp_path: Path) -> None:
    template = tmp_path / "template"
    git(tmp_path, "clone", "--quiet", str(releases), str(template))
    made = scaffold(template, NEWEST, tmp_path / "mine").path
    (made / "logo.png").write_bytes(bytes(range(256)))
    commit_all(made, "Our logo")
    checkout = task.add(made)
    (template / "template" / "logo.png").write_bytes(bytes(reversed(range(256))))
    commit_all(template, "A logo")
    git(template, "tag", "v1000.0.0")
    before = snapshot(checkout)
    done = task.curricula("update", "mine", "--no-check")
    assert rows(done)["mine"][2:] == ["conflict", "logo.png"]
    assert "logo.png: it would lose this repo's own content." in done.stdout.decode()
    assert snapshot(checkout) == before


def by_the_repos_own_exclude(checkout: Path, folder: Path) -> dict[str, str]:
    exclude = Path(git(checkout, "rev-parse", "--absolute-git-dir")) / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text(".pre-commit-config.yaml\npyproject.toml\n", encoding="utf-8")
    return {}


def by_gitignore(checkout: Path, folder: Path) -> dict[str, str]:
    Repo(checkout).edit(".gitignore", ".venv/\n", ".pre-commit-config.yaml\npyproject.toml\n.venv/\n")
    commit_all(checkout, "Ignore")
    return {}


def by_a_persons_settings(checkout: Path, folder: Path) -> dict[str, str]:
    (folder / "ignored").write_text(".pre-commit-config.yaml\npyproject.toml\n", encoding="utf-8")
    ignored = (folder / "ignored").as_posix()
    (folder / "gitconfig").write_text(f'[core]\n\texcludesFile = "{ignored}"\n', encoding="utf-8")
    return {"GIT_CONFIG_GLOBAL": str(folder / "gitconfig")}


@pytest.mark.parametrize(
    "ignore",
    [
        by_gitignore,
        *(pytest.param(one, marks=pytest.mark.exhaustive) for one in (by_the_repos_own_exclude, by_a_persons_settings)),
    ],
)
def test_a_new_file_of_the_template_arrives_where_git_ignores_it(
    ignore: Callable[[Path, Path], dict[str, str]], releases: Path, task: Task, tmp_path: Path
) -> None:
    made = scaffold(releases, OLDEST, tmp_path / "mine")
    made.edit("pyproject.toml", '    "mypy>=1.15",\n', '    "mypy>=1.15",\n    "pytest-cov>=5",\n')
    commit_all(made.path, "Ours")
    checkout = task.add(made.path)
    variables = ignore(checkout, tmp_path)
    planned = task.curricula("update", "mine", "--dry-run", env=variables)
    assert "A .pre-commit-config.yaml" in planned.stdout.decode()
    done = task.curricula("update", "mine", "--no-check", env=variables)
    assert rows(done)["mine"][:3] == [OLDEST, NEWEST, "updated"], done.stdout.decode()
    assert git(checkout, "ls-files", "--", ".pre-commit-config.yaml") == ".pre-commit-config.yaml"
    assert "pytest-cov>=5" in git(checkout, "show", "HEAD:pyproject.toml")
    assert git(checkout, "status", "--porcelain") == ""


def test_own_keys_and_comments_stay_in_the_answers(task: Task, checkout: Path) -> None:
    answers = (checkout / ".copier-answers.yml").read_text(encoding="utf-8")
    ours = answers.replace("\ndescription:", "\n# What the paper calls it.\ndescription:").replace(
        f"_commit: {OLDER}\n", f"_commit: {OLDER}  # until the rigs have moved\n"
    )
    ours += "# Who looks after it.\nkeepers:  # by rig\n  - name: Ada\n    rig: 4\n_room: 12\n"
    Repo(checkout).write(".copier-answers.yml", ours)
    commit_all(checkout, "Ours")
    done = task.curricula("update", "mine", "--no-check")
    assert rows(done)["mine"][:3] == [OLDER, NEWEST, "updated"], done.stdout.decode()
    updated = ours.replace(f"_commit: {OLDER}", f"_commit: {NEWEST}")
    new = "task_package: none\n"  # a question that the older version did not ask
    assert (checkout / ".copier-answers.yml").read_text(encoding="utf-8") == updated + new


def test_a_new_answer_is_added_below_the_own_keys(releases: Path, task: Task, tmp_path: Path) -> None:
    made = scaffold(releases, OLDEST, tmp_path / "mine")
    made.edit(".copier-answers.yml", f"_commit: {OLDEST}", f"keeper: Ada\n_commit: {OLDEST}")
    commit_all(made.path, "Ours")
    checkout = task.add(made.path)
    done = task.curricula("update", "mine", "--no-check")
    assert rows(done)["mine"][2] == "updated", done.stdout.decode()
    answers = yaml.safe_load((checkout / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert (answers["keeper"], answers["_commit"]) == ("Ada", NEWEST)
    assert answers["github_user"] == "AllenNeuralDynamics"


# Workspaces.


def test_members_of_a_workspace_are_updated_together(releases: Path, tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    for name in ("one", "two"):
        made = scaffold(releases, OLDER, tmp_path / "made" / name).path
        shutil.copytree(made, root / "curricula" / name, ignore=shutil.ignore_patterns(".git"))
    Repo(root).write(
        "pyproject.toml",
        '[project]\nname = "task"\nversion = "1.0.0"\nrequires-python = ">=3.11"\n\n'
        '[tool.uv.workspace]\nmembers = ["curricula/*"]\n',
    )
    before = commit_all(root, "A workspace")
    task = Task(root)
    done = task.curricula("update", "--all", "--no-check")
    assert done.code == 0, done.stdout.decode() + done.text
    assert [template_of(root / "curricula" / name) for name in ("one", "two")] == [NEWEST, NEWEST]
    assert git(root, "rev-parse", "HEAD~1") == before
    assert git(root, "status", "--porcelain") == ""
    assert call(["uv", "lock", "--check"], cwd=root, env=fleet_environment()).code == 0


# Bad input that is about one repo.


def dirty(checkout: Path) -> None:
    (checkout / "README.md").write_text("Not committed.\n", encoding="utf-8")


def untracked(checkout: Path) -> None:
    (checkout / "notes.txt").write_text("Not committed.\n", encoding="utf-8")


def without_answers(checkout: Path) -> None:
    (checkout / ".copier-answers.yml").unlink()
    commit_all(checkout, "No answers")


def hidden(checkout: Path) -> None:
    """Untracked, and not shown by the person's git."""
    untracked(checkout)
    git(checkout, "config", "status.showUntrackedFiles", "no")


def spoilt_answers(checkout: Path) -> None:
    text = (checkout / ".copier-answers.yml").read_text(encoding="utf-8")
    Repo(checkout).write(".copier-answers.yml", f"<<<<<<< ours\n{text}=======\n>>>>>>> theirs\n")
    commit_all(checkout, "Markers")


def merging(checkout: Path) -> None:
    """A merge that changes no file, so that nothing else tells of it."""
    git(checkout, "checkout", "--quiet", "-b", "other")
    untracked(checkout)
    commit_all(checkout, "Other")
    git(checkout, "checkout", "--quiet", "main")
    git(checkout, "commit", "--quiet", "--allow-empty", "-m", "Ours")
    git(checkout, "merge", "--quiet", "--no-commit", "--strategy=ours", "other")


def bisecting(checkout: Path) -> None:
    git(checkout, "bisect", "start")


def branch_in_the_way(checkout: Path) -> None:
    git(checkout, "branch", "curriculum-template")


@pytest.mark.parametrize(
    ("spoil", "note"),
    [
        (dirty, "not committed: README.md"),
        (untracked, "not committed: notes.txt"),
        (hidden, "not committed: notes.txt"),
        (without_answers, ".copier-answers.yml is missing, so its template is not known"),
        (spoilt_answers, ".copier-answers.yml does not tell _src_path and _commit, so its template is not known"),
        (merging, "a merge is under way in it"),
        (bisecting, "a bisection is under way in it"),
        (branch_in_the_way, f"the branch curriculum-template keeps curriculum-template/{NEWEST} from being made"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_repo_that_cannot_be_updated_is_named_with_the_reason(
    spoil: Callable[[Path], None], note: str, task: Task, checkout: Path
) -> None:
    spoil(checkout)
    before = snapshot(checkout), git(checkout, "status")
    done = task.curricula("update", "mine", "--no-check")
    assert done.code == 1
    assert rows(done)["mine"][-2:] == ["failed", note]
    assert (snapshot(checkout), git(checkout, "status")) == before


def test_a_version_that_does_not_exist_is_named(task: Task, checkout: Path) -> None:
    done = task.curricula("update", "mine", "--to", "v7.7.7")
    assert done.code == 1
    assert rows(done)["mine"][-1] == "the template has no version v7.7.7"


@pytest.mark.parametrize("arguments", [("update",), ("update", "mine", "--all")])
def test_what_to_update_must_be_said_once(arguments: tuple[str, ...], task: Task, checkout: Path) -> None:
    done = task.curricula(*arguments)
    assert done.code == 64
    assert "Name the curricula to update, or give --all." in done.text


def test_without_a_name_to_commit_as_the_repo_is_left_as_it_was(task: Task, checkout: Path) -> None:
    before = snapshot(checkout)
    nobody = {name: "" for name in fleet_environment() if name.startswith(("GIT_AUTHOR", "GIT_COMMITTER"))}
    done = task.curricula("update", "mine", "--no-check", env=nobody)
    assert done.code == 1
    assert rows(done)["mine"][2:] == ["failed", "git does not know who commits"]
    assert snapshot(checkout) == before
