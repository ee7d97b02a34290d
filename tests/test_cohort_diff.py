"""`curriculum diff --cohort`: two versions of the mice's curriculum over all their recorded sessions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fleet_support import Task, rows
from recorded import RECORDED, Session, make_example, read_sessions
from release_support import undone
from support import Repo, Result, commit_all, git

SOURCE = RECORDED / "autotrain_overrides_26_mice.csv"
RULES = "src/coupled_baiting/rules.py"
STAGES = "src/coupled_baiting/stages.py"
UP = "mean_finished_trials(1) >= 300 and metrics.mean_foraging_efficiency(1) >= {}"


@pytest.fixture(scope="module")
def released(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """The repo of the curriculum that trained the mice, at v0.1.0."""
    repo = make_example(template, tmp_path_factory.mktemp("cohort") / "coupled-baiting")
    git(repo.path, "tag", "v0.1.0")
    return repo


@pytest.fixture
def repo(released: Repo) -> Iterator[Repo]:
    with undone(released):
        yield released


def diff(repo: Repo, *arguments: str | Path, cohort: str | Path = SOURCE, **options: Any) -> Result:
    return repo.curriculum("diff", "v0.1.0", *arguments, "--cohort", cohort, cwd=repo.path, **options)


def is_kept_back(session: Session) -> bool:
    """Whether the seeded threshold decides otherwise, by nothing but the record and the rule's own words."""
    efficiency = session.foraging_efficiency
    is_asked = session.stage == "STAGE_2" and session.finished_trials >= 300
    return is_asked and efficiency is not None and 0.65 <= efficiency < 0.72


def test_the_report_names_exactly_the_animals_that_a_threshold_treats_otherwise(repo: Repo) -> None:
    repo.edit(RULES, UP.format("0.65"), UP.format("0.72"))
    commit_all(repo.path, "Ask for more at stage 2")
    result = diff(repo, "HEAD", "--format", "json")
    assert result.code == 0, result.text
    told = result.document
    kept_back = [session for session in read_sessions() if is_kept_back(session)]
    first = {session.subject: session for session in reversed(kept_back)}
    assert len(first) > 3

    happened = told["as_it_happened"]
    assert (happened["decisions"], happened["changed"]) == (411, len(kept_back))
    assert happened["matrix"] == [
        {"decisions": len(kept_back), "subjects": len(first), "old": "STAGE_3", "new": "STAGE_2"}
    ]
    assert {one["subject"]: (one["session"], one["date"]) for one in told["first_divergence"]} == {
        name: (session.number, session.date) for name, session in first.items()
    }
    one = told["first_divergence"][0]
    assert (one["old"]["rule"], one["new"]["rule"]) == ("coupled_baiting.rules.st_stage_2_stage_3", None)
    efficiency = first[one["subject"]].foraging_efficiency
    assert one["old"]["metrics"]["foraging_efficiency"][-1] == efficiency
    assert efficiency is not None
    assert one["new"]["missed"]["coupled_baiting.rules.st_stage_2_stage_3"] == [
        ["mean_foraging_efficiency(1) >= 0.72", pytest.approx(efficiency - 0.72)]
    ]
    assert (happened["parameters"], told["incomparable"]) == ([], [])
    assert told["provenance"] == {
        "curriculum": "coupled-baiting",
        "old": {
            "label": "v0.1.0",
            "number": "0.1.0",
            "commit": git(repo.path, "rev-parse", "v0.1.0"),
            "is_changed": False,
        },
        "new": {"label": "HEAD", "number": "0.1.0", "commit": git(repo.path, "rev-parse", "HEAD"), "is_changed": False},
        "source": str(SOURCE),
        "data": f"sha256 {hashlib.sha256(SOURCE.read_bytes()).hexdigest()}",
        "mode": "as-run",
    }
    assert git(repo.path, "status", "--porcelain") == ""


def test_the_exit_code_says_whether_more_changes_than_allowed(repo: Repo, tmp_path: Path) -> None:
    repo.edit(RULES, UP.format("0.65"), UP.format("0.72"))
    summary = tmp_path / "summary.md"
    over = diff(repo, "--fail-over", "2.6%", "--format", "github", env={"GITHUB_STEP_SUMMARY": str(summary)})
    assert over.code == 4, over.text
    mark, _, body = over.stdout.decode("utf-8").partition("\n")
    assert mark == "<!-- curriculum diff --cohort: coupled-baiting -->"
    assert body == summary.read_text(encoding="utf-8")
    assert "**11 of 411 decisions change, 6 of 26 animals, all at STAGE\\_2.**" in body
    assert "with changes that are not committed" in body
    within = diff(repo, "--fail-over", "2.7%", "--format", "html")
    assert within.code == 0, within.text
    assert within.stdout.startswith(b"<!DOCTYPE html>")


def test_what_a_version_cannot_decide_is_told_and_the_rest_goes_on(repo: Repo) -> None:
    repo.edit(STAGES, '    name="STAGE_3"', '    name="STAGE_THREE"')
    repo.edit(STAGES, "BlockMax=20,", "BlockMax=25,")
    rule = "    return metrics.mean_finished_trials(2) < 400"
    repo.edit(RULES, rule, f'    if metrics.session_total > 30:\n        raise ValueError("too long")\n{rule}')
    result = diff(repo, "--format", "json")
    assert result.code == 3, result.text
    reasons = {one["reason"]: one["decisions"] for one in result.document["incomparable"]}
    stages = [session.stage for session in read_sessions()]
    lacking = [count for reason, count in reasons.items() if "'STAGE_3' is none of coupled-baiting" in reason]
    raised = [reason for reason in reasons if "ValueError: too long" in reason]
    assert sum(lacking) == stages.count("STAGE_3")
    assert len(raised) == 1 and raised[0].startswith("the working tree: ")
    assert result.document["lost"] == sum(reasons.values())
    parameters = [
        (one["stage"], one["path"], one["first"]["before"], one["first"]["after"])
        for one in result.document["as_it_happened"]["parameters"]
    ]
    assert parameters == [("STAGE_1", "BlockMax", 20, 25)]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--cohort", "away.csv"), 66, "There is no table"),
        (("--cohort", "pyproject.toml"), 64, "has no ending of a table"),
        (("--cohort", " "), 64, "Invalid value for '--cohort': the source is empty."),
        (("--cohort", "away.csv", "--fail-over", "5"), 64, "'5' is no share of the decisions, such as 5% or 0.5%."),
        (("--cohort", "away.csv", "--fail-over", "101%"), 64, "'101%' is no share"),
        (("--fail-over", "5%"), 64, "--fail-over is about animals."),
        (("--format", "html"), 64, "--format html is about animals."),
    ],
)
def test_bad_input_gets_a_sentence(released: Repo, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    result = released.curriculum("diff", "v0.1.0", *arguments, cwd=released.path)
    assert (result.code, result.stdout) == (code, b""), result.text
    first = result.stderr.decode("utf-8").splitlines()[0]
    assert first.startswith("curriculum: ") and sentence in first


def test_a_version_that_does_not_import_is_named(repo: Repo) -> None:
    repo.edit(STAGES, "from .task import", "from .tusk import")
    result = diff(repo)
    assert result.code == 78, result.text
    assert "'coupled-baiting' of the working tree does not import" in result.stderr.decode("utf-8")


def test_a_bundle_cannot_be_run(released: Repo, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    exported = released.curriculum("export", tmp_path / "bundle", cwd=released.path)
    assert exported.code == 0, exported.text
    bundle = next(path.parent for path in (tmp_path / "bundle").rglob("*.json"))
    result = diff(released, bundle)
    assert (result.code, result.stdout) == (64, b""), result.text
    assert "is a bundle, whose code cannot be run over animals" in result.stderr.decode("utf-8")


def test_json_of_the_same_version_has_no_change(released: Repo) -> None:
    document = diff(released, "v0.1.0", "--format", "json").document
    assert document["sentence"] == "None of 411 decisions of 26 animals changes."
    assert json.dumps(document["first_divergence"]) == "[]"


# In a task repo


@pytest.fixture(scope="module")
def task(released: Repo, tmp_path_factory: pytest.TempPathFactory) -> Task:
    """A task repo at whose first commit the curriculum is at v0.1.0, and asks for more at the second."""
    task = Task.make(tmp_path_factory.mktemp("task") / "task")
    member = Repo(task.add(released.path))
    git(task.path, "tag", "before")
    member.edit(RULES, UP.format("0.65"), UP.format("0.72"))
    commit_all(member.path, "Ask for more at stage 2")
    git(task.path, "commit", "--quiet", "--all", "-m", "Move it")
    return task


def test_a_task_repo_tells_what_a_moved_submodule_means(task: Task, tmp_path: Path) -> None:
    member = task.path / "curricula" / "coupled-baiting"
    summary = tmp_path / "summary.md"
    done = task.curricula("diff", "before", "--cohort", SOURCE, "--format", "json")
    assert done.code == 0, done.text
    (told,) = done.document
    found = told.pop("difference")
    assert told == {
        "curriculum": "coupled-baiting",
        "folder": "curricula/coupled-baiting",
        "state": "compared",
        "old": git(member, "rev-parse", "v0.1.0"),
        "new": git(member, "rev-parse", "HEAD"),
    }
    assert found["sentence"] == "11 of 411 decisions change, 6 of 26 animals, all at STAGE_2."
    assert found["provenance"]["new"]["commit"] == told["new"]

    arguments = ("--cohort", SOURCE, "--fail-over", "1%", "--format", "github")
    over = task.curricula("diff", "before", "HEAD", *arguments, env={"GITHUB_STEP_SUMMARY": str(summary)})
    assert over.code == 4, over.text
    mark, _, body = over.stdout.decode("utf-8").partition("\n")
    assert mark == "<!-- curriculum diff --cohort: the curricula of task -->"
    assert body == summary.read_text(encoding="utf-8")
    assert "| too much changes |" in body and "6 of 26 animals" in body


def test_without_a_cohort_a_task_repo_tells_what_changed_and_of_nothing_moved_nothing(task: Task) -> None:
    done = task.curricula("diff", "before")
    assert done.code == 0, done.text
    assert rows(done)["coupled-baiting"][-1] == "compared"
    assert "patch  coupled_baiting.rules.st_stage_2_stage_3: other code" in done.stdout.decode()
    assert task.curricula("diff", "HEAD").stdout.decode() == "No curriculum was moved.\n"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("nowhere",), 64, "There is no commit 'nowhere'"),
        (("before", "--fail-over", "5%"), 64, "--fail-over is about animals."),
        (("before", "--cohort", ""), 64, "the source is empty"),
    ],
)
def test_bad_input_in_a_task_repo_gets_a_sentence(
    task: Task, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    done = task.curricula("diff", *arguments)
    assert (done.code, done.stdout) == (code, b"")
    assert sentence in done.text


def test_a_curriculum_that_cannot_be_compared_is_told_beside_the_others(task: Task) -> None:
    done = task.curricula("diff", "before", "--cohort", "away.csv")
    assert done.code == 1, done.text
    assert rows(done)["coupled-baiting"][-1] == "failed"
    assert "coupled-baiting: There is no table" in done.stdout.decode()
