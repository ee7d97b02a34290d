"""Runs forked from a process that has imported the curriculum: as good as fresh ones, or not forked at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from failing import add_metrics_code
from mutations import installed_runtime
from support import Repo, clean_environment

from aind_curriculum_runtime.checks.engine import process
from aind_curriculum_runtime.checks.engine.process import Process
from aind_curriculum_runtime.checks.engine.runs import Runs
from aind_curriculum_runtime.checks.engine.under_test import repo_at
from aind_curriculum_runtime.checks.report import Report, review, waiting_for

METRICS = "src/my_curriculum/metrics.py"
WATER = 'water=sum(hit["reward_volume"] for hit in hits),'
FORKS_HERE = sys.platform == "linux"


@pytest.fixture(scope="module")
def shared_repo(locked_repo: Repo) -> Repo:
    return locked_repo


@pytest.fixture
def runs(repo: Repo) -> Iterator[Runs]:
    """The runs of a repo, which the test may change before it asks for one."""
    found = repo_at(repo.path).runs
    yield found
    found.close()


def of(runs: Runs, name: str) -> Process:
    return runs.get(runs.repo.targets[0], name)


def told(report: Report) -> dict[str, list[str]]:
    return {row.id: [one.sentence for one in row.findings] for row in report.rows if row.status == "failed"}


@pytest.mark.parametrize(
    "name",
    ["next", "keyword", "aborted session", "not finite", "not json", "off curriculum", "hostile policy"],
)
def test_a_fork_ends_and_prints_as_a_fresh_process_does(
    name: str, shared_repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, afresh = repo_at(shared_repo.path).runs, repo_at(shared_repo.path).runs
    try:
        forked = of(runs, name)
        monkeypatch.setattr(process.Processes, "serve", lambda self, invocation: None)
        fresh = of(afresh, name)
    finally:
        runs.close()
        afresh.close()
    assert (forked.is_fork, fresh.is_fork) == (FORKS_HERE, False)
    assert (forked.code, forked.stdout) == (fresh.code, fresh.stdout)
    assert forked.said.replace(str(forked.folder), "") == fresh.said.replace(str(fresh.folder), "")


@pytest.mark.parametrize("forks", [True, False], ids=["forked", "fresh"])
def test_where_nothing_is_wrong_few_processes_are_started_afresh(
    forks: bool, shared_repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not forks:
        monkeypatch.setattr(process.Processes, "serve", lambda self, invocation: None)
    report = review(repo_at(shared_repo.path))
    assert told(report) == {}
    # The lock, the launcher's call, noise, two with what differs from rig to rig, another hash seed, and one import.
    assert report.processes == (7 if forks and FORKS_HERE else 14)


def test_where_the_same_call_prints_something_else_what_differs_is_not_looked_for_one_by_one(repo: Repo) -> None:
    repo.edit(METRICS, WATER, 'water=__import__("random").random(),')
    report = review(repo_at(repo.path))
    assert "SU001" in told(report)
    # And the call repeated, instead of each thing that differs from rig to rig alone.
    assert report.processes == (8 if FORKS_HERE else 15)


def test_no_fork_is_made_of_a_program_that_the_repo_does_not_have_from_the_runtime(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "a"\n[project.scripts]\ncurriculum = "a:main"\n', encoding="utf-8"
    )
    repo = repo_at(tmp_path, curriculum="a:A")
    assert repo.runs._server(repo.targets[0]) is None


LEFT_BEHIND = {
    "a thread": "import threading; threading.Thread(target=threading.Event().wait, args=(40,)).start()",
    "an open file": "opened = open(__file__, encoding='utf-8')",
    "a socket": "import socket; listening = socket.socket()",
    "a child": """
        import subprocess, sys
        child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(40)'])""",
    "a temporary folder": "import tempfile; kept = tempfile.TemporaryDirectory()",
}


@pytest.mark.parametrize("code", LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_an_import_that_leaves_what_forks_would_share_or_lose_is_not_forked(code: str, repo: Repo, runs: Runs) -> None:
    add_metrics_code(repo, at_import=code)
    started = time.monotonic()
    found = of(runs, "aborted session")
    assert (found.code, found.is_fork) == (66, False)
    assert time.monotonic() - started < 30


if FORKS_HERE:  # the others make fresh processes anyway

    def test_a_fault_that_only_a_fork_has_is_not_told(repo: Repo, runs: Runs) -> None:
        add_metrics_code(
            repo,
            at_import="import os; IMPORTED_BY = os.getpid()",
            in_call="import os; assert os.getpid() == IMPORTED_BY",
        )
        found = of(runs, "next")
        assert (found.code, found.is_fork) == (0, False)

    def test_the_guard_stands_in_a_fork_also_for_what_was_bound_before_it(repo: Repo, runs: Runs) -> None:
        add_metrics_code(repo, at_import="from os import _exit", in_call="_exit(0)")
        target, folder = runs.repo.targets[0], runs.scratch
        invocation = runs.launch(target, folder)
        server = runs._server(target)
        assert server is not None
        found = runs._processes.run(invocation, folder, server)
        assert (found.is_fork, found.code, found.stdout) == (True, 70, b"")
        assert b"Curriculum code ended the process by os._exit(0)." in found.stderr

    def test_a_repo_whose_runtime_cannot_fork_yet_has_fresh_processes(repo: Repo, runs: Runs) -> None:
        server = installed_runtime(repo) / "checks" / "engine" / "fork_server.py"
        aside = server.rename(server.with_suffix(".aside"))
        try:
            found = of(runs, "aborted session")
        finally:
            aside.rename(server)
        assert (found.code, found.is_fork) == (66, False)

    @pytest.mark.parametrize(("in_call", "is_fork"), [("open('missing.csv')", True), ("raise ValueError('no')", False)])
    def test_a_fork_that_fails_is_tried_afresh_unless_a_file_is_missing(
        in_call: str, is_fork: bool, repo: Repo, runs: Runs
    ) -> None:
        add_metrics_code(repo, in_call=in_call)
        found = of(runs, "aborted session")
        assert (found.code, found.is_fork) == (70, is_fork)

    def test_a_fork_that_hangs_is_ended(repo: Repo, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
        add_metrics_code(repo, in_call="import time; time.sleep(60)")
        target, folder = runs.repo.targets[0], runs.scratch
        invocation, server = runs.launch(target, folder), runs._server(target)
        monkeypatch.setattr(process, "TIMEOUT", 3.0)
        started = time.monotonic()
        found = runs._processes.run(invocation, folder, server)
        assert (found.is_fork, found.timed_out, found.is_conclusive) == (True, True, False)
        assert time.monotonic() - started < 30

    def test_an_import_that_hangs_is_told_as_such(repo: Repo, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
        add_metrics_code(repo, at_import="import time; time.sleep(60)")
        monkeypatch.setattr(process, "TIMEOUT", 3.0)
        assert of(runs, "facts").timed_out

    def test_the_process_that_forks_ends_with_the_check_even_if_that_is_killed(
        shared_repo: Repo, tmp_path: Path
    ) -> None:
        check = subprocess.Popen(
            [shared_repo.script("curriculum"), "check"],
            cwd=shared_repo.path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=clean_environment(TMPDIR=str(tmp_path)),
        )
        wait_until(lambda: bool(list(tmp_path.glob("curriculum-check-*/facts-*/answer.json"))))
        (mark,) = {mark_of(pid) for pid in servers(shared_repo)}
        check.send_signal(signal.SIGKILL)
        check.wait()
        wait_until(lambda: mark not in {mark_of(pid) for pid in servers(shared_repo)})

    def servers(repo: Repo) -> list[Path]:
        python = os.fsencode(repo.script("python"))
        return [
            folder
            for folder in Path("/proc").iterdir()
            if folder.name.isdecimal() and (words := command_of(folder)) and words[0] == python
            if b"aind_curriculum_runtime.checks.engine.fork_server" in words
        ]

    def command_of(folder: Path) -> list[bytes]:
        try:
            return (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it ended
            return []

    def mark_of(folder: Path) -> bytes | None:
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            return None
        return next((one for one in variables if one.startswith(b"CURRICULUM_CALL=")), None)

    def wait_until(holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.05)


# What differs from rig to rig is tried at once, and told apart.


@pytest.mark.parametrize(
    ("check", "water"),
    {
        "CL003": "water=1.0 * ('MUTE_SUGGESTION' in AT_IMPORT),",
        "CL004": "water=1.0 * HERE.joinpath('curriculum.json').exists(),",
        "SU009": "water=float(sum(map(ord, LISTED[0]))),",
        "SU001": "water=float(SEEDED % 1000),",
    }.items(),
)
def test_what_is_read_at_the_import_is_told_by_its_own_check(check: str, water: str, repo: Repo) -> None:
    add_metrics_code(
        repo,
        at_import="import os\nAT_IMPORT = dict(os.environ)\nHERE = Path.cwd()\nSEEDED = hash('water')\n"
        "LISTED = os.listdir(Path(__file__).parent)",
    )
    repo.edit(METRICS, WATER, water)
    found = told(review(repo_at(repo.path), select=["CL003", "CL004", "CL006", "SU001", "SU009"]))
    assert set(found) == {check}, found


def test_a_run_says_what_it_waits_for(shared_repo: Repo) -> None:
    repo = repo_at(shared_repo.path)
    seen = set()
    review(repo, select=["GR004"], progress=lambda done, total: seen.add(waiting_for(repo)))
    assert any(words.startswith("witnesses for GR004, GR005 and others, ") for words in seen), seen
    assert waiting_for(repo) == ""
