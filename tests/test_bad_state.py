"""Trainer states that anybody may have edited, cut short or taken from elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from failing import add_metrics_code, assert_failed, contents, failed_run
from support import Repo, Result

PACKAGE = "my_curriculum"
POLICY = f"{PACKAGE}.rules.p_lengthen_delay"
POLICY_TRANSITION = f"{PACKAGE}.rules.pt_lengthen_delay_hold_delay"
STAGE_TRANSITION = f"{PACKAGE}.rules.st_shaping_discrimination"
METRICS_PROVIDER = f"{PACKAGE}.metrics.metrics_from_dataset"

Json = dict[str, Any]


def at(state: Json, path: str, value: Any) -> Json:
    """Put ``value`` at a dotted path of the state; numbers in it are places of an array."""
    *parents, last = path.split(".")
    here: Any = state
    for part in parents:
        here = here[int(part) if isinstance(here, list) else part]
    here[int(last) if isinstance(here, list) else last] = value
    return state


def without(state: Json, path: str) -> Json:
    """Take the key at a dotted path out of the state."""
    *parents, last = path.split(".")
    here: Any = state
    for part in parents:
        here = here[part]
    del here[last]
    return state


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "trainer_state.json"


def evaluate(repo: Repo, state: Path, **options: Any) -> Result:
    return repo.curriculum("run", "--data-directory", repo.session, "--input-trainer-state", state, **options)


# The file


def test_a_missing_state_is_told_with_its_path(shared_repo: Repo, file: Path) -> None:
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.missing", exit_code=66)
    assert str(file) in error["message"]
    assert error["where"] == str(file)


def test_a_missing_relative_state_is_told_with_the_absolute_path_and_the_reason(shared_repo: Repo) -> None:
    result = shared_repo.launch(
        "run", "--data-directory", shared_repo.session, "--input-trainer-state", "up/state.json"
    )
    error = assert_failed(result, "state.missing", 66)
    assert error["where"] == str(shared_repo.path / "up" / "state.json")
    assert error["where"] in error["message"]
    assert "uv run --directory" in error["hint"]
    assert "Give an absolute path" in error["hint"]


def test_a_relative_state_is_found_from_the_working_directory(
    shared_repo: Repo, file: Path, shaping_bytes: bytes
) -> None:
    file.write_bytes(shaping_bytes)
    assert evaluate(shared_repo, Path(file.name), cwd=file.parent).code == 0


def test_a_state_below_a_file_is_missing(shared_repo: Repo, file: Path, shaping_bytes: bytes) -> None:
    file.write_bytes(shaping_bytes)
    failed_run(shared_repo, shared_repo.session, file / "trainer_state.json", code="state.missing", exit_code=66)


if sys.platform != "win32":

    def test_a_pipe_to_which_nobody_writes_is_not_waited_for(shared_repo: Repo, file: Path) -> None:
        os.mkfifo(file)
        error = assert_failed(evaluate(shared_repo, file), "state.unreadable", 65)
        assert f"{file} could not be read: it is a pipe to which nothing was written for 5 s." in error["message"]


def test_a_directory_is_no_state(shared_repo: Repo, file: Path) -> None:
    file.mkdir()
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.unreadable", exit_code=65)
    assert "is a directory" in error["message"]


def test_a_state_of_200_megabytes_is_refused_unread(shared_repo: Repo, file: Path) -> None:
    with file.open("wb") as large:
        large.truncate(200 * 2**20)
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.too_large", exit_code=65)
    assert "64 MiB" in error["message"]


@pytest.mark.parametrize("text", ["", " \n\t", "\ufeff"], ids=["no byte", "white space", "a byte order mark"])
def test_an_empty_state_is_called_empty(text: str, shared_repo: Repo, file: Path) -> None:
    file.write_text(text, encoding="utf-8")
    failed_run(shared_repo, shared_repo.session, file, code="state.empty", exit_code=65)


NOT_JSON: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "words": (lambda good: b"trainer state of subject 12", "line 1, column 1"),
    "JSON with a comma too many": (lambda good: good.rstrip()[:-1] + b",}", "column"),
    "a state and something after it": (lambda good: good + b"{}", "line 2, column 1"),
    "a state cut before a name": (lambda good: good[: good.index(b'"task_parameters"')], "cut short"),
    "a state without its last brace": (lambda good: good.rstrip()[:-1], "cut short"),
    "a duplicate key": (lambda good: b'{"stage": null,' + good[1:], "'stage' stands twice"),
    "a duplicate key deep inside": (
        lambda good: good.replace(b'"is_on_curriculum"', b'"more": [{"a": 1, "a": 1}], "is_on_curriculum"'),
        "'a' stands twice",
    ),
    "NaN": (lambda good: good.replace(b'"reward_volume":4.0', b'"reward_volume":NaN'), "NaN"),
    "Infinity": (lambda good: good.replace(b'"reward_volume":4.0', b'"reward_volume":-Infinity'), "-Infinity"),
    "a number beyond every float": (
        lambda good: good.replace(b'"reward_volume":4.0', b'"reward_volume":1e999'),
        "too large",
    ),
    "an integer of ten thousand digits": (
        lambda good: good.replace(b'"reward_volume":4.0', b'"reward_volume":' + b"9" * 10_000),
        "digits",
    ),
    "UTF-16": (lambda good: good.decode().encode("utf-16"), "UTF-16"),
    "Latin-1": (lambda good: good.replace(b'"Detection"', '"Détection"'.encode("latin-1")), "not UTF-8"),
    "a hundred thousand brackets": (lambda good: b"[" * 100_000, "nested too deeply"),
    "deep nesting in the curriculum": (
        lambda good: good.replace(
            b'"pkg_location":', b'"a":' + b"[" * 100_000 + b"]" * 100_000 + b',"pkg_location":', 1
        ),
        "nested too deeply",
    ),
}


@pytest.mark.parametrize("case", NOT_JSON)
def test_a_state_is_refused_as_json_when_it_holds(
    case: str, shared_repo: Repo, file: Path, shaping_bytes: bytes
) -> None:
    spoil, told = NOT_JSON[case]
    file.write_bytes(spoil(shaping_bytes))
    assert file.read_bytes() != shaping_bytes
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.not_json", exit_code=65)
    assert told in error["message"]
    assert error["where"] == str(file)
    assert "curriculum init" in error["hint"]


def test_a_byte_order_mark_is_accepted(shared_repo: Repo, file: Path, shaping_bytes: bytes) -> None:
    file.write_bytes(shaping_bytes)
    plain = evaluate(shared_repo, file)
    file.write_bytes(b"\xef\xbb\xbf" + shaping_bytes.replace(b"\n", b"\r\n"))
    assert evaluate(shared_repo, file) == plain
    assert plain.code == 0, plain.text


@pytest.mark.parametrize("depth", [150, 300, 975, 985])
def test_nesting_of_any_depth_is_refused_and_never_a_crash(
    depth: int, shared_repo: Repo, file: Path, shaping: Json
) -> None:
    at(shaping, "stage.task.task_parameters.more", "HERE")
    file.write_text(json.dumps(shaping).replace('"HERE"', "[" * depth + "]" * depth), encoding="utf-8")
    result = evaluate(shared_repo, file)
    error = assert_failed(result, result.error["code"], 65)
    if depth == 150:  # is read, as a parameter that there is not
        assert error["code"] == "state.other_parameters" and len(error["message"]) < 300
    else:
        assert "nested too deeply" in error["message"]


def test_half_a_surrogate_pair_is_told_as_such(shared_repo: Repo, file: Path, shaping_bytes: bytes) -> None:
    file.write_bytes(shaping_bytes.replace(b'"reward_volume":4.0', b'"reward_volume":4.0,"note":"\\ud800"'))
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.invalid", exit_code=65)
    assert "surrogate" in error["message"]


# The form


def test_a_whole_suggestion_in_the_place_of_its_trainer_state_is_told(shared_repo: Repo, file: Path) -> None:
    file.write_bytes(shared_repo.curriculum("demo").stdout)
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.invalid", exit_code=65)
    assert "whole suggestion" in error["message"] and "trainer_state" in error["hint"]


@pytest.mark.parametrize("value", [[], "s_shaping", 3, None, True], ids=repr)
def test_a_state_that_is_no_object_is_invalid(value: Any, shared_repo: Repo, file: Path) -> None:
    file.write_text(json.dumps(value), encoding="utf-8")
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.invalid", exit_code=65)
    assert error["where"] == "$"


WRONG_VALUES: dict[str, list[Any]] = {
    "curriculum": ["my-curriculum"],
    "curriculum.name": [3],
    "curriculum.version": [None, 1.0, "1.0", "newest"],
    "is_on_curriculum": [None, "yes"],
    "active_policies": [POLICY, {"0": POLICY}, 0],
    "active_policies.0": [None, {"name": POLICY}, [POLICY]],
    "stage": ["s_shaping", []],
    "stage.name": [None, ["s_shaping"]],
    "stage.metrics_provider": [[METRICS_PROVIDER], False],
    "stage.start_policies": [POLICY, None],
    "stage.start_policies.0": [None, [POLICY], {}],
    "stage.graph": [None, []],
    "stage.graph.nodes": [None, [POLICY], POLICY],
    "stage.graph.nodes.0": [None, [POLICY], {}],
    "stage.graph.graph": [None, [], POLICY_TRANSITION],
    "stage.graph.graph.0": [None, {}, POLICY_TRANSITION],
    "stage.graph.graph.0.0": [None, {}, POLICY_TRANSITION, [], [POLICY_TRANSITION], [POLICY_TRANSITION, 9]],
    "stage.graph.graph.0.0.0": [None, {}, [POLICY_TRANSITION]],
    "stage.task": [None, "Detection"],
    "stage.task.task_parameters": [None],
    "stage.task.task_parameters.reward_volume": [None, "much", 4000],
    "surplus": [POLICY],
    "stage.surplus": ["shutil.rmtree"],
}


@pytest.mark.parametrize(
    ("place", "value"), [pytest.param(p, v, id=f"{p}={v!r}") for p, values in WRONG_VALUES.items() for v in values]
)
def test_a_wrong_value_is_told_with_its_place(
    place: str, value: Any, shared_repo: Repo, file: Path, shaping: Json
) -> None:
    file.write_text(json.dumps(at(shaping, place, value)), encoding="utf-8")
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.invalid", exit_code=65)
    parts = error["where"].replace("[", ".").replace("]", "").removeprefix("$.").split(".")
    assert ".".join(parts)[: len(place)] == place, error["where"]
    assert error["where"] in error["message"]


@pytest.mark.parametrize("place", ["curriculum", "curriculum.name", "curriculum.version", "stage.name", "stage.task"])
def test_a_missing_key_is_told_with_its_place(place: str, shared_repo: Repo, file: Path, shaping: Json) -> None:
    file.write_text(json.dumps(without(shaping, place)), encoding="utf-8")
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.invalid", exit_code=65)
    assert error["where"] == f"$.{place}"


@pytest.mark.parametrize("half", ["nodes", "graph"])
def test_a_policy_graph_that_lacks_a_half_is_invalid(half: str, shared_repo: Repo, file: Path, shaping: Json) -> None:
    file.write_text(json.dumps(at(shaping, f"stage.graph.{half}", {})), encoding="utf-8")
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.invalid", exit_code=65)
    assert error["where"].startswith("$.stage.graph.graph")


def test_a_wrong_parameter_is_shown(shared_repo: Repo, file: Path, shaping: Json) -> None:
    file.write_text(json.dumps(at(shaping, "stage.task.task_parameters.reward_volume", 4000)), encoding="utf-8")
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.invalid", exit_code=65)
    assert error["where"] == "$.stage.task.task_parameters.reward_volume"
    assert "4000" in error["message"]


# The curriculum, the version, the stage, the policies


def test_a_state_of_another_curriculum_is_refused(shared_repo: Repo, file: Path, shaping: Json) -> None:
    file.write_text(json.dumps(at(shaping, "curriculum.name", "other")), encoding="utf-8")
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.other_curriculum", exit_code=65)
    assert "'other'" in error["message"]
    assert "my-curriculum" in error["hint"]
    assert error["where"] == "$.curriculum.name"


def test_naming_the_curriculum_does_not_make_another_ones_state_fit(
    shared_repo: Repo, file: Path, shaping: Json
) -> None:
    file.write_text(json.dumps(at(shaping, "curriculum.name", "other")), encoding="utf-8")
    error, _ = failed_run(
        shared_repo,
        shared_repo.session,
        file,
        "--curriculum",
        "my-curriculum",
        code="state.other_curriculum",
        exit_code=65,
    )
    assert (error["curriculum"], error["version"]) == ("my-curriculum", "0.1.0")


def test_a_state_without_a_curriculum_is_refused(shared_repo: Repo, file: Path, shaping: Json) -> None:
    file.write_text(json.dumps(at(shaping, "curriculum", None)), encoding="utf-8")
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.other_curriculum", exit_code=65)
    assert error["where"] == "$.curriculum"


@pytest.mark.parametrize("version", ["1.0.0", "2.3.4", "10.0.0-rc.1"])
def test_a_state_of_another_major_version_is_refused(
    version: str, shared_repo: Repo, file: Path, shaping: Json
) -> None:
    file.write_text(json.dumps(at(shaping, "curriculum.version", version)), encoding="utf-8")
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.other_version", exit_code=65)
    assert version in error["message"]
    assert "0.1.0" in error["message"]


@pytest.mark.parametrize("version", ["0.0.1", "0.9.0", "0.1.0-alpha.1+build"])
def test_a_state_of_the_same_major_version_is_accepted(
    version: str, shared_repo: Repo, file: Path, shaping: Json
) -> None:
    file.write_text(json.dumps(at(shaping, "curriculum.version", version)), encoding="utf-8")
    result = evaluate(shared_repo, file)
    assert result.code == 0, result.text
    assert result.document["trainer_state"]["curriculum"]["version"] == "0.1.0"


def test_a_stage_the_curriculum_lacks_is_told_with_those_it_has(shared_repo: Repo, file: Path, shaping: Json) -> None:
    file.write_text(json.dumps(at(shaping, "stage.name", "s_shapping")), encoding="utf-8")
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.unknown_stage", exit_code=65)
    assert "'s_shapping'" in error["message"]
    assert "s_shaping" in error["hint"]
    assert error["where"] == "$.stage.name"


def test_a_policy_of_another_stage_is_told_with_those_of_this_one(shared_repo: Repo, file: Path) -> None:
    state = json.loads(shared_repo.curriculum("init", "--stage", "s_habituation").stdout)
    file.write_text(json.dumps(at(state, "active_policies", [POLICY])), encoding="utf-8")
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.unknown_policy", exit_code=65)
    assert POLICY in error["message"]
    assert error["where"] == "$.active_policies[0]"


OFF_CURRICULUM: dict[str, Callable[[Json], Json]] = {
    "it has no stage": lambda state: at(state, "stage", None),
    "it has no key stage": lambda state: without(state, "stage"),
    "it says so": lambda state: at(state, "is_on_curriculum", False),
    "it says so and has no stage": lambda state: at(at(state, "is_on_curriculum", False), "stage", None),
    "it is the library's default": lambda state: (
        dict.fromkeys(("curriculum", "stage", "active_policies")) | {"is_on_curriculum": False}
    ),
}


@pytest.mark.parametrize("why", OFF_CURRICULUM)
def test_a_subject_is_off_curriculum_when(why: str, shared_repo: Repo, file: Path, shaping: Json) -> None:
    file.write_text(json.dumps(OFF_CURRICULUM[why](shaping)), encoding="utf-8")
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.off_curriculum", exit_code=69)
    assert "off curriculum" in error["message"]


# Rule references: nothing foreign is ever imported or called

PLACES = {
    "active_policies.0": "$.active_policies[0]",
    "stage.metrics_provider": "$.stage.metrics_provider",
    "stage.start_policies.0": "$.stage.start_policies[0]",
    "stage.graph.nodes.1": "$.stage.graph.nodes.1",
    "stage.graph.graph.0.0.0": "$.stage.graph.graph.0[0][0]",
}


@pytest.fixture
def witness(repo: Repo, tmp_path: Path) -> Path:
    """A file that appears when the module ``witness`` is imported or its functions are called."""
    seen = tmp_path / "seen" / "witness"
    seen.parent.mkdir()
    code = f"""
        from pathlib import Path

        def testify(*arguments, **named):
            Path({str(seen)!r}).write_text("was here", encoding="utf-8")
            return arguments[-1] if arguments else None

        testify()
    """
    lines = [line.removeprefix("        ") for line in code.splitlines()]
    repo.write("src/witness.py", "\n".join(lines))
    repo.write(f"src/{PACKAGE}/unused.py", "\n".join(lines))
    return seen


@pytest.mark.parametrize("module", ["witness", f"{PACKAGE}.unused"])
def test_the_witness_testifies_when_it_is_imported(module: str, repo: Repo, witness: Path) -> None:
    assert not witness.exists()
    subprocess.run([repo.script("python"), "-c", f"import {module}"], check=True)
    assert witness.exists()


@pytest.mark.parametrize("reference", ["witness.testify", f"{PACKAGE}.unused.testify"])
@pytest.mark.parametrize("place", PLACES)
def test_a_foreign_reference_is_refused_and_not_imported_at(
    place: str, reference: str, repo: Repo, witness: Path, file: Path, shaping: Json
) -> None:
    file.write_text(json.dumps(at(shaping, place, reference)), encoding="utf-8")
    error, _ = failed_run(repo, repo.session, file, code="state.rule_refused", exit_code=77)
    assert error["where"] == PLACES[place]
    assert f"{reference!r} at {PLACES[place]}" in error["message"]
    assert not witness.exists()


@pytest.mark.parametrize("off", [True, False])
def test_a_foreign_reference_is_refused_whether_or_not_the_subject_is_on_the_curriculum(
    off: bool, repo: Repo, witness: Path, file: Path, shaping: Json
) -> None:
    at(shaping, "is_on_curriculum", not off)
    file.write_text(json.dumps(at(shaping, "stage.metrics_provider", "witness.testify")), encoding="utf-8")
    failed_run(repo, repo.session, file, code="state.rule_refused", exit_code=77)
    assert not witness.exists()


def test_a_state_cannot_delete_the_session(shared_repo: Repo, file: Path, shaping: Json, tmp_path: Path) -> None:
    session = tmp_path / "session"
    shutil.copytree(shared_repo.session, session)
    file.write_text(json.dumps(at(shaping, "stage.metrics_provider", "shutil.rmtree")), encoding="utf-8")
    failed_run(shared_repo, session, file, code="state.rule_refused", exit_code=77)
    assert contents(session) == contents(shared_repo.session)


@pytest.mark.parametrize(
    "reference",
    [
        f"{PACKAGE}.metrics.os.system",
        f"{PACKAGE}.metrics.os.remove",
        f"{PACKAGE}.metrics.Path",
        f"{PACKAGE}.metrics.Path.rmdir",
        f"{PACKAGE}.metrics.read_software_events",
        f"{PACKAGE}.metrics.DetectionMetrics",
        f"{METRICS_PROVIDER}.__call__",
        f" {METRICS_PROVIDER}",
        f"{METRICS_PROVIDER}\n",
        METRICS_PROVIDER.upper(),
        METRICS_PROVIDER.replace("a", "\N{CYRILLIC SMALL LETTER A}"),
        PACKAGE,
        "",
    ],
)
def test_a_name_from_within_the_package_is_refused_unless_it_is_a_rule(
    reference: str, shared_repo: Repo, file: Path, shaping: Json
) -> None:
    file.write_text(json.dumps(at(shaping, "stage.metrics_provider", reference)), encoding="utf-8")
    failed_run(shared_repo, shared_repo.session, file, code="state.rule_refused", exit_code=77)


@pytest.mark.parametrize(
    ("place", "reference"),
    [
        ("active_policies.0", METRICS_PROVIDER),
        ("active_policies.0", POLICY_TRANSITION),
        ("stage.start_policies.0", POLICY_TRANSITION),
        ("stage.graph.nodes.1", STAGE_TRANSITION),
        ("stage.metrics_provider", POLICY),
        ("stage.graph.graph.0.0.0", POLICY),
        ("stage.graph.graph.0.0.0", STAGE_TRANSITION),
        ("stage.graph.graph.0.0.0", METRICS_PROVIDER),
    ],
)
def test_a_rule_of_the_curriculum_is_refused_in_a_place_of_another_kind(
    place: str, reference: str, shared_repo: Repo, file: Path, shaping: Json
) -> None:
    file.write_text(json.dumps(at(shaping, place, reference)), encoding="utf-8")
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.rule_refused", exit_code=77)
    assert error["where"] == PLACES[place]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("curriculum.graph.nodes.0.metrics_provider", "witness.testify"),
        ("curriculum.graph.nodes.1.start_policies", ["witness.testify"]),
        ("curriculum.graph.nodes.1.graph.nodes.0", "witness.testify"),
        ("curriculum.graph.nodes.1.graph.graph.0.0.0", "witness.testify"),
        ("curriculum.graph.graph.0.0.0", "witness.testify"),
        ("curriculum.graph", {"nodes": {"0": "witness.testify"}}),
        ("curriculum.graph", None),
        ("curriculum.pkg_location", "witness"),
        ("curriculum.surplus", "witness.testify"),
    ],
)
def test_the_states_own_copy_of_the_curriculum_is_never_read(
    place: str, value: Any, repo: Repo, witness: Path, file: Path, shaping: Json, shaping_bytes: bytes
) -> None:
    file.write_bytes(shaping_bytes)
    untouched = evaluate(repo, file)
    file.write_text(json.dumps(at(shaping, place, value)), encoding="utf-8")
    assert evaluate(repo, file) == untouched
    assert untouched.code == 0, untouched.text
    assert not witness.exists()


def test_a_very_long_reference_is_shortened_in_the_error_line(shared_repo: Repo, file: Path, shaping: Json) -> None:
    reference = "shutil." + "r\N{MOUSE}" * 100_000
    file.write_text(json.dumps(at(shaping, "stage.metrics_provider", reference)), encoding="utf-8")
    error, _ = failed_run(shared_repo, shared_repo.session, file, code="state.rule_refused", exit_code=77)
    assert error["where"] == "$.stage.metrics_provider"


def test_a_state_is_looked_at_before_the_metrics_code_runs(repo: Repo, file: Path, shaping: Json) -> None:
    add_metrics_code(repo, in_call="raise RuntimeError('the metrics code ran')")
    file.write_text(json.dumps(at(shaping, "stage.name", "s_none")), encoding="utf-8")
    _, result = failed_run(repo, repo.session, file, code="state.unknown_stage", exit_code=65)
    assert "the metrics code ran" not in result.text
