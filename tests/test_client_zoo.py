"""The launcher's client meets bad curricula: always one error of the right kind, in time, and nothing left."""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import Repo, call
from zoo import BAD_EXITS, BAD_OUTPUT, CRASHES, HANGS, LEAVERS, MARK, Beast, Zoo, make_zoo, running

from aind_curriculum_runtime.client import Client, CurriculumError, Kind, default_environment
from aind_curriculum_runtime.client.errors import KIND_OF_EXIT
from aind_curriculum_runtime.contract import errors
from aind_curriculum_runtime.contract.errors import CODES, ExitCode, error_line

SLACK = 2.0
"""Seconds that a call may take beyond its timeout."""


@pytest.fixture(scope="module")
def good(shared_repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A trainer state file, and what a real curriculum printed for it."""
    state = tmp_path_factory.mktemp("state") / "trainer_state.json"
    assert shared_repo.curriculum("init", "--output", state).code == 0
    result = shared_repo.curriculum("run", "--path", shared_repo.session, "--input-trainer-state", state)
    assert result.code == 0, result.text
    return state, result.stdout


@pytest.fixture(scope="module")
def zoo(good: tuple[Path, bytes], tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    return make_zoo(tmp_path_factory.mktemp("zoo") / "zoo", good[1])


class Visit:
    """Calls of the client whose processes can be told, and timed."""

    def __init__(self, zoo: Zoo, state: Path) -> None:
        self.zoo = zoo
        self.state = state
        self.mark = uuid.uuid4().hex

    def client(self, **settings: Any) -> Client:
        return Client(self.zoo.path, environment=default_environment() | {MARK: self.mark}, **settings)

    def error(self, code: str, **settings: Any) -> CurriculumError:
        """The error that ``code`` leads to; nothing may be left, and the time may not be passed."""
        self.zoo.behave(code)
        client = self.client(**settings)
        start = time.monotonic()
        with pytest.raises(CurriculumError) as raised:
            client.suggest(self.zoo.path, self.state)
        assert time.monotonic() - start < client.timeout + SLACK
        assert running(self.mark) == {}
        return raised.value


@pytest.fixture
def visit(zoo: Zoo, good: tuple[Path, bytes]) -> Visit:
    return Visit(zoo, good[0])


def each(beasts: list[Beast]) -> Callable[..., Any]:
    return pytest.mark.parametrize("beast", beasts, ids=lambda beast: beast.name)


def test_a_good_animal_of_the_zoo_gives_the_suggestion(visit: Visit, good: tuple[Path, bytes]) -> None:
    """What the errors below are errors of is the behaviour, not the zoo."""
    visit.zoo.behave("say(raw)")
    suggestion = visit.client().suggest(visit.zoo.path, visit.state)
    assert suggestion.raw == good[1]
    assert suggestion.trainer_state == json.loads(good[1])["trainer_state"]
    assert running(visit.mark) == {}


@each(BAD_OUTPUT)
def test_output_that_is_no_suggestion_is_an_error_though_the_command_succeeded(visit: Visit, beast: Beast) -> None:
    error = visit.error(beast.code, timeout=20)
    assert (error.kind, error.exit_code) == (beast.kind, 0), error
    assert error.message


@each(BAD_EXITS)
def test_the_exit_code_counts_before_the_output(visit: Visit, beast: Beast) -> None:
    error = visit.error(beast.code, timeout=20)
    assert error.kind is beast.kind, error
    assert error.exit_code not in (0, None)


@each(CRASHES)
def test_a_crash_after_good_output_is_an_error(visit: Visit, beast: Beast) -> None:
    error = visit.error(beast.code, timeout=20)
    assert error.kind is beast.kind, error


@each(HANGS)
def test_a_hang_ends_with_the_timeout(visit: Visit, beast: Beast) -> None:
    error = visit.error(beast.code, timeout=0.8)
    assert (error.kind, error.exit_code) == (beast.kind, None), error


@each(LEAVERS)
def test_no_process_outlives_the_call(visit: Visit, beast: Beast) -> None:
    error = visit.error(beast.code, timeout=1.0 if beast.kind is Kind.TIMEOUT else 20)
    assert error.kind is beast.kind, error


def test_a_suggestion_may_be_taken_from_a_command_that_left_processes_which_are_ended(visit: Visit) -> None:
    visit.zoo.behave("linger(); say(raw)")
    suggestion = visit.client(allow_leftovers=True).suggest(visit.zoo.path, visit.state)
    assert suggestion.stage == "s_shaping"
    assert running(visit.mark) == {}


def test_a_helper_that_ends_soon_after_the_command_is_no_fault(visit: Visit) -> None:
    visit.zoo.behave("subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(0.3)']); say(raw)")
    assert visit.client().suggest(visit.zoo.path, visit.state).stage == "s_shaping"


@pytest.mark.parametrize("with_line", [True, False], ids=["with the error line", "without an error line"])
@pytest.mark.parametrize("status", ExitCode, ids=lambda status: f"exit {status.value}")
def test_each_exit_code_of_the_contract_has_its_kind(visit: Visit, status: ExitCode, with_line: bool) -> None:
    code = next(code for code, of_code in CODES.items() if of_code is status)
    line = error_line(errors.CurriculumError(code, "What is wrong.", "What to do.", where="$.stage"), curriculum="zoo")
    said = f"os.write(2, {line if with_line else b'no line'!r})"
    error = visit.error(f"say(raw); {said}; sys.exit({int(status)})", timeout=20)
    assert (error.kind, error.exit_code) == (KIND_OF_EXIT[status], int(status))
    if with_line:
        assert (error.code, error.message, error.hint) == (code, "What is wrong.", "What to do.")
        assert (error.where, error.curriculum) == ("$.stage", "zoo")
    else:
        assert error.code is None
        assert status.meaning in error.message


def test_an_error_line_is_found_although_a_child_wrote_after_it(visit: Visit) -> None:
    line = error_line(errors.CurriculumError("code.raised", "What is wrong."))
    error = visit.error(f"os.write(2, {line!r} + b'Terminated' + bytes([10])); sys.exit(70)", timeout=20)
    assert (error.code, error.message) == ("code.raised", "What is wrong.")


@pytest.mark.parametrize(
    "line",
    [b"CURRICULUM-ERROR \n", b"CURRICULUM-ERROR []\n", b'CURRICULUM-ERROR {"exit":64,"message":"m"}\n', b"\xff\xfe\n"],
    ids=["empty", "an array", "of another exit code", "of no encoding"],
)
def test_an_error_line_that_is_none_leaves_the_exit_codes_own_words(visit: Visit, line: bytes) -> None:
    error = visit.error(f"os.write(2, {line!r}); sys.exit(70)", timeout=20)
    assert (error.kind, error.code) == (Kind.CODE, None)
    assert ExitCode.CURRICULUM_CODE.meaning in error.message


def test_an_error_of_a_newer_contract_is_told_as_such(visit: Visit) -> None:
    line = b'CURRICULUM-ERROR {"contract":2,"exit":70,"code":"x.y"}\n'
    assert visit.error(f"os.write(2, {line!r}); sys.exit(70)", timeout=20).kind is Kind.INCOMPATIBLE


LAUNCHER = """\
import json, resource, sys
from aind_curriculum_runtime.client import Client, Hold
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
outcome = Client(sys.argv[1], timeout=60).suggest_or_hold(sys.argv[1], sys.argv[2])
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
held = isinstance(outcome, Hold)
said = outcome.reason if held else outcome
print(json.dumps([said.kind if held else "suggestion", len(said.stderr), grown]))
"""
GIGABYTE = "for _ in range(1024): {}(b'x' * 2**20)"

if sys.platform != "win32":  # where a process's peak is not told

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            (GIGABYTE.format("say"), "too_large"),
            (GIGABYTE.format("say") + "; linger()", "too_large"),
            (GIGABYTE.format("sys.stderr.buffer.write") + "\nsay(raw)", "suggestion"),
            (GIGABYTE.format("sys.stderr.buffer.write") + "\nsys.exit(70)", "code"),
        ],
        ids=["on stdout", "on stdout and a child", "on stderr", "on stderr, and a failure"],
    )
    def test_a_gigabyte_of_output_does_not_fill_the_launchers_memory(visit: Visit, code: str, expected: str) -> None:
        visit.zoo.behave(code)
        done = call([sys.executable, "-c", LAUNCHER, visit.zoo.path, visit.state], env={MARK: visit.mark})
        assert done.code == 0, done.text
        kind, kept, grown = done.document
        assert kind == expected
        assert kept <= 1 << 16
        assert grown < 200 * 1024  # KiB: up to 64 MiB of a document are accepted, and copied once
        assert running(visit.mark) == {}


def test_the_end_of_stderr_is_what_is_kept(visit: Visit) -> None:
    error = visit.error("os.write(2, b'first ' + b'x' * 200_000 + b' last'); sys.exit(70)", stderr_limit=100)
    assert len(error.stderr) == 100
    assert error.stderr.endswith("x last")


def test_output_of_just_the_limit_is_read(visit: Visit, good: tuple[Path, bytes]) -> None:
    visit.zoo.behave("say(raw)")
    client = visit.client(stdout_limit=len(good[1]))
    assert client.suggest(visit.zoo.path, visit.state).raw == good[1]
    assert visit.error("say(raw)", stdout_limit=len(good[1]) - 1).kind is Kind.TOO_LARGE
