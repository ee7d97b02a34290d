"""Repos that are unusual and right: no check complains, and what cannot be tried is skipped with the reason.

And policies that are wrong in ways that the sample session does not show.
"""

from __future__ import annotations

import datetime
import enum
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import annotated_types
import pytest
from aind_behavior_curriculum import Metrics, Policy, Stage, StageTransition, Task, TaskParameters, create_curriculum
from pydantic import BaseModel, Field, StringConstraints, create_model
from support import Repo, call, clean_environment, commit_all, git

from aind_curriculum_runtime.checks.engine import rule_search
from aind_curriculum_runtime.checks.engine.rule_search import _refused, search, undeclared
from aind_curriculum_runtime.checks.engine.under_test import repo_at
from aind_curriculum_runtime.checks.families.layout import _ignored_modules
from aind_curriculum_runtime.checks.report import Row, review

METRICS = "src/my_curriculum/metrics.py"
CURRICULUM = "src/my_curriculum/curriculum.py"
READ = '    trials = read_software_events(data_directory, "TrialOutcome")\n'


@pytest.fixture(scope="module")
def shared_repo(locked_repo: Repo) -> Repo:
    return locked_repo


def rows(repo: Path, *select: str) -> dict[str, Row]:
    return {row.id: row for row in review(repo_at(repo), select=select).rows}


def replace(repo: Repo, file: str, old: str, new: str) -> None:
    """Replace ``old`` wherever it stands in a file of the repo."""
    text = (repo.path / file).read_text(encoding="utf-8")
    assert old in text
    repo.write(file, text.replace(old, new))


def without_transitions(repo: Repo, more: str = "") -> None:
    text = (repo.path / CURRICULUM).read_text(encoding="utf-8")
    repo.write(CURRICULUM, text.partition("CURRICULUM.add_stage_transition")[0] + more)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("CURRICULUM.add_stage_transition", "# CURRICULUM.add_stage_transition", "has no stages"),
        ("(DetectionTask, Graduated)", "(DetectionTask,)", "Give it the classes of all the stages' tasks"),
    ],
    ids=["no stage", "a task of no class"],
)
def test_a_curriculum_that_is_not_whole_is_told_so(repo: Repo, before: str, after: str, told: str) -> None:
    replace(repo, CURRICULUM, before, after)
    (finding,) = rows(repo.path, "LP005")["LP005"].findings
    assert told in f"{finding.message} {finding.fix}"


@pytest.mark.parametrize("settings", ["tool.repo-review = 3", "tool = 3", "tool.repo-review.ignore = 3"])
def test_settings_that_are_no_table_are_a_finding(repo: Repo, settings: str) -> None:
    project = (repo.path / "pyproject.toml").read_text(encoding="utf-8").partition("[tool")[0]
    repo.write("pyproject.toml", f"{settings}\n{project}")
    (finding,) = rows(repo.path, "LP001")["LP001"].findings
    assert "tool.repo-review" in finding.message


# Metrics of every kind


class Level(enum.Enum):
    LOW = "low"
    HIGH = "high"


class Block(BaseModel):
    index: int = Field(ge=3, le=5)
    label: str = Field(pattern="^[a-z]{3}$")
    inner: list[Block] = []


class SmallTask(Task):
    name: Literal["Small"] = "Small"
    task_parameters: TaskParameters = TaskParameters()


def what_the_search_says(model: type[Metrics], holds: Callable[[Any], bool]) -> dict[str, Any]:
    """Search for a witness of one transition, given ``model``."""

    def st_one_two(metrics: Metrics) -> bool:
        return holds(metrics)

    st_one_two.__annotations__ = {"metrics": model, "return": bool}
    one, two = (Stage(name=name, task=SmallTask()) for name in ("s_one", "s_two"))
    curriculum = create_curriculum("c", "1.0.0", (SmallTask,))()  # type: ignore[call-arg]
    curriculum.add_stage_transition(one, two, StageTransition(st_one_two))
    (rule,) = search(curriculum)["rules"]
    return dict(rule)


@pytest.mark.parametrize(
    "annotation",
    [
        Annotated[str, StringConstraints(min_length=3, max_length=4)],
        Annotated[str, Field(pattern="^[a-z]{2}[0-9]{2}$")],
        Annotated[int, Field(ge=7, multiple_of=7)],
        Annotated[float, Field(gt=0, lt=1)] | None,
        Annotated[list[float], annotated_types.Len(3, 3)],
        Annotated[tuple[int, ...], Field(min_length=2)],
        Optional[float],  # noqa: UP045  # as older code writes it
        dict[str, list[tuple[int, float]]],
        set[str],
        frozenset[int],
        Literal["left", 3],
        Level,
        datetime.datetime,
        datetime.timedelta,
        Block,
        dict[str, Block] | None,
        tuple[Block, ...],
        Any,
    ],
    ids=str,
)
def test_metrics_of_every_type_are_tried(annotation: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_search, "TRIES", 20)  # what cannot be made at random fails at the first
    model: Any = create_model("SomeMetrics", __base__=Metrics, value=(annotation, ...))
    rule = what_the_search_says(model, lambda metrics: True)
    assert (rule["untried"], rule["held"]) == (None, True)


def test_a_field_with_an_alias_is_tried() -> None:
    model: Any = create_model("SomeMetrics", __base__=Metrics, trials=(int, Field(alias="nTrials")))
    rule = what_the_search_says(model, lambda metrics: metrics.trials > 20)
    assert (rule["untried"], rule["held"]) == (None, True)


def test_a_rule_that_calls_exit_is_told_as_one_that_raises() -> None:
    def leave(metrics: Any) -> bool:
        raise SystemExit(3)

    model: Any = create_model("SomeMetrics", __base__=Metrics, trials=(int, ...))
    assert str(what_the_search_says(model, leave)["raised"]).startswith("raised SystemExit: 3 for ")


def test_rules_that_cannot_be_tried_are_skipped_with_the_reason(repo: Repo) -> None:
    repo.edit(METRICS, "from pydantic import Field", "from pydantic import Field, model_validator")
    validator = (
        '    @model_validator(mode="after")\n    def _of_this_rig(self) -> "DetectionMetrics":\n'
        '        if self.water != self.trials * 4.25 - 1:\n            raise ValueError("no")\n        return self\n\n'
    )
    repo.edit(METRICS, "    trials: int =", f"{validator}    trials: int =")
    found = rows(repo.path, "GR004", "GR005", "GR006", "GR011")
    assert {row.status for row in found.values()} == {"skipped"}
    assert found["GR011"].reason == (
        "the rules could not be tried: no DetectionMetrics could be made at random (Unsatisfiable)"
    )


def test_metrics_that_are_filled_in_after_they_were_made_get_their_nan(repo: Repo) -> None:
    for name in ("trials: int = Field(", "hit_rate: float = Field(", "water: float = Field("):
        replace(repo, METRICS, name, f"{name}default=0, ")
    made = "    metrics = DetectionMetrics()\n    metrics.trials, metrics.hit_rate = len(trials), hit_rate\n"
    repo.edit(METRICS, "    return DetectionMetrics(\n", f"{made}    return metrics\n    return DetectionMetrics(\n")
    assert rows(repo.path, "SU007")["SU007"].status == "passed"


@pytest.mark.parametrize(
    ("field", "leaks"),
    [
        ("list[Part] = [Part()]", "parts"),
        ("dict[str, float] = {'a': 0.5}", "parts"),
        ("tuple[int, float] = (1, 0.5)", "parts"),
        ("Part = Part()", "parts"),
        ("Part = Part()", None),
        ("set[float] = {0.5}", None),
    ],
)
def test_nan_is_tried_in_lists_dicts_and_models(repo: Repo, field: str, leaks: str | None) -> None:
    """The field that loses NaN stands behind others that do not."""
    part = "class Part(BaseModel):\n    count: int = 1\n    share: float = 0.5\n\n\n"
    replace(repo, METRICS, "from pydantic import Field\n", "from pydantic import BaseModel, Field, field_serializer\n")
    repo.edit(METRICS, "class DetectionMetrics(", f"{part}class DetectionMetrics(")
    forgives = '    @field_serializer("parts")\n    def _forgive(self, value: object) -> object:\n        return []\n'
    lossy = f"    parts: {field}\n{forgives if leaks else ''}"
    repo.edit(METRICS, "\n\ndef metrics_from_dataset(", f"\n{lossy}\n\ndef metrics_from_dataset(")
    found = rows(repo.path, "SU007")["SU007"]
    assert found.status == ("failed" if leaks else "passed"), found


# Curricula of every shape


def test_a_curriculum_without_stages_is_told_once(repo: Repo) -> None:
    without_transitions(repo)
    assert [row.id for row in rows(repo.path).values() if row.status == "failed"] == ["LP005"]


def test_rules_under_decorators_that_keep_their_name_are_rules_like_others(repo: Repo) -> None:
    rules = "src/my_curriculum/rules.py"
    careful = (
        "import functools\n\nfrom aind_behavior_curriculum import StageTransition\n\n"
        "from .metrics import DetectionMetrics\n\n\ndef told(function):\n"
        "    @functools.wraps(function)\n    def inner(*arguments):\n"
        "        return function(*arguments)\n\n    return inner\n"
    )
    repo.edit(rules, "from .metrics import DetectionMetrics\n", careful)
    repo.edit(rules, "def st_habituation_shaping(", "@told\ndef st_habituation_shaping(")
    repo.edit(rules, "def st_shaping_discrimination(", "@StageTransition\ndef st_shaping_discrimination(")
    found = rows(repo.path, "SU", "GR", "CL001")
    assert {name: row.findings for name, row in found.items() if row.findings} == {}


def test_before_the_first_commit_a_lock_may_be_untracked(repo: Repo, tmp_path: Path) -> None:
    new = tmp_path / "my-curriculum"
    shutil.copytree(repo.path, new, ignore=shutil.ignore_patterns(".git", ".venv"))
    git(new, "init", "--quiet")
    assert rows(new, "LP002")["LP002"].status == "passed"
    git(new, "add", "README.md")
    git(new, "commit", "--quiet", "-m", "Without the lock")
    (finding,) = rows(new, "LP002")["LP002"].findings
    assert finding.message == "uv.lock is not in git, so a clone has none."
    git(new, "add", "uv.lock")
    assert rows(new, "LP002")["LP002"].status == "passed"


def test_a_repo_that_never_was_of_the_template_has_no_answers_to_lose(repo: Repo) -> None:
    (repo.path / ".copier-answers.yml").unlink()
    assert [one.path for one in rows(repo.path, "LP007")["LP007"].findings] == [".copier-answers.yml"]
    replace(repo, "pyproject.toml", "# --- the runtime, at the commit", "# The runtime, at the commit")
    assert rows(repo.path, "LP007")["LP007"].status == "skipped"


def test_a_final_stage_alone_needs_no_metrics(repo: Repo) -> None:
    without_transitions(repo, "CURRICULUM.add_stage(GRADUATED)\n")
    found = rows(repo.path, "SE004", "GR002", "GR003")
    assert {row.id: row.status for row in found.values()} == {"GR002": "passed", "GR003": "passed", "SE004": "skipped"}
    assert found["SE004"].reason == "the first stage has no metrics provider, as a final stage needs none"


def test_two_curricula_may_have_stages_of_the_same_names(repo: Repo) -> None:
    other = (
        "from aind_behavior_curriculum import Stage, create_curriculum\n\nfrom .task import DetectionTask\n\n"
        's_shaping = Stage(name="s_shaping", task=DetectionTask())\n'
        'OTHER = create_curriculum("other", "1.0.0", (DetectionTask,))()\nOTHER.add_stage(s_shaping)\n'
    )
    repo.write("src/my_curriculum/other.py", other)
    repo.edit(CURRICULUM, "from .rules import", "from . import other  # noqa: F401\nfrom .rules import")
    assert rows(repo.path, "GR007")["GR007"].findings == ()


def test_a_parameter_may_be_a_set(repo: Repo) -> None:
    parameter = '    odours: set[str] = {"apple", "banana", "citral", "hexanal", "limonene"}\n'
    repo.edit("src/my_curriculum/task.py", "    distractors: bool", f"{parameter}    distractors: bool")
    before = git(repo.path, "rev-parse", "HEAD")
    commit_all(repo.path, "Odours")
    git(repo.path, "tag", "v0.1.0")
    try:
        found = rows(repo.path, "VE004", "SU003")
    finally:
        git(repo.path, "tag", "--delete", "v0.1.0")
        git(repo.path, "reset", "--quiet", "--hard", before)
    assert {row.id: row.findings for row in found.values()} == {"SU003": (), "VE004": ()}


def test_a_provider_that_all_stages_share_is_asked_once(repo: Repo, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    repo.edit(METRICS, READ, f"    with open({str(calls)!r}, 'a') as calls:\n        calls.write('x')\n{READ}")
    program = [
        "-m",
        "aind_curriculum_runtime.checks.engine.probe",
        "evaluate",
        "--object",
        "my_curriculum.curriculum:CURRICULUM",
    ]
    places = ["--session", repo.session, "--answer", tmp_path / "answer.json"]
    result = call([repo.script("python"), *program, *places], cwd=repo.path)
    assert (result.code, calls.read_text(encoding="utf-8")) == (0, "x"), result.text


# Code that no import executes, and files of somebody else's


def test_what_only_a_script_does_is_not_the_packages(repo: Repo) -> None:
    lines = 'print(CURRICULUM)\n    open("/home/me/graph.json").write(os.environ["HOME"])\n'
    text = (repo.path / CURRICULUM).read_text(encoding="utf-8")
    repo.write(CURRICULUM, f'{text}\nif __name__ == "__main__":\n    import os\n\n    {lines}')
    repo.write("scripts/plot.py", "print('plotted')\n")
    found = rows(repo.path, "SO008", "LP013", "CL008", "SE006")
    assert {row.id: row.findings for row in found.values() if row.findings} == {}


def test_a_package_may_be_one_module(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("print('loaded')\n", encoding="utf-8")
    project = '[project]\nname = "mine"\nversion = "1.0.0"\n'
    points = '[project.entry-points."aind_curriculum_runtime.curricula"]\nmine = "mine:CURRICULUM"\n'
    (tmp_path / "pyproject.toml").write_text(project + points, encoding="utf-8")
    assert [one.where for one in rows(tmp_path, "SO008")["SO008"].findings] == ["mine.py:1"]


def test_another_template_has_other_files(repo: Repo) -> None:
    repo.write(".copier-answers.yml", "_commit: 1.4.0\n_src_path: gh:a-lab/python-template\nproject_name: mine\n")
    (repo.path / "CHANGELOG.md").unlink()
    (repo.path / ".gitattributes").unlink()
    found = rows(repo.path, "LP007", "VE003")
    assert {row.status for row in found.values()} == {"skipped"}


def test_an_entry_point_group_that_is_no_table_declares_nothing(tmp_path: Path) -> None:
    points = '[project.entry-points]\n"aind_curriculum_runtime.curricula" = "mine:CURRICULUM"\n'
    (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "mine"\n{points}', encoding="utf-8")
    assert repo_at(tmp_path).declared == {}


def test_a_module_that_git_ignores_is_not_in_a_clone(repo: Repo) -> None:
    ignore = repo.path / ".gitignore"
    repo.write(".gitignore", ignore.read_text(encoding="utf-8") + "*_local.py\n")
    repo.write("src/my_curriculum/rig_local.py", "LIMIT = 3\n")
    repo.edit(CURRICULUM, "from .rules import", "from .rig_local import LIMIT as LIMIT\nfrom .rules import")
    try:
        findings = rows(repo.path, "LP005")["LP005"].findings
    finally:
        (repo.package / "rig_local.py").unlink()  # `git clean` would not
    assert [one.where for one in findings] == ["src/my_curriculum/rig_local.py"]


def test_a_module_that_the_build_writes_may_be_ignored(repo: Repo) -> None:
    repo.edit("pyproject.toml", 'version = "0.1.0"', 'dynamic = ["version"]')
    assert [*_ignored_modules(repo_at(repo.path), [str(repo.package / "_version.py")])] == []


def test_a_folder_that_is_no_repo_is_not_searched(tmp_path: Path) -> None:
    (tmp_path / "con.txt").touch()  # it may be somebody's home
    assert repo_at(tmp_path).files == []


# Where the repo is, and what is set there


@pytest.fixture
def member(locked_repo: Repo, tmp_path: Path) -> Path:
    """The repo as a folder of a larger one, which has the workflows, since GitHub looks for them nowhere else."""
    target = tmp_path / "larger" / "curricula" / "mine"
    shutil.copytree(locked_repo.path, target, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__"))
    shutil.move(target / ".github", tmp_path / "larger" / ".github")
    commit_all(tmp_path / "larger", "Larger")
    return target


def test_a_folder_of_a_larger_repo_is_tested_by_the_larger_ones_workflows(member: Path) -> None:
    found = rows(member, "LP007", "CI")
    assert {row.id: (row.status, row.findings) for row in found.values()} == dict.fromkeys(found, ("passed", ()))


def test_a_workflow_of_the_larger_repo_is_named_from_the_folder_that_was_checked_out(
    member: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aind_curriculum_runtime.checks.formats import github

    larger = member.parent.parent
    workflow = larger / ".github" / "workflows" / "contract.yml"
    workflow.write_text(workflow.read_text(encoding="utf-8").replace("windows", "macos"), encoding="utf-8")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(larger))
    assert "file=.github/workflows/contract.yml,line=" in github(review(repo_at(member), select=["CI002"]))


def test_the_checks_run_where_the_repos_path_is_not_ascii(locked_repo: Repo, tmp_path: Path) -> None:
    target = tmp_path / "m\u00e4use"
    git(tmp_path, "clone", "--quiet", str(locked_repo.path), str(target))
    subprocess.run(["uv", "sync", "--quiet"], cwd=target, check=True, env=clean_environment())
    assert rows(target, "CL003")["CL003"].status == "passed"


def test_what_is_set_for_uv_does_not_reach_the_runs(shared_repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_LOCKED", "1")
    assert rows(shared_repo.path, "LP005")["LP005"].findings == ()


def test_without_uv_the_finding_says_so(shared_repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    (finding,) = rows(shared_repo.path, "LP005")["LP005"].findings
    assert finding.message.startswith("uv cannot be started (")
    assert finding.fix == "Install uv, and see that it is on the PATH."


def test_copies_of_the_session_do_not_pile_up(shared_repo: Repo) -> None:
    repo = repo_at(shared_repo.path)
    (target,) = repo.targets
    launcher, named = repo.runs.get(target, "launcher"), repo.runs.get(target, "named")
    kept = [launcher.session.is_dir(), named.session.exists()]
    repo.runs.close()
    assert (launcher.code, named.code, kept) == (0, 0, [True, False])


# Policies, tried as transitions are


class VolumeParameters(TaskParameters):
    volume: float = Field(default=4.0, gt=0, le=10)


class VolumeTask(Task):
    name: Literal["Volume"] = "Volume"
    task_parameters: VolumeParameters = VolumeParameters()


class Water(Metrics):
    water: float = Field(ge=0)


def what_the_search_says_of(policy: Callable[[Any, Any], Any], **parameters: Any) -> dict[str, Any]:
    """Search with one policy, which no transition leads to, as if an animal had it active for many sessions."""

    def p_one(metrics: Metrics, task: Task) -> Task:
        return policy(metrics, task)  # type: ignore[no-any-return]

    p_one.__annotations__ = {"metrics": Water, "task": VolumeTask, "return": VolumeTask}
    stage = Stage(name="s_one", task=VolumeTask(task_parameters=VolumeParameters(**parameters)))
    stage.add_policy(Policy(p_one))
    curriculum = create_curriculum("c", "1.0.0", (VolumeTask,))()  # type: ignore[call-arg]
    curriculum.add_stage(stage)
    (found,) = search(curriculum)["policies"]
    return dict(found)


def test_a_policy_that_keeps_its_bounds_is_well() -> None:
    def p_less(metrics: Water, task: VolumeTask) -> VolumeTask:
        task.task_parameters.volume = max(1.0, task.task_parameters.volume - 0.5)
        return task

    found = what_the_search_says_of(p_less)
    assert [found[key] for key in ("raised", "altered", "wavers", "untried", "sets")] == [None] * 4 + [[]]


def test_a_policy_that_leaves_its_bounds_after_some_sessions_is_found() -> None:
    def p_more(metrics: Water, task: VolumeTask) -> VolumeTask:
        task.task_parameters.volume += 1.0
        return task

    told = what_the_search_says_of(p_more)["raised"]
    assert told.startswith(
        "gave volume the value 11.0, which is refused (Input should be less than or equal to 10), for"
    )


def test_a_policy_that_forgets_to_return_the_task_is_found() -> None:
    def p_sometimes(metrics: Water, task: VolumeTask) -> VolumeTask | None:
        return task if metrics.water > 500 else None

    assert what_the_search_says_of(p_sometimes)["raised"].startswith("returned None instead of the task for Water(")


def test_a_policy_that_counts_its_calls_is_found() -> None:
    calls: list[float] = []

    def p_count(metrics: Water, task: VolumeTask) -> VolumeTask:
        calls.append(metrics.water)
        task.task_parameters.volume = 1.0 + len(calls) % 2
        return task

    assert what_the_search_says_of(p_count)["wavers"].startswith("Water(")


def test_a_policy_that_changes_the_metrics_is_found() -> None:
    def p_spill(metrics: Water, task: VolumeTask) -> VolumeTask:
        metrics.water = 0.0
        return task

    assert what_the_search_says_of(p_spill)["altered"] == "water"


def test_a_parameter_that_a_policy_misspells_is_found() -> None:
    def p_typo(metrics: Water, task: VolumeTask) -> VolumeTask:
        task.task_parameters.volum = 5.0  # type: ignore[attr-defined]
        return task

    assert what_the_search_says_of(p_typo)["sets"] == ["task_parameters.volum"]


def test_a_parameter_that_the_stage_has_already_is_not_the_policys() -> None:
    def p_keep(metrics: Water, task: VolumeTask) -> VolumeTask:
        return task

    assert what_the_search_says_of(p_keep, odour="citral")["sets"] == []


def test_parameters_of_a_class_that_declares_none_are_free() -> None:
    assert [*undeclared(SmallTask(task_parameters=TaskParameters(odour="citral")))] == []
    assert [*undeclared(VolumeTask(task_parameters=VolumeParameters(odour="citral")))] == ["task_parameters.odour"]


@pytest.mark.parametrize("asks", ["datetime.datetime.now()", "date.today()", "time.time()"])
def test_a_rule_that_asks_the_clock_is_found(repo: Repo, asks: str) -> None:
    repo.edit(METRICS, READ, f"    started = {asks}\n{READ}")
    assert [one.message for one in rows(repo.path, "CL008")["CL008"].findings] == [
        f"What {asks} says differs from rig to rig, or from day to day."
    ]


def test_a_policy_is_not_blamed_for_a_task_that_could_not_be_read_before_either() -> None:
    def p_keep(metrics: Water, task: VolumeTask) -> VolumeTask:
        return task

    unsound = VolumeParameters.model_construct(volume=60.0)
    stage_task = VolumeTask.model_construct(name="Volume", task_parameters=unsound)
    assert _refused(stage_task) is not None
    assert _refused(p_keep(Water(water=1.0), stage_task), before=stage_task) is None
