"""This project's client beside the launcher in use, CLABE from PyPI, on the same repos: they agree."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import PROJECT, Repo, clean_environment
from test_clabe import clabe as clabe
from test_clabe import insert, of_another, off_curriculum, refused
from zoo import BAD_EXITS, BAD_OUTPUT, CRASHES, HANGS, LEAVERS, MARK, Beast, Zoo, make_zoo, running

from aind_curriculum_runtime.client import Client, CurriculumError, Kind, default_environment

Both = Callable[..., tuple[Any, Any]]


@pytest.fixture(scope="module")
def mark() -> str:
    """What CLABE's processes are told by: it leaves some running."""
    return uuid.uuid4().hex


@pytest.fixture(scope="module")
def clabe_process(clabe: Path, mark: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [clabe, PROJECT / "tests" / "client_clabe.py"],
        cwd=tmp_path_factory.mktemp("launcher"),
        env=clean_environment(**{MARK: mark}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def both(clabe_process: subprocess.Popen[str], mark: str) -> Iterator[Both]:
    """Ask a repo twice, as `both(repo, session, state)`: gives CLABE's outcome and the client's."""

    def ask(repo: Path, session: Path, state: Path, *, timeout: float = 60, **settings: str) -> tuple[Any, Any]:
        given = {"project_directory": repo, "data_directory": session, "input_trainer_state": state, **settings}
        order = {key: str(value) for key, value in given.items()} | {"timeout": timeout}
        assert clabe_process.stdin is not None and clabe_process.stdout is not None
        clabe_process.stdin.write(json.dumps(order) + "\n")
        clabe_process.stdin.flush()
        theirs = json.loads(clabe_process.stdout.readline())
        client = Client(repo, timeout=timeout, environment=default_environment() | {MARK: uuid.uuid4().hex})
        try:
            return theirs, client.suggest(session, state, **settings)
        except CurriculumError as error:
            return theirs, error

    yield ask
    for pid, command in running(mark).items():
        if "client_clabe.py" not in command:
            os.kill(pid, signal.SIGTERM)  # on Linux: `running` finds none elsewhere


@pytest.fixture(scope="module")
def good(shared_repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    state = tmp_path_factory.mktemp("state") / "trainer_state.json"
    assert shared_repo.curriculum("init", "--output", state).code == 0
    result = shared_repo.curriculum("run", "--path", shared_repo.session, "--input-trainer-state", state)
    return state, result.stdout


@pytest.fixture(scope="module")
def zoo(good: tuple[Path, bytes], tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    return make_zoo(tmp_path_factory.mktemp("zoo") / "zoo", good[1])


def test_both_read_the_same_suggestion(both: Both, shared_repo: Repo, state: Path) -> None:
    theirs, ours = both(shared_repo.path, shared_repo.session, state)
    assert ours.trainer_state == theirs["trainer_state"]
    assert ours.metrics == theirs["metrics"]
    assert ours.stage == "s_shaping"


def test_both_read_the_same_of_the_session_after_it(both: Both, shared_repo: Repo, state: Path, tmp_path: Path) -> None:
    first = both(shared_repo.path, shared_repo.session, state)[1]
    following = first.write_trainer_state(tmp_path / "next.json")
    theirs, ours = both(shared_repo.path, shared_repo.session, following, curriculum="my-curriculum")
    assert ours.trainer_state == theirs["trainer_state"]
    assert ours.trainer_state["stage"]["task"]["task_parameters"]["response_delay"] == 0.25


@pytest.mark.parametrize(
    ("when", "code", "kind", "error_code"),
    [
        ("metrics", 'raise ValueError("no lick sensor")', Kind.CODE, "code.raised"),
        ("metrics", "raise SystemExit(0)", Kind.CODE, "code.exited"),
        ("metrics", 'raise SessionError("Nothing was recorded.")', Kind.MISSING, "session.incomplete"),
        ("metrics", "import os; os.closerange(3, 100)", Kind.OUTPUT, "output.stdout"),
        (
            "metrics",
            'import errno; raise OSError(errno.EHOSTDOWN, "the share is away")',
            Kind.TRANSIENT,
            "transient.io",
        ),
        ("metrics", "return None", Kind.CONTRACT, "result.metrics_type"),
        ("import", "import a_package_that_is_not_there", Kind.REPO, "repo.import_failed"),
    ],
    ids=lambda value: value if isinstance(value, Kind) else None,
)
def test_both_fail_when_curriculum_code_does(
    when: str, code: str, kind: Kind, error_code: str, both: Both, repo: Repo, state: Path
) -> None:
    insert(repo, when, code)
    theirs, ours = both(repo.path, repo.session, state)
    assert theirs == {"raised": "CommandError"}
    assert (ours.kind, ours.code) == (kind, error_code), ours.stderr
    assert ours.message and ours.hint


def not_json(state: dict[str, Any]) -> None:
    state["stage"]["name"] = float("nan")


@pytest.mark.parametrize(
    ("change", "kind", "error_code"),
    [
        (refused, Kind.REFUSED, "state.rule_refused"),
        (off_curriculum, Kind.OFF_CURRICULUM, "state.off_curriculum"),
        (of_another, Kind.STATE, "state.other_curriculum"),
        (not_json, Kind.STATE, "state.not_json"),
    ],
)
def test_both_fail_with_a_state_that_cannot_be_evaluated(
    change: Callable[[dict[str, Any]], None], kind: Kind, error_code: str, both: Both, shared_repo: Repo, state: Path
) -> None:
    changed = json.loads(state.read_text(encoding="utf-8"))
    change(changed)
    state.write_text(json.dumps(changed), encoding="utf-8")
    theirs, ours = both(shared_repo.path, shared_repo.session, state)
    assert theirs == {"raised": "CommandError"}
    assert (ours.kind, ours.code) == (kind, error_code), ours.stderr


def test_both_fail_without_the_files_or_the_curriculum(
    both: Both, shared_repo: Repo, state: Path, tmp_path: Path
) -> None:
    nowhere = tmp_path / "nowhere"
    for arguments, settings, kind, raised in (
        ((shared_repo.path, shared_repo.session, nowhere), {}, Kind.MISSING, "CommandError"),
        ((shared_repo.path, nowhere, state), {}, Kind.MISSING, "CommandError"),
        ((shared_repo.path, shared_repo.session, state), {"curriculum": "other"}, Kind.USAGE, "CommandError"),
        ((nowhere, shared_repo.session, state), {}, Kind.REPO, "FileNotFoundError"),
    ):
        theirs, ours = both(*arguments, **settings)
        assert (theirs, ours.kind) == ({"raised": raised}, kind)


CLABE_TAKES = {
    # of these pydantic makes null: metrics that the next session does not have
    *("NaN", "Infinity", "a number too large"),
    *("a key twice", "a fifth key", "UTF-8 beyond ASCII"),
    *("a stage that nobody knows", "another curriculum", "the version '1.0'", "the version 'v1.0.0'"),
    *(r"the version '1.0.0\n'", "the version '01.0.0'", "the version ''", "an empty version of the library"),
    *("the subject off curriculum", "no stage to go to", "no curriculum any more"),
    *("a child that keeps none", "a daemon: an orphan in a session of its own that keeps no pipe"),
}
"""What the client refuses and CLABE does not look at; everything else in the zoo both refuse."""


@pytest.mark.parametrize(
    "beast",
    [*BAD_OUTPUT, *BAD_EXITS, *CRASHES, *HANGS[:2], *(one for one in LEAVERS if one.kind is not Kind.TOO_LARGE)],
    ids=lambda beast: beast.name,
)
def test_what_clabe_refuses_the_client_refuses_too(
    beast: Beast, both: Both, zoo: Zoo, good: tuple[Path, bytes]
) -> None:
    waits = beast in HANGS or beast in LEAVERS  # CLABE waits for all that holds the pipes
    theirs, ours = both(zoo.behave(beast.code), zoo.path, good[0], timeout=1.2 if waits else 20)
    assert ours.kind is beast.kind
    assert ("raised" not in theirs) == (beast.name in CLABE_TAKES), theirs
