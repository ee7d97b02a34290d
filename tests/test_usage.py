"""The command line: what is refused, what is explained, and what must not change the result."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from failing import assert_failed
from support import FIRST_SESSION, Repo

COMMANDS = ["run", "init", "demo", "list", "version", "dsl-version", "describe", "check", "completion"]


@pytest.fixture
def file(tmp_path: Path, shaping_bytes: bytes) -> Path:
    target = tmp_path / "trainer_state.json"
    target.write_bytes(shaping_bytes)
    return target


# What is refused


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "No command was given"),
        (["runn"], "'runn'"),
        (["RUN"], "'RUN'"),
        (["--verbose"], "no option '--verbose' without a command"),
        (["--path", ".", "run"], "no option '--path' without a command"),
        ([""], "''"),
        (["run"], "--data-directory"),
        (["run", "--data-directory"], "--data-directory"),
        (["run", "--data-directory", "--mute-suggestion"], "requires an argument"),
        (["run", "--data-directory", ""], "empty"),
        (["run", "--data-directory", "  "], "empty"),
        (["run", "--data-directory", ".", "--input-trainer-state", ""], "empty"),
        (["run", "--data-directory", ".", "--output-suggestion", ""], "empty"),
        (["run", "--data-directory", ".", "--data-directory", "."], "twice"),
        (["run", "--data-directory", ".", "--path", "."], "twice"),
        (["run", "--path", ".", "--curriculum", "a", "--curriculum", "a"], "twice"),
        (["run", "--path", ".", "--input-trainer-state", "a", "--input-trainer-state", "a"], "twice"),
        (["run", "--path", ".", "--output-suggestion", "a", "--output-suggestion", "a"], "twice"),
        (["run", "-path", "."], "'-path'"),
        (["run", "--data", "."], "--data"),
        (["run", "--data-dir", "."], "--data-dir"),
        (["run", "--path", ".", "--mute"], "--mute"),
        (["run", "--path", ".", "--input", "state.json"], "--input"),
        (["run", "--path", ".", "--demo"], "--demo"),
        (["run", "--path", ".", "session"], "session"),
        (["run", "--path", ".", "--mute-suggestion=yes"], "--mute-suggestion"),
        (["diagram", "-o", "a.svg", "--sheet", "all"], "'all' is not one of 'both', 'stages', 'parameters'"),
        (["completion"], "bash"),
        (["completion", "tcsh"], "'tcsh'"),
        (["init", "--stage", "s_none"], "s_none"),
        (["init", "--stage", "s_habituation", "--stage", "s_shaping"], "twice"),
        (["init", "--curriculum", "other"], "'other'"),
        (["demo", "extra"], "extra"),
        (["list", "--yaml"], "--yaml"),
        (["version", "--curriculum", "other"], "'other'"),
        (["--version", "--json"], "--json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_line_is_told(words: list[str], told: str, shared_repo: Repo, tmp_path: Path) -> None:
    result = shared_repo.curriculum(*words, cwd=tmp_path)
    error = assert_failed(result, result.error["code"], 64)
    assert error["code"].startswith("usage.")
    assert told in error["message"]
    assert error["message"][0] == error["message"][0].upper() and error["message"].endswith(".")
    assert "Traceback" not in result.text
    assert "usage: " not in result.text


@pytest.mark.parametrize(("typed", "meant"), [("runn", "run"), ("dsl_version", "dsl-version"), ("describ", "describe")])
def test_a_misspelt_command_is_answered_with_the_one_that_is_near(typed: str, meant: str, shared_repo: Repo) -> None:
    error = assert_failed(shared_repo.curriculum(typed), "usage.invalid", 64)
    assert f"Did you mean `curriculum {meant}`?" in error["hint"]


def test_a_command_like_no_other_is_answered_with_all_of_them(shared_repo: Repo) -> None:
    error = assert_failed(shared_repo.curriculum("evaluate-the-mouse"), "usage.invalid", 64)
    assert all(command in error["hint"] for command in COMMANDS)


def test_a_wrong_option_is_answered_with_where_the_help_is(shared_repo: Repo) -> None:
    error = assert_failed(shared_repo.curriculum("run", "--path", ".", "--sesion", "x"), "usage.invalid", 64)
    assert "curriculum run --help" in error["hint"]


@pytest.mark.parametrize(
    ("typed", "meant"), [("--curiculum", "--curriculum"), ("--data", "--data-directory"), ("-path", "--path")]
)
def test_a_misspelt_option_is_answered_with_the_one_that_is_near(typed: str, meant: str, shared_repo: Repo) -> None:
    error = assert_failed(shared_repo.curriculum("run", typed, "x"), "usage.invalid", 64)
    assert f"Did you mean {meant}?" in error["hint"]


def test_an_unknown_stage_is_answered_with_those_there_are(shared_repo: Repo, tmp_path: Path) -> None:
    target = tmp_path / "state.json"
    result = shared_repo.curriculum("init", "--stage", "s_none", "--output", target)
    error = assert_failed(result, "usage.unknown_stage", 64)
    assert "s_habituation, s_shaping, s_discrimination" in error["hint"]
    assert not target.exists()


def test_an_unknown_curriculum_is_answered_with_those_there_are(shared_repo: Repo, file: Path) -> None:
    result = shared_repo.curriculum(
        "run", "--path", shared_repo.session, "--input-trainer-state", file, "--curriculum", "other"
    )
    assert "my-curriculum" in assert_failed(result, "usage.unknown_curriculum", 64)["hint"]


@pytest.mark.parametrize(
    ("where", "code"), [("none/state.json", "output.directory_missing"), (".", "output.not_writable")]
)
def test_a_state_that_cannot_be_written_is_told(where: str, code: str, shared_repo: Repo, tmp_path: Path) -> None:
    error = assert_failed(shared_repo.curriculum("init", "--output", tmp_path / where), code, 74)
    assert str(tmp_path) in error["message"]
    assert list(tmp_path.iterdir()) == []


# What is explained


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_goes_to_stdout_and_is_a_success(command: str | None, shared_repo: Repo) -> None:
    result = shared_repo.curriculum(*([command] if command else []), "--help")
    assert (result.code, result.stderr) == (0, b"")
    text = result.stdout.decode("ascii")
    assert text.startswith(f"usage: curriculum {command or 'COMMAND'}")
    assert "examples:" in text
    if command is None:
        assert all(f"\n  {name} " in text for name in COMMANDS)


def test_the_help_of_run_tells_every_option_of_the_contract(shared_repo: Repo) -> None:
    text = shared_repo.curriculum("run", "--help").stdout.decode("ascii")
    options = ["--data-directory", "--path", "--input-trainer-state", "--curriculum", "--output-suggestion"]
    assert all(option in text for option in [*options, "--mute-suggestion"])


def test_help_is_given_although_the_rest_is_wrong(shared_repo: Repo) -> None:
    assert shared_repo.curriculum("run", "--help", "--nonsense").code == 0


# What must not change the result

ENVIRONMENTS = {
    "names of our options": {
        "MUTE_SUGGESTION": "1",
        "DATA_DIRECTORY": "elsewhere",
        "INPUT_TRAINER_STATE": "elsewhere",
        "OUTPUT_SUGGESTION": "elsewhere",
        "CURRICULUM": "other",
        "DEMO": "1",
        "STAGE": "s_none",
        "CURRICULUM_MUTE_SUGGESTION": "1",
        "CURRICULUM_CURRICULUM": "other",
        "CURRICULUM_RUN_MUTE_SUGGESTION": "1",
    },
    "a shell that completes as click does": {
        "_CURRICULUM_COMPLETE": "bash_complete",
        "COMP_WORDS": "curriculum run --",
        "COMP_CWORD": "2",
    },
    "warnings as errors": {"PYTHONWARNINGS": "error"},
    "a narrow screen": {"COLUMNS": "20", "LINES": "3"},
    "colours": {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "TERM": "xterm-256color"},
    "another encoding": {"PYTHONIOENCODING": "utf-16", "PYTHONUTF8": "0", "LC_ALL": "C", "LANG": "C"},
    "an unbuffered, inspecting, optimised Python": {
        "PYTHONUNBUFFERED": "1",
        "PYTHONINSPECT": "1",
        "PYTHONOPTIMIZE": "1",
    },
    "developer mode": {"PYTHONDEVMODE": "1"},
    "another time zone": {"TZ": "Asia/Kathmandu"},
}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_environment_changes_nothing(environment: str, shared_repo: Repo, file: Path) -> None:
    for command in (["run", "--path", shared_repo.session, "--input-trainer-state", file], ["run", "--help"]):
        plain = shared_repo.curriculum(*command)
        found = shared_repo.curriculum(*command, env=ENVIRONMENTS[environment])
        assert plain.code == 0, plain.text
        assert (found.code, found.stdout) == (0, plain.stdout), found.text


def test_a_failure_is_the_same_in_any_environment(shared_repo: Repo, tmp_path: Path) -> None:
    command = ["run", "--path", shared_repo.session, "--input-trainer-state", tmp_path / "none.json"]
    plain = shared_repo.curriculum(*command)
    for environment in ENVIRONMENTS.values():
        found = shared_repo.curriculum(*command, env=environment)
        assert (found.code, found.stdout, found.error) == (66, b"", plain.error)


DECOYS = ["json.py", "argparse.py", "click.py", "pydantic.py", "aind_behavior_curriculum.py", "sitecustomize.py"]


def test_files_in_the_working_directory_change_nothing(shared_repo: Repo, file: Path, tmp_path: Path) -> None:
    command = ["run", "--path", shared_repo.session, "--input-trainer-state", file]
    plain = shared_repo.curriculum(*command)
    littered = tmp_path / "littered"
    for folder in ("demo", "my_curriculum", "aind_curriculum_runtime", "run"):
        (littered / folder).mkdir(parents=True)
        (littered / folder / "__init__.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
    for name in DECOYS:
        (littered / name).write_text("raise RuntimeError('imported')", encoding="utf-8")
    (littered / ".env").write_text("MUTE_SUGGESTION=1\nPYTHONINSPECT=1\n", encoding="utf-8")
    (littered / "pyproject.toml").write_text("[tool.uv]\nbroken = ", encoding="utf-8")
    assert plain.code == 0, plain.text
    assert shared_repo.curriculum(*command, cwd=littered) == plain


@pytest.mark.parametrize("spelled", ["{folder}", "{sep}{folder}", "{sep}/opt/elsewhere", "{src}{sep}{folder}"])
def test_packages_that_other_software_puts_on_the_import_path_change_nothing(
    spelled: str, shared_repo: Repo, file: Path, tmp_path: Path
) -> None:
    command = ["run", "--path", shared_repo.session, "--input-trainer-state", file]
    plain = shared_repo.curriculum(*command)
    assert plain.code == 0, plain.text
    for name in ("click", "pydantic", "semver", "aind_behavior_curriculum", "my_curriculum"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
    path = spelled.format(folder=tmp_path, sep=os.pathsep, src=shared_repo.package.parent)
    assert shared_repo.curriculum(*command, cwd=tmp_path, env={"PYTHONPATH": path}) == plain


def test_files_in_the_repos_own_folder_change_nothing(repo: Repo, file: Path) -> None:
    command = ["run", "--data-directory", repo.session, "--input-trainer-state", file]
    plain = repo.launch(*command)
    for name in [*DECOYS, "demo/__init__.py", "my_curriculum/__init__.py"]:
        repo.write(name, "raise RuntimeError('imported')")
    (repo.path / "suggestion.json").write_text("{}", encoding="utf-8")
    (repo.path / ".env").write_text("MUTE_SUGGESTION=1\n", encoding="utf-8")
    assert plain.code == 0, plain.text
    assert repo.launch(*command) == plain


def test_a_folder_named_demo_is_a_session_like_any_other(shared_repo: Repo, file: Path, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    result = shared_repo.curriculum("run", "--path", "demo", "--input-trainer-state", file, cwd=tmp_path)
    assert_failed(result, "session.empty", 66)


def test_both_spellings_of_the_session_directory_are_one(shared_repo: Repo, file: Path) -> None:
    rest = [shared_repo.session, "--input-trainer-state", file]
    plain = shared_repo.curriculum("run", "--data-directory", *rest)
    assert plain.code == 0, plain.text
    assert shared_repo.curriculum("run", "--path", *rest) == plain


def test_the_launchers_environment_may_be_nearly_empty(shared_repo: Repo, file: Path) -> None:
    command = [shared_repo.script("curriculum"), "run", "--path", shared_repo.session, "--input-trainer-state", file]
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if sys.platform == "win32"}
    done = subprocess.run(command, env=kept, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, FIRST_SESSION)
