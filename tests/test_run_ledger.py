"""`run --ledger`: what a session led to is in the animal's ledger before it is on stdout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support import Repo, Result, clean_environment

from aind_curriculum_runtime.ledger.entry import Entry
from aind_curriculum_runtime.ledger.folder import FolderStore
from aind_curriculum_runtime.ledger.known import entries_of
from aind_curriculum_runtime.ledger.mirroring import declare
from aind_curriculum_runtime.ledger.recording import add, change
from aind_curriculum_runtime.ledger.standing import Standing, stand

MOUSE = "786543"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore.create(tmp_path / "ledger")


class Rig:
    """A rig on which one animal is trained, with nothing but a ledger to remember it by."""

    def __init__(self, repo: Repo, folder: Path, state: Path) -> None:
        self.repo, self.folder, self.state = repo, folder, state
        self.ledger = folder / "ledger"

    def session(self, day: int, **own: Any) -> Path:
        directory = self.folder / f"{MOUSE}_{day}"
        if not directory.exists():
            shutil.copytree(self.repo.session, directory)
            logs = directory / "behavior" / "Logs"
            logs.mkdir(exist_ok=True)
            content = {"subject": MOUSE, "session_name": directory.name, "date": f"2026-03-{day:02}T10:00:00Z", **own}
            (logs / "session_input.json").write_text(json.dumps(content), encoding="utf-8")
        return directory

    def run(self, session: Path, *more: str | Path, state: Path | None = None, ledger: Path | None = None) -> Result:
        given = state if state is not None else self.state
        to = ledger if ledger is not None else self.ledger
        return self.repo.curriculum(
            "run", "--data-directory", session, "--input-trainer-state", given, "--ledger", to, *more
        )

    def day(self, day: int) -> Result:
        """Run a session, and keep the state for the next as a launcher does."""
        result = self.run(self.session(day))
        assert result.code == 0, result.text
        self.state = self.folder / f"after_{day}.json"
        self.state.write_text(json.dumps(result.document["trainer_state"]), encoding="utf-8")
        return result

    def state_of(self, stage: str) -> Path:
        """A trainer state that the ledger does not have."""
        file = self.folder / f"{stage}.json"
        file.write_bytes(self.repo.curriculum("init", "--stage", stage).stdout)
        return file

    @property
    def entries(self) -> list[Entry]:
        return entries_of(FolderStore(self.ledger), MOUSE)

    @property
    def standing(self) -> Standing:
        return stand(self.entries)


@pytest.fixture
def rig(shared_repo: Repo, state: Path, tmp_path: Path, store: FolderStore) -> Rig:
    return Rig(shared_repo, tmp_path, state)


def test_previous_metrics_come_from_the_ledger(rig: Rig) -> None:
    """The template's metrics look back, and nothing here writes previous_metrics.json."""
    found = [rig.day(day).document["metrics"]["good_sessions_in_a_row"] for day in (1, 2, 3)]
    assert found == [1, 2, 3]
    kinds = [one.kind for one in rig.entries]
    assert kinds == ["enrolled", "evaluated", "evaluated", "evaluated"]


def test_what_is_printed_is_what_run_prints_without_a_ledger(rig: Rig) -> None:
    session = rig.session(1)
    plain = rig.repo.curriculum("run", "--data-directory", session, "--input-trainer-state", rig.state)
    assert rig.run(session).stdout == plain.stdout


def test_a_rerun_adds_nothing_and_prints_the_same(rig: Rig) -> None:
    session = rig.session(1)
    first, again = rig.run(session), rig.run(session)
    assert (again.stdout, len(rig.entries)) == (first.stdout, 2)


def test_the_second_run_of_a_day_has_the_same_previous_metrics(rig: Rig) -> None:
    rig.day(1)
    state = rig.state
    rig.day(2)
    again = rig.run(rig.session(2), state=state)
    assert again.document["metrics"]["good_sessions_in_a_row"] == 2
    assert len(rig.entries) == 3


def test_a_session_that_cannot_be_evaluated_is_held_and_the_next_goes_on(rig: Rig) -> None:
    rig.day(1)
    bad = rig.session(2)
    shutil.rmtree(bad / "behavior" / "SoftwareEvents")
    result = rig.run(bad)
    assert (result.code, result.stdout) == (66, b"")
    last = rig.entries[-1]
    assert (last.kind, last.content["error"]["code"], last.content["stage_run"]) == (
        "held",
        "session.incomplete",
        "s_shaping",
    )
    assert rig.day(3).document["metrics"]["good_sessions_in_a_row"] == 2


def test_a_move_while_the_session_ran_is_what_the_animal_runs_next(rig: Rig, store: FolderStore) -> None:
    rig.day(1)
    moved = rig.repo.curriculum("init", "--stage", "s_habituation")
    state = json.loads(moved.stdout)
    graph = state["curriculum"]
    first = rig.entries[0]
    assert first.state is not None
    state["curriculum"] = first.state["curriculum"]
    add(store, MOUSE, change("moved", {"state": state, "by": "me", "reason": "too hard"}))
    result = rig.run(rig.session(2))
    assert "this session moved nothing" in result.text
    assert result.document["trainer_state"] == {**state, "curriculum": graph}


def test_a_pinned_parameter_is_in_what_is_printed(rig: Rig, store: FolderStore) -> None:
    rig.day(1)
    path = "reward_volume"
    add(store, MOUSE, change("pinned", {"path": path, "value": 2.25, "by": "me", "reason": "weight"}))
    result = rig.day(2)
    assert result.document["trainer_state"]["stage"]["task"]["task_parameters"][path] == 2.25
    assert f"pinned for {MOUSE}: {path}" in result.text
    trainers = rig.standing.state
    assert trainers is not None and trainers["stage"]["task"]["task_parameters"][path] != 2.25


def test_the_commit_is_recorded_where_there_is_git_and_nothing_fails_without(rig: Rig, tmp_path: Path) -> None:
    rig.day(1)
    assert rig.entries[-1].content["curriculum"].keys() >= {"name", "version"}
    (tmp_path / "no programs").mkdir()
    session = rig.session(2)
    arguments = ["--data-directory", session, "--input-trainer-state", rig.state, "--ledger", rig.ledger]
    result = rig.repo.curriculum("run", *arguments, env=clean_environment(PATH=str(tmp_path / "no programs")))
    assert result.code == 0, result.text
    assert "commit" not in rig.entries[-1].content["curriculum"]


def test_a_session_that_moves_nothing_because_a_clock_is_ahead_is_told_so(rig: Rig, store: FolderStore) -> None:
    rig.day(1)
    stays = rig.standing.state
    assert stays is not None
    add(store, MOUSE, change("off", {"by": "a rig whose clock is ahead", "at": "2126-03-01T10:00:00.000000Z"}))
    add(store, MOUSE, change("on", {"by": "me"}))
    result = rig.run(rig.session(2), state=rig.state_of("s_habituation"))
    assert "goes up to 2126-03-01T10:00:00.000000Z, which is in the future by this machine's clock" in result.text
    assert rig.standing.late == (5,) and rig.standing.state == stays


FAULTS: dict[str, tuple[list[str], dict[str, Any], int, str]] = {
    "no subject": ([], {"subject": None}, 66, "does not say of which subject"),
    "no date": ([], {"date": None}, 66, "does not say when it began"),
    "another subject": (["--subject", "111111"], {}, 65, "is of the subject '786543', not of '111111'"),
    "a name that is none": (["--subject", "../../evil"], {"subject": "../../evil"}, 64, "cannot be the name of"),
}


@pytest.mark.parametrize(("more", "own", "code", "told"), FAULTS.values(), ids=FAULTS)
def test_bad_input_has_its_sentence_and_nothing_is_recorded(
    more: list[str], own: dict[str, Any], code: int, told: str, rig: Rig, store: FolderStore
) -> None:
    result = rig.run(rig.session(1, **own), *more)
    assert (result.code, result.stdout) == (code, b"")
    assert told in result.error["message"]
    assert store.subjects() == []


def test_a_ledger_that_is_away_is_75_and_the_rerun_catches_up(rig: Rig) -> None:
    session = rig.session(1)
    away = rig.ledger.rename(rig.folder / "unmounted")
    result = rig.run(session)
    assert (result.code, result.stdout, result.error["code"]) == (75, b"", "transient.io")
    away.rename(rig.ledger)
    assert rig.run(session).code == 0
    assert len(rig.entries) == 2


def test_mirrors_that_are_away_are_a_line_each_and_change_nothing_else(
    rig: Rig, store: FolderStore, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    declare(store, str(library))
    slims = "slims+https://lab.example.org/slimsrest"
    store.keep_document("mirrors", json.dumps([slims, str(library)]).encode())
    (library / "Subjects").rmdir()
    session = rig.session(1)
    plain = rig.repo.curriculum("run", "--data-directory", session, "--input-trainer-state", rig.state)
    result = rig.run(session)
    assert (result.code, result.stdout, len(rig.entries)) == (0, plain.stdout, 2)
    behind = [line for line in result.text.splitlines() if "does not show" in line]
    for line, mirror, why in zip(
        behind,
        (slims, str(library)),
        ("aind_slims_api is not installed", f"the folder {library / 'Subjects'} is not there"),
        strict=True,
    ):
        assert line.startswith(f"curriculum: the mirror {mirror} does not show entry 2 of {MOUSE} yet: {why}")
    (library / "Subjects").mkdir()
    assert rig.run(session).stdout == plain.stdout and len(rig.entries) == 2
    shown = (library / "Subjects" / MOUSE / "trainer_state.json").read_text(encoding="utf-8")
    assert json.loads(shown) == plain.document["trainer_state"]


def test_a_session_without_a_state_says_where_the_ledger_has_it(rig: Rig) -> None:
    arguments = ["--data-directory", rig.session(1), "--ledger", rig.ledger]
    (rig.session(1) / "behavior" / "trainer_state.json").unlink(missing_ok=True)
    result = rig.repo.curriculum("run", *arguments)
    assert (result.code, result.error["code"]) == (66, "state.missing")
    assert result.error["hint"].endswith(
        f"`curricula subjects next {MOUSE} -o FILE` writes the one that the animal runs next."
    )


def test_a_relative_ledger_is_refused(rig: Rig) -> None:
    result = rig.run(rig.session(1), ledger=Path("ledger"))
    assert (result.code, result.error["code"]) == (64, "usage.invalid")


def test_a_file_that_says_otherwise_than_the_ledger_is_refused(rig: Rig) -> None:
    rig.day(1)
    session = rig.session(2)
    other = {
        **json.loads(rig.repo.curriculum("run", "--data-directory", session, "--input-trainer-state", rig.state).stdout)
    }
    other["metrics"]["good_sessions_in_a_row"] = 7
    (session / "behavior" / "previous_metrics.json").write_text(json.dumps(other["metrics"]), encoding="utf-8")
    result = rig.run(session)
    assert (result.code, result.error["code"]) == (65, "session.previous_metrics_invalid")


def test_without_a_ledger_missing_previous_metrics_are_told_once(rig: Rig) -> None:
    session = rig.session(1)
    result = rig.repo.curriculum("run", "--data-directory", session, "--input-trainer-state", rig.state)
    assert result.code == 0
    assert result.text.count("there are no previous metrics") == 1


def test_subject_without_a_ledger_is_a_misunderstanding(rig: Rig) -> None:
    result = rig.repo.curriculum(
        "run", "--data-directory", rig.session(1), "--input-trainer-state", rig.state, "--subject", "1"
    )
    assert (result.code, result.error["code"]) == (64, "usage.invalid")


@pytest.mark.parametrize(("url", "package"), [("s3://b/x", "fsspec"), ("postgresql://me:hunter2@h/d", "sqlalchemy")])
def test_a_ledger_whose_packages_are_missing_is_told_with_the_extra(url: str, package: str, rig: Rig) -> None:
    session = rig.session(1)
    result = rig.repo.curriculum(
        "run", "--data-directory", session, "--input-trainer-state", rig.state, "--ledger", url
    )
    assert (result.code, result.stdout, result.error["code"]) == (64, b"", "usage.extra_needed")
    assert f"needs {package}, which is not installed" in result.error["message"] and "hunter2" not in result.text
