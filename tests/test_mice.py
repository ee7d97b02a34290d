"""A curriculum that trained real mice decides on this runtime as it did then."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from recorded import (
    EXAMPLE,
    STAGES,
    Session,
    by_subject,
    compare_rules,
    decision,
    evaluate,
    make_example,
    read_rules,
    read_sessions,
    stage_in_rules,
    write_session,
)
from support import Repo, call

SESSIONS = read_sessions()
SUBJECTS = by_subject(SESSIONS)

ONE_PROCESS_A_SESSION = ("689799", "668463", "687582")
"""The first was moved most often and has sessions without a trial, the second was never moved, the third met all."""


@pytest.fixture(scope="module")
def example(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """The repo of the curriculum that trained the mice."""
    return make_example(template, tmp_path_factory.mktemp("example") / "coupled-baiting")


@pytest.fixture(scope="module")
def states(example: Repo) -> dict[str, dict[str, Any]]:
    """A trainer state at each stage, as one gets it who places a subject there by hand."""
    return {stage: example.curriculum("init", "--stage", stage).document for stage in STAGES}


@pytest.fixture(scope="module")
def evaluated(
    example: Repo, states: dict[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, str]]:
    """What the production path says of every recorded session, by the session's name."""
    return evaluate(example, states, tmp_path_factory.mktemp("recorded"))


def outcome(session: Session, document: dict[str, Any]) -> tuple[str, str, str]:
    """Of a session and its suggestion: name, decision and next stage."""
    next_stage = document["trainer_state"]["stage"]["name"]
    return session.name, decision(session.stage, next_stage), next_stage


def recorded_outcome(session: Session) -> tuple[str, str, str]:
    """The same as it was recorded."""
    return session.name, session.decision, session.next_stage


def test_every_recorded_decision_and_next_stage_is_found_again(evaluated: dict[str, dict[str, str]]) -> None:
    assert (len(SESSIONS), len(SUBJECTS)) == (411, 26)
    assert {name: found["error"] for name, found in evaluated.items() if "error" in found} == {}
    found = [outcome(session, json.loads(evaluated[session.name]["suggestion"])) for session in SESSIONS]
    assert found == [recorded_outcome(session) for session in SESSIONS]


def test_every_suggested_stage_comes_with_its_parameters(evaluated: dict[str, dict[str, str]]) -> None:
    rules = read_rules()["parameters"]
    for session in SESSIONS:
        stage = json.loads(evaluated[session.name]["suggestion"])["trainer_state"]["stage"]
        assert stage["task"]["stage_name"] == session.next_stage
        assert stage["task"]["task_parameters"].items() <= rules[stage_in_rules(session.next_stage)].items()


def test_the_metrics_look_back_over_the_sessions_of_the_mouse(evaluated: dict[str, dict[str, str]]) -> None:
    for sessions in SUBJECTS.values():
        for number, session in enumerate(sessions, start=1):
            so_far = sessions[:number]
            at_stage = takewhile(lambda earlier, stage=session.stage: earlier.stage == stage, reversed(so_far))
            assert json.loads(evaluated[session.name]["suggestion"])["metrics"] == {
                "finished_trials": [earlier.finished_trials for earlier in so_far[-5:]],
                "foraging_efficiency": [earlier.foraging_efficiency for earlier in so_far[-5:]],
                "session_total": session.number,
                "session_at_current_stage": len(list(at_stage)),
                "stage_name": session.stage,
            }


def test_the_diagram_in_the_examples_readme_is_current(example: Repo) -> None:
    result = example.curriculum("diagram", "-o", EXAMPLE / "README.md", "--check")
    assert result.code == 0, result.text


@pytest.mark.parametrize("subject", ONE_PROCESS_A_SESSION)
def test_a_mouse_is_trained_with_a_process_a_session(
    subject: str,
    example: Repo,
    states: dict[str, dict[str, Any]],
    evaluated: dict[str, dict[str, str]],
    tmp_path: Path,
) -> None:
    state, metrics = states["STAGE_1"], None
    for session in SUBJECTS[subject]:
        if state["stage"]["name"] != session.stage:  # somebody moved the mouse
            state = states[session.stage]
        directory = write_session(tmp_path / session.name, session, state, metrics)
        result = example.curriculum(
            "run", "--data-directory", directory,
            "--input-trainer-state", directory / "behavior" / "trainer_state.json",
        )  # fmt: skip
        assert result.code == 0, result.text
        assert outcome(session, result.document) == recorded_outcome(session)
        assert result.stdout.decode("ascii") == evaluated[session.name]["suggestion"]
        state, metrics = result.document["trainer_state"], result.document["metrics"]


def test_the_mice_with_a_process_a_session_meet_everything_the_record_has() -> None:
    chosen = [session for subject in ONE_PROCESS_A_SESSION for session in SUBJECTS[subject]]
    assert {session.stage for session in chosen} == {session.stage for session in SESSIONS}
    assert {session.decision for session in chosen} == {session.decision for session in SESSIONS}
    assert any(session.stage != session.suggested_stage for session in chosen)
    assert any(session.foraging_efficiency is None for session in chosen)


def test_the_fifth_good_session_in_a_row_at_the_final_stage_graduates(
    example: Repo, states: dict[str, dict[str, Any]], evaluated: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    """No recorded mouse graduated; one was a session short of it when the record ends."""
    last = SUBJECTS["668463"][-1]
    before = json.loads(evaluated[last.name]["suggestion"])
    assert before["metrics"]["session_at_current_stage"] == 4
    one_more = replace(last, number=last.number + 1)
    directory = write_session(tmp_path / one_more.name, one_more, before["trainer_state"], before["metrics"])
    graduated = example.curriculum("run", "--data-directory", directory)
    assert graduated.code == 0, graduated.text
    assert graduated.document["trainer_state"]["stage"]["name"] == "GRADUATED"
    # What comes after it is harmless.
    after = replace(one_more, stage="GRADUATED")
    directory = write_session(tmp_path / "after", after, graduated.document["trainer_state"])
    again = example.curriculum("run", "--data-directory", directory)
    assert again.code == 0, again.text
    assert again.document["trainer_state"] == graduated.document["trainer_state"]


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "GRADUATED"])
def test_a_stage_has_the_parameters_of_the_time(stage: str, states: dict[str, dict[str, Any]]) -> None:
    task = states[stage]["stage"]["task"]
    found = {
        "training_stage": stage_in_rules(task["stage_name"]),
        "task": task["name"],
        "task_schema_version": task["version"].removesuffix(".0"),
        "description": task["description"],
        **task["task_parameters"],
    }
    assert found == read_rules()["parameters"][stage_in_rules(stage)]


def test_every_transition_says_what_the_rule_of_the_time_says(example: Repo) -> None:
    compared = compare_rules(example)
    assert len(compared) == 7
    for rule in compared:
        assert rule["to"] == rule["rule_to"].replace(" ", "_").upper()
        assert rule["contradicted"] == 0, rule
        assert rule["yes"] and rule["no"], rule


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("SoftwareEvents/ForagingSummary.json", "The session has no ForagingSummary.json"),
        ("Logs/tasklogic_input.json", "The session has no tasklogic_input.json"),
    ],
)
def test_an_aborted_session_keeps_the_mouse_where_it_is(
    broken: str, says: str, example: Repo, states: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    session = SUBJECTS["668463"][0]
    directory = write_session(tmp_path / session.name, session, states[session.stage])
    (directory / "behavior" / broken).unlink()
    result = example.curriculum("run", "--data-directory", directory)
    assert (result.code, result.stdout, result.error["code"]) == (66, b"", "session.incomplete")
    assert says in result.error["message"]


@pytest.mark.parametrize(
    "command", ["ruff check", "ruff format --check", "mypy", "pytest -q", "curriculum demo"], ids=lambda c: c.split()[0]
)
def test_the_example_passes_what_its_own_repo_asks_for(command: str, example: Repo) -> None:
    done = call(["uv", "run", "-q", "--directory", example.path, *command.split()])
    assert done.code == 0, done.stdout.decode("utf-8", "replace") + done.text
