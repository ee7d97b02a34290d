"""What comes in from a table, a library of CLABE or session directories: once, by its date, or left out."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
import sys
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ledger_support import STAGES, exported_csv, state_at, table_of, take_in, unwatched
from test_subjects_commands import MOUSE, Facility
from test_subjects_commands import facility as facility

from aind_curriculum_runtime.contract.errors import CurriculumError
from aind_curriculum_runtime.ledger.entry import Entry, Session
from aind_curriculum_runtime.ledger.folder import FolderStore
from aind_curriculum_runtime.ledger.known import entries_of, known
from aind_curriculum_runtime.ledger.recording import add, hold
from aind_curriculum_runtime.ledger.verify import verify
from aind_curriculum_runtime.subjects.changes import Person, enrolled, moved, undone
from aind_curriculum_runtime.subjects.exporting import exported
from aind_curriculum_runtime.subjects.history import read_history
from aind_curriculum_runtime.subjects.importing import planned, taken_in
from aind_curriculum_runtime.subjects.sources import read_source
from aind_curriculum_runtime.subjects.table_source import Curriculum

PERSON = Person("anna", None)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore.create(tmp_path / "ledger")


def kinds(store: FolderStore, subject: str = "a") -> list[tuple[str, Any]]:
    found = [(one.kind, ((one.state or {}).get("stage") or {}).get("name")) for one in entries_of(store, subject)]
    return found


def reasons(store: FolderStore, path: Path, **more: Any) -> dict[tuple[str, str], list[str]]:
    return take_in(store, path, **more).left_out


ROWS = ["a,1,2026-03-01,s_one,s_one,s_two", "a,2,2026-03-02,s_two,s_three,s_two", "a,3,2026-03-03,s_two,s_two,s_two"]


def test_a_table_becomes_an_enrolment_sessions_and_moves_by_the_import(store: FolderStore, tmp_path: Path) -> None:
    assert reasons(store, table_of(tmp_path / "t.csv", [ROWS[2], ROWS[0], ROWS[1]])) == {}
    expected = [("enrolled", "s_one"), ("evaluated", "s_two"), ("moved", "s_three"), ("evaluated", "s_two")]
    assert kinds(store) == [*expected, ("evaluated", "s_two")]
    move = entries_of(store, "a")[2]
    assert (move.content["by"], move.content["reason"]) == ("import", "run at s_three, as t.csv has it")
    assert move.content["imported"] == {"from": "t.csv", "by": "anna"}
    assert move.time == "2026-03-02T00:00:00.000000Z"
    assert known(store, "a").standing.late == () and list(verify(store)) == []


def test_a_longer_table_adds_what_is_new(store: FolderStore, tmp_path: Path) -> None:
    take_in(store, table_of(tmp_path / "t.csv", ROWS[:1]))
    take_in(store, table_of(tmp_path / "t.csv", ROWS))
    take_in(store, table_of(tmp_path / "t.csv", ROWS))
    assert len(kinds(store)) == 5


def test_sessions_before_what_the_ledger_knows_come_late_and_move_nothing(store: FolderStore, tmp_path: Path) -> None:
    take_in(store, table_of(tmp_path / "t.csv", ROWS[2:]))
    before = known(store, "a").standing
    take_in(store, table_of(tmp_path / "t.csv", ROWS))
    after = known(store, "a").standing
    assert kinds(store)[2:] == [("evaluated", "s_two"), ("evaluated", "s_two")]
    assert (after.stage, after.state_place, after.late) == (before.stage, before.state_place, (3, 4))
    rows = list(csv.DictReader(io.StringIO(exported_csv(store).decode())))
    assert [(row["session"], row["late"]) for row in rows] == [("1", "True"), ("2", "True"), ("3", "False")]


def test_a_session_of_the_ledger_is_that_of_its_day_and_counts(store: FolderStore, tmp_path: Path) -> None:
    """A rig recorded it by another name, with the hour; the table knows the day."""
    session = Session("a_2026-03-01_14-30", "2026-03-01T14:30:00.000000Z")
    add(store, "a", lambda _: enrolled(read_history(store, "a", new=True), state_at("s_one"), (), PERSON))
    add(store, "a", hold(session, {"given": "x", "stage_run": "s_one", "error": {"code": "session.incomplete"}}))
    ((subject, why), where) = next(iter(reasons(store, table_of(tmp_path / "t.csv", ROWS[:1])).items()))
    assert (subject, where) == ("a", ["row 2"]) and "in entry 2; that one counts" in why
    assert len(kinds(store)) == 2


def test_a_session_that_a_person_took_away_does_not_come_in_again(store: FolderStore, tmp_path: Path) -> None:
    table = table_of(tmp_path / "t.csv", ROWS)
    take_in(store, table)
    add(store, "a", lambda _: undone(read_history(store, "a"), 5, PERSON))
    assert reasons(store, table) == {("a", "Entry 6 of the ledger took this session away."): ["row 4"]}
    assert len(kinds(store)) == 6


@pytest.mark.parametrize("again", [ROWS[2], "a,3,2026-03-03,s_two,s_two,s_three"])
def test_a_session_that_stands_twice_comes_in_once(again: str, store: FolderStore, tmp_path: Path) -> None:
    table = table_of(tmp_path / "t.csv", [*ROWS, again])
    for _ in range(2):
        assert reasons(store, table) == {("a", "The source has this session twice; the first counts."): ["row 5"]}
    assert len(kinds(store)) == 5


@pytest.mark.parametrize(
    ("row", "whose", "why"),
    [
        ("../../evil,1,2026-03-01,s_one,s_one,s_two", "../../evil", "cannot be the name of a subject"),
        ("CON,1,2026-03-01,s_one,s_one,s_two", "CON", "cannot be the name of a subject"),
        ("A,1,2026-03-01,s_one,s_one,s_two", "A", "but 'a' is"),
        ("b,1,2026-03-01,s_one,s_nine,s_two", "b", "'small' has no stage 's_nine'"),
        ("b,1,2026-03-01,,,s_two", "b", "No stage is named at which"),
        ("b,1,2026-03-01,s_one,s_one,", "b", "No stage is named to which"),
    ],
)
def test_what_cannot_come_in_is_named_and_the_rest_does(
    row: str, whose: str, why: str, store: FolderStore, tmp_path: Path
) -> None:
    found = reasons(store, table_of(tmp_path / "t.csv", [*ROWS, row]))
    ((what, said), where) = next(iter(found.items()))
    assert len(found) == 1 and (what, where) == (whose, ["row 5"]) and why in said
    assert store.subjects() == ["a"]


def test_a_stage_is_found_whatever_its_capitals_and_one_that_nobody_wrote_down_is_the_suggested(
    store: FolderStore, tmp_path: Path
) -> None:
    rows = ["a,1,2026-03-01,S ONE,unknown (open loop),S_Two"]
    assert reasons(store, table_of(tmp_path / "t.csv", rows)) == {}
    assert kinds(store) == [("enrolled", "s_one"), ("evaluated", "s_two")]
    (row,) = csv.DictReader(io.StringIO(exported_csv(store).decode()))
    assert (row["current_stage_suggested"], row["current_stage_actual"]) == ("S ONE", "unknown (open loop)")
    assert (row["if_closed_loop"], row["if_overriden_by_trainer"]) == ("False", "False")


def test_a_table_of_another_curriculum_is_left_out(store: FolderStore, tmp_path: Path) -> None:
    table = table_of(tmp_path / "t.csv", [f"{row},Large" for row in ROWS], ",curriculum_name")
    assert "The curriculum 'Large' is not 'small'" in str(reasons(store, table))
    assert store.subjects() == []
    assert reasons(store, table, name="large") == {}
    assert store.subjects() == ["a"]


def test_an_export_comes_in_elsewhere_as_it_went_out(store: FolderStore, tmp_path: Path) -> None:
    add(store, "a", lambda _: enrolled(read_history(store, "a", new=True), state_at("s_one"), (), PERSON))
    take_in(store, table_of(tmp_path / "t.csv", [row.replace("2026", "2096") for row in ROWS]))
    fault = {"given": "x", "stage_run": "s_two", "error": {"code": "session.incomplete"}}
    add(store, "a", hold(Session("a_4", "2096-03-04T10:00:00.000000Z"), fault))
    (tmp_path / "out.csv").write_bytes(exported_csv(store))
    other = FolderStore.create(tmp_path / "other")
    for one in (other, other, store):
        assert reasons(one, tmp_path / "out.csv") == {}
    assert exported_csv(other) == exported_csv(store)
    assert kinds(other) == kinds(store)
    assert [row["held"] for row in csv.DictReader(io.StringIO(exported_csv(other).decode()))][3] == "session.incomplete"


def test_what_somebody_wrote_meanwhile_is_seen(store: FolderStore, tmp_path: Path) -> None:
    table = table_of(tmp_path / "t.csv", ROWS)
    found = read_source(table, [], lambda: Curriculum("small", STAGES, state_at, is_named=False), unwatched)
    animal = found.animals["a"]
    plan = planned(read_history(store, "a", new=True), animal, found.source, PERSON)
    take_in(store, table_of(tmp_path / "t.csv", ROWS[:2]))
    add(store, "a", lambda _: moved(read_history(store, "a"), state_at("s_one"), PERSON))
    written = taken_in(store, plan, animal, found.source, PERSON)
    assert (written.there, written.count("evaluated"), written.late) == (2, 1, 1)
    assert kinds(store)[-2:] == [("moved", "s_one"), ("evaluated", "s_two")]


def test_the_export_takes_no_more_memory_for_more_animals(store: FolderStore) -> None:
    def animals(first: int, count: int) -> None:
        for number in range(first, first + count):
            for day in range(1, 21):
                session = Session(f"s{day}", datetime(2026, 3, day, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z"))
                data = {"given": None, "stage_run": "s_one", "error": {"code": "x", "message": "m" * 2000}}
                add(store, f"m{number}", hold(session, data))

    def peak() -> int:
        tracemalloc.start()
        with exported(store, store.subjects(), lambda _: None) as (_, rows):
            assert sum(1 for _ in rows) == 20 * len(store.subjects())
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    animals(0, 2)
    small = peak()
    animals(2, 6)
    assert peak() < 1.2 * small + 20_000


# As one types it, with a real repo


def test_session_directories_come_in_as_they_were_concluded_and_once(facility: Facility) -> None:
    facility.done("enroll", MOUSE)
    for day in (1, 2):
        assert facility.trained(MOUSE, day).code == 0
    sessions, other = facility.folder / "sessions", facility.folder / "other"
    for day in (1, 2):
        shutil.copytree(facility.folder / f"{MOUSE}_{day}", sessions / MOUSE / f"{MOUSE}_{day}")
    facility.done("create", "--ledger", other)

    dry = facility.done("import", sessions, "--ledger", other)
    assert dry[-1] == "Nothing was written. With --yes 1 animal with 2 sessions would come in."
    assert FolderStore(other).subjects() == []
    assert facility.done("import", sessions, "--ledger", other, "--yes")[-1] == "1 animal with 2 sessions came in."
    for ledger in (other, facility.ledger):
        assert facility.done("import", sessions, "--ledger", ledger, "--yes")[-1] == "Nothing is new."
    assert facility.done("next", MOUSE, "--ledger", other) == facility.done("next", MOUSE)
    outcomes = [
        [(one.content["outcome"], one.metrics, one.content["given"]) for one in evaluated(FolderStore(ledger))]
        for ledger in (other, facility.ledger)
    ]
    assert outcomes[0] == outcomes[1] and len(outcomes[0]) == 2

    shutil.copytree(sessions / MOUSE / f"{MOUSE}_1", sessions / "cut")
    (sessions / "cut" / "suggestion.json").write_text('{"trainer_state": {', encoding="utf-8")
    shutil.copytree(sessions / MOUSE / f"{MOUSE}_1", sessions / "none")
    (sessions / "none" / "suggestion.json").unlink()
    partly = facility.subjects("import", sessions, "--ledger", other, "--yes")
    assert partly.code == 1
    assert "Left out: cut: suggestion.json is no JSON: line 1" in partly.text
    assert "Left out: none: There is no suggestion.json." in partly.text


def evaluated(store: FolderStore) -> list[Entry]:
    return [one for one in entries_of(store, MOUSE) if one.kind == "evaluated"]


def test_a_library_of_clabe_comes_in_where_each_animal_stands(facility: Facility) -> None:
    facility.done("enroll", MOUSE, "--stage", "s_shaping")
    state = json.loads(facility.done("next", MOUSE)[0])
    library, other = facility.folder / "library", facility.folder / "other"

    def put(subject: str, content: Any) -> None:
        (library / "Subjects" / subject).mkdir(parents=True)
        text = content if isinstance(content, str) else json.dumps(content)
        (library / "Subjects" / subject / "trainer_state.json").write_text(text, encoding="utf-8")

    put("M1", state)
    put("off", {**state, "is_on_curriculum": False})
    put("null", {**state, "is_on_curriculum": False, "stage": None})
    put("cut", json.dumps(state)[:1000])
    put("empty", "")
    put("AUX", state)
    (library / "Subjects" / "none").mkdir()
    facility.done("create", "--ledger", other)
    for summary in ("2 animals came in.", "Nothing is new."):
        result = facility.subjects("import", library, "--ledger", other, "--yes")
        assert (result.code, result.stdout.decode().splitlines()[-1]) == (1, summary)
        for who in ("null", "cut", "empty", "AUX", "none"):
            assert f"Left out: {who}: " in result.text
    assert json.loads(facility.done("next", "M1", "--ledger", other)[0]) == state
    assert json.loads(facility.done("next", "off", "--ledger", other)[0]) == {**state, "is_on_curriculum": False}
    facility.done("move", "M1", "--stage", "s_habituation", "--ledger", other)
    result = facility.subjects("import", library, "--ledger", other, "--yes")
    assert (
        "Left out: M1: The ledger has it, at the stage s_habituation; the source says the stage s_shaping."
        in result.text
    )


def test_nothing_that_a_state_names_is_imported(store: FolderStore, tmp_path: Path, capfd: Any) -> None:
    state = state_at("s_one")
    state["active_policies"], state["stage"]["metrics_provider"] = ["this.d"], "this.s"
    folder = tmp_path / "Subjects" / "a"
    folder.mkdir(parents=True)
    (folder / "trainer_state.json").write_text(json.dumps(state), encoding="utf-8")
    assert take_in(store, tmp_path).left_out == {}
    assert kinds(store) == [("enrolled", "s_one")]
    assert "this" not in sys.modules and "Zen" not in capfd.readouterr().out


def nothing_there(folder: Path) -> Path:
    return folder / "nothing"


def an_empty_folder(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def a_pickle(folder: Path) -> Path:
    (folder / "df.pkl").write_bytes(b"cos\nsystem\n(S'touch hacked'\ntR.")
    return folder / "df.pkl"


def a_table_of_other_columns(folder: Path) -> Path:
    (folder / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    return folder / "t.csv"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (nothing_there, "source.missing"),
        (an_empty_folder, "source.invalid"),
        (a_pickle, "usage.invalid"),
        (a_table_of_other_columns, "source.invalid"),
    ],
)
def test_a_source_that_is_none_is_refused_before_a_curriculum_is_asked(
    make: Callable[[Path], Path], code: str, tmp_path: Path
) -> None:
    def ask() -> Curriculum:
        raise AssertionError("it was asked")

    with pytest.raises(CurriculumError) as caught:
        read_source(make(tmp_path), [], ask, unwatched)
    assert caught.value.code == code and caught.value.hint
    assert not Path("hacked").exists()


class Stopped(BaseException):
    """The process was killed."""


class StopsAfter(FolderStore):
    """A ledger whose writer is killed after some entries."""

    left = 0

    def append(self, subject: str, place: int, data: bytes) -> bool:
        if not self.left:
            raise Stopped
        self.left -= 1
        return super().append(subject, place, data)


@pytest.mark.parametrize("count", range(6))
def test_an_import_that_was_stopped_goes_on_where_it_was(count: int, store: FolderStore, tmp_path: Path) -> None:
    table = table_of(tmp_path / "t.csv", ROWS)
    stopped = StopsAfter(Path(store.url))
    stopped.left = count
    with pytest.raises(Stopped) if count < 5 else contextlib.nullcontext():
        take_in(stopped, table)
    take_in(store, table)
    whole = FolderStore.create(tmp_path / "whole")
    take_in(whole, table)
    assert exported_csv(store) == exported_csv(whole)
    assert kinds(store) == kinds(whole)


ON_POSIX = [] if sys.platform == "win32" else [(["-o", "full.csv"], 74, "No space left on device")]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-o", "sessions.txt"], 64, "no ending of a table"),
        (["-o", "missing/sessions.csv"], 74, "is missing"),
        *ON_POSIX,
        (["-o", "sessions.csv", "--format", "csv"], 64, "--format is for stdout"),
        (["nobody"], 64, "There is no subject 'nobody'"),
    ],
)
def test_an_export_that_cannot_be_is_told(
    arguments: list[str], code: int, said: str, facility: Facility, tmp_path: Path
) -> None:
    if sys.platform != "win32":
        (facility.repo.path / "full.csv").symlink_to("/dev/full")
    result = facility.subjects("export", *arguments)
    assert (result.code, result.stdout) == (code, b"") and said in result.text
