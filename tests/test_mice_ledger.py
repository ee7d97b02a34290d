"""The recorded mice with a ledger and nothing else that remembers them: decided as then, moved by whom is known."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ledger_support import place_of
from mice_with_ledger import before_session
from recorded import write_session
from release_support import S3
from support import PROJECT, Repo, Result, call
from test_clabe import Launch
from test_clabe import clabe as clabe
from test_clabe import launch as launch
from test_clabe import launcher as launcher
from test_mice import SESSIONS, SUBJECTS, outcome, recorded_outcome
from test_mice import example as example
from test_mice import states as states

from aind_curriculum_runtime.contract.strict_json import encode
from aind_curriculum_runtime.ledger.copying import copy
from aind_curriculum_runtime.ledger.folder import FolderStore
from aind_curriculum_runtime.ledger.known import entries_of, known
from aind_curriculum_runtime.ledger.opening import create
from aind_curriculum_runtime.ledger.standing import stand
from aind_curriculum_runtime.ledger.store import Store
from aind_curriculum_runtime.ledger.verify import verify

MOVED = [session for session in SESSIONS if session.stage != session.suggested_stage]
BY_CLABE = "680396"
"""The mouse with a decision of every kind in the fewest sessions; people moved it before five of the seven."""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    return FolderStore.create(tmp_path_factory.mktemp("mice") / "ledger")


@pytest.fixture(scope="module")
def trained(
    example: Repo, states: dict[str, dict[str, Any]], ledger: FolderStore, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """Every recorded session concluded with that ledger, in one process: the suggestions by the session's name."""
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "states.json").write_text(json.dumps(states), encoding="utf-8")
    for session in SESSIONS:
        write_session(folder / "sessions" / session.subject / session.name, session, states[session.stage])
    script = PROJECT / "tests" / "mice_with_ledger.py"
    found = folder / "found.jsonl"
    done = call([example.script("python"), script, ledger.url, folder / "states.json", folder / "sessions", found])
    assert done.code == 0, done.text
    assert not list(folder.rglob("previous_metrics.json"))
    return {one["session"]: one["suggestion"] for one in map(json.loads, found.read_text("utf-8").splitlines())}


def test_every_recorded_decision_is_found_again(trained: dict[str, dict[str, Any]]) -> None:
    assert [outcome(one, trained[one.name]) for one in SESSIONS] == [recorded_outcome(one) for one in SESSIONS]


def test_the_metrics_look_back_over_the_sessions_of_the_mouse(trained: dict[str, dict[str, Any]]) -> None:
    for sessions in SUBJECTS.values():
        for number, session in enumerate(sessions, start=1):
            found = trained[session.name]["metrics"]["foraging_efficiency"]
            assert found == [earlier.foraging_efficiency for earlier in sessions[:number][-5:]]


def test_every_move_by_people_is_an_entry_that_says_who(
    ledger: FolderStore, trained: dict[str, dict[str, Any]]
) -> None:
    assert len(MOVED) == 281 and len(trained) == 411
    for subject, sessions in SUBJECTS.items():
        entries = entries_of(ledger, subject)
        expected: list[tuple[str, str | None, str | None]] = [("enrolled", "STAGE_1", "the trainer")]
        for one in sessions:
            expected += [("moved", one.stage, "the trainer")] if one in MOVED else []
            expected += [("evaluated", one.next_stage, None)]
        found = [(one.kind, (one.state or {})["stage"]["name"], one.content.get("by")) for one in entries]
        assert found == expected
        run = [one.content["stage_run"] for one in entries if one.kind == "evaluated"]
        assert run == [one.stage for one in sessions]
        assert stand(entries).late == ()
    assert list(verify(ledger)) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", pytest.param("s3", marks=pytest.mark.exhaustive)])
def test_a_copy_has_the_same_standings_byte_for_byte(
    kind: str, ledger: FolderStore, trained: dict[str, dict[str, Any]], s3: S3, postgresql: Any, tmp_path: Path
) -> None:
    target = create(place_of(kind, tmp_path, "mice", s3, postgresql).url)
    copied = copy(ledger, target)
    assert (copied.subjects, copied.entries) == (len(SUBJECTS), len(SUBJECTS) + len(SESSIONS) + len(MOVED))
    assert standings(target) == standings(ledger)


def standings(store: Store) -> dict[str, bytes]:
    """Where every mouse stands, by all that is known of it."""
    return {subject: encode(asdict(known(store, subject).standing)) for subject in store.subjects()}


def test_what_the_record_lacks_a_held_a_late_and_a_graduating_session(
    example: Repo, trained: dict[str, dict[str, Any]], ledger: FolderStore, tmp_path: Path
) -> None:
    """The record of this mouse ends one good session before it would have graduated."""
    store = FolderStore(shutil.copytree(ledger.url, tmp_path / "ledger"))
    last = SUBJECTS["668463"][-1]
    state = trained[last.name]["trainer_state"]

    def session(days: int, **more: Any) -> Path:
        date = (datetime.fromisoformat(last.date) + timedelta(days=days)).date().isoformat()
        one = replace(last, number=last.number + days, date=date, stage=state["stage"]["name"], **more)
        return write_session(tmp_path / one.name, one, state)

    def run(directory: Path) -> Result:
        return example.curriculum("run", "--data-directory", directory, "--ledger", store.url)

    aborted, late = session(1), session(2, foraging_efficiency=None, finished_trials=0)
    (aborted / "behavior" / "SoftwareEvents" / "ForagingSummary.json").unlink()
    assert run(aborted).error["code"] == "session.incomplete"
    graduated = run(session(3))
    assert graduated.document["metrics"]["session_at_current_stage"] == 5
    state = graduated.document["trainer_state"]
    assert state["stage"]["name"] == "GRADUATED"
    came_late = run(late)
    assert "this session moved nothing" in came_late.text
    assert came_late.document["trainer_state"] == state
    assert run(session(4)).document["trainer_state"] == state

    entries = entries_of(store, last.subject)
    assert [one.kind for one in entries[-4:]] == ["held", "evaluated", "evaluated", "evaluated"]
    assert stand(entries).late == (entries[-2].place,)
    assert list(verify(store)) == []


def test_a_mouse_is_trained_by_clabe_with_nothing_in_place_but_the_ledger(
    launch: Launch,
    example: Repo,
    states: dict[str, dict[str, Any]],
    trained: dict[str, dict[str, Any]],
    ledger: FolderStore,
    tmp_path: Path,
) -> None:
    """CLABE as it is, with one line of settings."""
    store = FolderStore.create(tmp_path / "ledger")
    for session in SUBJECTS[BY_CLABE]:
        directory = write_session(tmp_path / session.name, session, states[session.stage])
        state = tmp_path / "trainer_state.json"
        state.write_text(json.dumps(before_session(store, directory, states["STAGE_1"])), encoding="utf-8")
        kept = launch(example.path, directory, state, script=["curriculum", "run", "--ledger", store.url])
        assert outcome(session, {"trainer_state": kept.state}) == recorded_outcome(session)
        assert (kept.state, kept.metrics) == tuple(trained[session.name][key] for key in ("trainer_state", "metrics"))
    assert facts(store) == facts(ledger)


def facts(store: Store) -> list[tuple[Any, ...]]:
    """What the entries of the mouse say, without what differs each time."""
    return [(one.kind, one.session, one.state, one.content.get("outcome")) for one in entries_of(store, BY_CLABE)]
