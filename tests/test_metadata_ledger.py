"""The metadata of sessions of animals that have a ledger: who moved them, held ones, protocols, files that are left."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support import Repo, git
from test_subjects_launcher import MOUSE, Lab
from test_subjects_launcher import lab as lab

from aind_curriculum_runtime.client import CurriculumError, Hold, Kind, Suggestion
from aind_curriculum_runtime.ledger.recording import add, change
from aind_curriculum_runtime.ledger.store import Store
from aind_curriculum_runtime.metadata.protocol import protocols
from aind_curriculum_runtime.metadata.record import outcome_digest

ANNA = {"by": "anna", "reason": "drinks little"}


def people(store: Store, kind: str, **facts: Any) -> None:
    add(store, MOUSE, change(kind, {**ANNA, **facts}))


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def printed(lab: Lab, day: int, *more: str) -> dict[str, Any]:
    arguments = ["--data-directory", lab.session(day), "--ledger", lab.store.url]
    result = lab.repo.curriculum("metadata", *arguments, *more)
    assert result.code == 0, result.text
    found: dict[str, Any] = result.document
    return found


def test_conclude_leaves_the_files_that_others_read_where_asked(lab: Lab) -> None:
    lab.subjects.prepare(MOUSE, lab.session(1))
    logs = lab.rig(1) / "behavior" / "Logs"
    before = sorted(logs.parent.rglob("*"))
    lab.conclude(lab.session(1))
    assert sorted(logs.parent.rglob("*")) == before
    outcome = lab.subjects.conclude(MOUSE, lab.session(1), lab.repo.path, files=True)
    assert isinstance(outcome, Suggestion)
    assert read(logs.parent / "metrics.json") == outcome.metrics
    assert (logs / "suggestion.json").read_bytes() == outcome.raw
    metadata = read(logs / "curriculum_metadata.json")
    assert metadata == lab.subjects.metadata(MOUSE, lab.session(1), lab.repo.path) == printed(lab, 1)
    assert sorted(logs.parent.rglob("*")) == sorted(
        [*before, logs.parent / "metrics.json", logs / "suggestion.json", logs / "curriculum_metadata.json"]
    )


def test_files_that_cannot_be_written_are_told_and_the_outcome_stays(lab: Lab) -> None:
    lab.subjects.prepare(MOUSE, lab.session(1))
    (lab.rig(1) / "behavior" / "metrics.json" / "in the way").mkdir(parents=True)
    outcome = lab.subjects.conclude(MOUSE, lab.session(1), lab.repo.path, files=True)
    assert isinstance(outcome, Suggestion) and "The session's files could not be written: " in outcome.stderr
    assert not (lab.session(1) / "behavior" / "Logs" / "suggestion.json").exists()


def test_a_held_session_has_its_reason_and_nothing_of_an_outcome_before(lab: Lab) -> None:
    lab.subjects.prepare(MOUSE, lab.session(1))
    session = lab.rig(1)
    (session / "behavior" / "metrics.json").write_text("{}", encoding="utf-8")
    shutil.rmtree(session / "behavior" / "SoftwareEvents")
    outcome = lab.subjects.conclude(MOUSE, session, lab.repo.path, files=True)
    assert isinstance(outcome, Hold)
    assert not (session / "behavior" / "metrics.json").exists()
    metadata = read(session / "behavior" / "Logs" / "curriculum_metadata.json")
    parameters = metadata["code"]["parameters"]
    assert (parameters["outcome"], parameters["held"]["code"]) == ("held", "session.incomplete")
    assert metadata["stimulus_epoch"] == {"curriculum_status": "s_shaping", "training_protocol_name": "my-curriculum"}
    assert metadata["code"]["commit_hash"] == git(lab.repo.path, "rev-parse", "HEAD")
    assert metadata["output_parameters"] == {}


def test_a_ledger_that_is_away_leaves_the_files_as_they_are(lab: Lab) -> None:
    lab.subjects.prepare(MOUSE, lab.session(1))
    metrics = lab.rig(1) / "behavior" / "metrics.json"
    metrics.write_text("{}", encoding="utf-8")
    (lab.folder / "ledger").rename(lab.folder / "unmounted")
    outcome = lab.subjects.conclude(MOUSE, lab.session(1), lab.repo.path, files=True)
    assert isinstance(outcome, Hold) and outcome.reason.kind is Kind.TRANSIENT and metrics.exists()
    with pytest.raises(CurriculumError) as caught:
        lab.subjects.metadata(MOUSE, lab.session(1), lab.repo.path)
    assert caught.value.kind is Kind.TRANSIENT


def test_what_people_did_before_a_session_is_told_with_who_and_why(lab: Lab, shaping: dict[str, Any]) -> None:
    lab.day(1)
    people(lab.store, "off")
    people(lab.store, "on")
    people(lab.store, "pinned", path="reward_volume", value=5.0)
    lab.day(2)
    lab.day(3)
    first, second, third = (printed(lab, day)["code"]["parameters"] for day in (1, 2, 3))
    assert [(one["what"], one["by"], one["stage"]) for one in first["people"]] == [
        ("enrolled", "the trainer", "s_shaping")
    ]
    told = [(one["what"], one["by"], one["reason"]) for one in second["people"]]
    assert told == [(what, "anna", "drinks little") for what in ("off", "on", "pinned")]
    pinned = [(one["path"], one["value"], one["by"]) for one in third["pinned"]]
    assert pinned == [("reward_volume", 5.0, "anna")] and third["people"] == []
    assert second["stage_run"] == "s_shaping" and second["hashes"]["state"] == lab.entries[-2].given


def test_the_rule_is_the_one_that_held_when_it_was_evaluated(lab: Lab) -> None:
    habituation = lab.repo.curriculum("init").document
    people(
        lab.store, "moved", state=lab.entries[0].state | {key: habituation[key] for key in ("stage", "active_policies")}
    )
    outcome = lab.day(1)
    assert isinstance(outcome, Suggestion)
    parameters = printed(lab, 1)["code"]["parameters"]
    assert parameters["decision"] == {"moved": True, "rule": lab.entries[-1].content["rule"]}
    assert (parameters["stage_run"], parameters["stage_suggested"]) == ("s_habituation", "s_shaping")
    document = {"trainer_state": outcome.trainer_state, "metrics": outcome.metrics}
    assert parameters["hashes"]["suggestion"] == lab.entries[-1].content["outcome"] == outcome_digest(document)


def test_the_code_is_that_of_the_evaluation_and_not_of_today(lab: Lab) -> None:
    lab.day(1)
    then = lab.entries[-1].content["curriculum"]
    git(lab.repo.path, "commit", "--quiet", "--allow-empty", "-m", "On")
    try:
        code = printed(lab, 1)["code"]
        assert code["commit_hash"] == then["commit"] != git(lab.repo.path, "rev-parse", "HEAD")
        assert code["parameters"]["code"]["lock_sha256"] == then["lock"]
    finally:
        git(lab.repo.path, "reset", "--quiet", then["commit"])


def test_a_session_that_the_ledger_does_not_have_is_refused(lab: Lab) -> None:
    lab.rig(1)
    arguments = ["--data-directory", lab.session(1), "--ledger", lab.store.url]
    result = lab.repo.curriculum("metadata", *arguments)
    assert (result.code, result.error["code"], result.stdout) == (65, "session.not_recorded", b"")


def test_a_protocol_begins_with_the_first_stage_and_ends_where_people_end_it(lab: Lab, tmp_path: Path) -> None:
    lab.day(1)
    arguments = ["metadata", "--protocol", "--ledger", lab.store.url, "--subject", MOUSE]
    (found,) = lab.repo.curriculum(*arguments).document
    assert (found["training_name"], "end_date" in found) == ("my-curriculum", False)
    assert found["start_date"] == lab.entries[0].recorded[:10]
    code = found["curriculum_code"]
    assert code["commit_hash"] == git(lab.repo.path, "rev-parse", "HEAD") and not code["parameters"]["is_released"]

    git(lab.repo.path, "tag", "v0.1.0")
    people(lab.store, "off")
    (found,) = lab.repo.curriculum(*arguments).document
    git(lab.repo.path, "tag", "--delete", "v0.1.0")
    assert found["end_date"] == lab.entries[-1].recorded[:10]
    assert found["curriculum_code"]["parameters"]["is_released"]


def test_each_curriculum_of_an_animal_has_its_own_protocol(lab: Lab) -> None:
    state = lab.entries[0].state
    assert state is not None
    other = {**state, "curriculum": {**state["curriculum"], "name": "other", "version": "2.0.0"}}
    people(lab.store, "moved", state=other)
    first, second = protocols(lab.store, MOUSE, {})
    assert (first["training_name"], first["end_date"]) == ("my-curriculum", second["start_date"])
    assert (second["training_name"], second["curriculum_code"]["url"]) == ("other", "pkg:generic/other@2.0.0")
    assert "end_date" not in second


def test_verify_goes_by_the_ledger_where_the_session_has_no_state_and_no_metrics_before(lab: Lab, repo: Repo) -> None:
    for day in (1, 2):
        lab.day(day)
    session = lab.session(2)
    for name in ("trainer_state.json", "previous_metrics.json"):
        (session / "behavior" / name).unlink()
    file = lab.folder / "metadata.json"
    file.write_text(json.dumps(printed(lab, 2)), encoding="utf-8")
    arguments = ["metadata", "--verify", file, "--data-directory", session, "--ledger", lab.store.url]
    before = len(lab.entries)
    result = lab.repo.curriculum(*arguments)
    assert result.code == 0, result.text
    document = printed(lab, 2)
    document["code"]["commit_hash"] = "1" * 40
    document["output_parameters"]["good_sessions_in_a_row"] = 1
    file.write_text(json.dumps(document), encoding="utf-8")
    told = lab.repo.curriculum(*arguments).text
    assert "the commit is " in told and "metrics.good_sessions_in_a_row is 2, and 1 in the metadata" in told
    assert len(lab.entries) == before
