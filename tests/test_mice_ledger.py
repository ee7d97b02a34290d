"""The recorded mice with a ledger and nothing else that remembers them: decided as then, moved by whom is known."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from cohorts import curriculum
from fleet_support import fleet_environment, script
from ledger_support import exported_csv, place_of
from metadata_support import merged, require_merged
from metadata_support import schema as schema
from mice_with_ledger import before_session
from recorded import RECORDED, write_session
from release_support import S3
from support import PROJECT, Repo, Result, call
from test_clabe import end_session, installed_clabe, started
from test_mice import SESSIONS, SUBJECTS, outcome, recorded_outcome
from test_mice import example as example
from test_mice import states as states

from aind_curriculum_runtime.contract.strict_json import encode
from aind_curriculum_runtime.ledger.copying import copy
from aind_curriculum_runtime.ledger.folder import FolderStore
from aind_curriculum_runtime.ledger.known import entries_of, known, next_state
from aind_curriculum_runtime.ledger.mirroring import declare
from aind_curriculum_runtime.ledger.opening import create
from aind_curriculum_runtime.ledger.standing import stand
from aind_curriculum_runtime.ledger.store import Store
from aind_curriculum_runtime.ledger.verify import verify
from aind_curriculum_runtime.metadata.code import code_of
from aind_curriculum_runtime.metadata.record import acquisition
from aind_curriculum_runtime.session.identity import identify
from aind_curriculum_runtime.session.ledger_record import record_of_ledger

MOVED = [session for session in SESSIONS if session.stage != session.suggested_stage]
BY_CLABE = "680396"
"""The mouse with a decision of every kind in the fewest sessions; people moved it before five of the seven."""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    return FolderStore.create(tmp_path_factory.mktemp("mice") / "ledger")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the recorded sessions lie."""
    return tmp_path_factory.mktemp("recorded")


@pytest.fixture(scope="module")
def trained(
    example: Repo, states: dict[str, dict[str, Any]], ledger: FolderStore, folder: Path
) -> dict[str, dict[str, Any]]:
    """Every recorded session concluded with that ledger, in one process: the suggestions by the session's name."""
    (folder / "states.json").write_text(json.dumps(states), encoding="utf-8")
    for session in SESSIONS:
        write_session(folder / "sessions" / session.subject / session.name, session, states[session.stage])
    script = PROJECT / "tests" / "mice_with_ledger.py"
    found = folder / "found.jsonl"
    done = call([example.script("python"), script, ledger.url, folder / "states.json", folder / "sessions", found])
    assert done.code == 0, done.text
    assert not list(folder.rglob("previous_metrics.json"))
    return {one["session"]: one["suggestion"] for one in map(json.loads, found.read_text("utf-8").splitlines())}


def test_the_export_has_the_columns_of_auto_train_as_recorded_and_recomputed(
    ledger: FolderStore, trained: dict[str, dict[str, Any]]
) -> None:
    done = call([script(), "subjects", "export", "--ledger", ledger.url], env=fleet_environment())
    assert (done.code, done.stdout) == (0, exported_csv(ledger)), done.text
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode("utf-8"))))
    assert len(rows) == len(SESSIONS)
    for sessions in SUBJECTS.values():
        stages: list[str] = []
        for one in sessions:
            row, suggestion = rows.pop(0), trained[one.name]
            at_stage = list(takewhile(lambda stage, here=one.stage: stage == here, reversed(stages)))
            stages.append(one.stage)
            metrics = json.loads(row["metrics"])
            assert metrics == suggestion["metrics"]
            assert (metrics["foraging_efficiency"][-1], metrics["finished_trials"][-1]) == (
                one.foraging_efficiency,
                one.finished_trials,
            )
            expected = {
                "subject_id": one.subject,
                "session_date": one.date,
                "session": str(one.number),
                "task": "Coupled Baiting",
                "session_at_current_stage": str(len(at_stage) + 1),
                "curriculum_name": "coupled-baiting",
                "curriculum_version": suggestion["version"],
                "current_stage_suggested": one.suggested_stage,
                "current_stage_actual": one.stage,
                "if_closed_loop": "True",
                "if_overriden_by_trainer": str(one in MOVED),
                "decision": one.decision,
                "next_stage_suggested": one.next_stage,
                "session_name": one.name,
                "session_start": f"{one.date}T00:00:00.000000Z",
                "late": "False",
                "held": "",
                "overridden_by": "the trainer" if one in MOVED else "",
                "overridden_why": "as recorded" if one in MOVED else "",
                "session_total": str(one.number),
            }
            assert {name: row[name] for name in expected} == expected
            assert bool(row["rule"]) == (one.decision != "STAY")


def test_the_record_comes_in_as_a_table_and_goes_out_as_it_was(example: Repo, tmp_path: Path) -> None:
    """In the words of the record's own curriculum, whose stages this repo's has too."""
    store, record = FolderStore.create(tmp_path / "ledger"), RECORDED / "autotrain_overrides_26_mice.csv"

    def come_in() -> str:
        command = [script(), "subjects", "import", record, "--ledger", store.url, "--by", "anna", "--yes"]
        done = call(command, env=fleet_environment(), cwd=example.path)
        assert done.code == 0, done.text
        return done.stdout.decode("utf-8").splitlines()[-1]

    assert come_in() == "26 animals with 411 sessions came in."
    assert come_in() == "Nothing is new."
    assert list(verify(store)) == []
    recorded = list(csv.DictReader(io.StringIO(record.read_text(encoding="utf-8"))))
    rows = list(csv.DictReader(io.StringIO(exported_csv(store).decode("utf-8"))))
    assert [{name: row[name] for name in recorded[0]} for row in rows] == recorded
    assert sum(row["overridden_by"] == "import" for row in rows) == len(MOVED)
    for subject, sessions in SUBJECTS.items():
        standing = known(store, subject).standing
        assert (standing.stage, standing.late, standing.metrics) == (sessions[-1].next_stage, (), None)

    last = SUBJECTS[BY_CLABE][-1]
    date = (datetime.fromisoformat(last.date) + timedelta(days=1)).date().isoformat()
    state = next_state(store, known(store, BY_CLABE))
    assert state is not None
    session = replace(last, number=last.number + 1, date=date, stage=last.next_stage)
    directory = write_session(tmp_path / session.name, session, state)
    done = example.curriculum("run", "--data-directory", directory, "--ledger", store.url)
    assert (done.code, done.document["metrics"]["session_total"]) == (0, 1), done.text


def test_a_ledger_has_the_statistics_of_its_export(
    ledger: FolderStore, trained: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    assert len(trained) == len(SESSIONS)
    (tmp_path / "sessions.csv").write_bytes(exported_csv(ledger))
    found = [curriculum("stats", source, "--json") for source in (ledger.url, tmp_path / "sessions.csv")]
    assert (found[0].code, found[0].stdout) == (0, found[1].stdout), found[0].text
    assert found[0].document["sessions"] == len(SESSIONS)


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
    assert exported_csv(target) == exported_csv(ledger)


def standings(store: Store) -> dict[str, bytes]:
    """Where every mouse stands, by all that is known of it."""
    return {subject: encode(asdict(known(store, subject).standing)) for subject in store.subjects()}


def test_what_the_record_lacks_a_held_a_late_and_a_graduating_session(
    example: Repo, trained: dict[str, dict[str, Any]], ledger: FolderStore, folder: Path, schema: Path, tmp_path: Path
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

    generated = [metadata(example, store, tmp_path / one.session.name) for one in entries[-4:] if one.session]
    assert [one["code"]["parameters"]["outcome"] for one in generated] == [one.kind for one in entries[-4:]]
    assert [one["stimulus_epoch"]["curriculum_status"] for one in generated[2:]] == [last.stage, "GRADUATED"]
    protocols = example.curriculum("metadata", "--protocol", "--ledger", store.url, "--subject", last.subject).document
    (protocol,) = merged(schema, protocols)
    assert (protocol["training_name"], protocol["start_date"]) == ("coupled-baiting", entries[0].recorded[:10])
    sessions = [folder / "sessions" / one.subject / one.name for one in SUBJECTS[BY_CLABE]]
    require_merged(schema, [*generated, *(metadata(example, ledger, one) for one in sessions)])


def metadata(example: Repo, store: Store, directory: Path) -> dict[str, Any]:
    """What the ledger has of a session, for its metadata."""
    return acquisition(record_of_ledger(store, identify(directory), directory, lambda one: code_of(example.path, one)))


@pytest.mark.exhaustive
def test_the_metadata_of_every_recorded_session_goes_into_an_acquisition(
    example: Repo, trained: dict[str, dict[str, Any]], ledger: FolderStore, folder: Path, schema: Path
) -> None:
    documents = [metadata(example, ledger, folder / "sessions" / one.subject / one.name) for one in SESSIONS]
    require_merged(schema, documents)
    for session, document in zip(SESSIONS, documents, strict=True):
        parameters = document["code"]["parameters"]
        assert document["stimulus_epoch"]["curriculum_status"] == session.stage
        assert parameters["stage_suggested"] == session.next_stage
        moves = [one for one in parameters["people"] if one["what"] == "moved"]
        assert [one["stage"] for one in moves] == ([session.stage] if session in MOVED else [])
        assert ("rule" in parameters["decision"]) == (session.stage != session.next_stage)


@pytest.mark.parametrize(
    ("versions", "mice", "sessions"),
    [
        ("", [BY_CLABE], 7),
        ("==0.11.*", [BY_CLABE], 3),
        pytest.param("==0.11.*", [BY_CLABE], 7, marks=pytest.mark.exhaustive),
        pytest.param("", [*SUBJECTS], None, marks=pytest.mark.exhaustive),
    ],
    ids=["newest", "0.11 begins", "0.11", "newest, all mice"],
)
def test_a_mouse_is_trained_by_clabe_with_nothing_in_place_but_the_ledger_and_its_mirror(
    versions: str,
    mice: list[str],
    sessions: int | None,
    example: Repo,
    states: dict[str, dict[str, Any]],
    trained: dict[str, dict[str, Any]],
    ledger: FolderStore,
    tmp_path: Path,
) -> None:
    """Both generations as they are, with one line of settings: the animal is taken from CLABE's library folder."""
    store, library = FolderStore.create(tmp_path / "ledger"), tmp_path / "library"
    library.mkdir()
    declare(store, str(library))
    script = ["curriculum", "run", "--ledger", store.url]
    (tmp_path / "clabe").mkdir()
    with started(installed_clabe(tmp_path / "clabe", versions), tmp_path) as launcher:
        for session in [one for subject in mice for one in SUBJECTS[subject][:sessions]]:
            directory = write_session(tmp_path / session.name, session, states[session.stage])
            stands = before_session(store, directory, states["STAGE_1"])
            (directory / "behavior" / "trainer_state.json").unlink()
            settings = {"project_directory": example.path, "data_directory": directory, "script": script}
            more = {"library": str(library), "subject": session.subject}
            kept = end_session(launcher, tmp_path / f"launched-{session.name}", settings, **more)
            assert (kept.picked, kept.picked_task) == (stands, stands["stage"]["task"])
            assert outcome(session, {"trainer_state": kept.state}) == recorded_outcome(session)
            assert (kept.state, kept.metrics) == tuple(
                trained[session.name][one] for one in ("trainer_state", "metrics")
            )
    for subject in mice:
        assert facts(store, subject) == facts(ledger, subject)[: store.last(subject)]


def facts(store: Store, subject: str) -> list[tuple[Any, ...]]:
    """What the entries of a mouse say, without what differs each time."""
    return [(one.kind, one.session, one.state, one.content.get("outcome")) for one in entries_of(store, subject)]


def test_a_replay_of_the_ledger_gives_every_recorded_decision(
    example: Repo, trained: dict[str, dict[str, Any]], ledger: FolderStore, tmp_path: Path
) -> None:
    done = example.curriculum("replay", ledger.url, "-o", tmp_path / "decisions.jsonl")
    assert done.code == 0, done.text
    rows = [json.loads(line) for line in (tmp_path / "decisions.jsonl").read_text("utf-8").splitlines()]
    found = {(row["subject_id"], row["session"]): row for row in rows}
    assert len(found) == len(trained)
    for session in SESSIONS:
        row = found[session.subject, session.number]
        assert (row["decision"], row["next_stage_suggested"]) == (session.decision, session.next_stage)
        assert (row["current_stage_suggested"], row["current_stage_actual"]) == (session.suggested_stage, session.stage)
        assert row["if_overriden_by_trainer"] == (session.stage != session.suggested_stage)
        assert row["metrics"] == trained[session.name]["metrics"]
