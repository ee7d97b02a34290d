"""The mirror in SLIMS, through `aind-slims-api`, on a server on loopback that speaks its endpoints."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aind_slims_api import SlimsClient
from aind_slims_api.models import SlimsBehaviorSession
from ledger_writers import decision
from slims_server import PASSWORD, USER, SlimsServer, slims_server

from aind_curriculum_runtime.ledger.entry import Session
from aind_curriculum_runtime.ledger.folder import FolderStore
from aind_curriculum_runtime.ledger.known import known, next_state
from aind_curriculum_runtime.ledger.mirroring import bring_up, declare
from aind_curriculum_runtime.ledger.recording import add, change, hold

MOUSE = "786543"
TESTS = Path(__file__).parent
pytestmark = pytest.mark.filterwarnings("ignore:Accessing the 'model_fields':DeprecationWarning")  # by the package


@pytest.fixture
def slims(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlimsServer]:
    from aind_slims_api import config

    with slims_server() as server:
        server.add_mouse("111111")
        server.add_mouse(MOUSE)
        monkeypatch.setattr(config, "slims_username", USER)
        monkeypatch.setattr(config, "slims_password", type(config.slims_password)(PASSWORD))
        yield server


@pytest.fixture
def ledger(slims: SlimsServer, tmp_path: Path) -> FolderStore:
    made = FolderStore.create(tmp_path / "ledger")
    declare(made, slims.mirror)
    return made


def record(store: FolderStore, *numbers: int, subject: str = MOUSE) -> list[str]:
    said: list[str] = []
    for number in numbers:
        add(store, subject, decision("a", number), tell=said.append)
    return said


def as_launchers_read(slims: SlimsServer, subject: str = MOUSE) -> tuple[SlimsBehaviorSession, Any]:
    """The event of the latest date and the state attached to it, as those do who take animals from SLIMS."""
    client = SlimsClient(url=slims.url, username=USER, password=PASSWORD)
    [mouse] = client.fetch("Content", cntn_barCode=subject, cntp_name="Mouse")
    event = client.fetch_models(SlimsBehaviorSession, mouse_pk=mouse.pk(), sort="date")[-1]
    [state] = [one for one in client.fetch_attachments(event) if one.name == "TrainerState"]
    return event, client.fetch_attachment_content(state).json()


def stands(store: FolderStore, subject: str = MOUSE) -> Any:
    return next_state(store, known(store, subject))


def places(slims: SlimsServer) -> list[int]:
    """The entries that have an event, in the order of their dates; each has its state attached."""
    assert all([one["attm_name"] for one in event["attached"]] == ["TrainerState"] for event in slims.events)
    return [int(event["cnvn_cf_notes"].split("[ledger entry ")[1].split()[0]) for event in slims.events]


def test_the_latest_event_is_where_the_animal_stands(slims: SlimsServer, ledger: FolderStore) -> None:
    for number in range(1, 5):
        assert record(ledger, number) == []
        event, state = as_launchers_read(slims)
        assert state == stands(ledger)
        assert (event.task_stage, event.task, event.task_schema_version) == (f"s_{number}", "c", "1.0.0")
        assert event.is_curriculum_suggestion is True
    assert places(slims) == [1, 2, 3, 4]


def test_what_people_did_says_who_and_why(slims: SlimsServer, ledger: FolderStore) -> None:
    record(ledger, 1)
    add(ledger, MOUSE, change("pinned", {"path": "water", "value": 9, "by": "anna", "reason": "drinks little"}))
    event, state = as_launchers_read(slims)
    assert event.notes is not None and event.notes.startswith(
        "pinned by anna: drinks little (pinned: water) [ledger entry 2"
    )
    assert state["stage"]["task"]["task_parameters"]["water"] == 9
    add(ledger, MOUSE, change("off", {"by": "anna"}))
    event, state = as_launchers_read(slims)
    assert (event.is_curriculum_suggestion, state["is_on_curriculum"], event.task_stage) == (False, False, "s_1")


def test_what_changes_nothing_for_the_animal_has_no_event(slims: SlimsServer, ledger: FolderStore) -> None:
    record(ledger, 1)
    add(ledger, MOUSE, change("grouped", {"groups": ["pilot"], "by": "anna"}))
    add(ledger, MOUSE, hold(Session("one", "2030-01-01T00:00:00.000000Z"), {"given": None, "error": {"code": "x"}}))
    assert known(ledger, MOUSE).standing.place == 3 and places(slims) == [1]


def test_an_event_whose_answer_was_lost_is_not_there_twice(slims: SlimsServer, ledger: FolderStore) -> None:
    record(ledger, 1)
    slims.lose_answers = 1
    [said] = record(ledger, 2)
    assert (
        said
        == f"the mirror {slims.mirror} does not show entry 2 of {MOUSE} yet: SLIMS did not answer (ConnectionError)"
    )
    assert len(slims.events) == 2 and not slims.events[-1]["attached"]
    assert record(ledger, 3) == []
    assert places(slims) == [1, 2, 3]
    assert not bring_up(ledger, slims.mirror, [MOUSE]).written


def test_one_that_is_away_loses_no_entry_and_the_next_of_any_animal_brings_it_up(
    ledger: FolderStore, monkeypatch: pytest.MonkeyPatch, slims: SlimsServer
) -> None:
    with slims_server() as other:
        other.add_mouse("111111")
        other.add_mouse(MOUSE)
        declare(ledger, other.mirror)
    for number in (1, 2):
        [said] = record(ledger, number)
        assert said.startswith(f"the mirror {other.mirror} does not show entry {number} of {MOUSE} yet: SLIMS did not")
    assert places(slims) == [1, 2] and ledger.last(MOUSE) == 2
    port = int(other.url.split(":")[2].split("/")[0])
    with slims_server(port, other):
        assert record(ledger, 1, subject="111111") == []
    assert len(other.events) == 3 and sorted(places(other)) == [1, 1, 2]


def test_one_that_takes_calls_and_answers_none_is_waited_for_no_longer_than_that(
    slims: SlimsServer, ledger: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aind_curriculum_runtime.ledger.slims._SECONDS", (0.2, 0.2))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        nobody = f"slims+http://127.0.0.1:{silent.getsockname()[1]}/slimsrest"
        ledger.keep_document("mirrors", json.dumps([nobody, slims.mirror]).encode())
        assert record(ledger, 1) == [
            f"the mirror {nobody} does not show entry 1 of {MOUSE} yet: SLIMS did not answer (ReadTimeout)"
        ]
    assert places(slims) == [1]


def test_one_who_is_not_let_in_and_a_mouse_that_slims_lacks_are_told(
    slims: SlimsServer, ledger: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    [said] = record(ledger, 1, subject="222222")
    assert said.endswith("yet: SLIMS knows no mouse 222222")
    slims.add_mouse("222222")
    assert bring_up(ledger, slims.mirror, ["222222"]).written == {"222222"}
    from aind_slims_api import config

    monkeypatch.setattr(config, "slims_username", "stranger")
    [said] = record(ledger, 1)
    assert "SLIMS said Could not fetch entities: Status 401" in said and PASSWORD not in said
    monkeypatch.setattr(config, "slims_username", "")
    [said] = record(ledger, 2)
    assert said.endswith("SLIMS_USERNAME and SLIMS_PASSWORD are not set")


def test_two_rigs_that_add_the_same_event_at_once_leave_one(
    slims: SlimsServer, ledger: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    slims.url, away = "http://127.0.0.1:9/slimsrest", slims.url
    record(ledger, 1)
    slims.url = away
    slims.together = threading.Barrier(2)
    (Path(ledger.url) / "documents" / "mirrors.json").unlink()
    record(ledger, 2)
    declare(ledger, slims.mirror)
    threads = [threading.Thread(target=bring_up, args=(ledger, slims.mirror, [MOUSE])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert any(one.startswith("DELETE") for one in slims.requests)
    assert [one["cnvn_cf_taskStage"] for one in slims.events] == ["s_1", "s_2"]
    assert as_launchers_read(slims)[1] == stands(ledger)


_KILLED = """
import os, sys
import requests
from ledger_writers import decision
from aind_curriculum_runtime.ledger.opening import open_store
from aind_curriculum_runtime.ledger.recording import add
url, number, calls = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
left = [calls]
def dying(of):
    def call(*arguments, **more):
        answer = of(*arguments, **more)
        left[0] -= 1
        if not left[0]:
            os._exit(9)
        return answer
    return call
for name in ("get", "put", "post"):
    setattr(requests, name, dying(getattr(requests, name)))
add(open_store(url), "786543", decision("k", number), tell=print)
os._exit(0 if left[0] > 0 else 9)
"""


@pytest.mark.parametrize("calls", [(4, 5), pytest.param(range(1, 12), marks=pytest.mark.exhaustive)])
def test_whoever_is_killed_in_between_leaves_no_event_twice_and_none_out(
    calls: Any, slims: SlimsServer, ledger: FolderStore
) -> None:
    """After each call to SLIMS that writes or reads."""
    record(ledger, 1)
    ended = []
    for number, call in enumerate(calls, 2):
        command = [sys.executable, "-c", _KILLED, ledger.url, str(number), str(call)]
        done = subprocess.run(command, env={**os.environ, **slims.environment, "PYTHONPATH": str(TESTS)})
        ended.append(done.returncode)
    assert 9 in ended and set(ended) <= {0, 9}
    assert bring_up(ledger, slims.mirror, [MOUSE]).left == {}
    assert places(slims) == list(range(1, ledger.last(MOUSE) + 1))
    assert as_launchers_read(slims)[1] == stands(ledger)


def test_the_package_of_slims_does_not_speak_on_stderr(slims: SlimsServer, ledger: FolderStore) -> None:
    program = (
        "import sys, logging\n"
        "from ledger_writers import decision\n"
        "from aind_curriculum_runtime.ledger.opening import open_store\n"
        "from aind_curriculum_runtime.ledger.recording import add\n"
        "print('aind_slims_api' in sys.modules)\n"
        f"add(open_store(sys.argv[1]), {MOUSE!r}, decision('a', 1), tell=print)\n"
        "print('aind_slims_api' in sys.modules, logging.getLogger().handlers)\n"
    )
    command = [sys.executable, "-c", program, ledger.url]
    environment = {**os.environ, **slims.environment, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\nTrue []\n", "")
    assert places(slims) == [1]


def test_without_the_extra_the_entry_is_written_and_the_mirror_is_behind(
    slims: SlimsServer, ledger: FolderStore
) -> None:
    program = (
        "import sys; sys.modules['aind_slims_api'] = None\n"
        "from ledger_writers import decision\n"
        "from aind_curriculum_runtime.ledger.opening import open_store\n"
        "from aind_curriculum_runtime.ledger.recording import add\n"
        f"add(open_store(sys.argv[1]), {MOUSE!r}, decision('a', 1), tell=print)\n"
    )
    command = [sys.executable, "-c", program, ledger.url]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(TESTS)}, capture_output=True, text=True)
    assert done.stdout.endswith('yet: aind_slims_api is not installed: depend on "aind-curriculum-runtime[slims]"\n')
    assert ledger.last(MOUSE) == 1 and slims.events == []
    assert record(ledger, 1, subject="111111") == [] and sorted(places(slims)) == [1, 1]
