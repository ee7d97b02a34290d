"""Results that a launcher could not read or a next session not load, code that fails, and outputs that are gone."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from failing import add_metrics_code, assert_failed, contents, failed_run
from support import FIRST_SESSION, Repo, Result, call

RULES = "src/my_curriculum/rules.py"


@pytest.fixture
def file(tmp_path: Path, shaping_bytes: bytes) -> Path:
    target = tmp_path / "trainer_state.json"
    target.write_bytes(shaping_bytes)
    return target


def evaluate(repo: Repo, state: Path, *more: str | Path, **options: Any) -> Result:
    return repo.curriculum("run", "--data-directory", repo.session, "--input-trainer-state", state, *more, **options)


def metrics_with(value: str) -> str:
    """Code that returns metrics with a field ``more`` of the given value."""
    return f"return DetectionMetrics(trials=24, hit_rate=0.75, water=72.0, more={value})"


def body_of(repo: Repo, rule: str, code: str) -> None:
    """Put ``code`` at the start of a function in rules.py, below its docstring."""
    text = (repo.path / RULES).read_text(encoding="utf-8")
    start = text.index("\n", text.index('"""', text.index(f"def {rule}(")))
    repo.write(RULES, f"{text[:start]}\n    {code}{text[start:]}")


# What the metrics code returns


@pytest.mark.parametrize(
    ("returned", "named"),
    [
        ("None", "nothing (None)"),
        ("{'trials': 24, 'hit_rate': 0.75, 'water': 72.0}", "a dict"),
        ("_original(data_directory).model_dump_json()", "a str"),
        ("DetectionMetrics", "a ModelMetaclass"),
        ("(_original(data_directory), 'all well')", "a tuple"),
        ("(yield)", "a generator"),
    ],
)
def test_metrics_code_must_return_metrics(returned: str, named: str, repo: Repo, file: Path) -> None:
    add_metrics_code(repo, in_call=f"return {returned}")
    error, _ = failed_run(repo, repo.session, file, code="result.metrics_type", exit_code=76)
    assert named in error["message"]
    assert "my_curriculum.metrics.metrics_from_dataset" in error["message"]


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ("float('nan')", "$.metrics.more"),
        ("float('inf')", "$.metrics.more"),
        ("float('-inf')", "$.metrics.more"),
        ("[1.0, float('nan')]", "$.metrics.more[1]"),
        ("(1.0, [2.0, float('inf')])", "$.metrics.more[1][1]"),
        ("{'left': {'right': float('nan')}}", "$.metrics.more.left.right"),
        ("{float('nan')}", "$.metrics.more[0]"),
        ("__import__('decimal').Decimal('NaN')", "$.metrics.more"),
        ("DetectionMetrics(trials=1, hit_rate=1, water=1, deep=float('nan'))", "$.metrics.more.deep"),
    ],
)
def test_a_metric_that_is_not_finite_is_told_by_its_name(value: str, where: str, repo: Repo, file: Path) -> None:
    add_metrics_code(repo, in_call=metrics_with(value))
    error, _ = failed_run(repo, repo.session, file, code="result.not_finite", exit_code=76)
    assert error["where"] == where
    assert error["where"].removeprefix("$.") in error["message"]


def test_a_declared_metric_that_is_not_finite_is_told_by_its_name(repo: Repo, file: Path) -> None:
    repo.edit("src/my_curriculum/metrics.py", "reaction_times[len(reaction_times) // 2]", "float('nan')")
    error, _ = failed_run(repo, repo.session, file, code="result.not_finite", exit_code=76)
    assert error["where"] == "$.metrics.median_reaction_time"


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ("object()", "$.metrics.more"),
        ("len", "$.metrics.more"),
        ("lambda: 1", "$.metrics.more"),
        ("[object()]", "$.metrics.more"),
        ("{'a': object()}", "$.metrics.more"),
        ("{(1, 2): object()}", "$.metrics.more"),
        ("DetectionMetrics(trials=1, hit_rate=1, water=1, deep=object())", "$.metrics.more.deep"),
        ("b'\\xff'", "$.metrics.more"),
        ("'\\ud800'", "$.metrics"),
        ("10 ** 5000", "$.metrics"),
        ("loop", "$.metrics.more"),
        ("nested(250)", "$.metrics"),
        ("nested(500)", "$.metrics"),
        ("nested(2000)", "$.metrics"),
    ],
)
def test_a_metric_is_refused_unless_a_launcher_can_read_it(value: str, where: str, repo: Repo, file: Path) -> None:
    add_metrics_code(
        repo,
        at_import="""
        loop = []
        loop.append(loop)

        def nested(depth):
            value = []
            for _ in range(depth):
                value = [value]
            return value""",
        in_call=metrics_with(value),
    )
    error, _ = failed_run(repo, repo.session, file, code="result.not_serialisable", exit_code=76)
    assert error["where"] == where


@pytest.mark.parametrize("value", ["'\\N{MOUSE} für'", "None", "0.1 + 0.2", "-0.0", "2 ** 60", "[]", "{'a': [True]}"])
def test_an_ordinary_metric_comes_out_as_it_was(value: str, repo: Repo, file: Path) -> None:
    add_metrics_code(repo, in_call=metrics_with(value))
    result = evaluate(repo, file)
    assert result.code == 0, result.text
    result.stdout.decode("ascii")
    found = result.document["metrics"]["more"]
    assert repr(found) == repr(eval(value))


def test_sets_come_out_in_one_order_whatever_the_hash_seed(repo: Repo, file: Path) -> None:
    words = {f"word {number}" for number in range(20)}
    add_metrics_code(repo, in_call=metrics_with(f"{{'left': {words!r}, 'right': [frozenset({words!r})]}}"))
    runs = [evaluate(repo, file, env={"PYTHONHASHSEED": str(seed)}) for seed in range(6)]
    assert runs[0].code == 0, runs[0].text
    assert {run.stdout for run in runs} == {runs[0].stdout}
    more = runs[0].document["metrics"]["more"]
    assert more == {"left": sorted(words), "right": [sorted(words)]}


# What policies leave


@pytest.mark.parametrize(
    "returned", ["return None", "return {}", "return task.task_parameters", "return DetectionTask"]
)
def test_a_policy_must_return_the_task(returned: str, repo: Repo, file: Path) -> None:
    body_of(repo, "p_lengthen_delay", returned)
    error, _ = failed_run(repo, repo.session, file, code="result.task_type", exit_code=76)
    assert "my_curriculum.rules.p_lengthen_delay" in error["message"]
    assert "return task" in error["hint"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("float('nan')", "result.not_finite"),
        ("float('inf')", "result.not_finite"),
        ("99.0", "result.not_reloadable"),
        ("'long'", "result.not_reloadable"),
        ("None", "result.not_reloadable"),
        ("object()", "result.not_serialisable"),
    ],
)
def test_a_parameter_set_past_its_validation_is_refused(value: str, code: str, repo: Repo, file: Path) -> None:
    body_of(repo, "p_lengthen_delay", f"task.task_parameters.__dict__['response_delay'] = {value}; return task")
    error, _ = failed_run(repo, repo.session, file, code=code, exit_code=76)
    assert "trainer" in error["message"]
    assert error["where"].endswith("stage.task.task_parameters.response_delay")
    assert "metrics" not in error["hint"]


# Pydantic writes a field by its name and reads it by its alias, and of a subclass it writes the declared fields alone.
LOST = {
    "an alias": ("stray: float = Field(default=1.0, alias='Stray')", "stray = 7.0", "stray", "populate_by_name"),
    "an alias for reading": (
        "stray: float = Field(default=1.0, validation_alias='Stray')", "stray = 7.0", "stray", "populate_by_name",
    ),
    "a field of a subclass": ("light: Light = Light()", "light = Lamp()", "light.color", "SerializeAsAny"),
    "a field of a subclass in a list": (
        "lights: list[Light] = []", "lights = [Light(), Lamp()]", "lights[1].color", "SerializeAsAny",
    ),
}  # fmt: skip
CLASSES = "class Light(TaskParameters):\n    on: bool = True\n\n\nclass Lamp(Light):\n    color: str = 'red'\n\n\n"


def declare(repo: Repo, field: str) -> None:
    """Give the task's parameters one more field, and some classes to declare it by."""
    task, anchor = f"src/{repo.package.name}/task.py", "class DetectionParameters(TaskParameters):"
    repo.edit(task, anchor, CLASSES + anchor)
    repo.edit(task, "    distractors: bool", f"    {field}\n    distractors: bool")


@pytest.mark.parametrize("case", LOST)
def test_a_parameter_that_would_not_come_back_from_json_is_refused(case: str, repo: Repo, file: Path) -> None:
    field, change, where, hint = LOST[case]
    declare(repo, field)
    body_of(repo, "p_lengthen_delay", f"from .task import Lamp, Light; task.task_parameters.{change}; return task")
    error, _ = failed_run(repo, repo.session, file, code="result.not_reloadable", exit_code=76)
    assert error["where"] == f"$.trainer_state.stage.task.task_parameters.{where}"
    assert hint in error["hint"]


@pytest.mark.parametrize(
    ("field", "change", "found"),
    [
        (
            "stray: float = Field(default=1.0, alias='Stray')\n    model_config = {'populate_by_name': True}",
            "stray = 7.0",
            7.0,
        ),
        ("stray: float = Field(default=1.0, serialization_alias='Stray')", "stray = 7.0", 7.0),
        ("stray: Light | Lamp = Light()", "stray = Lamp()", {"on": True, "color": "red"}),
        ("stray: object = None", "stray = Lamp()", {"on": True, "color": "red"}),
    ],
    ids=["an alias beside the name", "an alias for writing", "a union", "anything"],
)
def test_a_parameter_that_comes_back_from_json_is_accepted(
    field: str, change: str, found: object, repo: Repo, file: Path
) -> None:
    declare(repo, field)
    body_of(repo, "p_lengthen_delay", f"from .task import Lamp, Light; task.task_parameters.{change}; return task")
    result = evaluate(repo, file)
    assert result.code == 0, result.text
    assert result.document["trainer_state"]["stage"]["task"]["task_parameters"]["stray"] == found


def test_a_parameter_out_of_its_range_is_the_policys_failure(repo: Repo, file: Path) -> None:
    body_of(repo, "p_lengthen_delay", "task.task_parameters.response_delay = 99.0; return task")
    _, result = failed_run(repo, repo.session, file, code="code.raised", exit_code=70)
    assert "response_delay" in result.text


# Code that fails


def shown_traceback(result: Result) -> list[str]:
    """The files of the traceback on stderr, in order."""
    lines = result.text.splitlines()
    start = lines.index("Traceback (most recent call last):")
    return [line.split('"')[1] for line in lines[start:] if line.startswith('  File "')]


@pytest.mark.parametrize("rule", ["p_lengthen_delay", "pt_lengthen_delay_hold_delay"])
def test_a_rule_that_raises_is_shown_from_its_own_line_on(rule: str, repo: Repo, file: Path) -> None:
    body_of(repo, rule, "raise KeyError('left')")
    error, result = failed_run(repo, repo.session, file, code="code.raised", exit_code=70)
    assert shown_traceback(result) == [str(repo.package / "rules.py")]
    assert "KeyError: 'left'" in error["message"]
    assert f"in {rule}" in error["message"]


def test_a_stage_transition_that_raises_is_shown_from_its_own_line_on(repo: Repo, file: Path) -> None:
    repo.edit(RULES, "return metrics.good_sessions_in_a_row >= 2", "return 1 / 0")
    error, result = failed_run(repo, repo.session, file, code="code.raised", exit_code=70)
    assert shown_traceback(result) == [str(repo.package / "rules.py")]
    assert "ZeroDivisionError" in error["message"]
    assert "in st_shaping_discrimination" in error["message"]


def test_metrics_code_that_raises_is_shown_from_its_first_line_to_its_last(repo: Repo, file: Path) -> None:
    add_metrics_code(repo, in_call="json.loads('{')")
    error, result = failed_run(repo, repo.session, file, code="code.raised", exit_code=70)
    files = shown_traceback(result)
    assert files[0] == str(repo.package / "metrics.py")
    assert all("json" in Path(one).parts for one in files[1:])
    assert "JSONDecodeError" in error["message"]
    assert "metrics.py, line" in error["message"]


def test_an_exception_without_words_is_told_by_its_class_and_place(repo: Repo, file: Path) -> None:
    add_metrics_code(repo, in_call="assert not data_directory")
    error, _ = failed_run(repo, repo.session, file, code="code.raised", exit_code=70)
    assert "failed: AssertionError (metrics.py, line " in error["message"]


def test_the_exceptions_that_led_to_one_are_shown(repo: Repo, file: Path) -> None:
    add_metrics_code(
        repo,
        in_call="""
        try:
            {}['left']
        except KeyError as error:
            raise ValueError('no left side') from error""",
    )
    _, result = failed_run(repo, repo.session, file, code="code.raised", exit_code=70)
    assert "KeyError: 'left'" in result.text
    assert "direct cause" in result.text
    assert set(shown_traceback(result)) == {str(repo.package / "metrics.py")}


RAISED = {
    "a base exception": ("raise BaseException('stop')", "code.raised", 70),
    "GeneratorExit": ("raise GeneratorExit", "code.raised", 70),
    "a cancelled task": ("import asyncio; raise asyncio.CancelledError", "code.raised", 70),
    "a group of exceptions": ("raise ExceptionGroup('both', [KeyError('a'), ValueError('b')])", "code.raised", 70),
    "recursion without end": ("return metrics_from_dataset(data_directory)", "code.raised", 70),
    "no memory": ("raise MemoryError", "code.raised", 70),
    "a missing file": ("open('none.csv')", "code.raised", 70),
    "a failed assertion": ("assert not data_directory", "code.raised", 70),
    "a message of a megabyte": ("raise ValueError('noise ' * 200_000)", "code.raised", 70),
    "a message of all letters": ("raise ValueError('\\N{MOUSE}\\n\\x00\\x1b[31m\\udcff\\r\\n')", "code.raised", 70),
    "a message that raises": (
        "raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()",
        "code.raised",
        70,
    ),
    "exit": ("raise SystemExit", "code.exited", 70),
    "exit with 0": ("import sys; sys.exit(0)", "code.exited", 70),
    "exit with words": ("import sys; sys.exit('enough')", "code.exited", 70),
    "quit": ("quit()", "code.exited", 70),
    "an interrupt": ("raise KeyboardInterrupt", "code.interrupted", 70),
    "an interrupt from a thread": (
        "import _thread, time; _thread.interrupt_main(); time.sleep(5)",
        "code.interrupted",
        70,
    ),
    "an unfit session": ("raise SessionError('The video is missing.')", "session.incomplete", 66),
    "something away for now": (
        "from aind_curriculum_runtime import TransientError; raise TransientError('The database is down.')",
        "transient.io",
        75,
    ),
    "a share that does not answer": (
        "import errno; raise OSError(errno.ETIMEDOUT, 'timed out', 'x.csv')",
        "transient.io",
        75,
    ),
    "a socket that times out, without a number": ("raise TimeoutError('timed out')", "transient.io", 75),
    "a connection that is reset": ("import errno; raise OSError(errno.ECONNRESET, 'reset')", "transient.io", 75),
}


@pytest.mark.parametrize("case", RAISED)
def test_the_metrics_code_fails_by(case: str, repo: Repo, file: Path) -> None:
    raised, code, exit_code = RAISED[case]
    add_metrics_code(repo, in_call=raised)
    _, result = failed_run(repo, repo.session, file, code=code, exit_code=exit_code, timeout=30)
    assert ("Traceback" in result.text) == (code == "code.raised")


@pytest.mark.parametrize(
    "case", ["a base exception", "exit with 0", "an interrupt", "an unfit session", "a share that does not answer"]
)
def test_importing_the_curriculum_fails_by(case: str, repo: Repo, file: Path) -> None:
    raised, code, exit_code = RAISED[case]
    if code == "code.raised":
        code, exit_code = "repo.import_failed", 78
    add_metrics_code(repo, at_import=raised)
    _, result = failed_run(repo, repo.session, file, code=code, exit_code=exit_code, timeout=30)
    assert ("Traceback" in result.text) == (code == "repo.import_failed")


def test_an_unfit_session_is_told_in_the_authors_words(repo: Repo, file: Path) -> None:
    add_metrics_code(repo, in_call="raise SessionError('The video is missing.', 'Was the camera on?')")
    error, result = failed_run(repo, repo.session, file, code="session.incomplete", exit_code=66)
    assert (error["message"], error["hint"]) == ("The video is missing.", "Was the camera on?")
    assert result.text.splitlines()[:2] == ["curriculum: The video is missing.", "  hint: Was the camera on?"]
    assert len(result.text.splitlines()) == 3


# Where the suggestion goes


def test_the_suggestion_file_holds_what_stdout_holds(shared_repo: Repo, file: Path, tmp_path: Path) -> None:
    plain = evaluate(shared_repo, file)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "suggestion.json").write_text("that of yesterday", encoding="utf-8")
    assert evaluate(shared_repo, file, "--output-suggestion", tmp_path / "out") == plain
    assert plain.code == 0, plain.text
    assert contents(tmp_path / "out").keys() == {".", "suggestion.json"}
    assert (tmp_path / "out" / "suggestion.json").read_bytes() == plain.stdout


def test_a_muted_suggestion_leaves_stdout_empty(shared_repo: Repo, file: Path, tmp_path: Path) -> None:
    plain = evaluate(shared_repo, file)
    muted = evaluate(shared_repo, file, "--mute-suggestion", "--output-suggestion", tmp_path)
    assert (muted.code, muted.stdout, muted.stderr) == (0, b"", FIRST_SESSION)
    assert (tmp_path / "suggestion.json").read_bytes() == plain.stdout


@pytest.mark.parametrize("what", ["is missing", "is a file"])
def test_a_folder_for_the_suggestion_that_is_not_there_is_told_before_anything_runs(
    what: str, repo: Repo, file: Path, tmp_path: Path
) -> None:
    add_metrics_code(repo, at_import="print('the curriculum was imported')")
    out = tmp_path / "out"
    if what == "is a file":
        out.write_bytes(b"")
    error, result = failed_run(
        repo, repo.session, file, "--output-suggestion", out, code="output.directory_missing", exit_code=74
    )
    assert what in error["message"]
    assert str(out) in error["message"]
    assert "the curriculum was imported" not in result.text


def test_a_suggestion_file_that_is_a_folder_is_left_alone(shared_repo: Repo, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "suggestion.json" / "kept").mkdir(parents=True)
    failed_run(
        shared_repo,
        shared_repo.session,
        file,
        "--output-suggestion",
        out,
        code="output.not_writable",
        exit_code=74,
    )
    assert contents(out).keys() == {".", "suggestion.json", "suggestion.json/kept"}


def test_a_failure_leaves_the_suggestion_of_before(repo: Repo, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "suggestion.json").write_text("that of yesterday", encoding="utf-8")
    add_metrics_code(repo, in_call=metrics_with("float('nan')"))
    before = contents(out)
    failed_run(repo, repo.session, file, "--output-suggestion", out, code="result.not_finite", exit_code=76)
    assert contents(out) == before


def test_a_reader_of_stdout_that_is_gone_is_a_failure(shared_repo: Repo, file: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = evaluate(shared_repo, file, stdout=writer)
    os.close(writer)
    assert_failed(result, "output.stdout", 74)


if sys.platform != "win32":

    def redirected(repo: Repo, file: Path, redirection: str, *more: str | Path) -> Result:
        """Run the command as a shell does with ``redirection``."""
        program = f'exec "$0" "$@" {redirection}'
        command = [str(repo.script("curriculum")), "run", "--data-directory", str(repo.session)]
        return call(["sh", "-c", program, *command, "--input-trainer-state", file, *more])

    @pytest.mark.parametrize("redirection", ["1>&-", "0<&- 1>&-"])
    def test_a_closed_stdout_is_a_failure_and_leaks_to_no_other_stream(
        redirection: str, shared_repo: Repo, file: Path
    ) -> None:
        result = redirected(shared_repo, file, redirection)
        assert_failed(result, "output.stdout", 74)
        assert 'trainer_state"' not in result.text

    def test_a_full_disk_behind_stdout_is_a_failure(shared_repo: Repo, file: Path, tmp_path: Path) -> None:
        result = redirected(shared_repo, file, "1>/dev/full", "--output-suggestion", tmp_path)
        error = assert_failed(result, "output.stdout", 74)
        assert "No space left" in error["message"]
        assert json.loads((tmp_path / "suggestion.json").read_bytes())["version"] == "0.1.0"

    @pytest.mark.parametrize("redirection", ["0<&-", "2>&-", "0<&- 2>&-"])
    def test_other_streams_that_are_closed_change_nothing(redirection: str, repo: Repo, file: Path) -> None:
        add_metrics_code(
            repo, in_call="import sys; print('noise'); sys.stderr.write('noise'); assert not sys.stdin.read()"
        )
        plain = evaluate(repo, file)
        found = redirected(repo, file, redirection)
        assert plain.code == 0, plain.text
        assert (found.code, found.stdout) == (0, plain.stdout)

    @pytest.mark.parametrize("redirection", ["2>&-", "0<&- 1>&- 2>&-", "2>/dev/full"])
    def test_a_failure_has_its_exit_code_even_when_nothing_can_be_told(
        redirection: str, shared_repo: Repo, tmp_path: Path
    ) -> None:
        result = redirected(shared_repo, tmp_path / "none.json", redirection)
        assert (result.code, result.stdout) == (74 if "1>&-" in redirection else 66, b"")

    def test_a_failure_is_told_when_stdin_is_closed(shared_repo: Repo, tmp_path: Path) -> None:
        assert_failed(redirected(shared_repo, tmp_path / "none.json", "0<&-"), "state.missing", 66)
