"""A launcher in Python around the sessions of an animal that has a ledger: prepare, run, conclude."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mice_with_ledger import TRAINER, before_session
from recorded import by_subject, decision, make_example, read_sessions, write_session
from support import PROJECT, Repo, call
from test_clabe import clabe as clabe
from test_clabe import insert

from aind_curriculum_runtime.client import Client, CurriculumError, Hold, Kind, Suggestion
from aind_curriculum_runtime.ledger.entry import Entry
from aind_curriculum_runtime.ledger.folder import FolderStore
from aind_curriculum_runtime.ledger.known import entries_of
from aind_curriculum_runtime.ledger.recording import add, change
from aind_curriculum_runtime.subjects import Subjects
from aind_curriculum_runtime.subjects.changes import enrolled
from aind_curriculum_runtime.subjects.history import read_history

MOUSE = "786543"
COPY = "import shutil, sys; shutil.copytree(sys.argv[1], sys.argv[2], dirs_exist_ok=True)"


class Lab:
    """One enrolled animal, its ledger and its curriculum."""

    def __init__(self, repo: Repo, folder: Path, state: dict[str, Any]) -> None:
        self.repo, self.folder = repo, folder
        self.store = FolderStore.create(folder / "ledger")
        self.subjects = Subjects(self.store.url)
        add(self.store, MOUSE, lambda _: enrolled(read_history(self.store, MOUSE, new=True), state, (), TRAINER))

    def session(self, day: int) -> Path:
        return self.folder / f"{MOUSE}_{day}"

    def rig(self, day: int) -> Path:
        """What the rig writes."""
        directory = shutil.copytree(self.repo.session, self.session(day), dirs_exist_ok=True)
        logs = directory / "behavior" / "Logs"
        logs.mkdir(exist_ok=True)
        content = {"subject": MOUSE, "date": f"2026-03-{day:02}T10:00:00Z"}
        (logs / "session_input.json").write_text(json.dumps(content), encoding="utf-8")
        return directory

    def day(self, day: int) -> Suggestion | Hold:
        self.subjects.prepare(MOUSE, self.session(day))
        return self.conclude(self.rig(day))

    def conclude(self, session: Path, **settings: Any) -> Suggestion | Hold:
        return self.subjects.conclude(MOUSE, session, Client(self.repo.path, **settings))

    @property
    def entries(self) -> list[Entry]:
        return entries_of(self.store, MOUSE)


@pytest.fixture
def lab(repo: Repo, tmp_path: Path, shaping: dict[str, Any]) -> Lab:
    return Lab(repo, tmp_path, shaping)


def held(outcome: Suggestion | Hold) -> CurriculumError:
    assert isinstance(outcome, Hold), outcome
    return outcome.reason


def test_each_session_begins_where_the_last_one_led_with_its_metrics(lab: Lab) -> None:
    for day in (1, 2, 3):
        before = lab.subjects.prepare(MOUSE, lab.session(day))
        assert json.loads(before.path.read_bytes()) == before.trainer_state
        beside = before.path.with_name("previous_metrics.json")
        assert beside.exists() == (day > 1)
        outcome = lab.conclude(lab.rig(day))
        assert isinstance(outcome, Suggestion) and outcome.metrics["good_sessions_in_a_row"] == day
        assert lab.subjects.prepare(MOUSE, lab.folder / "next").trainer_state == outcome.trainer_state
    assert [one.kind for one in lab.entries] == ["enrolled", "evaluated", "evaluated", "evaluated"]


def test_preparing_again_takes_away_the_metrics_that_no_longer_hold(lab: Lab) -> None:
    lab.day(1)
    prepared = lab.subjects.prepare(MOUSE, lab.session(2))
    assert prepared.previous_metrics is not None
    state = json.loads(json.dumps(prepared.trainer_state))
    graph = lab.entries[0].state
    assert graph is not None
    add(lab.store, MOUSE, change("enrolled", {"state": {**state, "curriculum": graph["curriculum"]}, "by": "me"}))
    assert lab.subjects.prepare(MOUSE, lab.session(2)).previous_metrics is None
    assert [one.name for one in prepared.path.parent.iterdir()] == ["trainer_state.json"]


def test_a_session_that_is_prepared_before_the_last_one_is_concluded_has_its_metrics(lab: Lab) -> None:
    lab.day(1)
    for day in (2, 3):
        lab.subjects.prepare(MOUSE, lab.session(day))
    found = [lab.conclude(lab.rig(day)) for day in (2, 3)]
    assert [one.metrics["good_sessions_in_a_row"] for one in found if isinstance(one, Suggestion)] == [2, 3]


def test_concluding_again_adds_nothing_and_gives_the_same(lab: Lab) -> None:
    first, again = lab.day(1), lab.conclude(lab.session(1))
    assert isinstance(first, Suggestion) and isinstance(again, Suggestion)
    assert (again.raw, len(lab.entries)) == (first.raw, 2)


def test_a_session_that_cannot_be_evaluated_is_held_once(lab: Lab) -> None:
    prepared = lab.subjects.prepare(MOUSE, lab.session(1))
    session = lab.rig(1)
    shutil.rmtree(session / "behavior" / "SoftwareEvents")
    outcome = lab.conclude(session)
    assert (held(outcome).code, held(lab.conclude(session)).code) == ("session.incomplete", "session.incomplete")
    assert [one.kind for one in lab.entries] == ["enrolled", "held"]
    assert lab.subjects.prepare(MOUSE, lab.session(2)).trainer_state == prepared.trainer_state


def test_what_the_curriculums_process_cannot_record_the_launcher_does(lab: Lab) -> None:
    insert(lab.repo, "metrics", "import time; time.sleep(60)")
    lab.subjects.prepare(MOUSE, lab.session(1))
    session = lab.rig(1)
    assert held(lab.conclude(session, timeout=3)).kind is Kind.TIMEOUT
    assert held(lab.conclude(session, timeout=3)).kind is Kind.TIMEOUT
    last = lab.entries[-1]
    assert (last.place, last.kind, last.content["error"]["code"]) == (2, "held", "timeout")
    assert (last.content["stage_run"], last.given is not None) == ("s_shaping", True)
    lab.repo.restore()
    assert isinstance(lab.conclude(session), Suggestion)
    assert (lab.entries[-1].kind, lab.entries[-1].corrects) == ("evaluated", 2)


def test_a_session_without_its_state_is_held(lab: Lab) -> None:
    session = lab.rig(1)
    assert held(lab.conclude(session)).code == "state.missing"
    assert lab.entries[-1].content["error"]["code"] == "state.missing"


def test_a_session_of_another_animal_is_held_and_recorded_for_none(lab: Lab) -> None:
    lab.subjects.prepare(MOUSE, lab.session(1))
    outcome = lab.subjects.conclude("786544", lab.rig(1), lab.repo.path)
    assert (held(outcome).kind, held(outcome).code) == (Kind.STATE, "session.other_subject")
    assert (lab.store.subjects(), len(lab.entries)) == ([MOUSE], 1)


def test_a_ledger_that_is_away_is_told_and_concluding_later_catches_up(lab: Lab) -> None:
    lab.subjects.prepare(MOUSE, lab.session(1))
    session = lab.rig(1)
    away = (lab.folder / "ledger").rename(lab.folder / "unmounted")
    with pytest.raises(CurriculumError) as caught:
        lab.subjects.prepare(MOUSE, lab.session(2))
    assert caught.value.kind is Kind.TRANSIENT and not lab.session(2).exists()
    assert held(lab.conclude(session)).kind is Kind.TRANSIENT
    away.rename(lab.folder / "ledger")
    assert isinstance(lab.conclude(session), Suggestion)
    assert len(lab.entries) == 2


def test_a_hold_that_cannot_be_recorded_says_so(lab: Lab) -> None:
    """The ledger goes away while the curriculum runs, which then ends itself."""
    ledger, away = (str(lab.folder / name) for name in ("ledger", "unmounted"))
    insert(lab.repo, "metrics", f"import os; os.rename({ledger!r}, {away!r}); os._exit(3)")
    lab.subjects.prepare(MOUSE, lab.session(1))
    reason = held(lab.conclude(lab.rig(1)))
    assert reason.kind is Kind.CODE
    assert f"The ledger does not have it: There is no ledger at {ledger}." in reason.hint


def test_an_animal_that_is_taken_off_while_it_runs_is_off_in_the_suggestion(lab: Lab) -> None:
    lab.subjects.prepare(MOUSE, lab.session(1))
    add(lab.store, MOUSE, change("off", {"by": "me", "reason": "surgery"}))
    outcome = lab.conclude(lab.rig(1))
    assert isinstance(outcome, Suggestion) and outcome.trainer_state["is_on_curriculum"] is False
    assert not lab.subjects.prepare(MOUSE, lab.session(2)).is_on_curriculum


@pytest.mark.parametrize(
    ("subject", "told"), [("786542", "Did you mean '786543'?"), ("../../evil", "Use 1 to 64 letters")]
)
def test_an_animal_that_is_not_there_is_told_and_nothing_is_written(subject: str, told: str, lab: Lab) -> None:
    with pytest.raises(CurriculumError) as caught:
        lab.subjects.prepare(subject, lab.session(1))
    assert caught.value.kind is Kind.USAGE and told in caught.value.hint
    assert not lab.session(1).exists()


def test_no_code_of_a_curriculum_and_no_library_is_imported(lab: Lab) -> None:
    lab.rig(1)
    program = (
        "import sys; from aind_curriculum_runtime.subjects import Subjects; url, session, repo = sys.argv[1:]; "
        f"s = Subjects(url); s.prepare({MOUSE!r}, session); print(type(s.conclude({MOUSE!r}, session, repo)).__name__, "
        "[one for one in ('pydantic', 'aind_behavior_curriculum', 'my_curriculum') if one in sys.modules])"
    )
    arguments = [lab.store.url, lab.session(1), lab.repo.path]
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout == "Suggestion []\n"


def test_clabe_reads_and_writes_trainer_states_in_the_ledger(
    clabe: Path, lab: Lab, state: Path, shaping_bytes: bytes, tmp_path: Path
) -> None:
    lab.store = FolderStore.create(tmp_path / "empty")
    other = tmp_path / "other.json"
    other.write_bytes(shaping_bytes)
    done = call(
        [clabe, PROJECT / "tests" / "clabe_store.py", lab.store.url, MOUSE, state, other],
        env={"PYTHONPATH": str(PROJECT / "src")},
    )
    assert done.code == 0, done.text
    assert done.document == {
        "is_a_store": True,
        "of_nobody": 0,
        "not_enrolled": f"{lab.store.url} has no trainer state of {MOUSE}: `curricula subjects enroll` makes one.",
        "first": json.loads(state.read_bytes()),
        "other": json.loads(shaping_bytes),
        "is_on": False,
        "of_all": 2,
        "of_whom": f"{lab.store.url} has 2 animals: say which one by scoped(subject=...).",
        "another_kind": "A ledger keeps trainer states and no 'rig'.",
    }
    found = [(one.kind, one.content["by"]) for one in lab.entries]
    assert found == [("enrolled", "clabe"), ("moved", "clabe"), ("off", "clabe")]


def test_the_example_trains_a_whole_recorded_mouse(template: Path, tmp_path: Path) -> None:
    """The mouse with a decision of every kind in the fewest sessions; people moved it in between."""
    sessions = by_subject(read_sessions())["680396"]
    example = make_example(template, tmp_path / "coupled-baiting")
    store = FolderStore.create(tmp_path / "ledger")
    states = {one: example.curriculum("init", "--stage", one).document for one in {s.stage for s in sessions}}
    first = example.curriculum("init").document
    for one in sessions:
        rig = write_session(tmp_path / "rig" / one.name, one, states[one.stage])
        before_session(store, rig, first)
        (rig / "behavior" / "trainer_state.json").unlink()
        session = tmp_path / "sessions" / one.name
        launcher = [sys.executable, PROJECT / "examples" / "launcher_with_ledger.py"]
        copying = [sys.executable, "-c", COPY, rig, session]
        done = call([*launcher, store.url, example.path, one.subject, session, *copying])
        assert done.code == 0, done.text
        runs, leads = done.stdout.decode().splitlines()
        assert runs == f"{one.subject} runs {one.stage}"
        assert leads == f"next stage: {one.next_stage} (coupled-baiting 0.1.0)"
        assert decision(one.stage, one.next_stage) == one.decision
    kinds = [one.kind for one in entries_of(store, sessions[0].subject)]
    assert kinds.count("evaluated") == len(sessions)
    assert kinds.count("moved") == sum(1 for one in sessions if one.stage != one.suggested_stage)
