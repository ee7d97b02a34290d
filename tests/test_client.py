"""The launcher's client: its command, its environment, its answers, and that it stays light."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support import PROJECT, Repo, call, clean_environment
from zoo import MARK, Zoo, make_zoo, running

from aind_curriculum_runtime import client
from aind_curriculum_runtime.client import Client, CurriculumError, Hold, Kind, Suggestion, default_environment
from aind_curriculum_runtime.client.errors import KIND_OF_EXIT
from aind_curriculum_runtime.processes.environment import PYTHON, UV


@pytest.fixture(scope="module")
def suggestion(shared_repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    state = tmp_path_factory.mktemp("state") / "trainer_state.json"
    assert shared_repo.curriculum("init", "--output", state).code == 0
    return shared_repo.curriculum("run", "--path", shared_repo.session, "--input-trainer-state", state).stdout


@pytest.fixture(scope="module")
def zoo(suggestion: bytes, tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    return make_zoo(tmp_path_factory.mktemp("zoo") / "zoo", suggestion)


@pytest.fixture
def mark() -> str:
    return uuid.uuid4().hex


def marked(mark: str, **variables: str) -> dict[str, str]:
    return default_environment() | {MARK: mark} | variables


def refused(made: Client, session: Path, state: Path, **arguments: Any) -> CurriculumError:
    with pytest.raises(CurriculumError) as raised:
        made.suggest(session, state, **arguments)
    return raised.value


# What a launcher gets


def test_a_suggestion_has_what_the_command_printed(shared_repo: Repo, state: Path) -> None:
    printed = shared_repo.curriculum("run", "--data-directory", shared_repo.session, "--input-trainer-state", state)
    suggestion = client.suggest(shared_repo.path, shared_repo.session, state)
    assert suggestion.raw == printed.stdout
    assert suggestion.trainer_state == printed.document["trainer_state"]
    assert suggestion.metrics == printed.document["metrics"]
    assert (suggestion.version, suggestion.dsl_version) == (
        printed.document["version"],
        printed.document["dsl_version"],
    )
    assert (suggestion.stage, suggestion.curriculum) == ("s_shaping", "my-curriculum")
    assert suggestion.active_policies == ["my_curriculum.rules.p_lengthen_delay"]


def test_the_trainer_state_it_writes_is_the_next_sessions_input(shared_repo: Repo, state: Path, tmp_path: Path) -> None:
    made = Client(shared_repo.path)
    written = made.suggest(shared_repo.session, state).write_trainer_state(tmp_path / "trainer_state.json")
    assert written == tmp_path / "trainer_state.json"
    following = made.suggest(shared_repo.session, written)
    assert following.trainer_state["stage"]["task"]["task_parameters"]["response_delay"] == 0.25


def test_a_launcher_that_must_go_on_holds_the_previous_state(shared_repo: Repo, state: Path) -> None:
    before = state.read_bytes()
    held = client.suggest_or_hold(shared_repo.path, shared_repo.session, state, curriculum="other")
    assert isinstance(held, Hold)
    assert held.reason.kind is Kind.USAGE
    assert held.reason.code == "usage.unknown_curriculum"
    assert (held.state, held.state.read_bytes()) == (state, before)
    assert isinstance(client.suggest_or_hold(shared_repo.path, shared_repo.session, state), Suggestion)


def test_relative_paths_are_the_launchers_own(
    shared_repo: Repo, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = shutil.copytree(shared_repo.session, tmp_path / "session")
    monkeypatch.chdir(tmp_path)
    repo = os.path.relpath(shared_repo.path)
    assert client.suggest(repo, session.name, os.path.relpath(state)).stage == "s_shaping"


def test_the_command_is_the_contracts(zoo: Zoo, tmp_path: Path) -> None:
    zoo.behave("document['metrics'] = {'argv': sys.argv, 'cwd': os.getcwd()}; say_json(document)")
    state = tmp_path / "none.json"
    called = Client(zoo.path).suggest(tmp_path, state, curriculum="my-curriculum").metrics
    assert called["argv"][1:] == [
        *("run", "--data-directory", str(tmp_path)),
        *("--input-trainer-state", str(state)),
        *("--curriculum", "my-curriculum"),
    ]
    assert Path(called["cwd"]) == zoo.path
    assert Client(zoo.path).command("run")[1:] == ["run", "-q", "--directory", str(zoo.path), "curriculum", "run"]


@pytest.mark.parametrize("name", ["VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "UV_PROJECT_ENVIRONMENT", "UV_PROJECT"])
def test_the_launchers_python_does_not_reach_the_curriculum(
    name: str, zoo: Zoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("PROXY_OF_THE_RIG", "kept")
    zoo.behave("document['metrics'] = dict(os.environ); say_json(document)")
    seen = Client(zoo.path).suggest(tmp_path, tmp_path).metrics
    assert str(tmp_path / "elsewhere") not in seen.values()
    assert seen["PROXY_OF_THE_RIG"] == "kept"
    assert not (tmp_path / "elsewhere").exists()


def test_an_environment_that_is_given_is_all_there_is(zoo: Zoo, tmp_path: Path) -> None:
    zoo.behave("document['metrics'] = dict(os.environ); say_json(document)")
    given = {key: os.environ[key] for key in ("PATH", "HOME", "SYSTEMROOT", "LOCALAPPDATA") if key in os.environ}
    seen = Client(zoo.path, environment={**given, "ONLY": "this"}).suggest(tmp_path, tmp_path).metrics
    assert seen["ONLY"] == "this"
    assert "PYTEST_CURRENT_TEST" in os.environ and "PYTEST_CURRENT_TEST" not in seen


def test_the_input_states_curriculum_must_answer(zoo: Zoo, state: Path, tmp_path: Path) -> None:
    zoo.behave("say(raw)")
    of_another = json.loads(state.read_text(encoding="utf-8"))
    of_another["curriculum"]["name"] = "another"
    other = tmp_path / "other.json"
    other.write_text(json.dumps(of_another), encoding="utf-8")
    made = Client(zoo.path)
    assert made.suggest(tmp_path, state).curriculum == "my-curriculum"
    assert refused(made, tmp_path, other).kind is Kind.SEMANTIC
    assert refused(made, tmp_path, state, curriculum="another").kind is Kind.SEMANTIC


def test_nothing_that_a_suggestion_names_is_imported(zoo: Zoo, state: Path, tmp_path: Path) -> None:
    zoo.behave(
        "state = document['trainer_state']\n"
        "state['stage']['graph']['nodes'] = {'0': 'antigravity.fly'}; state['stage']['graph']['graph'] = {'0': []}\n"
        "state['active_policies'] = ['antigravity.fly']; state['stage']['metrics_provider'] = 'this.s'\n"
        "say_json(document)"
    )
    suggestion = Client(zoo.path).suggest(tmp_path, state)
    assert suggestion.active_policies == ["antigravity.fly"]
    assert not {"antigravity", "this"} & set(sys.modules)


# Where nothing can be started


def test_a_repo_that_is_missing_is_told(tmp_path: Path) -> None:
    error = refused(Client(tmp_path / "nowhere"), tmp_path, tmp_path)
    assert (error.kind, error.exit_code) == (Kind.REPO, None)
    assert str(tmp_path / "nowhere") in error.message


def test_a_submodule_that_is_not_there_does_not_run_the_task_repo_around_it(zoo: Zoo, tmp_path: Path) -> None:
    zoo.behave("say(raw)")
    submodule = zoo.path / "submodule"
    submodule.mkdir(exist_ok=True)
    error = refused(Client(submodule), tmp_path, tmp_path)
    assert error.kind is Kind.REPO
    assert "git submodule update --init" in error.hint


def test_a_machine_without_uv_is_told(zoo: Zoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refused(Client(zoo.path), tmp_path, tmp_path)
    assert (error.kind, error.exit_code) == (Kind.NOT_STARTED, None)
    assert "uv" in error.message


def test_an_uv_that_does_not_start_is_told(zoo: Zoo, tmp_path: Path) -> None:
    broken = tmp_path / "uv.exe"
    broken.write_bytes(b"not a program")
    broken.chmod(0o755)
    assert refused(Client(zoo.path, uv=str(broken)), tmp_path, tmp_path).kind is Kind.NOT_STARTED


def test_a_null_character_in_a_path_is_told(zoo: Zoo, tmp_path: Path) -> None:
    assert refused(Client(zoo.path), tmp_path, tmp_path, curriculum="a\0b").kind is Kind.NOT_STARTED


def write_project(folder: Path, more: str = "") -> Path:
    folder.mkdir()
    text = f'[project]\nname = "bare"\nversion = "1.0.0"\nrequires-python = ">=3.11"\n{more}'
    (folder / "pyproject.toml").write_text(text, encoding="utf-8", newline="\n")
    return folder


def test_a_repo_without_the_command_does_not_get_the_launchers_own(tmp_path: Path) -> None:
    """This environment, the launcher's, has a command `curriculum`."""
    own = Path(sys.executable).parent
    assert shutil.which("curriculum", path=str(own)) is not None
    repo = write_project(tmp_path / "bare")
    path = os.pathsep.join([str(own), os.environ["PATH"]])
    environment = default_environment({**os.environ, "PATH": path, "VIRTUAL_ENV": str(own.parent)})
    error = refused(Client(repo, environment=environment), tmp_path, tmp_path)
    assert (error.kind, error.exit_code) == (Kind.NOT_STARTED, 2)
    assert "curriculum" in error.stderr


@pytest.mark.parametrize(
    "more", ['dependencies = ["no-package-of-this-name-anywhere"]\n', "this is not TOML\n"], ids=["dependency", "TOML"]
)
def test_an_environment_that_uv_cannot_make_is_told(more: str, tmp_path: Path) -> None:
    repo = write_project(tmp_path / "bare", more)
    environment = default_environment() | {"UV_OFFLINE": "1"}
    error = refused(Client(repo, environment=environment, timeout=60), tmp_path, tmp_path)
    assert error.kind is Kind.NOT_STARTED, error
    assert error.exit_code in (1, 2)
    assert error.stderr


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), None])
def test_a_call_without_a_time_is_not_made(timeout: Any) -> None:
    with pytest.raises(ValueError, match="timeout"):
        Client("anywhere", timeout=timeout)


# Several at once


def test_a_client_may_be_used_from_several_threads(zoo: Zoo, state: Path, tmp_path: Path, mark: str) -> None:
    zoo.behave("document['metrics'] = {'session': sys.argv[3]}; say_json(document)")
    made = Client(zoo.path, environment=marked(mark))
    sessions = [tmp_path / str(number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        suggestions = list(pool.map(lambda session: made.suggest(session, state), sessions))
    assert [one.metrics["session"] for one in suggestions] == [str(session) for session in sessions]
    assert running(mark) == {}


def test_asyncio_calls_run_side_by_side_and_give_the_same(zoo: Zoo, state: Path, mark: str) -> None:
    zoo.behave("time.sleep(0.5); say(raw)")
    made = Client(zoo.path, environment=marked(mark))

    async def ask() -> tuple[list[Suggestion], Suggestion | Hold, int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.create_task(tick())
        both = await asyncio.gather(*(made.suggest_async(zoo.path, state) for _ in range(2)))
        ticking.cancel()
        zoo.behave("sys.exit(70)")
        return both, await made.suggest_or_hold_async(zoo.path, state), ticks

    both, held, ticks = asyncio.run(ask())
    assert both[0].raw == both[1].raw == (zoo.path / "suggestion.json").read_bytes()
    assert isinstance(held, Hold) and held.reason.kind is Kind.CODE
    assert ticks > 10  # the loop was free meanwhile


@pytest.mark.parametrize("negotiate", [False, True], ids=["while it runs", "while it negotiates"])
def test_cancelling_an_asyncio_call_ends_its_processes(
    negotiate: bool, fresh_zoo: Zoo, state: Path, tmp_path: Path, mark: str
) -> None:
    started, zoo = tmp_path / "started", fresh_zoo
    zoo.behave(f"linger(quiet=True); Path({str(started)!r}).touch(); time.sleep(600)")
    made = Client(zoo.path, environment=marked(mark), negotiate=negotiate)

    async def cancel() -> None:
        task = asyncio.create_task(made.suggest_async(zoo.path, state))
        while not started.exists():
            await asyncio.sleep(0.01)
        assert running(mark) or sys.platform == "win32"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert running(mark) == {}

    asyncio.run(asyncio.wait_for(cancel(), 20))


LAUNCHER = """\
import signal, sys
from aind_curriculum_runtime.client import Client
{before}
try:
    print(Client(sys.argv[1], timeout=60).suggest_or_hold(sys.argv[1], sys.argv[2]).reason.message)
except KeyboardInterrupt:
    print("interrupted")
"""


def start_launcher(zoo: Zoo, state: Path, mark: str, before: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", LAUNCHER.format(before=before), str(zoo.path), str(state)],
        env=clean_environment(**{MARK: mark}),
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


if sys.platform != "win32":  # where a test cannot press Ctrl-C for another process alone, nor make links and pipes

    def test_a_link_to_the_trainer_state_stays_one(zoo: Zoo, state: Path, tmp_path: Path) -> None:
        zoo.behave("say(raw)")
        (tmp_path / "share").mkdir()
        stored, link = tmp_path / "share" / "trainer_state.json", tmp_path / "link"
        stored.write_bytes(b"the state before")
        link.symlink_to(stored)
        suggestion = Client(zoo.path).suggest(zoo.path, state)
        suggestion.write_trainer_state(link)
        assert link.is_symlink()
        assert json.loads(stored.read_bytes()) == suggestion.trainer_state

    def test_a_trainer_state_can_be_written_to_a_pipe_which_stays_one(zoo: Zoo, state: Path, tmp_path: Path) -> None:
        zoo.behave("say(raw)")
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        suggestion = Client(zoo.path).suggest(zoo.path, state)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            suggestion.write_trainer_state(pipe)
            assert pipe.is_fifo()
            assert json.loads(os.read(reader, 1 << 16)) == suggestion.trainer_state
        finally:
            os.close(reader)

    def test_a_state_that_is_a_pipe_does_not_hold_the_launcher(zoo: Zoo, tmp_path: Path) -> None:
        zoo.behave("time.sleep(600)")
        os.mkfifo(tmp_path / "trainer_state.json")
        error = refused(Client(zoo.path, timeout=1), zoo.path, tmp_path / "trainer_state.json")
        assert error.kind is Kind.TIMEOUT

    def test_ctrl_c_ends_the_processes_too(zoo: Zoo, state: Path, tmp_path: Path, mark: str) -> None:
        started = tmp_path / "started"
        zoo.behave(f"linger(quiet=True, session=True); Path({str(started)!r}).touch(); time.sleep(600)")
        launcher = start_launcher(zoo, state, mark, "signal.signal(signal.SIGINT, signal.default_int_handler)")
        while not started.exists():
            time.sleep(0.01)
        assert len(running(mark)) >= 4  # the launcher, uv, the command and what it left
        launcher.send_signal(signal.SIGINT)
        out, _ = launcher.communicate(timeout=10)
        assert out == "interrupted\n"
        assert running(mark) == {}

    def test_a_launcher_that_ignores_its_children_does_not_take_a_crash_for_success(
        zoo: Zoo, state: Path, mark: str
    ) -> None:
        """The system then keeps no exit code, and Python says 0."""
        zoo.behave("say(raw); os.abort()")
        launcher = start_launcher(zoo, state, mark, "signal.signal(signal.SIGCHLD, signal.SIG_IGN)")
        out, _ = launcher.communicate(timeout=20)
        assert "exit code was lost" in out


# Trying again


COUNTING = """\
tries = HOME / "tries"
tries.write_text((tries.read_text() if tries.exists() else "") + "x")
"""


@pytest.mark.parametrize(("status", "tries"), [(75, 3), (70, 1)], ids=["transient", "of the curriculum's code"])
def test_only_a_transient_failure_is_tried_again_where_that_is_asked_for(
    status: int, tries: int, zoo: Zoo, state: Path
) -> None:
    (zoo.path / "tries").unlink(missing_ok=True)
    zoo.behave(COUNTING + f"sys.exit({status})")
    error = refused(Client(zoo.path, retries=2, retry_delay=0.01), zoo.path, state)
    assert error.exit_code == status
    assert len((zoo.path / "tries").read_text(encoding="utf-8")) == tries


def test_nothing_is_tried_again_by_default(zoo: Zoo, state: Path) -> None:
    (zoo.path / "tries").unlink(missing_ok=True)
    zoo.behave(COUNTING + "sys.exit(75)")
    assert refused(Client(zoo.path), zoo.path, state).kind is Kind.TRANSIENT
    assert (zoo.path / "tries").read_text(encoding="utf-8") == "x"


def test_a_try_after_a_transient_failure_may_succeed(zoo: Zoo, state: Path) -> None:
    (zoo.path / "tries").unlink(missing_ok=True)
    zoo.behave(COUNTING + "sys.exit(75) if tries.read_text() == 'x' else say(raw)")
    made = Client(zoo.path, retries=1, retry_delay=0.01)
    assert made.suggest(zoo.path, state).stage == "s_shaping"
    (zoo.path / "tries").unlink()
    assert asyncio.run(made.suggest_async(zoo.path, state)).stage == "s_shaping"


# Which contract a repo speaks


def test_a_repo_describes_itself(shared_repo: Repo) -> None:
    found = client.describe(shared_repo.path)
    assert found.contract == 1
    assert found.curricula == {"my-curriculum": "0.1.0"}
    assert "run" in found.commands
    assert found.raw == shared_repo.curriculum("describe", "--json").document
    assert asyncio.run(Client(shared_repo.path).describe_async()) is found


def describing(**changed: Any) -> str:
    said = {"contract": 1, "runtime_version": "1.0.0", "dsl_version": "0.0.42", "commands": ["run"], "curricula": []}
    return COUNTING + f"say(raw) if sys.argv[1] == 'run' else say_json({said | changed!r})"


@pytest.fixture
def fresh_zoo(zoo: Zoo) -> Zoo:
    """The zoo with a lock that was never seen, and nothing counted."""
    (zoo.path / "tries").unlink(missing_ok=True)
    os.utime(zoo.path / "uv.lock")
    return zoo


def test_a_description_is_asked_once_until_the_lock_changes(fresh_zoo: Zoo) -> None:
    fresh_zoo.behave(describing())
    with ThreadPoolExecutor(4) as pool:
        assert len({id(one) for one in pool.map(client.describe, [fresh_zoo.path] * 4)}) == 1
    assert (fresh_zoo.path / "tries").read_text(encoding="utf-8") == "x"
    time.sleep(0.02)  # more than a file system's tick
    os.utime(fresh_zoo.path / "uv.lock")
    client.describe(fresh_zoo.path)
    assert (fresh_zoo.path / "tries").read_text(encoding="utf-8") == "xx"


def test_a_newer_contract_is_refused_before_anything_is_run(fresh_zoo: Zoo, state: Path) -> None:
    fresh_zoo.behave(describing(contract=2, curricula={"another": "form"}))
    made = Client(fresh_zoo.path, negotiate=True)
    error = refused(made, fresh_zoo.path, state)
    assert error.kind is Kind.INCOMPATIBLE
    assert "contract 2" in error.message
    assert (fresh_zoo.path / "tries").read_text(encoding="utf-8") == "x"
    with pytest.raises(CurriculumError, match="contract 2"):
        asyncio.run(made.suggest_async(fresh_zoo.path, state))


def test_a_repo_of_this_contract_passes_the_negotiation(fresh_zoo: Zoo, state: Path) -> None:
    fresh_zoo.behave(describing(more="than today"))
    made = Client(fresh_zoo.path, negotiate=True)
    assert [made.suggest(fresh_zoo.path, state).stage for _ in range(2)] == ["s_shaping"] * 2
    assert (fresh_zoo.path / "tries").read_text(encoding="utf-8") == "xxx"  # asked once, run twice


@pytest.mark.parametrize(
    "changed",
    [{"contract": None}, {"contract": True}, {"contract": 0}, {"commands": "run"}, {"curricula": [{"name": 1}]}],
    ids=str,
)
def test_a_description_that_is_none_is_refused(changed: dict[str, Any], fresh_zoo: Zoo) -> None:
    fresh_zoo.behave(describing(**changed))
    with pytest.raises(CurriculumError) as raised:
        client.describe(fresh_zoo.path)
    assert raised.value.kind is Kind.SCHEMA


# The package


def test_an_error_can_be_passed_between_processes(zoo: Zoo, state: Path) -> None:
    zoo.behave("os.write(2, b'said'); sys.exit(70)")
    error = refused(Client(zoo.path), zoo.path, state)
    copy = pickle.loads(pickle.dumps(error))
    assert copy.__dict__ == error.__dict__
    assert str(copy) == str(error) and error.message in str(error)


def test_every_kind_has_a_meaning() -> None:
    assert len({kind.meaning for kind in Kind}) == len(Kind)


def test_the_client_needs_neither_the_library_nor_pydantic(zoo: Zoo, state: Path) -> None:
    zoo.behave("say(raw)")
    code = (
        "import sys\nfrom aind_curriculum_runtime.client import suggest\n"
        "suggest(sys.argv[1], sys.argv[1], sys.argv[2])\n"
        "heavy = {'pydantic', 'aind_behavior_curriculum', 'asyncio'}\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & heavy))"
    )
    done = call([sys.executable, "-c", code, zoo.path, state])
    assert (done.code, done.stdout.strip()) == (0, b"[]"), done.text


def test_the_docs_table_of_kinds_is_the_clients() -> None:
    text = (PROJECT / "docs" / "client.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    told = {row[0].strip("`"): row[-1] for row in rows if row[0].strip("`") in [*Kind]}
    assert told == {kind.value: kind.meaning for kind in Kind}
    codes = {row[0].strip("`"): row[1].split()[0] for row in rows}
    assert all(codes[kind] == str(int(status)) for status, kind in KIND_OF_EXIT.items())


def test_the_docs_list_of_variables_is_the_clients() -> None:
    text = (PROJECT / "docs" / "client.md").read_text(encoding="utf-8")
    listed = text.split("`default_environment()` is ")[1].split(";")[0]
    assert {*listed.replace("`", " ").replace(",", " ").split()} >= {
        name for name in (*PYTHON, *UV) if name not in ("__PYVENV_LAUNCHER__", "UV_WORKING_DIRECTORY")
    }
