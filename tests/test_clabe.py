"""The launcher in use, CLABE from PyPI, drives a generated repo without a change on its side."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from recorded import by_subject, decision, make_example, read_sessions, write_session
from support import ERROR_PREFIX, PROJECT, Repo, clean_environment, generate


@dataclass(frozen=True)
class Kept:
    """What the launcher kept of one call."""

    folder: Path

    def _read(self, name: str) -> Any:
        failure = self.folder / "failure.json"
        if name != failure.name:
            assert not failure.exists(), failure.read_text(encoding="utf-8")
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    @property
    def state_file(self) -> Path:
        """The next trainer state as CLABE writes it."""
        return self.folder / "trainer_state.json"

    @property
    def state(self) -> Any:
        return self._read("trainer_state.json")

    @property
    def picked(self) -> Any:
        """The trainer state that CLABE took from its library."""
        return self._read("picked.json")

    @property
    def picked_task(self) -> Any:
        return self._read("picked_task.json")

    @property
    def metrics(self) -> Any:
        return self._read("metrics.json")

    @property
    def versions(self) -> Any:
        return self._read("versions.json")

    @property
    def failure(self) -> Any:
        """Exit code, stdout and stderr of CLABE's CommandError."""
        assert not self.state_file.exists()
        return self._read("failure.json")


Launch = Callable[..., Kept]


@pytest.fixture(scope="module")
def clabe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds CLABE, and neither this project nor any curriculum."""
    return installed_clabe(tmp_path_factory.mktemp("clabe"))


def installed_clabe(home: Path, versions: str = "") -> Path:
    """Make an environment that holds CLABE and nothing of ours; give its Python."""
    environment = clean_environment()
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable], cwd=home, check=True, env=environment)
    python = Repo(home).script("python")
    command = ["uv", "pip", "install", "--quiet", "--python", python, f"aind-clabe{versions}"]
    subprocess.run(command, cwd=home, check=True, env=environment)
    return python


@contextlib.contextmanager
def started(clabe: Path, folder: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The launcher, which takes one session after the other."""
    with subprocess.Popen(
        [clabe, PROJECT / "tests" / "clabe_launcher.py"],
        cwd=folder,
        env=clean_environment(**environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        yield process


@pytest.fixture(scope="module")
def launcher(clabe: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    with started(clabe, tmp_path_factory.mktemp("launcher")) as process:
        yield process


@pytest.fixture
def launch(clabe: Path, launcher: subprocess.Popen[str], tmp_path: Path) -> Launch:
    """Have the launcher end a session, as `launch(repo, session, state)`; other arguments are CurriculumSettings."""
    numbers = count(1)

    def run(repo: Path, session: Path, state: Path, *, env: dict[str, str] | None = None, **settings: Any) -> Kept:
        folder = tmp_path / f"launched-{next(numbers)}"
        given = {"project_directory": repo, "data_directory": session, "input_trainer_state": state, **settings}
        with started(clabe, tmp_path, **env) if env else contextlib.nullcontext(launcher) as process:
            return end_session(process, folder, given)

    return run


def end_session(process: subprocess.Popen[str], folder: Path, settings: dict[str, Any], **more: str) -> Kept:
    """Have a launcher end a session, and keep what it keeps in a new folder; `more` is the library with the animal."""
    folder.mkdir()
    plain = {key: value if isinstance(value, list) else str(value) for key, value in settings.items()}
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps({"settings": plain, "folder": str(folder), **more}) + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "\n", "the launcher failed itself: see its stderr"
    return Kept(folder)


@pytest.fixture
def session(repo: Repo, tmp_path: Path) -> Path:
    """A copy of the sample session in a folder whose name people would choose."""
    return shutil.copytree(repo.session, tmp_path / "Mäuse & Co" / "2026-01-15 Sitzung 1")


def test_clabe_reads_what_the_command_prints(launch: Launch, repo: Repo, session: Path, state: Path) -> None:
    printed = repo.curriculum("run", "--data-directory", session, "--input-trainer-state", state).document
    kept = launch(repo.path, session, state)
    assert kept.state == printed["trainer_state"]
    assert kept.metrics == printed["metrics"]
    assert kept.versions == [printed["version"], printed["dsl_version"]]
    assert kept.state["stage"]["name"] == "s_shaping"
    assert kept.state["active_policies"] == ["my_curriculum.rules.p_lengthen_delay"]
    assert (kept.metrics["trials"], kept.metrics["hit_rate"]) == (24, 0.75)
    assert kept.versions[0] == "0.1.0"


def test_clabe_may_name_the_curriculum(launch: Launch, repo: Repo, session: Path, state: Path) -> None:
    assert launch(repo.path, session, state, curriculum="my-curriculum").state["stage"]["name"] == "s_shaping"
    assert_failed(launch(repo.path, session, state, curriculum="other"), 64, "usage.unknown_curriculum")


def test_what_clabe_wrote_is_the_next_sessions_input(
    launch: Launch, repo: Repo, session: Path, state: Path, tmp_path: Path
) -> None:
    """Three sessions in a row, on CLABE's own files: CLABE writes states and metrics by its own models."""
    first = launch(repo.path, session, state)
    second = launch(repo.path, session, first.state_file)
    assert second.state["stage"]["name"] == "s_shaping"
    assert second.state["stage"]["task"]["task_parameters"]["response_delay"] == 0.25
    third_session = shutil.copytree(session, tmp_path / "third")
    shutil.copy(second.folder / "metrics.json", third_session / "behavior" / "previous_metrics.json")
    third = launch(repo.path, third_session, second.state_file)
    assert third.metrics["good_sessions_in_a_row"] == 2
    assert third.state["stage"]["name"] == "s_discrimination"


def test_clabe_makes_the_environment_of_a_repo_that_has_none(
    launch: Launch, template: Path, session: Path, state: Path, tmp_path: Path
) -> None:
    fresh = generate(template, tmp_path / "my-curriculum")
    assert not (fresh / ".venv").exists()
    kept = launch(fresh, session, state)
    assert kept.state["stage"]["name"] == "s_shaping"
    assert (fresh / ".venv").exists()


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ("import", 'import os; print("hello"); os.write(1, b"hello")'),
        ("import", 'import atexit; atexit.register(print, "bye")'),
        ("import", 'import logging, sys; logging.basicConfig(stream=sys.stdout, level=0); logging.info("hello")'),
        ("metrics", 'import subprocess, sys; subprocess.run([sys.executable, "-c", "print(1)"], check=True)'),
        ("metrics", 'import threading; threading.Timer(0, print, ["late"]).start()'),
    ],
)
def test_stray_output_does_not_reach_clabe(
    when: str, code: str, launch: Launch, repo: Repo, session: Path, state: Path
) -> None:
    quiet = repo.curriculum("run", "--data-directory", session, "--input-trainer-state", state).document
    insert(repo, when, code)
    kept = launch(repo.path, session, state)
    assert (kept.state, kept.metrics) == (quiet["trainer_state"], quiet["metrics"])


# CLABE decodes stdout and stderr strictly with the machine's locale: on Windows rigs cp1252, which has no
# character for some bytes of these texts in UTF-8; here the locale of C, which has ASCII and nothing else.
NARROW_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


def test_what_curriculum_code_prints_in_any_language_does_not_stop_clabe(
    launch: Launch, repo: Repo, state: Path
) -> None:
    insert(repo, "metrics", 'print("\u201cÁgnes\u201d: Größe 5 \u03bcl \u2192 7 \u03bcl")')
    kept = launch(repo.path, repo.session, state, env=NARROW_LOCALE)
    assert kept.state["stage"]["name"] == "s_shaping"


def test_an_error_in_any_language_reaches_clabe(launch: Launch, repo: Repo, state: Path) -> None:
    insert(repo, "metrics", 'raise ValueError("\u201cÁgnes\u201d: Größe 5 \u03bcl \u2192 7 \u03bcl")')
    assert_failed(launch(repo.path, repo.session, state, env=NARROW_LOCALE), 70, "code.raised")


@pytest.mark.parametrize(
    ("when", "code", "exit_code", "error_code"),
    [
        ("metrics", 'raise ValueError("no lick sensor")', 70, "code.raised"),
        ("metrics", "raise SystemExit(0)", 70, "code.exited"),
        ("metrics", 'print("about to fail"); raise SessionError("Nothing was recorded.")', 66, "session.incomplete"),
        ("metrics", "return None", 76, "result.metrics_type"),
        ("import", "import a_package_that_is_not_there", 78, "repo.import_failed"),
    ],
)
def test_a_failing_curriculum_is_an_error_for_clabe(
    when: str, code: str, exit_code: int, error_code: str, launch: Launch, repo: Repo, session: Path, state: Path
) -> None:
    insert(repo, when, code)
    assert_failed(launch(repo.path, session, state), exit_code, error_code)


def refused(state: dict[str, Any]) -> None:
    state["stage"]["metrics_provider"] = "shutil.rmtree"


def off_curriculum(state: dict[str, Any]) -> None:
    state.update(curriculum=None, stage=None, is_on_curriculum=False, active_policies=None)


def of_another(state: dict[str, Any]) -> None:
    state["curriculum"]["name"] = "other-curriculum"


@pytest.mark.parametrize(
    ("change", "exit_code", "error_code"),
    [
        (refused, 77, "state.rule_refused"),
        (off_curriculum, 69, "state.off_curriculum"),
        (of_another, 65, "state.other_curriculum"),
    ],
)
def test_a_state_that_cannot_be_evaluated_is_an_error_for_clabe(
    change: Callable[[dict[str, Any]], None],
    exit_code: int,
    error_code: str,
    launch: Launch,
    repo: Repo,
    session: Path,
    state: Path,
) -> None:
    changed = json.loads(state.read_text(encoding="utf-8"))
    change(changed)
    state.write_text(json.dumps(changed), encoding="utf-8")
    assert_failed(launch(repo.path, session, state), exit_code, error_code)
    assert session.is_dir()


def test_a_recorded_mouse_is_trained_by_clabe(launch: Launch, template: Path, tmp_path: Path) -> None:
    """The mouse with a decision of every kind in the fewest sessions; people moved it in between."""
    subjects = by_subject(read_sessions()).values()
    varied = (
        sessions for sessions in subjects if {one.decision for one in sessions} == {"PROGRESS", "STAY", "ROLLBACK"}
    )
    sessions = min(varied, key=len)
    assert any(one.stage != one.suggested_stage for one in sessions)

    example = make_example(template, tmp_path / "coupled-baiting")
    kept: Kept | None = None
    for one in sessions:
        state = kept.state if kept is not None else None
        if state is None or state["stage"]["name"] != one.stage:
            state = example.curriculum("init", "--stage", one.stage).document
        directory = write_session(tmp_path / one.name, one, state, kept.metrics if kept is not None else None)
        kept = launch(example.path, directory, directory / "behavior" / "trainer_state.json")
        suggested = kept.state["stage"]["name"]
        assert (suggested, decision(one.stage, suggested)) == (one.next_stage, one.decision)


def insert(repo: Repo, when: str, code: str) -> None:
    """Put a line where the curriculum is imported, or where the metrics of a session are computed."""
    name = repo.package.relative_to(repo.path).joinpath("metrics.py").as_posix()
    anchor = (
        "CRITERION = 0.75\n"
        if when == "import"
        else '    trials = read_software_events(data_directory, "TrialOutcome")\n'
    )
    indent = "" if when == "import" else "    "
    repo.edit(name, anchor, f"{indent}{code}\n{anchor}")


def assert_failed(kept: Kept, exit_code: int, error_code: str) -> None:
    """The launcher got the contract's failure: an exit code, no stdout, and one line to read."""
    failure = kept.failure
    assert (failure["exit_code"], failure["stdout"]) == (exit_code, "")
    last = failure["stderr"].splitlines()[-1]
    assert last.startswith(ERROR_PREFIX)
    error = json.loads(last.removeprefix(ERROR_PREFIX))
    assert (error["code"], error["exit"]) == (error_code, exit_code)
