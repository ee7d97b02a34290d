"""Animals and versions in a repo, through the commands: what `diff` says, `bump` and `release` ask for, `run` does.

Also where the repo's code stays as it is, and the package changes that its task comes from.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from release_support import CURRICULUM, PACKAGE, RULES, STAGES, release, set_version, sync, undone
from support import Repo, Result, commit_all, generate, git

TASK = f"{PACKAGE}/task.py"
LINE = 'MIGRATIONS = {"0.2.0": Migration(parameters=[Rename("response_delay", "wait_delay")])}'


@pytest.fixture(scope="module")
def released(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repo whose v0.1.0 is released, and a state beside it in the middle of being tuned."""
    repo = Repo(generate(template, tmp_path_factory.mktemp("animals") / "my-curriculum"), quick=True).sync()
    release(repo, "v0.1.0")
    tuned(repo, "response_delay", 0.75)
    return repo


@pytest.fixture
def repo(released: Repo) -> Iterator[Repo]:
    with undone(released):
        yield released
    sync(released)


def tuned(repo: Repo, name: str, value: float) -> None:
    """Write the state of an animal at s_shaping, as this version writes it."""
    state = json.loads(repo.curriculum("init", "--stage", "s_shaping").stdout)
    assert name in state["stage"]["task"]["task_parameters"]
    state["stage"]["task"]["task_parameters"][name] = value
    (repo.path.parent / "state.json").write_text(json.dumps(state), encoding="utf-8")


def run(repo: Repo, tmp_path: Path) -> Result:
    session = Path(shutil.copytree(repo.session, tmp_path / "session", dirs_exist_ok=True))
    state = repo.path.parent / "state.json"
    return repo.curriculum("run", "--data-directory", session, "--input-trainer-state", state)


def diff(repo: Repo, *versions: str | Path) -> dict[str, Any]:
    result = repo.curriculum("diff", *versions, "--format", "json", cwd=repo.path)
    assert result.code == 0, result.text
    document: dict[str, Any] = result.document
    return document


def animals(document: dict[str, Any], stage: str = "s_shaping") -> list[str]:
    return [one["text"] for one in document["animals"] if one["stage"] == stage]


def replace(repo: Repo, old: str, new: str, *files: str) -> None:
    for file in files:
        repo.write(file, (repo.path / file).read_text(encoding="utf-8").replace(old, new))


def write_migration(repo: Repo, line: str) -> None:
    """Write the line that diff says, with what it needs."""
    repo.edit(CURRICULUM, "import curriculum_version", "import Migration, Rename, Tombstone, curriculum_version")
    repo.write(CURRICULUM, (repo.path / CURRICULUM).read_text(encoding="utf-8") + f"\n{line}\n")


def refused(result: Result) -> dict[str, Any]:
    assert result.stdout == b"" and result.code == result.error["exit"], result.text
    return result.error


def test_a_renamed_parameter_from_the_diff_to_the_session(repo: Repo, tmp_path: Path) -> None:
    replace(repo, "response_delay", "wait_delay", TASK, STAGES, RULES)
    found = diff(repo)
    assert (found["needs"], found["missing"], found["module"]) == ("major", LINE, "my_curriculum.curriculum")
    assert animals(found)[0] == "refused (65): response_delay is unknown, and may be wait_delay now"
    assert ("major", "s_shaping", "response_delay removed") in [
        (one["level"], one["where"], one["text"]) for one in found["changes"]
    ]

    before = (repo.path / "pyproject.toml").read_bytes()
    for level, code in ((None, "repo.migration"), ("minor", "usage.bump_too_small")):
        error = refused(repo.curriculum("bump", *filter(None, [level]), cwd=repo.path))
        assert error["code"] == code and LINE in error["hint"]
        assert "s_shaping" in error["message"] and "response_delay is unknown" in error["message"]
    assert (repo.path / "pyproject.toml").read_bytes() == before

    set_version(repo, "0.1.0", "0.2.0")
    sync(repo)
    assert refused(run(repo, tmp_path))["code"] == "state.other_parameters"
    commit_all(repo.path, "Without a migration")
    error = refused(repo.curriculum("release", cwd=repo.path))
    assert error["code"] == "repo.not_releasable" and LINE in error["hint"]
    assert "what changed needs a major one" in error["message"] and "response_delay is unknown" in error["message"]
    (finding,) = repo.curriculum("check", "--select", "VE005", "--format", "json", cwd=repo.path).document["checks"]
    assert "needs a major one" in json.dumps(finding)

    write_migration(repo, LINE)
    found = diff(repo)
    assert (found["needs"], found["missing"]) == ("minor", None)
    assert animals(found)[0] == "migrated: wait_delay, which was response_delay"
    result = repo.curriculum("release", cwd=repo.path)  # ends before the contract checks: it is not committed
    assert "ok  its animals can go on: every animal at v0.1.0 has where to go" in result.text
    after = run(repo, tmp_path)
    assert after.code == 0, after.text
    parameters = after.document["trainer_state"]["stage"]["task"]["task_parameters"]
    assert "response_delay" not in parameters and parameters["wait_delay"] == 1.0  # 0.75, and 0.25 by the policy


def test_a_policy_that_is_gone_is_refused_unless_a_migration_names_its_successor(repo: Repo, tmp_path: Path) -> None:
    replace(repo, "p_lengthen_delay", "p_longer_delay", STAGES, RULES)
    found = diff(repo)
    gone = "my_curriculum.rules.p_lengthen_delay"
    assert (found["needs"], animals(found)) == ("major", [f"refused (77): their states name {gone}, which is gone"])
    assert animals(found, "s_habituation") == []
    line = f'MIGRATIONS = {{"0.2.0": Migration(policies={{"{gone}": "my_curriculum.rules.p_longer_delay"}})}}'
    assert found["missing"] == line
    set_version(repo, "0.1.0", "0.2.0")
    sync(repo)
    assert refused(run(repo, tmp_path))["code"] == "state.rule_refused"
    write_migration(repo, line)
    found = diff(repo)
    assert (found["needs"], found["missing"], animals(found)) == ("minor", None, [])
    after = run(repo, tmp_path)
    assert after.code == 0, after.text
    assert after.document["trainer_state"]["active_policies"] == ["my_curriculum.rules.p_longer_delay"]


def test_the_animals_of_an_older_major_version_are_asked_for(repo: Repo, tmp_path: Path) -> None:
    replace(repo, "s_habituation", "s_acclimation", STAGES, CURRICULUM)
    line = diff(repo)["missing"]
    assert line == (
        'MIGRATIONS = {0: Migration(stages={"s_habituation": "s_acclimation", "s_shaping": "s_shaping", '
        '"s_discrimination": "s_discrimination", "GRADUATED": "GRADUATED"}, parameters="keep")}'
    )
    error = refused(repo.curriculum("bump", cwd=repo.path))
    assert error["code"] == "repo.migration" and line in error["hint"]
    assert "s_habituation: stay with version 0.1.0 (65), as nothing says where they go" in error["message"]
    raised = repo.curriculum("bump", "major", cwd=repo.path)
    assert raised.stdout == b"1.0.0\n" and line in raised.text
    sync(repo)
    assert refused(run(repo, tmp_path))["code"] == "state.other_version"
    for missing in (True, False):
        result = repo.curriculum("release", cwd=repo.path)
        assert ("NO  its animals can go on" in result.text, line in result.error["hint"]) == (missing, missing)
        if missing:
            write_migration(repo, line)
    assert animals(diff(repo)) == ["go on at s_shaping with their own task parameters"]
    after = run(repo, tmp_path)
    assert after.code == 0, after.text
    assert after.document["trainer_state"]["stage"]["name"] == "s_shaping"


def test_a_bundle_is_asked_for_its_own_states_and_cannot_read_others(repo: Repo, tmp_path: Path) -> None:
    assert repo.curriculum("export", tmp_path / "bundle", cwd=repo.path).code == 0
    replace(repo, "response_delay", "wait_delay", TASK, STAGES, RULES)
    found = diff(repo, tmp_path / "bundle", ".")
    assert (found["needs"], found["missing"], found["warnings"]) == ("major", LINE, [])
    assert animals(found) == animals(diff(repo))
    (warning,) = diff(repo, ".", tmp_path / "bundle")["warnings"]
    assert "cannot be asked" in warning


# The package that the task comes from


PARAMETERS = """
from typing import Literal

from aind_behavior_curriculum import Task, TaskParameters
from pydantic import Field


class DetectionParameters(TaskParameters):
    reward_volume: float = 4.0
    stimulus_contrast: float = {contrast}
    response_delay: float = 0.0
    distractors: bool = False
    {name}: float = 0.5


class DetectionTask(Task):
    name: Literal["Detection"] = "Detection"
    task_parameters: DetectionParameters = Field(default_factory=DetectionParameters, description="What a stage sets.")
"""


def wheel(folder: Path, version: str, code: str) -> str:
    """Write a package of one module, as it would be published."""
    name, info = f"small_task-{version}-py3-none-any.whl", f"small_task-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: small-task\nVersion: {version}\nRequires-Dist: aind-behavior-curriculum\n"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / name, "w") as file:
        file.writestr("small_task.py", code)
        file.writestr(f"{info}/METADATA", metadata)
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")
    return name


@pytest.fixture(scope="module")
def packaged(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repo whose task comes from a package: v0.1.0 of the repo pins 1.0.0 of it, and the working tree 2.0.0."""
    repo = Repo(generate(template, tmp_path_factory.mktemp("packaged") / "my-curriculum"), quick=True)
    old = wheel(repo.path / "vendor", "1.0.0", PARAMETERS.format(contrast="1.0", name="pause"))
    new = wheel(repo.path / "vendor", "2.0.0", PARAMETERS.format(contrast="0.8", name="rest"))
    repo.edit(
        "pyproject.toml", '    "aind-curriculum-runtime",\n', '    "aind-curriculum-runtime",\n    "small-task",\n'
    )
    repo.edit(
        "pyproject.toml",
        "[dependency-groups]",
        f'[tool.uv.sources.small-task]\npath = "vendor/{old}"\n\n[dependency-groups]',
    )
    names = "DetectionParameters", "DetectionTask"
    repo.write(TASK, f"from small_task import {', '.join(names)}\n\n__all__ = {[*names]}\n")
    release(repo.sync(), "v0.1.0")
    tuned(repo, "pause", 0.25)
    repo.edit("pyproject.toml", old, new)
    repo.sync()
    commit_all(repo.path, "The task's package")
    return repo


def test_another_version_of_the_tasks_package_is_told_with_what_it_means_for_animals(
    packaged: Repo, tmp_path: Path
) -> None:
    assert git(packaged.path, "diff", "--name-only", "v0.1.0").split() == ["pyproject.toml", "uv.lock"]
    found = diff(packaged)
    assert found["warnings"] == []
    changes = [
        (one["level"], one["where"], one["text"], one.get("before"), one.get("after")) for one in found["changes"]
    ]
    assert ("patch", "small-task", "version", "1.0.0", "2.0.0") in changes
    assert ("major", "s_shaping", "pause removed", 0.5, None) in changes
    assert ("minor", "s_shaping", "stimulus_contrast", 1.0, 0.8) in changes
    assert animals(found) == ["refused (65): pause is unknown, and may be rest now"]
    # Whichever of the two is installed, and from its bundle: the same.
    assert refused(run(packaged, tmp_path))["code"] == "state.other_parameters"
    with undone(packaged):
        set_version(packaged, "0.1.0", "0.2.0")
        sync(packaged)
        write_migration(packaged, found["missing"])
        found = diff(packaged)
        assert (found["needs"], found["missing"]) == ("minor", None)
        kept = "keep their own stimulus_contrast until they leave the stage"
        assert animals(found) == ["migrated: rest, which was pause", kept]
        after = run(packaged, tmp_path)
        assert after.code == 0, after.text
        parameters = after.document["trainer_state"]["stage"]["task"]["task_parameters"]
        assert (parameters["rest"], parameters["stimulus_contrast"]) == (0.25, 1.0)
    sync(packaged)


def test_a_package_that_cannot_be_had_is_told_with_its_consequence(packaged: Repo) -> None:
    with undone(packaged):
        git(packaged.path, "checkout", "--quiet", "v0.1.0")
        git(packaged.path, "rm", "--quiet", "vendor/small_task-1.0.0-py3-none-any.whl")
        commit_all(packaged.path, "Not in git")
        git(packaged.path, "tag", "without")
        git(packaged.path, "checkout", "--quiet", "-")
        (warning,) = diff(packaged, "without", ".")["warnings"]
        assert "small-task 1.0.0 could not be had" in warning and "may change its parameters" in warning
