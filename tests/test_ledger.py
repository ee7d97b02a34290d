"""The ledger's core: where an animal stands after its entries, and what is added to them."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aind_curriculum_runtime.contract.errors import CurriculumError
from aind_curriculum_runtime.ledger.entry import Entry, Session, at, digest_of_state, with_graph, without_graph
from aind_curriculum_runtime.ledger.folder import FolderStore
from aind_curriculum_runtime.ledger.known import Known, entries_of, known, previous_metrics
from aind_curriculum_runtime.ledger.recording import Draft, add, change, evaluation, hold
from aind_curriculum_runtime.ledger.standing import Standing, counting, stand, stand_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOUSE = "786543"


def time(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def state(stage: str, **parameters: Any) -> dict[str, Any]:
    return {
        "curriculum": {"name": "c", "version": "1.0.0"},
        "stage": {"name": stage, "task": {"task_parameters": parameters}},
        "is_on_curriculum": True,
    }


def session(hours: float, name: str = "") -> Session:
    return Session(name or f"{MOUSE}_{hours}", at(time(hours)))


def facts(given_state: dict[str, Any] | None, after: dict[str, Any], **metrics: float) -> dict[str, Any]:
    return {
        "given": digest_of_state(given_state) if given_state is not None else None,
        "state": after,
        "metrics": metrics,
        "outcome": digest_of_state({**after, **metrics}),
    }


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore.create(tmp_path / "ledger")


class Animal:
    """A subject of a store, to which things happen at given hours."""

    def __init__(self, store: FolderStore) -> None:
        self.store = store

    def add(self, decide: Callable[[Known], Draft | None], hours: float) -> Known:
        return add(self.store, MOUSE, decide, now=lambda: time(hours))

    def enroll(self, stage: str = "s_a", hours: float = 0, **parameters: Any) -> Known:
        return self.add(change("enrolled", {"state": state(stage, **parameters), "by": "me"}), hours)

    def session(self, hours: float, after: str, **metrics: float) -> Known:
        """A session that begins at ``hours``, with the state where the animal stands, and ends half an hour later."""
        return self.late_session(hours, hours + 0.5, self.standing.next_state, after, **metrics)

    def late_session(
        self, hours: float, told: float, given_state: dict[str, Any] | None, after: str, **metrics: float
    ) -> Known:
        return self.add(evaluation(session(hours), facts(given_state, state(after), **metrics), None), told)

    @property
    def entries(self) -> list[Entry]:
        return entries_of(self.store, MOUSE)

    @property
    def standing(self) -> Standing:
        return known(self.store, MOUSE).standing


@pytest.fixture
def animal(store: FolderStore) -> Animal:
    return Animal(store)


def test_sessions_lead_from_stage_to_stage(animal: Animal) -> None:
    animal.enroll()
    animal.session(1, "s_a", water=1.0)
    animal.session(25, "s_a", water=2.0)
    standing = animal.session(49, "s_b", water=3.0).standing
    assert (standing.stage, standing.at_stage, standing.metrics) == ("s_b", 0, {"water": 3.0})
    assert previous_metrics(animal.store, known(animal.store, MOUSE), at(time(26))) == {"water": 2.0}
    assert previous_metrics(animal.store, known(animal.store, MOUSE), at(time(25))) == {"water": 1.0}


def test_a_rerun_adds_nothing_and_another_outcome_takes_the_place_of_the_first(animal: Animal) -> None:
    animal.enroll()
    before = animal.standing.next_state
    animal.session(1, "s_b", water=1.0)
    assert animal.late_session(1, 9, before, "s_b", water=1.0).standing.place == 2
    again = animal.late_session(1, 9, before, "s_c", water=1.5)
    assert [one.corrects for one in animal.entries] == [None, None, 2]
    assert (again.standing.stage, again.standing.metrics) == ("s_c", {"water": 1.5})


def test_a_late_session_moves_nothing_that_came_after_it(animal: Animal) -> None:
    animal.enroll()
    given_state = animal.standing.next_state
    animal.session(25, "s_b")
    standing = animal.late_session(1, 26, given_state, "s_c").standing
    assert (standing.stage, standing.late, standing.at_stage) == ("s_b", (3,), 0)


def test_an_earlier_session_of_the_same_stage_is_late_too(animal: Animal) -> None:
    animal.enroll()
    given_state = animal.standing.next_state
    animal.session(25, "s_a")
    standing = animal.late_session(1, 26, given_state, "s_c").standing
    assert (standing.stage, standing.late) == ("s_a", (3,))


def test_a_move_while_the_session_runs_stays(animal: Animal) -> None:
    animal.enroll()
    given_state = animal.standing.next_state
    animal.add(change("moved", {"state": state("s_d"), "by": "me", "reason": "too hard"}), 1.2)
    standing = animal.late_session(1, 1.5, given_state, "s_b").standing
    assert (standing.stage, standing.late) == ("s_d", (3,))
    assert animal.session(25, "s_e").standing.stage == "s_e"


def test_a_clock_that_is_behind_loses_no_session(animal: Animal) -> None:
    animal.enroll(hours=100)
    assert animal.session(1, "s_b").standing.stage == "s_b"


def test_a_new_evaluation_of_an_old_session_moves_nothing_after_it(animal: Animal) -> None:
    animal.enroll()
    first = animal.standing.next_state
    animal.session(1, "s_b", water=1.0)
    animal.session(25, "s_c", water=2.0)
    standing = animal.late_session(1, 30, first, "s_a", water=9.0).standing
    assert (standing.stage, standing.metrics) == ("s_c", {"water": 2.0})


def test_what_was_undone_does_not_count_until_that_is_undone(animal: Animal) -> None:
    animal.enroll()
    animal.add(change("moved", {"state": state("s_b")}), 1)
    undone = animal.add(change("corrected", {"corrects": 2}), 2)
    assert undone.standing.stage == "s_a"
    assert animal.add(change("corrected", {"corrects": 3}), 3).standing.stage == "s_b"


def test_a_pinned_parameter_lies_on_top_until_it_is_released(animal: Animal) -> None:
    animal.enroll(minutes=60.0, patches=[{"label": "A", "p": 1}, {"label": "B", "p": 1}])
    animal.add(change("pinned", {"path": "minutes", "value": 30.0}), 1)
    pinned = animal.add(change("pinned", {"path": "patches[label=B].p", "value": 5}), 1).standing
    assert pinned.next_state is not None
    parameters = pinned.next_state["stage"]["task"]["task_parameters"]
    assert parameters == {"minutes": 30.0, "patches": [{"label": "A", "p": 1}, {"label": "B", "p": 5}]}
    released = animal.add(change("released", {"path": "minutes"}), 2).standing
    assert released.next_state is not None
    assert released.next_state["stage"]["task"]["task_parameters"]["minutes"] == 60.0


def test_off_keeps_the_stage(animal: Animal) -> None:
    animal.enroll()
    off = animal.add(change("off", {"reason": "ill"}), 1).standing
    assert off.next_state is not None
    assert (off.next_state["is_on_curriculum"], off.stage) == (False, "s_a")
    on = animal.add(change("on", {}), 2).standing
    assert on.next_state == state("s_a")


def test_a_held_session_keeps_the_state_and_its_evaluation_takes_its_place(animal: Animal) -> None:
    animal.enroll()
    given_state = animal.standing.next_state
    error = {"code": "session.incomplete", "message": "no events"}
    held = hold(session(1), {"given": digest_of_state(given_state or {}), "error": error})
    found = animal.add(held, 1.5)
    assert (found.standing.stage, found.standing.held, found.standing.at_stage) == ("s_a", 1, 0)
    assert animal.add(held, 1.6).standing.place == 2
    evaluated = animal.late_session(1, 3, given_state, "s_b")
    assert (evaluated.standing.stage, evaluated.standing.held) == ("s_b", 0)
    assert animal.add(held, 4).standing.place == 3  # it was evaluated


def test_an_unknown_kind_and_unknown_fields_of_a_newer_runtime_are_kept(animal: Animal) -> None:
    animal.enroll()
    animal.add(change("approved", {"who": "me"}), 1)
    found = animal.session(2, "s_b")
    assert [one.kind for one in animal.entries] == ["enrolled", "approved", "evaluated"]
    assert animal.entries[1].content["who"] == "me"
    assert found.standing.stage == "s_b"


def test_a_graph_is_kept_once(store: FolderStore) -> None:
    whole = {**state("s_a"), "curriculum": {"name": "c", "version": "1.0.0", "graph": {"nodes": {"0": "x"}}}}
    bare, graph = without_graph(whole)
    assert graph is not None
    for _ in range(3):
        store.keep_graph(graph.digest, graph.data)
    data = store.graph(graph.digest)
    assert data is not None and with_graph(bare, data) == whole
    assert digest_of_state(bare) == digest_of_state(whole)


@pytest.mark.parametrize(
    "name", ["../../evil", "CON", "con.txt", "a:b", "x" * 300, "", ".", "..", "a/b", "a\\b", "a.", "-a", "ä", "COM1"]
)
def test_a_name_that_could_leave_its_folder_is_refused(name: str, store: FolderStore) -> None:
    with pytest.raises(CurriculumError) as caught:
        add(store, name, change("enrolled", {"state": state("s_a")}))
    assert caught.value.code == "subject.name"
    assert store.subjects() == []


def test_another_case_of_a_name_is_refused(store: FolderStore) -> None:
    add(store, "Mouse-1", change("enrolled", {"state": state("s_a")}))
    with pytest.raises(CurriculumError, match="'Mouse-1' is") as caught:
        add(store, "mouse-1", change("enrolled", {"state": state("s_a")}))
    assert caught.value.code == "subject.name"


def test_writers_at_once_lose_nothing(store: FolderStore) -> None:
    def write(name: str) -> None:
        for number in range(20):
            add(store, MOUSE, change("pinned", {"path": f"{name}{number}", "value": number}))

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = known(store, MOUSE)
    assert set(found.standing.pins) == {f"{name}{number}" for name in "abcd" for number in range(20)}
    assert len(entries_of(store, MOUSE)) == 80


FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda data: data[:40],
    "empty": lambda data: b"",
    "edited": lambda data: data.replace(b"s_b", b"s_z"),
    "of another subject": lambda data: data.replace(MOUSE.encode(), b"111111"),
    "of another place": lambda data: data.replace(b'"place":2', b'"place":4'),
    "of a newer runtime": lambda data: data.replace(b'"ledger":1', b'"ledger":2'),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_damaged_entry_is_named_and_nothing_is_written(
    fault: Callable[[bytes], bytes], animal: Animal, tmp_path: Path
) -> None:
    animal.enroll()
    animal.session(1, "s_b")
    animal.session(2, "s_c")
    path = tmp_path / "ledger" / "subjects" / MOUSE / "00000002.json"
    path.write_bytes(fault(path.read_bytes()))
    (tmp_path / "ledger" / "known" / f"{MOUSE}.json").unlink()  # a reader goes on from where the last one stopped
    with pytest.raises(CurriculumError) as caught:
        animal.add(change("off", {}), 3)
    assert caught.value.code == "ledger.damaged"
    assert caught.value.where in {f"{MOUSE}/2", f"{MOUSE}/3"}  # an edited one is found by the next
    assert len(list(path.parent.iterdir())) == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda known: known.unlink(),
        lambda known: known.write_bytes(b"{"),
        lambda known: known.write_bytes(known.read_bytes().replace(b'"place":3', b'"place":2')),
        lambda known: known.write_bytes(known.read_bytes().replace(b'"head":"', b'"head":"0')),
    ],
    ids=["gone", "cut short", "of fewer entries", "of other entries"],
)
def test_what_a_reader_kept_is_taken_only_where_it_fits(
    damage: Callable[[Path], object], animal: Animal, tmp_path: Path
) -> None:
    animal.enroll()
    animal.session(1, "s_b", water=1.0)
    before = animal.session(2, "s_c", water=2.0)
    assert known(animal.store, MOUSE) == before
    damage(tmp_path / "ledger" / "known" / f"{MOUSE}.json")
    assert known(animal.store, MOUSE) == before


def test_a_missing_entry_is_named(animal: Animal, tmp_path: Path) -> None:
    animal.enroll()
    animal.session(1, "s_b")
    (tmp_path / "ledger" / "subjects" / MOUSE / "00000001.json").unlink()
    with pytest.raises(CurriculumError, match=r"Entry 1 of 786543 in .* is gone"):
        entries_of(animal.store, MOUSE)


def test_a_share_that_is_away_is_no_new_ledger(tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    for folder in ("mount", "nowhere"):
        with pytest.raises(CurriculumError, match="There is no ledger at") as caught:
            FolderStore(tmp_path / folder)
        assert caught.value.exit == 75
    assert not (tmp_path / "nowhere").exists()


KINDS = ["session", "late", "moved", "off", "on", "pinned", "corrected", "held"]


@st.composite
def events(draw: st.DrawFn) -> list[Entry]:
    """Entries of any order of events."""
    found: list[Entry] = []
    count = draw(st.integers(1, 12))
    for place in range(1, count + 1):
        kind = "enrolled" if place == 1 else draw(st.sampled_from(KINDS))
        stage = draw(st.sampled_from(["s_a", "s_b", "s_c"]))
        content: dict[str, Any] = {
            "ledger": 1,
            "subject": MOUSE,
            "place": place,
            "kind": "evaluated" if kind in ("session", "late") else kind,
            "recorded": at(time(place)),
        }
        if kind in ("session", "late", "held"):
            start = place - 0.5 if kind == "session" else draw(st.integers(0, place)) - 0.25
            content |= {"session": vars(session(start)), "metrics": {"n": place}}
        if kind in ("session", "late", "moved", "enrolled"):
            content["state"] = state(stage)
        if kind == "pinned":
            content |= {"path": "p", "value": place}
        if kind == "corrected":
            content["corrects"] = draw(st.integers(1, place - 1))
        found.append(Entry(content, f"digest {place}"))
    return found


@given(events())
@settings(max_examples=300)
def test_a_standing_can_be_carried_on(entries: list[Entry]) -> None:
    for end in range(1, len(entries) + 1):
        carried = stand_of(stand(entries[: end - 1]), entries[end - 1])
        assert carried is None or carried == stand(entries[:end])


@given(events())
@settings(max_examples=300)
def test_undoing_the_last_entry_is_as_if_it_had_not_been(entries: list[Entry]) -> None:
    last = entries[-1]
    undo = {"ledger": 1, "subject": MOUSE, "place": last.place + 1, "kind": "corrected", "recorded": last.recorded}
    undone = [*entries, Entry({**undo, "corrects": last.place}, "undo")]
    assert counting(undone) == counting(entries[:-1])


@given(events())
@settings(max_examples=300)
def test_a_late_session_changes_nothing_but_the_list_of_late_ones(entries: list[Entry]) -> None:
    before = stand(entries[:-1]) if len(entries) > 1 else None
    after = stand(entries)
    if before is not None and entries[-1].place in after.late:
        assert (after.state, after.metrics, after.moment) == (before.state, before.metrics, before.moment)


def test_times_sort_as_texts() -> None:
    times = [time(hours) for hours in (-1, 0, 0.0001, 1)]
    zones = [datetime.fromisoformat("2026-03-01T13:30:00+02:00"), time(-0.5)]
    assert [at(one) for one in sorted(times)] == sorted(at(one) for one in times)
    assert at(zones[0]) == at(zones[1])
    assert json.loads(json.dumps(at(NOON))) == "2026-03-01T12:00:00.000000Z"


def test_the_chain_names_every_entry_before(animal: Animal) -> None:
    animal.enroll()
    animal.session(1, "s_b")
    for one, following in itertools.pairwise(animal.entries):
        assert following.before == one.digest
