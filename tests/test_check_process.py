"""A run of the contract checks: what is known of a process afterwards, and what it never sees."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import pytest
from support import commit_all

from aind_curriculum_runtime.checks.engine.process import Invocation, Process, Processes
from aind_curriculum_runtime.checks.engine.under_test import repo_at

LEAVES_A_CHILD = (
    "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], {pipes}); "
    "sys.exit({code})"
)
CLOSED = "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL"


def run(folder: Path, program: str) -> Process:
    return Processes().run(Invocation(command=[sys.executable, "-c", program]), folder)


@pytest.mark.parametrize(("pipes", "held"), [("", True), (CLOSED, False)], ids=["inherited", "closed"])
def test_a_child_that_holds_the_pipes_is_told_and_ended(pipes: str, held: bool, tmp_path: Path) -> None:
    started = time.monotonic()
    process = run(tmp_path, LEAVES_A_CHILD.format(pipes=pipes, code=0))
    assert (process.code, process.pipes_held, process.timed_out) == (0, held, False)
    assert time.monotonic() - started < 30


def test_all_that_a_process_wrote_is_kept(tmp_path: Path) -> None:
    process = run(tmp_path, "import sys; sys.stdout.write('x' * 10**7); sys.stderr.write('y' * 10**7); sys.exit(65)")
    assert (process.code, len(process.stdout), len(process.stderr)) == (65, 10**7, 10**7)


def test_ending_a_check_ends_what_runs_and_starts_nothing_more(tmp_path: Path) -> None:
    processes = Processes()
    sleeper = Invocation(command=[sys.executable, "-c", "import time; time.sleep(60)"])
    found: list[Process] = []
    thread = threading.Thread(target=lambda: found.append(processes.run(sleeper, tmp_path)))
    thread.start()
    while not processes.started:
        time.sleep(0.01)
    processes.end()
    thread.join(30)
    assert found and found[0].code != 0
    with pytest.raises(InterruptedError):
        processes.run(sleeper, tmp_path)


def test_a_run_sees_nothing_of_the_environment_that_the_check_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "UV_LOCKED", "PYTHONHASHSEED", "GIT_DIR"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("SOMETHING_ELSE", "kept")
    process = run(tmp_path, "import json, os; print(json.dumps(dict(os.environ)))")
    seen = json.loads(process.stdout)
    assert seen["SOMETHING_ELSE"] == "kept"
    assert not {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "UV_LOCKED", "PYTHONHASHSEED", "GIT_DIR"} & seen.keys()


def test_a_hook_of_another_repo_does_not_change_which_repo_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("task", "mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.txt").write_text("", encoding="utf-8")
        commit_all(tmp_path / name, "A repo")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "task" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "task" / ".git" / "index"))
    repo = repo_at(tmp_path / "mine")
    assert (repo.files, repo.checkout) == (["mine.txt"], (tmp_path / "mine").resolve())
