"""Repos that are misconfigured, do not import, or whose curriculum could not be loaded again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from failing import add_metrics_code, assert_failed, failed_run
from support import Repo, Result, generate

ENTRY_POINT = 'my-curriculum = "my_curriculum.curriculum:CURRICULUM"'
CURRICULUM = "src/my_curriculum/curriculum.py"
STAGES = "src/my_curriculum/stages.py"
RULES_FILE = "src/my_curriculum/rules.py"
METRICS = "src/my_curriculum/metrics.py"


@pytest.fixture
def file(tmp_path: Path, shaping_bytes: bytes) -> Path:
    target = tmp_path / "trainer_state.json"
    target.write_bytes(shaping_bytes)
    return target


@pytest.fixture(scope="module")
def own_repo(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repo of these tests alone: entry points live in the environment, which is not restored by git."""
    return Repo(generate(template, tmp_path_factory.mktemp("own") / "my-curriculum"), quick=True).sync()


@pytest.fixture
def entry_point(own_repo: Repo) -> Iterator[Any]:
    """Give the repo's pyproject.toml another entry point and install that; put it back afterwards."""

    def change(new: str) -> Repo:
        own_repo.edit("pyproject.toml", ENTRY_POINT, new)
        return own_repo.sync()

    yield change
    own_repo.restore()


# Code that does not import


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (METRICS, "CRITERION = 0.75", "CRITERION = = 0.75", "SyntaxError"),
        (STAGES, "# Stages, in the order of the training.", "  indented = True", "IndentationError"),
        (METRICS, "import json\n", "import numpy_of_another_planet\n", "ModuleNotFoundError"),
        (METRICS, "import Metrics\n", "import Metrix\n", "ImportError"),
        (STAGES, "# Stages, in the order of the training.", "s_none.name", "NameError"),
        (STAGES, "reward_volume=6.0", "reward_volume=600.0", "ValidationError"),
        (CURRICULUM, "StageTransition(st_habituation_shaping)", "StageTransition(None)", "must be callable"),
    ],
)  # fmt: skip
def test_code_that_does_not_import_is_told_with_its_line(
    name: str, old: str, new: str, told: str, repo: Repo, file: Path
) -> None:
    repo.edit(name, old, new)
    error, result = failed_run(repo, repo.session, file, code="repo.import_failed", exit_code=78)
    assert told in error["message"]
    assert "'my-curriculum' does not import" in error["message"]
    assert "import my_curriculum.curriculum" in error["hint"]
    assert str(Path(*Path(name).parts)) in result.text
    assert "aind_curriculum_runtime" not in result.text.split("curriculum: ")[0]
    assert (error["curriculum"], error["version"]) == ("my-curriculum", "0.1.0")


@pytest.mark.parametrize(
    ("name", "old", "new", "hint"),
    [
        (METRICS, "import json\n", "import scipy_of_another_planet.stats\n", "`uv add` the package that has it"),
        (METRICS, "import json\n", "import jsno\n", "Is 'json' meant?"),
        (METRICS, "import json\n", "import pydantik.fields\n", "Is 'pydantic' meant?"),
        (STAGES, "from .task import", "from my_curiculum.task import", "Is 'my_curriculum' meant?"),
        (STAGES, "from .task import", "from .taks import", "Is 'my_curriculum.task' meant?"),
        (STAGES, "from .task import", "from task import", "`from .task import ...`"),
        (CURRICULUM, ')(version=curriculum_version("my-curriculum"))', ")", "create_curriculum(...)()"),
    ],
)  # fmt: skip
def test_what_python_says_of_an_import_comes_with_the_way_to_mend_it(
    name: str, old: str, new: str, hint: str, repo: Repo, file: Path
) -> None:
    repo.edit(name, old, new)
    error, _ = failed_run(repo, repo.session, file, code="repo.import_failed", exit_code=78)
    assert hint in error["hint"]
    assert "uv add " not in error["hint"].replace("`uv add` the", "")  # somebody may have published the misspelt name


def test_a_parameter_that_its_field_refuses_is_told_in_one_sentence(repo: Repo, file: Path) -> None:
    repo.edit(STAGES, "reward_volume=6.0", "reward_volume=600.0")
    error, _ = failed_run(repo, repo.session, file, code="repo.import_failed", exit_code=78)
    assert "DetectionParameters.reward_volume: Input should be less than or equal to 10, not 600.0" in error["message"]
    assert "https://" not in error["message"]


def test_a_module_that_is_gone_is_told(repo: Repo, file: Path) -> None:
    (repo.path / STAGES).unlink()
    error, _ = failed_run(repo, repo.session, file, code="repo.import_failed", exit_code=78)
    assert "my_curriculum.stages" in error["message"]


def test_conflict_markers_of_an_update_are_told_with_their_line(repo: Repo, file: Path) -> None:
    repo.edit(METRICS, "CRITERION = 0.75", "<<<<<<< before updating\nCRITERION = 0.75\n=======\n>>>>>>> after updating")
    error, result = failed_run(repo, repo.session, file, code="repo.import_failed", exit_code=78)
    assert "SyntaxError" in error["message"]
    assert "<<<<<<< before updating" in result.text


@pytest.mark.parametrize("command", ["run", "init", "demo"])
def test_every_command_that_needs_the_curriculum_fails_alike(command: str, repo: Repo, file: Path) -> None:
    add_metrics_code(repo, at_import="import numpy_of_another_planet")
    options = ["--data-directory", repo.session, "--input-trainer-state", file] if command == "run" else []
    assert_failed(repo.curriculum(command, *options), "repo.import_failed", 78)


@pytest.mark.parametrize("command", [["list"], ["version"], ["dsl-version"], ["describe"], ["describe", "--json"]])
def test_commands_that_only_tell_what_is_installed_do_not_import_it(command: list[str], repo: Repo) -> None:
    plain = repo.curriculum(*command)
    add_metrics_code(repo, at_import="import numpy_of_another_planet")
    assert repo.curriculum(*command) == plain
    assert plain.code == 0, plain.text


# Rules that a trainer state could name and nobody could load


RULES = {
    "a lambda": ("Policy(lambda metrics, task: task)", "<lambda>"),
    "a static method": ("Policy(Rules.fixed)", "Rules.fixed"),
    "a bound method": ("Policy(Rules().bound)", "Rules.bound"),
    "a function in a function": ("Policy(make())", "make.<locals>.inner"),
    "a wrapped function under the name of another": ("Policy(wrapped)", "p_hold_delay"),
}
DEFINITIONS = """
import functools


class Rules:
    @staticmethod
    def fixed(metrics, task):
        return task

    def bound(self, metrics, task):
        return task

    def __call__(self, metrics, task):
        return task


def make():
    def inner(metrics, task):
        return task

    return inner


@functools.wraps(p_hold_delay)
def wrapped(metrics, task):
    return task


# Stages, in the order of the training.
"""


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_must_be_importable_by_its_name(rule: str, repo: Repo, file: Path) -> None:
    code, named = RULES[rule]
    repo.edit(STAGES, "# Stages, in the order of the training.\n", DEFINITIONS)
    repo.edit(STAGES, "    start_policies=[Policy(p_lengthen_delay)],", f"    start_policies=[{code}],")
    error, _ = failed_run(repo, repo.session, file, code="repo.rule_not_importable", exit_code=78)
    assert named in error["message"]
    assert "s_shaping" in error["message"]
    assert "top level" in error["hint"]


@pytest.mark.parametrize("policy", ["functools.partial(p_hold_delay)", "Rules()"])
def test_a_policy_that_has_no_name_at_all_is_told(policy: str, repo: Repo, file: Path) -> None:
    repo.edit(STAGES, "# Stages, in the order of the training.\n", DEFINITIONS)
    repo.edit(STAGES, "    start_policies=[Policy(p_lengthen_delay)],", f"    start_policies=[Policy({policy})],")
    # The library stumbles over it as the stage is made.
    error, _ = failed_run(repo, repo.session, file, code="repo.import_failed", exit_code=78)
    assert "__qualname__" in error["message"]
    assert f"class {policy.partition('(')[0].rpartition('.')[2]}, which has no name" in error["hint"]
    assert "top level of a module" in error["hint"]


def test_annotations_that_the_library_cannot_read_are_told(repo: Repo, file: Path) -> None:
    repo.edit(RULES_FILE, "from .metrics import", "from __future__ import annotations\n\nfrom .metrics import")
    error, _ = failed_run(repo, repo.session, file, code="repo.import_failed", exit_code=78)
    assert "from __future__ import annotations" in error["hint"]


def provider_of_shaping(repo: Repo, provider: str) -> None:
    """Give the stage s_shaping another metrics provider."""
    text = (repo.path / STAGES).read_text(encoding="utf-8")
    place = text.index("MetricsProvider(metrics_from_dataset)", text.index('name="s_shaping"'))
    repo.write(STAGES, text[:place] + text[place:].replace("metrics_from_dataset", provider, 1))


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        (STAGES, "Transition(pt_lengthen_delay_hold_delay)", "Transition(lambda metrics: True)", "s_shaping"),
        (CURRICULUM, "Transition(st_shaping_discrimination)", "Transition(lambda m: True)", "s_discrimination"),
    ],
)
def test_every_kind_of_rule_must_be_importable(
    name: str, old: str, new: str, place: str, repo: Repo, file: Path
) -> None:
    repo.edit(name, old, new)
    error, _ = failed_run(repo, repo.session, file, code="repo.rule_not_importable", exit_code=78)
    assert place in error["message"]


@pytest.mark.parametrize(
    "provider", ["lambda data_directory: None", "functools.partial(metrics_from_dataset)", "Rules()", "Rules().bound"]
)
def test_a_metrics_provider_must_be_importable(provider: str, repo: Repo, file: Path) -> None:
    repo.edit(STAGES, "# Stages, in the order of the training.\n", DEFINITIONS)
    provider_of_shaping(repo, provider)
    error, _ = failed_run(repo, repo.session, file, code="repo.rule_not_importable", exit_code=78)
    assert "'s_shaping', metrics provider" in error["message"]


def test_a_stage_with_rules_and_no_metrics_provider_is_told(repo: Repo, file: Path) -> None:
    text = (repo.path / STAGES).read_text(encoding="utf-8")
    repo.write(STAGES, text.replace("    metrics_provider=MetricsProvider(metrics_from_dataset),\n", ""))
    file.write_bytes(repo.curriculum("init", "--stage", "s_shaping").stdout)
    error, _ = failed_run(repo, repo.session, file, code="repo.no_metrics_provider", exit_code=78)
    assert "'s_shaping'" in error["message"]


# Curricula that the library makes a trainer of only with complaint


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("(DetectionTask, Graduated)", "(DetectionTask,)", "task", "(DetectionTask, Graduated)"),
        ("CURRICULUM.add_stage_transition(", "print(", "has no stages", "add_stage_transition"),
    ],
)
def test_a_curriculum_without_its_tasks_or_stages_is_told(
    old: str, new: str, message: str, hint: str, repo: Repo, file: Path
) -> None:
    text = (repo.path / CURRICULUM).read_text(encoding="utf-8")
    assert old in text
    repo.write(CURRICULUM, text.replace(old, new))
    error, _ = failed_run(repo, repo.session, file, code="repo.curriculum_invalid", exit_code=78)
    assert message in error["message"]
    assert hint in error["hint"]


# Entry points


def evaluate(repo: Repo, file: Path) -> Result:
    return repo.curriculum("run", "--data-directory", repo.session, "--input-trainer-state", file)


@pytest.mark.parametrize(
    ("target", "code", "told"),
    [
        ("my_curriculum.curriculum:CURICULUM", "repo.import_failed", "CURICULUM"),
        ("my_curriculum.curricula:CURRICULUM", "repo.import_failed", "my_curriculum.curricula"),
        ("my_curriculum.curriculum:CURRICULUM.gone", "repo.import_failed", "gone"),
        ("my_curriculum.stages:s_shaping", "repo.not_a_curriculum", "a Stage"),
        ("my_curriculum.curriculum", "repo.not_a_curriculum", "a module"),
        ("my_curriculum.metrics:metrics_from_dataset", "repo.not_a_curriculum", "a function"),
    ],
)
def test_an_entry_point_must_lead_to_a_curriculum(
    target: str, code: str, told: str, entry_point: Any, file: Path
) -> None:
    repo = entry_point(f'my-curriculum = "{target}"')
    error = assert_failed(evaluate(repo, file), code, 78)
    assert told in error["message"]
    assert "pyproject.toml" in error["hint"]


def test_an_entry_point_must_bear_the_curriculums_name(entry_point: Any, file: Path) -> None:
    repo = entry_point(ENTRY_POINT.replace("my-curriculum", "their-curriculum"))
    error = assert_failed(repo.curriculum("init"), "repo.name_mismatch", 78)
    assert "'their-curriculum'" in error["message"]
    assert "'my-curriculum'" in error["message"]


def test_a_repo_without_an_entry_point_is_told_how_to_declare_one(entry_point: Any, file: Path) -> None:
    repo = entry_point("")
    error = assert_failed(evaluate(repo, file), "repo.no_curriculum", 78)
    assert "aind_curriculum_runtime.curricula" in error["hint"]
    assert (error["curriculum"], error["version"]) == (None, None)
    assert_failed(repo.curriculum("init"), "repo.no_curriculum", 78)
    assert_failed(repo.curriculum("describe", "--json"), "repo.no_curriculum", 78)


def test_a_version_that_is_not_semantic_is_told(own_repo: Repo, file: Path) -> None:
    own_repo.edit("pyproject.toml", 'version = "0.1.0"', 'version = "0.1"')
    own_repo.sync()
    result = evaluate(own_repo, file)
    own_repo.restore()
    own_repo.sync()
    error = assert_failed(result, "repo.version", 78)
    assert "'0.1'" in error["message"]
    assert "MAJOR.MINOR.PATCH" in error["hint"]
