"""Repos whose task is the rig's own: from the one package that the template knows, and from any other."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import copier
import pytest
import yaml
from support import PROJECT, Repo, call, commit_all, generate, git, lines_of_ci, make_template

KNOWN = "aind-behavior-vr-foraging"
CLASS = "aind_behavior_vr_foraging.task_logic:AindVrForagingTaskLogic"

TASKS = """
from typing import Literal

from aind_behavior_curriculum import Task, TaskParameters
from pydantic import Field


class Parameters(TaskParameters):
    reward: float = 4.0


class Ready(Task):
    name: Literal["Ready"] = "Ready"
    task_parameters: Parameters = Field(default_factory=Parameters)


class NeedingParameters(TaskParameters):
    reward: float
    delay: float


class MyTask(Task):
    name: Literal["MyTask"] = "MyTask"
    task_parameters: NeedingParameters
"""
PACKAGE = """
[build-system]
requires = ["uv_build>=0.8.22,<1"]
build-backend = "uv_build"

[project]
name = "my-task"
version = "1.2.0"
requires-python = ">=3.11"
dependencies = ["aind-behavior-curriculum"]
"""


@pytest.fixture(scope="module")
def requirement(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A package of somebody's task, at a tag of its git repo."""
    package = Repo(tmp_path_factory.mktemp("task") / "my-task")
    package.write("pyproject.toml", PACKAGE)
    package.write("src/my_task/__init__.py", "")
    package.write("src/my_task/task_logic.py", TASKS)
    commit_all(package.path, "Release")
    git(package.path, "tag", "v1.2.0")
    return f"my-task @ git+{package.path.as_uri()}@v1.2.0"


def dependencies(repo: Path) -> list[str]:
    """What a repo depends on."""
    found: list[str] = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    return found


def answers(repo: Path) -> dict[str, str]:
    """What Copier keeps of a repo's answers."""
    found: dict[str, str] = yaml.safe_load((repo / ".copier-answers.yml").read_text(encoding="utf-8"))
    return found


def assert_whole(repo: Repo) -> None:
    """Assert that a repo passes what its CI runs, and the contract as its hook runs it."""
    commit_all(repo.path, "Lock")
    assert repo.curriculum("diagram", "-o", repo.path / "README.md", "--check").code == 0
    for command in (*lines_of_ci(repo), "ruff format --check"):
        done = call([repo.script(command.split()[0]), *command.split()[1:]], cwd=repo.path)
        assert done.code == 0, f"{command}: {done.stdout.decode('utf-8', 'replace')}{done.text}"
    checked = repo.curriculum("check", "--fast", cwd=repo.path)
    assert checked.code == 0 and b" warning: " not in checked.stdout, checked.stdout.decode("utf-8", "replace")


# The task of VR foraging.


def test_a_repo_for_vr_foraging_runs_and_passes_everything_at_once(template: Path, tmp_path: Path) -> None:
    repo = Repo(generate(template, tmp_path / "my-curriculum", task_package=KNOWN)).sync()
    demo = repo.curriculum("demo", cwd=repo.path)
    assert demo.code == 0, demo.text
    assert demo.text in (PROJECT / "docs" / "guide.md").read_text(encoding="utf-8")
    task = demo.document["trainer_state"]["stage"]["task"]
    assert (task["name"], task["version"]) == ("AindVrForaging", dependencies(repo.path)[-1].partition("==")[2])
    assert repo.curriculum("diagram", "-o", repo.path / "docs" / "curriculum.md", "--check").code == 0
    sample = (repo.session / "behavior" / "Logs" / "tasklogic_input.json").read_bytes()
    assert repo.curriculum("task", "--stage", "s_habituation").stdout == sample
    assert_whole(repo)


# Any other.


def test_a_repo_for_another_task_runs_at_once(requirement: str, template: Path, tmp_path: Path) -> None:
    given = {"task_package": requirement, "task_class": "my_task.task_logic:Ready"}
    repo = Repo(generate(template, tmp_path / "my-curriculum", **given)).sync()
    demo = repo.curriculum("demo", cwd=repo.path)
    assert demo.code == 0, demo.text
    assert demo.document["trainer_state"]["stage"]["task"]["task_parameters"] == {"reward": 4.0}


def test_a_task_without_defaults_is_asked_for_in_one_sentence_and_then_everything_passes(
    requirement: str, template: Path, tmp_path: Path
) -> None:
    given = {"task_package": requirement, "task_class": "my_task.task_logic.MyTask"}
    repo = Repo(generate(template, tmp_path / "my-curriculum", **given)).sync()
    demo = repo.curriculum("demo", cwd=repo.path)
    assert demo.error["code"] == "repo.import_failed"
    (said,) = [line for line in demo.text.splitlines() if line.startswith("curriculum: ")]
    assert f"\n{said}\n" in (PROJECT / "docs" / "guide.md").read_text(encoding="utf-8")
    task = {"name": "MyTask", "task_parameters": {"reward": 2.0, "delay": 0.5}}
    repo.write("src/my_curriculum/task.json", json.dumps(task))
    demo = repo.curriculum("demo", cwd=repo.path)
    assert demo.code == 0, demo.text
    assert demo.document["trainer_state"]["stage"]["task"]["task_parameters"] == task["task_parameters"]
    assert_whole(repo)


# The answers.


@pytest.mark.parametrize(
    ("answer", "requirement"),
    [
        (KNOWN, f"{KNOWN}==1.3.2"),
        ("aind_behavior_vr_foraging", "aind_behavior_vr_foraging==1.3.2"),
        (f"{KNOWN}[data] == 1.2.7", f"{KNOWN}[data] == 1.2.7"),
        (f"{KNOWN} @ git+https://host/owner/repo@v1.3.2", f"{KNOWN} @ git+https://host/owner/repo@v1.3.2"),
    ],
)
def test_vr_foraging_is_known_however_it_is_written(
    answer: str, requirement: str, template: Path, tmp_path: Path
) -> None:
    repo = generate(template, tmp_path / "new", task_package=answer)
    assert dependencies(repo)[-1] == requirement
    assert "AindVrForagingTaskLogic" in (repo / "src" / "my_curriculum" / "task.py").read_text(encoding="utf-8")
    assert answers(repo)["task_class"] == CLASS


@pytest.mark.parametrize("answer", ["my-task==1.2.0", "my-task[extra] @ https://host/my_task-1.2.0.tar.gz#sha256=0"])
@pytest.mark.parametrize("spelling", ["my_task.deep.task_logic:MyTask", "my_task.deep.task_logic.MyTask"])
def test_any_other_is_taken_as_it_is_written(answer: str, spelling: str, template: Path, tmp_path: Path) -> None:
    repo = generate(template, tmp_path / "new", task_package=answer, task_class=spelling)
    assert dependencies(repo)[-1] == answer
    task = (repo / "src" / "my_curriculum" / "task.py").read_text(encoding="utf-8")
    assert "from my_task.deep.task_logic import MyTask\n" in task


def test_another_class_of_the_known_package_is_any_other_task(template: Path, tmp_path: Path) -> None:
    given = {"task_package": KNOWN, "task_class": "aind_behavior_vr_foraging.variants:OurTaskLogic"}
    repo = generate(template, tmp_path / "new", **given)
    assert dependencies(repo)[-1] == f"{KNOWN}==1.3.2"
    assert (repo / "src" / "my_curriculum" / "task.json").read_text(encoding="utf-8") == "{}\n"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A template whose v0.1.0 was tried with an older version of the known package than v0.2.0."""
    template = Repo(make_template(tmp_path_factory.mktemp("releases") / "template"))
    template.edit("copier.yml", '  default: "1.3.2"\n', '  default: "1.2.7"\n')
    commit_all(template.path, "Release 0.1.0")
    git(template.path, "tag", "v0.1.0")
    template.edit("copier.yml", '  default: "1.2.7"\n', '  default: "1.3.2"\n')
    template.edit("template/pyproject.toml.jinja", "line-length = 120", "line-length = 110")
    commit_all(template.path, "Release 0.2.0")
    git(template.path, "tag", "v0.2.0")
    return template.path


def updated(repo: Path, **data: str) -> Path:
    """Commit a repo and update it as `copier update --defaults` does; without conflicts."""
    commit_all(repo, "Ours")
    copier.run_update(repo, data=data, defaults=True, overwrite=True, quiet=True)
    text = (repo / "pyproject.toml").read_text(encoding="utf-8")
    assert "line-length = 110" in text and "<<<<<<<" not in text
    return repo


def old(releases: Path, target: Path, **given: str) -> Path:
    """A repo of v0.1.0."""
    data = {"curriculum_name": "my-curriculum", **given}
    copier.run_copy(str(releases), target, data=data, defaults=True, quiet=True, vcs_ref="v0.1.0")
    return target


def test_an_update_moves_neither_the_pin_nor_the_answers(releases: Path, tmp_path: Path) -> None:
    repo = old(releases, tmp_path / "new", task_package=KNOWN)
    before = answers(repo)
    assert dependencies(updated(repo))[-1] == f"{KNOWN}==1.2.7"
    assert {**answers(repo), "_commit": before["_commit"]} == before


def test_a_pin_that_was_edited_stays(releases: Path, tmp_path: Path) -> None:
    repo = Repo(old(releases, tmp_path / "new", task_package=KNOWN))
    repo.edit("pyproject.toml", "==1.2.7", "==1.3.1")
    assert dependencies(updated(repo.path))[-1] == f"{KNOWN}==1.3.1"


def test_a_new_answer_moves_the_pin(releases: Path, tmp_path: Path) -> None:
    repo = old(releases, tmp_path / "new", task_package=KNOWN)
    assert dependencies(updated(repo, task_package=f"{KNOWN}==1.3.0"))[-1] == f"{KNOWN}==1.3.0"
    assert "task_version" not in answers(repo)


def test_a_task_that_comes_later_is_a_dependency_and_no_code_changes(releases: Path, tmp_path: Path) -> None:
    repo = old(releases, tmp_path / "new")
    commit_all(repo, "Scaffold")
    updated(repo, task_package=KNOWN)
    assert dependencies(repo)[-1] == f"{KNOWN}==1.3.2"
    changed = git(repo, "diff", "--name-only", "HEAD").splitlines()
    assert sorted(changed) == [".copier-answers.yml", ".pre-commit-config.yaml", "pyproject.toml"]
    assert not git(repo, "ls-files", "--others", "--exclude-standard")
