"""Mirrors of a ledger: the folder that CLABE reads shows where each animal stands, and catches up when it was away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ledger_writers import PROCESSES, SUBJECT, decision
from test_ledger_stores import refused

from aind_curriculum_runtime.ledger import by_animal, mirroring
from aind_curriculum_runtime.ledger.folder import FolderStore
from aind_curriculum_runtime.ledger.known import known, next_state
from aind_curriculum_runtime.ledger.mirror import Behind
from aind_curriculum_runtime.ledger.mirroring import bring_up, declare, mirrors_of, withdraw
from aind_curriculum_runtime.ledger.opening import open_store
from aind_curriculum_runtime.ledger.recording import add, change
from aind_curriculum_runtime.ledger.store import Store

OTHER = "111111"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    return folder


@pytest.fixture
def ledger(tmp_path: Path, library: Path) -> FolderStore:
    """A ledger in a folder, with that library for a mirror."""
    made = FolderStore.create(tmp_path / "ledger")
    declare(made, str(library))
    return made


def shown(library: Path, subject: str = SUBJECT) -> Any:
    """What CLABE reads of an animal."""
    folder = library / "Subjects" / subject
    state = json.loads((folder / "trainer_state.json").read_bytes())
    assert json.loads((folder / "task.json").read_bytes()) == state["stage"]["task"]
    return state


def stands(store: Store, subject: str = SUBJECT) -> Any:
    return next_state(store, known(store, subject))


def record(store: Store, *numbers: int, subject: str = SUBJECT) -> list[str]:
    """Write entries; give what was said."""
    said: list[str] = []
    for number in numbers:
        add(store, subject, decision("a", number), tell=said.append)
    return said


def test_what_people_did_is_in_what_is_shown(ledger: FolderStore, library: Path) -> None:
    record(ledger, 1)
    for kind, facts, is_on, water in (
        ("pinned", {"path": "water", "value": 7}, True, 7),
        ("off", {}, False, 7),
        ("released", {"path": "water"}, False, 1),
        ("on", {}, True, 1),
    ):
        add(ledger, SUBJECT, change(kind, {"by": "me", **facts}))
        found = shown(library)
        assert (found["is_on_curriculum"], found["stage"]["name"]) == (is_on, "s_1")
        assert found["stage"]["task"]["task_parameters"]["water"] == water
        assert found == stands(ledger)


def test_an_enrollment_that_was_undone_is_shown_no_longer(ledger: FolderStore, library: Path) -> None:
    record(ledger, 1)
    add(ledger, SUBJECT, change("corrected", {"corrects": 1, "by": "me"}))
    assert list((library / "Subjects" / SUBJECT).iterdir()) == []


def test_what_a_launcher_has_of_an_animal_that_the_ledger_sent_nowhere_stays(
    ledger: FolderStore, library: Path
) -> None:
    own = library / "Subjects" / SUBJECT / "trainer_state.json"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"the launcher's")
    session = {"name": "one", "start": "2026-03-01T10:00:00.000000Z"}
    add(ledger, SUBJECT, change("held", {"session": session, "given": None, "error": {}}))
    assert own.read_bytes() == b"the launcher's"


def test_what_somebody_else_wrote_there_is_written_over(ledger: FolderStore, library: Path) -> None:
    record(ledger, 1, 2)
    for name in ("trainer_state.json", "task.json"):
        (library / "Subjects" / SUBJECT / name).write_bytes(b"{")
        assert bring_up(ledger, str(library), [SUBJECT]).written == {SUBJECT}
        assert shown(library) == stands(ledger)
    assert not bring_up(ledger, str(library), [SUBJECT]).written


# Away


def away(library: Path) -> Path:
    return (library / "Subjects").rename(library / "unmounted")


def a_file_in_its_place(library: Path) -> Path:
    unmounted = away(library)
    (library / "Subjects").touch()
    return unmounted


@pytest.mark.parametrize("goes", [away, a_file_in_its_place])
def test_one_that_is_away_loses_no_entry_and_the_next_of_any_animal_brings_it_up(
    goes: Callable[[Path], Path], ledger: FolderStore, library: Path
) -> None:
    record(ledger, 1)
    record(ledger, 1, subject=OTHER)
    unmounted = goes(library)
    [said] = record(ledger, 2)
    assert said.startswith(f"the mirror {library} does not show entry 2 of {SUBJECT} yet: ")
    assert "\n" not in said and str(library / "Subjects") in said
    assert ledger.last(SUBJECT) == 2
    if (library / "Subjects").exists():
        (library / "Subjects").unlink()
    unmounted.rename(library / "Subjects")
    assert shown(library) != stands(ledger)
    assert record(ledger, 2, subject=OTHER) == []
    assert (shown(library), shown(library, OTHER)) == (stands(ledger), stands(ledger, OTHER))
    assert json.loads(ledger.document("left") or b"") == {}


def test_a_file_in_the_place_of_an_animals_folder_is_a_fault_of_that_one(ledger: FolderStore, library: Path) -> None:
    (library / "Subjects" / SUBJECT).touch()
    [said] = record(ledger, 1)
    assert "Not a directory" in said or "File exists" in said
    assert record(ledger, 1, subject=OTHER) == []
    found = bring_up(ledger, str(library), [SUBJECT, OTHER])
    assert (list(found.left), found.there, found.is_away) == ([SUBJECT], {OTHER}, False)


def test_an_animal_that_cannot_be_shown_once_its_mirror_is_back_waits_for_its_own_entry(
    ledger: FolderStore, library: Path
) -> None:
    unmounted = away(library)
    record(ledger, 1)
    unmounted.rename(library / "Subjects")
    (library / "Subjects" / SUBJECT).touch()
    record(ledger, 1, subject=OTHER)
    assert json.loads(ledger.document("left") or b"") == {}
    (library / "Subjects" / SUBJECT).unlink()
    record(ledger, 2)
    assert shown(library) == stands(ledger)


def test_a_disk_that_is_full_leaves_what_was_there_whole(
    ledger: FolderStore, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(ledger, 1)
    before = shown(library)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device", "trainer_state.json")

    with monkeypatch.context() as patch:
        patch.setattr(by_animal, "write_atomically", full)
        [said] = record(ledger, 2)
    assert "No space left on device" in said and shown(library) == before
    assert record(ledger, 3, subject=OTHER) == []
    assert shown(library) == stands(ledger)


def test_a_mirror_that_raises_anything_costs_nobody_an_entry(
    ledger: FolderStore, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_animal, "_files", lambda *_: 1 / 0)
    [said] = record(ledger, 1)
    assert said.endswith("yet: ZeroDivisionError: division by zero") and ledger.last(SUBJECT) == 1


@pytest.mark.parametrize("data", [None, b"{", b"7"])
def test_a_list_of_mirrors_that_cannot_be_read_costs_nobody_an_entry(data: bytes | None, ledger: FolderStore) -> None:
    file = Path(ledger.url) / "documents" / "mirrors.json"
    file.unlink()
    file.mkdir() if data is None else file.write_bytes(data)
    [said] = record(ledger, 1)
    assert said.startswith(f"mirrors of {ledger.url} may not show entry 1 of {SUBJECT} yet: ")
    assert refused(lambda: mirrors_of(ledger)).code == ("ledger.unreadable" if data is None else "ledger.damaged")


@pytest.mark.parametrize("data", [b"{", b"7", b'{"x":7}', b'[["../../evil"]]'])
def test_a_note_that_cannot_be_read_is_as_none(data: bytes, ledger: FolderStore, library: Path) -> None:
    ledger.keep_document("left", data)
    assert record(ledger, 1) == []
    assert shown(library) == stands(ledger)


def test_a_note_of_what_is_no_subject_writes_nothing(ledger: FolderStore, library: Path) -> None:
    ledger.keep_document("left", json.dumps({str(library): ["../../evil"]}).encode())
    assert record(ledger, 1) == []
    assert [one.name for one in (library / "Subjects").iterdir()] == [SUBJECT]


def test_those_who_wait_for_others_wait_for_seconds(
    ledger: FolderStore, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unmounted = away(library)
    names = [f"mouse-{number}" for number in range(5)]
    for name in names:
        record(ledger, 1, subject=name)
    unmounted.rename(library / "Subjects")
    monkeypatch.setattr(mirroring, "_FOR_OTHERS", 0.0)
    record(ledger, 1)
    assert [one.name for one in (library / "Subjects").iterdir()] == [SUBJECT]
    assert sorted(json.loads(ledger.document("left") or b"")[str(library)]) == names
    monkeypatch.undo()
    record(ledger, 2)
    assert len(list((library / "Subjects").iterdir())) == 6


# Declaring


def test_one_that_is_withdrawn_stays_as_it_is(ledger: FolderStore, library: Path) -> None:
    record(ledger, 1)
    before = shown(library)
    withdraw(ledger, str(library))
    record(ledger, 2)
    assert (mirrors_of(ledger), shown(library)) == ([], before)
    assert refused(lambda: withdraw(ledger, str(library))).code == "usage.invalid"


def test_what_can_be_no_mirror_is_refused(ledger: FolderStore, library: Path) -> None:
    for url in ("library", "gs://bucket/x", ledger.url, "slims+https://me:hunter2@lab/slimsrest"):
        error = refused(lambda url=url: declare(ledger, url))
        assert error.code == "usage.invalid" and "hunter2" not in f"{error.message} {error.hint}"
    with pytest.raises(Behind, match=r"nowhere is not there"):
        declare(ledger, str(library / "nowhere"))
    declare(ledger, str(library))
    assert mirrors_of(ledger) == [str(library)]


# Several at once, and crashes


def test_who_was_overtaken_while_writing_does_not_leave_the_older_state(
    ledger: FolderStore, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another rig writes and shows its entry after this one has read the ledger and before it writes to the mirror."""
    record(ledger, 1)
    show, others = by_animal.ByAnimal.show, iter([4, 5])

    def overtaken(self: Any, store: Store, found: Any) -> bool:
        for number in others:
            record(ledger, number)
        return show(self, store, found)

    monkeypatch.setattr(by_animal.ByAnimal, "show", overtaken)
    record(ledger, 2)
    assert shown(library) == stands(ledger) and ledger.last(SUBJECT) == 4


def _write(url: str, name: str, count: int) -> None:
    for number in range(count):
        add(open_store(url), SUBJECT, decision(name, number))


def test_rigs_that_write_at_once_leave_the_newest(ledger: FolderStore, library: Path) -> None:
    _race(ledger, library, writers=2, count=25)


@pytest.mark.exhaustive
def test_many_rigs_that_write_at_once_leave_the_newest(ledger: FolderStore, library: Path) -> None:
    for _ in range(10):
        _race(ledger, library, writers=4, count=50)


def _race(ledger: FolderStore, library: Path, *, writers: int, count: int) -> None:
    processes = [PROCESSES.Process(target=_write, args=(ledger.url, f"w{one}", count)) for one in range(writers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert shown(library) == stands(ledger)


_KILLED = """
import os, sys
from ledger_writers import SUBJECT, decision
from aind_curriculum_runtime.ledger.opening import open_store
from aind_curriculum_runtime.ledger.recording import add
url, first, calls = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
left = [calls]
def dying(of):
    def call(*arguments, **more):
        left[0] -= 1
        if left[0] < 0:
            os._exit(9)
        return of(*arguments, **more)
    return call
store = open_store(url)
for name in ("fsync", "replace", "link"):
    setattr(os, name, dying(getattr(os, name)))
import pathlib
pathlib.Path.replace = dying(pathlib.Path.replace)
add(store, SUBJECT, decision("k", first))
"""


def _killed(ledger: FolderStore, number: int, calls: int) -> bool:
    """Have a process write an entry that ends for good at the so-and-so-manyth call that writes; whether it did."""
    command = [sys.executable, "-c", _KILLED, ledger.url, str(number), str(calls)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    code = subprocess.run(command, env=environment).returncode
    assert code in (0, 9)
    return code == 9


@pytest.mark.parametrize("sample", [True, pytest.param(False, marks=pytest.mark.exhaustive)])
def test_whoever_is_killed_in_between_leaves_nothing_torn_and_the_next_entry_goes_on(
    sample: bool, ledger: FolderStore, library: Path
) -> None:
    """At each call that writes: to the ledger, to the mirror, to what is kept."""
    record(ledger, 1)
    ended = 0
    for number, calls in enumerate((5, 7) if sample else range(40), 1):
        ended += _killed(ledger, number, calls)
        found = shown_or_between(library)
        assert found["stage"]["name"].startswith("s_")
        add(ledger, SUBJECT, decision("a", number))
        assert shown(library) == stands(ledger)
    assert ended >= 2


def shown_or_between(library: Path) -> Any:
    """What CLABE reads of the animal: each file whole, though one may be newer than the other."""
    folder = library / "Subjects" / SUBJECT
    assert "task_parameters" in json.loads((folder / "task.json").read_bytes())
    return json.loads((folder / "trainer_state.json").read_bytes())


# The command


@pytest.fixture
def mirror(ledger: FolderStore) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "aind_curriculum_runtime.fleet.cli",
            "subjects",
            "mirror",
            *map(str, arguments),
        ]
        return subprocess.run([*command, "--ledger", ledger.url], capture_output=True, text=True, encoding="utf-8")

    yield call


def test_a_person_brings_mirrors_up_to_date_and_sees_what_is_behind(
    mirror: Callable[..., subprocess.CompletedProcess[str]], ledger: FolderStore, library: Path, tmp_path: Path
) -> None:
    record(ledger, 1)
    record(ledger, 1, subject=OTHER)
    shutil.rmtree(library / "Subjects" / OTHER)
    assert mirror().stdout == f"{library} shows 2 animals; 1 had been behind.\n"
    away(library)
    done = mirror(OTHER)
    told = f"{library} is behind: the folder {library / 'Subjects'} is not there.\n"
    assert (done.returncode, done.stdout) == (1, told)
    second = tmp_path / "second"
    second.mkdir()
    done = mirror("--to", second, "--end", library)
    assert (done.returncode, done.stdout) == (0, f"{second} shows 2 animals; 2 had been behind.\n")
    assert shown(second, OTHER) == stands(ledger, OTHER)
    assert mirror("--end", second).stdout == "The ledger has no mirror.\n"
