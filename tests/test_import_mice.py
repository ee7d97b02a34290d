"""The curriculum that trained real mice, imported from its own JSON, decides as it did then."""

from __future__ import annotations

import json
import shutil
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from recorded import (
    NAME,
    RECORDED,
    STAGES,
    as_recorded,
    by_subject,
    compare_rules,
    decision,
    evaluate,
    read_rules,
    read_sessions,
    stage_in_rules,
    write_session,
)
from support import Repo, commit_all, generate

SESSIONS = read_sessions()


@pytest.fixture(scope="module")
def imported(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """The repo that `curriculum import` makes, told where the rig of the time wrote a session's values."""
    made = Repo(generate(template, tmp_path_factory.mktemp("imported") / NAME, curriculum_name=NAME)).sync()
    commit_all(made.path, "The lock")
    done = made.curriculum("import", RECORDED / "coupled_baiting_v0.1_rules.json", cwd=made.path)
    assert done.code == 0, done.text
    assert done.stdout.splitlines()[0] == b"Coupled Baiting of auto-train (schema 0.3): 4 stages, 7 rules translated."
    made.edit("src/coupled_baiting/metrics.py", '"SessionSummary.json"', '"ForagingSummary.json"')
    return made


@pytest.fixture(scope="module")
def states(imported: Repo) -> dict[str, dict[str, Any]]:
    """A trainer state at each stage, by the record's name of the stage."""
    names = [stage if stage == "GRADUATED" else f"s_{stage.lower()}" for stage in STAGES]
    return {as_recorded(name): imported.curriculum("init", "--stage", name).document for name in names}


@pytest.fixture(scope="module")
def suggestions(
    imported: Repo, states: dict[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """What the production path says of every recorded session, by the session's name."""
    found = evaluate(imported, states, tmp_path_factory.mktemp("recorded"))
    assert {name: one["error"] for name, one in found.items() if "error" in one} == {}
    return {name: json.loads(one["suggestion"]) for name, one in found.items()}


def test_every_recorded_decision_and_next_stage_is_found_again(suggestions: dict[str, dict[str, Any]]) -> None:
    assert len(SESSIONS) == 411
    for session in SESSIONS:
        next_stage = as_recorded(suggestions[session.name]["trainer_state"]["stage"]["name"])
        assert (decision(session.stage, next_stage), next_stage) == (session.decision, session.next_stage), session


def test_the_metrics_look_back_over_the_sessions_of_the_mouse(suggestions: dict[str, dict[str, Any]]) -> None:
    for sessions in by_subject(SESSIONS).values():
        for number, session in enumerate(sessions, start=1):
            so_far = sessions[:number]
            at_stage = takewhile(lambda earlier, stage=session.stage: earlier.stage == stage, reversed(so_far))
            found = suggestions[session.name]["metrics"]
            assert found == {
                "finished_trials": [earlier.finished_trials for earlier in so_far[-5:]],
                "foraging_efficiency": [earlier.foraging_efficiency for earlier in so_far[-5:]],
                "session_total": session.number,
                "session_at_current_stage": len(list(at_stage)),
                "stage_name": found["stage_name"],
            }
            assert as_recorded(found["stage_name"]) == session.stage


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "GRADUATED"])
def test_a_stage_has_the_parameters_of_the_time(stage: str, states: dict[str, dict[str, Any]]) -> None:
    task = states[stage]["stage"]["task"]
    found = {
        "training_stage": stage_in_rules(as_recorded(task["stage_name"])),
        "task": task["name"],
        "description": task["description"],
        **task["task_parameters"],
    }
    assert found == read_rules()["parameters"][stage_in_rules(stage)]


def test_every_transition_says_what_the_rule_of_the_time_says(imported: Repo) -> None:
    compared = compare_rules(imported)
    assert len(compared) == 7
    for rule in compared:
        assert rule["to"] == rule["rule_to"].replace(" ", "_").upper()
        assert rule["contradicted"] == 0, rule
        assert rule["yes"] and rule["no"], rule


def test_the_checks_find_nothing_to_say(imported: Repo, states: dict[str, dict[str, Any]]) -> None:
    shutil.rmtree(imported.session)
    write_session(imported.session, SESSIONS[2], states[SESSIONS[2].stage])
    (imported.session / "behavior" / "trainer_state.json").unlink()
    found = imported.curriculum("check", cwd=imported.path)
    assert found.code == 0, found.stdout.decode("utf-8")
    assert b"warned" not in found.stdout
