"""`curriculum import` in a repo of the template: what it writes works, and what it cannot write is left as it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import PROJECT, Repo, call, commit_all, generate, git

IMPORTED = PROJECT / "examples" / "import"


@pytest.fixture(scope="module")
def fresh(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A fresh repo with its environment, all committed."""
    made = Repo(generate(template, tmp_path_factory.mktemp("import") / "two-ports", curriculum_name="two-ports")).sync()
    commit_all(made.path, "The lock")
    return made


@pytest.fixture
def repo(fresh: Repo) -> Iterator[Repo]:
    """The same, for a test that changes it."""
    head = git(fresh.path, "rev-parse", "HEAD")
    yield fresh
    git(fresh.path, "reset", "--quiet", "--hard", head)
    fresh.restore()


def translated(tmp_path: Path) -> Path:
    """The curriculum of auto-train without the rule that is not understood."""
    document = json.loads((IMPORTED / "two_ports.json").read_text(encoding="utf-8"))
    (rule,) = document["curriculum"]["Stage final"]["transition_rules"]
    rule["condition"] = "lambda metrics: np.mean(metrics.correct[-5:]) >= 0.8"
    path = tmp_path / "two_ports.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def run_line(repo: Repo, *words: str) -> tuple[int, str]:
    """A command of the repo's environment: exit code, and both outputs."""
    done = call([repo.script(words[0]), *words[1:]], cwd=repo.path)
    return done.code, done.stdout.decode("utf-8", "replace") + done.text


@pytest.mark.parametrize("source", ["auto-train", "mtrain"])
def test_what_is_imported_is_a_repo_in_order(source: str, repo: Repo, tmp_path: Path) -> None:
    file = translated(tmp_path) if source == "auto-train" else IMPORTED / "contrast.yml"
    done = repo.curriculum("import", file, cwd=repo.path)
    assert done.code == 0, done.text
    said = done.stdout.decode("utf-8")
    assert (
        said.splitlines()[0]
        == {
            "auto-train": "Two ports of auto-train (schema 1.0): 3 stages, 5 rules translated.",
            "mtrain": "Contrast_Task1_v0.3.0 of mtrain: 3 stages, 2 rules translated, 1 for a person to decide.",
        }[source]
    )
    for line in ("ruff format --check", "ruff check", "mypy", "pytest -q tests/test_examples.py"):
        code, text = run_line(repo, *line.split())
        assert code == 0, f"{line}: {text}"
    for page in ("docs/curriculum.md", "README.md"):
        assert repo.curriculum("diagram", "-o", page, cwd=repo.path).code == 0
    code, text = run_line(repo, "curriculum", "check")
    assert code == 0 and "warned" not in text, text
    assert not (repo.session / "behavior" / "SoftwareEvents" / "TrialOutcome.json").exists()


def test_a_task_has_the_parameters_of_its_stage_and_no_others(repo: Repo) -> None:
    assert repo.curriculum("import", IMPORTED / "contrast.yml", cwd=repo.path).code == 0
    shared = {
        "script": "https://example.org/contrast.py",
        "script_md5": "0123456789abcdef0123456789abcdef",
        "reward_volume": 0.005,
        "response_window": [0.15, 0.75],
    }

    def parameters(stage: str) -> dict[str, Any]:
        found: dict[str, Any] = repo.curriculum("task", "--stage", stage).document["task_parameters"]
        return found

    full = {"class": "grating", "params": {"contrast": 1.0}}
    assert parameters("s_0_full") == {
        **shared, "stimulus": full, "stage": "0_full", "warm_up_trials": 5, "timeout": None,
    }  # fmt: skip
    assert parameters("s_2_rig") == {**shared, "stimulus": full, "stage": "2_rig", "timeout": 0.3}


def test_a_rule_that_is_not_understood_fails_its_test_and_names_its_source(repo: Repo) -> None:
    done = repo.curriculum("import", IMPORTED / "two_ports.json", cwd=repo.path)
    assert done.code == 0, done.text
    place = "$.curriculum['Stage final'].transition_rules[0].condition"
    assert "4 rules translated, 1 left to write" in done.stdout.decode("utf-8")
    assert f"left to write: st_stage_final_graduated ({place}" in done.stdout.decode("utf-8")
    code, text = run_line(repo, "pytest", "-q", "tests/test_examples.py")
    assert code == 1 and "1 failed, 5 passed" in text, text
    assert "FAILED tests/test_examples.py::test_every_rule_answers_yes_or_no[st_stage_final_graduated]" in text
    stopped = repo.curriculum("demo", "--stage", "s_stage_final", cwd=repo.path)
    assert (stopped.code, stopped.error["code"]) == (70, "code.raised")
    for named in ("two_ports.json", place, "np.std(metrics.correct[-5:]) < 0.05"):
        assert named in stopped.error["message"]
    assert repo.curriculum("demo", "--stage", "s_stage_2", cwd=repo.path).code == 0


def test_the_metrics_look_back_over_sessions_and_count_them_by_the_stage_that_was_run(
    repo: Repo, tmp_path: Path
) -> None:
    assert repo.curriculum("import", translated(tmp_path), cwd=repo.path).code == 0
    state, metrics, stages = repo.curriculum("init").document, None, []
    for number, correct in enumerate([0.6, None, 0.75, 0.75, 0.75]):
        session = tmp_path / f"session{number}"
        shutil.copytree(repo.session, session)
        behavior = session / "behavior"
        event = behavior / "SoftwareEvents" / "SessionSummary.json"
        recorded = json.loads(event.read_text(encoding="utf-8"))
        recorded["data"] = {"trials": 200, "correct": correct}
        event.write_text(json.dumps(recorded) + "\n", encoding="utf-8")
        (behavior / "Logs" / "tasklogic_input.json").write_text(json.dumps(state["stage"]["task"]), encoding="utf-8")
        (behavior / "trainer_state.json").write_text(json.dumps(state), encoding="utf-8")
        if metrics is not None:
            (behavior / "previous_metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
        done = repo.curriculum("run", "--data-directory", session)
        assert done.code == 0, done.text
        stages.append(state["stage"]["name"])
        state, metrics = done.document["trainer_state"], done.document["metrics"]
    # The second session gave no value, so no mean with it holds.
    assert stages == ["s_stage_1_w_warmup", "s_stage_2", "s_stage_2", "s_stage_2", "s_stage_2"]
    assert state["stage"]["name"] == "s_stage_final"
    assert metrics == {
        "trials": [200] * 5,
        "correct": [0.6, None, 0.75, 0.75, 0.75],
        "session_total": 5,
        "session_at_current_stage": 4,
        "stage_name": "s_stage_2",
    }


# What is refused, with nothing written.


def unchanged(repo: Repo) -> bool:
    """Whether the repo is as it was committed."""
    return git(repo.path, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("file", "content", "leaves", "code"),
    [
        ("a.json", '{"curriculum_schema_version": "9.0"}', 65, "source.other_schema"),
        ("a.json", '{"curriculum_schema_version": ', 65, "source.invalid"),
        ("a.yml", "stages: {a: 1}\nstages: {}", 65, "source.invalid"),
        ("a.txt", "", 64, "usage.invalid"),
        ("a.json", None, 66, "source.missing"),
    ],
)
def test_a_file_that_cannot_be_imported(
    file: str, content: str | None, leaves: int, code: str, fresh: Repo, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / file).write_text(content, encoding="utf-8")
    done = fresh.curriculum("import", tmp_path / file, cwd=fresh.path)
    assert (done.code, done.error["code"], done.stdout) == (leaves, code, b"")
    assert "Traceback" not in done.text
    assert unchanged(fresh)


def test_a_lambda_that_does_more_than_compare_metrics_is_refused_and_not_run(fresh: Repo, tmp_path: Path) -> None:
    text = translated(tmp_path).read_text(encoding="utf-8")
    mark = tmp_path / "mark"
    hostile = text.replace(
        "lambda metrics: metrics.session_at_current_stage >= 1", f"lambda metrics: open('{mark.as_posix()}', 'w')"
    )
    assert hostile != text
    (tmp_path / "hostile.json").write_text(hostile, encoding="utf-8")
    done = fresh.curriculum("import", tmp_path / "hostile.json", cwd=fresh.path)
    assert (done.code, done.error["code"]) == (65, "source.rule_refused")
    assert done.error["where"] == "$.curriculum['Stage 1 w/warmup'].transition_rules[1].condition"
    assert "it names 'open'" in done.error["message"] or "it calls" in done.error["message"]
    assert unchanged(fresh) and not mark.exists()


def test_work_that_is_not_committed_is_not_replaced(repo: Repo) -> None:
    repo.write("src/two_ports/rules.py", "# mine\n")
    for options in ((), ("--replace",)):
        done = repo.curriculum("import", IMPORTED / "contrast.yml", *options, cwd=repo.path)
        assert (done.code, done.error["code"]) == (78, "repo.uncommitted")
    assert git(repo.path, "status", "--porcelain") == "M src/two_ports/rules.py"


def test_modules_that_are_no_longer_the_templates_are_replaced_only_when_it_is_asked_for(repo: Repo) -> None:
    repo.write("src/two_ports/rules.py", "# mine\n")
    commit_all(repo.path, "Mine")
    done = repo.curriculum("import", IMPORTED / "contrast.yml", cwd=repo.path)
    assert (done.code, done.error["code"]) == (78, "repo.not_fresh")
    assert "src/two_ports/rules.py" in done.error["message"] and "--replace" in done.error["hint"]
    assert unchanged(repo)
    assert repo.curriculum("import", IMPORTED / "contrast.yml", "--replace", cwd=repo.path).code == 0
    assert "st_0_full_1_low" in (repo.package / "rules.py").read_text(encoding="utf-8")


def test_a_folder_that_is_no_repo_of_the_template(tmp_path: Path, fresh: Repo) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "other"\n', encoding="utf-8")
    done = fresh.curriculum("import", IMPORTED / "contrast.yml", "--repo", tmp_path)
    assert (done.code, done.error["code"]) == (78, "repo.not_fresh")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pyproject.toml"]


def test_a_repo_whose_curriculum_is_elsewhere(repo: Repo) -> None:
    repo.edit("pyproject.toml", '"two_ports.curriculum:CURRICULUM"', '"other.curriculum:CURRICULUM"')
    commit_all(repo.path, "Elsewhere")
    done = repo.curriculum("import", IMPORTED / "contrast.yml", cwd=repo.path)
    assert (done.code, done.error["code"]) == (78, "repo.not_fresh")
    assert "other.curriculum:CURRICULUM" in done.error["message"] and unchanged(repo)


def test_texts_that_no_terminal_can_show(repo: Repo, tmp_path: Path) -> None:
    document = json.loads((IMPORTED / "two_ports.json").read_text(encoding="utf-8"))
    document["curriculum_name"] = "Two \x1b[31mports"
    (tmp_path / "odd.json").write_text(json.dumps(document), encoding="utf-8")
    done = repo.curriculum("import", tmp_path / "odd.json", cwd=repo.path)
    assert done.code == 0, done.text
    assert done.stdout.startswith(b"Two  [31mports of auto-train")
    assert repo.curriculum("show", cwd=repo.path).code == 0


def test_where_something_is_missing_that_writes_the_modules(fresh: Repo) -> None:
    for module, file in (("ruff", "two_ports.json"), ("yaml", "contrast.yml")):
        program = (
            "import importlib.util, sys; found = importlib.util.find_spec\n"
            f"importlib.util.find_spec = lambda name, *more: None if name == {module!r} else found(name, *more)\n"
            f"sys.argv = ['curriculum', 'import', {str(IMPORTED / file)!r}]\n"
            "from aind_curriculum_runtime.cli import main; sys.exit(main())"
        )
        done = call([fresh.script("python"), "-c", program], cwd=fresh.path)
        assert (done.code, done.error["code"]) == (64, "usage.extra_needed"), done.text
        assert module in done.error["message"].lower() and done.error["hint"]
    assert unchanged(fresh)
