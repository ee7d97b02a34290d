"""What every store of ledgers does: the same, whatever it is made of."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import sqlalchemy
from ledger_support import KINDS, Place, exported_csv, place_of, table_of, take_in
from ledger_writers import SUBJECT, decision
from release_support import S3

from aind_curriculum_runtime.contract.errors import CurriculumError
from aind_curriculum_runtime.ledger.copying import Copied, copy
from aind_curriculum_runtime.ledger.entry import digest
from aind_curriculum_runtime.ledger.known import entries_of, known, next_state, remember
from aind_curriculum_runtime.ledger.mirroring import declare, mirrors_of
from aind_curriculum_runtime.ledger.opening import create, open_store
from aind_curriculum_runtime.ledger.overview import overview
from aind_curriculum_runtime.ledger.recording import add, change
from aind_curriculum_runtime.ledger.sql import SqlStore
from aind_curriculum_runtime.ledger.store import Store
from aind_curriculum_runtime.ledger.verify import verify

TESTS = Path(__file__).parent
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECONDS_FOR_AWAY = 15


@pytest.fixture
def make_place(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Place]]:
    """Makes a place of a kind at which nothing is yet."""
    name = re.sub(r"\W+", "_", tmp_path.name)[-40:]

    def make(kind: str) -> Place:
        servers = [request.getfixturevalue(one) for one in ("s3", "postgresql")]
        (tmp_path / kind).mkdir()
        return place_of(kind, tmp_path / kind, f"{name}_{kind}", *servers)

    yield make
    request.getfixturevalue("s3").refuse_everybody(False)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, make_place: Callable[[str], Place]) -> Place:
    return make_place(request.param)


@pytest.fixture
def store(place: Place) -> Store:
    return create(place.url)


def recorded(store: Store, count: int, subject: str = SUBJECT) -> Store:
    """Record some entries of a subject, with two graphs."""
    for number in range(count):
        time_ = NOON + timedelta(hours=number)
        add(store, subject, decision("a", number * 5), now=lambda time_=time_: time_)
    return store


def refused(action: Callable[[], Any]) -> CurriculumError:
    with pytest.raises(CurriculumError) as caught:
        action()
    return caught.value


def whole(store: Store) -> dict[str, list[bytes]]:
    return {subject: list(store.read(subject)) for subject in store.subjects()}


# Places


def test_a_place_has_one_entry_whoever_writes_it_at_once(store: Store) -> None:
    mine: dict[int, list[bytes]] = {place: [] for place in range(1, 6)}
    start = threading.Barrier(6)

    def write(name: bytes) -> None:
        start.wait()
        for place, winners in mine.items():
            if store.append(SUBJECT, place, name * 1000):
                winners.append(name * 1000)

    threads = [threading.Thread(target=write, args=(name,)) for name in (b"a", b"b", b"c", b"d", b"e", b"f")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(winners) for winners in mine.values()] == [1] * 5
    assert list(store.read(SUBJECT)) == [winners[0] for winners in mine.values()]


def test_what_is_read_is_what_was_written_in_its_order(store: Store, place: Place) -> None:
    entries = [bytes([number]) * number * 997 for number in range(1, 13)]
    for number, data in enumerate(entries, 1):
        assert store.append(SUBJECT, number, data)
    there = open_store(place.url)
    assert list(there.read(SUBJECT)) == entries
    assert list(there.read(SUBJECT, 9)) == entries[9:]
    assert list(there.read(SUBJECT, 12)) == []
    assert (there.last(SUBJECT), there.entry(SUBJECT, 10), there.entry(SUBJECT, 13)) == (12, entries[9], None)


def test_subjects_do_not_mix(store: Store) -> None:
    names = ["786543", "786543.a", "78654", "Mouse_1-b"]
    for name in names:
        store.append(name, 1, name.encode())
    assert store.subjects() == sorted(names)
    assert whole(store) == {name: [name.encode()] for name in names}
    assert (store.last("none"), list(store.read("none")), store.known("none")) == (0, [], None)


def test_an_entry_that_is_gone_is_named(store: Store, place: Place) -> None:
    recorded(store, 3)
    place.replace(f"subjects/{SUBJECT}/00000002.json", None)
    error = refused(lambda: list(store.read(SUBJECT)))
    assert (error.code, error.where) == ("ledger.damaged", f"{SUBJECT}/2")


def test_a_graph_is_kept_once_and_a_damaged_one_is_replaced(store: Store, place: Place) -> None:
    data = b'{"nodes":{}}'
    for _ in range(2):
        store.keep_graph(digest(data), data)
    place.replace(f"graphs/{digest(data)}.json", data[:5])
    assert store.graph(digest(data)) == data[:5]
    store.keep_graph(digest(data), data)
    assert (store.graph(digest(data)), store.graphs(), store.graph("0" * 64)) == (data, [digest(data)], None)


def test_what_a_reader_kept_is_the_last_ones_and_its_first_line_is_told_of_all(store: Store) -> None:
    recorded(store, 2)
    recorded(store, 1, "111111")
    for data in (b"{}\n[1]\n", b'{"a":1}\n[2]\n'):
        store.keep_known(SUBJECT, data)
    assert store.known(SUBJECT) == data
    found = {one.subject: (one.last, one.known.rstrip()) for one in store.outlines()}
    assert found[SUBJECT] == (2, b'{"a":1}')
    assert list(found) == ["111111", SUBJECT]


# Reading on


def test_the_same_is_known_with_and_without_what_a_reader_kept(store: Store, place: Place) -> None:
    before = known(recorded(store, 7), SUBJECT)
    for data in (None, b"{", b"{}\n[]\n"):
        if data is not None:
            remember(store, before)
        with contextlib.suppress(FileNotFoundError):
            place.replace(f"known/{SUBJECT}.json", data)
        assert known(store, SUBJECT) == before
        assert [one.place for _, one in overview(store)] == [7]


def test_an_overview_is_what_each_subject_says(store: Store, place: Place) -> None:
    recorded(store, 5)
    recorded(store, 2, "111111")
    recorded(store, 1, "222222")
    place.replace(f"known/{SUBJECT}.json", None)
    stale = store.known("111111")
    add(store, "111111", change("off", {}))
    assert stale is not None
    store.keep_known("111111", stale)
    for _ in range(2):
        found = dict(overview(store))
        assert list(found) == ["111111", "222222", SUBJECT]
        assert {name: (one.place, one.stage, one.is_on) for name, one in found.items()} == {
            name: (one.place, one.stage, one.is_on) for name in found for one in [known(store, name).standing]
        }
    assert store.known(SUBJECT) is not None and store.known("111111") != stale


class _Deaf:
    """A store whose answers are lost now and then: what it wrote is there, and it says that it is not its own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def append(self, subject: str, place: int, data: bytes) -> bool:
        self._store.append(subject, place, data)
        return False


def test_a_write_whose_answer_was_lost_is_not_written_twice(store: Store) -> None:
    deaf: Any = _Deaf(store)
    add(deaf, SUBJECT, change("moved", {"by": "me"}))
    assert store.last(SUBJECT) == 1


# Mirrors


def test_the_ledger_keeps_its_mirrors_which_show_each_entry_or_catch_up(
    store: Store, place: Place, tmp_path: Path
) -> None:
    def of(subject: str) -> Any:
        return json.loads((tmp_path / "Subjects" / subject / "trainer_state.json").read_bytes())

    def stands(subject: str) -> Any:
        return next_state(store, known(store, subject))

    assert mirrors_of(store) == []
    declare(store, str(tmp_path))
    for count in range(1, 4):
        recorded(store, count)
        assert of(SUBJECT) == stands(SUBJECT)
    away = (tmp_path / "Subjects").rename(tmp_path / "unmounted")
    there = open_store(place.url)
    assert mirrors_of(there) == [str(tmp_path)]
    recorded(there, 2)
    away.rename(tmp_path / "Subjects")
    recorded(store, 1, "111111")
    assert (of(SUBJECT), of("111111")) == (stands(SUBJECT), stands("111111"))


# Making one


def test_a_ledger_that_is_there_stays_as_it_is(place: Place) -> None:
    before = whole(recorded(create(place.url), 2))
    assert whole(create(place.url)) == before == whole(open_store(place.url))


def test_where_there_is_none_nothing_is_made_in_passing(place: Place) -> None:
    for _ in range(2):
        error = refused(lambda: open_store(place.url))
        assert (error.exit, error.code) == (75, "transient.io"), error.message
        assert error.message == f"There is no ledger at {error.where}."


def test_one_of_a_newer_form_is_left_alone(store: Store, place: Place) -> None:
    place.replace("ledger.json", b"2" if place.kind in ("sqlite", "postgresql") else b'{"ledger":2}')
    for way in (open_store, create):
        error = refused(lambda way=way: way(place.url))
        assert (error.exit, error.code) == (65, "ledger.unreadable")
        assert "has a form that this runtime does not know: 2" in error.message


def test_a_folder_or_bucket_that_holds_something_else_is_no_place_for_one(make_place: Callable[[str], Place]) -> None:
    for kind in ("folder", "s3"):
        place = make_place(kind)
        if kind == "folder":
            place.path.mkdir()
        place.replace("notes.txt", b"mine")
        assert refused(lambda place=place: create(place.url)).code == "output.exists"


@pytest.mark.parametrize("scheme", ["", "sqlite:///"])
def test_where_none_can_be_made_is_74(scheme: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    error = refused(lambda: create(f"{scheme}{(tmp_path / 'file' / 'ledger').as_posix()}"))
    assert (error.exit, error.code) == (74, "ledger.not_writable")


def test_a_file_that_is_no_database_stays(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"mine, and long enough to be looked at" * 50)
    for way in (open_store, create):
        error = refused(lambda way=way: way(f"sqlite:///{path.as_posix()}"))
        assert error.exit in (65, 74) and "file is not a database" in error.message
    assert path.read_bytes().startswith(b"mine")


# A store that is away, or refuses


def _nobody() -> int:
    """A port that takes calls and answers none."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(8)
    _KEPT.append(listening)
    return int(listening.getsockname()[1])


_KEPT: list[socket.socket] = []


def timed(action: Callable[[], Any]) -> CurriculumError:
    start = time.monotonic()
    error = refused(action)
    assert time.monotonic() - start < SECONDS_FOR_AWAY
    return error


def test_a_server_that_is_away_is_75_within_seconds(tmp_path: Path) -> None:
    for url in ("postgresql://me@127.0.0.1:9/lab", f"postgresql://me@127.0.0.1:{_nobody()}/lab"):
        error = timed(lambda url=url: open_store(url))
        assert (error.exit, error.code) == (75, "transient.io")
        assert error.message.startswith(f"The ledger {url} did not answer: ")


def test_a_bucket_that_is_away_is_75_within_seconds(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    store = create("s3://bucket/away")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    error = timed(lambda: open_store("s3://bucket/away"))
    assert (error.exit, error.code) == (75, "transient.io") and "did not answer" in error.message
    assert store.subjects() == []


def test_a_server_that_hangs_is_75_within_seconds_and_nothing_is_lost(make_place: Callable[[str], Place]) -> None:
    place = make_place("postgresql")
    recorded(create(place.url), 2)
    hung = psutil.Process(place.server.get_pid())
    hung.suspend()
    try:
        error = timed(lambda: open_store(place.url))
    finally:
        hung.resume()
    assert (error.exit, error.code) == (75, "transient.io")
    assert known(open_store(place.url), SUBJECT).standing.place == 2


def test_a_connection_that_was_cut_is_made_again(make_place: Callable[[str], Place]) -> None:
    place = make_place("postgresql")
    store = recorded(create(place.url), 1)
    with psycopg.connect(place.server.get_uri(), autocommit=True) as other:
        other.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'curriculum'")
    recorded(store, 1, "111111")
    assert store.subjects() == ["111111", SUBJECT]


def test_a_file_that_somebody_else_holds_is_75(make_place: Callable[[str], Place], monkeypatch: Any) -> None:
    monkeypatch.setattr("aind_curriculum_runtime.ledger.sql._STATEMENT", 1)
    place = make_place("sqlite")
    store = recorded(create(place.url), 1)
    with contextlib.closing(sqlite3.connect(place.path)) as other:
        other.execute("begin exclusive")
        error = timed(lambda: store.append(SUBJECT, 2, b"x"))
    assert (error.exit, error.code) == (75, "transient.io") and "locked" in error.message
    assert store.append(SUBJECT, 2, b"x")


_WRITE = """
import os, sys
from aind_curriculum_runtime.contract.errors import CurriculumError
from aind_curriculum_runtime.ledger import sql
from aind_curriculum_runtime.ledger.opening import open_store
b"x".decode("utf-8-sig")  # Python reads this module when it is needed
if "://p" not in sys.argv[1] and os.name == "posix" and os.geteuid() == 0:  # who may write everywhere
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
store = open_store(sys.argv[1])
print(len(list(store.read("786543"))))
for subject, place in (("786543", 3), ("new", 1)):
    try:
        store.append(subject, place, b"x")
    except CurriculumError as error:
        print(error.code, int(error.exit), store.url in error.message)
"""
_ONLY_READ = ["2", *["ledger.not_writable 74 True"] * 2]


def written_by_another(place: Place) -> list[str]:
    """What a process says that reads, and tries to write."""
    done = subprocess.run([sys.executable, "-c", _WRITE, place.url], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


# Windows has no folder that cannot be written to.
@pytest.mark.parametrize("kind", ["sqlite", *(["folder"] if sys.platform != "win32" else [])])
def test_files_that_can_only_be_read_are_74(kind: str, make_place: Callable[[str], Place], tmp_path: Path) -> None:
    place = make_place(kind)
    store = recorded(create(place.url), 2)
    files = [tmp_path / kind, *(tmp_path / kind).rglob("*")]
    for parent in (tmp_path, *tmp_path.parents):
        with contextlib.suppress(OSError):
            parent.chmod(parent.stat().st_mode | 0o011)
    for path in files:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert written_by_another(place) == _ONLY_READ
    finally:
        for path in files:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert len(entries_of(store, SUBJECT)) == 2


def test_a_database_that_can_only_be_read_is_74(make_place: Callable[[str], Place]) -> None:
    place = make_place("postgresql")
    store = recorded(create(place.url), 2)
    with psycopg.connect(place.server.get_uri(), autocommit=True) as connection:
        connection.execute("alter role postgres set default_transaction_read_only = on")
        try:
            assert written_by_another(place) == _ONLY_READ
        finally:
            connection.execute("alter role postgres reset default_transaction_read_only")
    assert len(entries_of(store, SUBJECT)) == 2


def test_a_bucket_that_can_only_be_read_is_74(make_place: Callable[[str], Place], monkeypatch: Any) -> None:
    store: Any = recorded(create(make_place("s3").url), 2)
    monkeypatch.setattr(store._files, "pipe_file", _raises(PermissionError("Access Denied.")))  # as s3fs raises it
    error = refused(lambda: store.append(SUBJECT, 3, b"x"))
    assert (error.exit, error.code) == (74, "ledger.not_writable") and "Access Denied" in error.message
    assert len(entries_of(store, SUBJECT)) == 2


def _raises(error: BaseException) -> Callable[..., Any]:
    def act(*_: Any, **__: Any) -> Any:
        raise error

    return act


def test_a_disk_that_is_full_is_74_and_leaves_nothing_half(
    make_place: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place("folder")
    store = recorded(create(place.url), 1)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _raises(OSError(errno.ENOSPC, "No space left on device")))
        error = refused(lambda: recorded(store, 1))
    assert (error.exit, error.code) == (74, "ledger.not_writable") and "No space left" in error.message
    assert sorted(one.name for one in (place.path / "subjects" / SUBJECT).iterdir()) == ["00000001.json"]


def test_a_database_that_is_full_is_74_and_leaves_nothing_half(make_place: Callable[[str], Place]) -> None:
    place = make_place("sqlite")
    store = recorded(create(place.url), 1)
    assert isinstance(store, SqlStore)

    @sqlalchemy.event.listens_for(store._engine, "checkout")
    def bound(connection: Any, *_: Any) -> None:
        connection.execute("pragma max_page_count = 1")  # it takes the pages that there are

    error = refused(lambda: store.append(SUBJECT, 2, b"x" * 100_000))
    assert (error.exit, error.code) == (74, "ledger.not_writable") and "full" in error.message
    assert store.last(SUBJECT) == 1


def test_an_account_that_may_not_is_told_so(make_place: Callable[[str], Place], s3: S3) -> None:
    bucket, database = make_place("s3"), make_place("postgresql")
    create(bucket.url)
    create(database.url)
    s3.refuse_everybody(True)
    assert refused(lambda: open_store(bucket.url)).exit == 65
    with psycopg.connect(database.server.get_uri(), autocommit=True) as connection:
        connection.execute("drop role if exists guest")
        connection.execute("create role guest login")
    error = refused(lambda: open_store(database.url.replace("postgres:@", "guest:@")))
    assert (error.exit, error.code) == (65, "ledger.unreadable") and "permission denied" in error.message
    error = refused(lambda: open_store(database.url.replace("postgres:@", "stranger:@")))
    assert (error.exit, error.code) == (65, "ledger.unreadable") and "stranger" in error.message


def test_an_account_that_may_only_add_entries_can_record(make_place: Callable[[str], Place]) -> None:
    place = make_place("postgresql")
    create(place.url)
    for statement in (
        "drop role if exists rig",
        "create role rig login",
        "grant select on ledger_form, ledger_entries, ledger_graphs, ledger_known, ledger_documents to rig",
        "grant insert on ledger_entries, ledger_graphs, ledger_known, ledger_documents to rig",
        "grant update on ledger_graphs, ledger_known, ledger_documents to rig",
    ):
        place.execute(statement)
    store = recorded(open_store(place.url.replace("postgres:@", "rig:@")), 12)
    assert known(store, SUBJECT).standing.place == 12 and store.known(SUBJECT) is not None
    assert list(verify(store)) == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        psycopg.connect(place.url.replace("postgres:@", "rig:@")).execute("delete from ledger_entries")
    place.execute("drop owned by rig")


# URLs


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@127.0.0.1:9/lab",
        "postgresql://me@127.0.0.1:9/lab?password=hunter2",
        "postgresql://me:hunter2@host:port/lab",
        "postgresql://me:hunter2@127.0.0.1:9/lab?nosuchoption=hunter2",
        "mysql://me:hunter2@127.0.0.1/lab",
    ],
)
def test_no_message_holds_a_password(url: str) -> None:
    error = refused(lambda: open_store(url))
    assert "hunter2" not in f"{error.message} {error.hint} {error.where}"


def test_the_url_of_a_store_holds_no_password(make_place: Callable[[str], Place]) -> None:
    place = make_place("postgresql")
    store = recorded(create(place.url.replace("postgres:@", "postgres:hunter2@")), 1)
    assert store.url.startswith("postgresql://postgres@") and "hunter2" not in store.url
    assert not any(b"hunter2" in data for data in store.read(SUBJECT))


def test_a_url_of_a_file_is_that_folder(tmp_path: Path) -> None:
    folder = tmp_path / "on the share, 100 %" / "ledger"
    recorded(create(folder.as_uri()), 2)
    assert whole(open_store(str(folder))) == whole(open_store(folder.as_uri())) != {}


@pytest.mark.parametrize("url", ["file://data/ledger", "file:ledger", "file://"])
def test_a_url_of_a_file_that_is_no_whole_path_is_refused(url: str) -> None:
    assert (refused(lambda: open_store(url)).exit, refused(lambda: create(url)).exit) == (64, 64)


@pytest.mark.parametrize("scheme", ["gs", "abfs", "az", "memory", "smb", "sftp", "github", "https"])
def test_a_store_in_which_two_rigs_could_have_the_same_place_is_refused(scheme: str) -> None:
    error = refused(lambda: open_store(f"{scheme}://me:hunter2@bucket/x"))
    assert (error.exit, error.message.startswith(f"A ledger cannot be at {scheme}://: ")) == (64, True)
    assert "s3://BUCKET/PREFIX" in error.hint and "hunter2" not in error.message


@pytest.mark.parametrize("url", ["nosuch://x/y", "sqlite://", "sqlite:///ledger.db", "postgresql:///"])
def test_a_url_of_none_is_a_fault_of_usage_or_of_nobody(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "/nowhere")
    assert refused(lambda: open_store(url)).exit == (75 if url == "postgresql:///" else 64)


@pytest.mark.parametrize(
    ("url", "package"), [("s3://b/x", "s3fs"), ("postgresql://h/d", "psycopg"), ("sqlite:////x", "sqlalchemy")]
)
def test_a_store_whose_packages_are_missing_says_so(url: str, package: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from aind_curriculum_runtime.contract.errors import CurriculumError\n"
        "from aind_curriculum_runtime.ledger.opening import open_store\n"
        f"try: open_store({url!r})\n"
        "except CurriculumError as error: print(error.code, error.message, error.hint)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    scheme = url.partition(":")[0]
    assert done.stdout == (
        f"usage.extra_needed A ledger at {scheme}:// needs {package}, which is not installed. "
        'Depend on "aind-curriculum-runtime[ledger]" and run `uv sync`.\n'
    )


def test_a_folder_imports_no_store_but_its_own() -> None:
    program = (
        "import sys; from aind_curriculum_runtime.ledger import opening, recording; "
        "print({'sqlalchemy', 'fsspec', 's3fs', 'psycopg'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout == "set()\n"


# From one to another


def test_a_ledger_is_the_same_in_every_store(make_place: Callable[[str], Place]) -> None:
    stores = [create(make_place(kind).url) for kind in KINDS]
    recorded(stores[0], 12)
    recorded(stores[0], 3, "111111")
    for source, target in zip(stores, [*stores[1:], None], strict=True):
        if target is not None:
            assert copy(source, target) == Copied(subjects=2, entries=15, graphs=6)
            assert copy(source, target) == Copied(subjects=0, entries=0, graphs=0)
    for store in stores[1:]:
        assert whole(store) == whole(stores[0])
        assert {one: store.graph(one) for one in store.graphs()} == {
            one: stores[0].graph(one) for one in store.graphs()
        }
        assert [known(store, one) for one in store.subjects()] == [known(stores[0], one) for one in store.subjects()]
        assert dict(overview(store)) == dict(overview(stores[0]))
        assert list(verify(store)) == []


def test_a_copy_that_was_stopped_goes_on(store: Store, tmp_path: Path) -> None:
    source = recorded(recorded(create(str(tmp_path / "source")), 6), 6, "111111")
    left = 8

    class Stops(_Deaf):
        def append(self, subject: str, place: int, data: bytes) -> bool:
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return self._store.append(subject, place, data)

    stops: Any = Stops(store)
    with pytest.raises(KeyboardInterrupt):
        copy(source, stops)
    assert list(verify(store)) == []
    assert copy(source, store).entries == 4
    assert whole(store) == whole(source)


def test_entries_of_another_history_are_not_mixed(store: Store, tmp_path: Path) -> None:
    source = recorded(create(str(tmp_path / "source")), 4)
    add(store, SUBJECT, change("enrolled", {"by": "somebody else"}))
    before = whole(store)
    error = refused(lambda: copy(source, store))
    assert (error.exit, error.where) == (74, f"{SUBJECT}/1") and "is another than in" in error.message
    assert whole(store) == before


def test_another_spelling_of_a_subject_is_not_copied(store: Store, tmp_path: Path) -> None:
    source = recorded(create(str(tmp_path / "source")), 1, "mouse-1")
    recorded(store, 1, "Mouse-1")
    assert refused(lambda: copy(source, store)).code == "subject.name"


# Verify


def _first_graph(store: Store) -> str:
    return store.graphs()[0]


LAST = f"subjects/{SUBJECT}/00000005.json"
SECOND = f"subjects/{SUBJECT}/00000002.json"
FAULTS: dict[str, tuple[str, Callable[[bytes], bytes | None], str, int | None, str]] = {
    "cut short": (SECOND, lambda data: data[:40], "entry", 2, "is damaged"),
    "gone": (SECOND, lambda data: None, "entry", 2, "is gone"),
    "edited": (SECOND, lambda data: data.replace(b'"by":"a"', b'"by":"b"'), "entry", 3, "does not follow"),
    "of another subject": (SECOND, lambda data: data.replace(SUBJECT.encode(), b"111111"), "entry", 2, "says subject"),
    "of another place": (SECOND, lambda data: data.replace(b'"place":2', b'"place":3'), "entry", 2, "says place 3"),
    "of the future": (SECOND, lambda data: data.replace(b'"ledger":1', b'"ledger":2'), "entry", 2, "newer runtime"),
    "the last one edited": (LAST, lambda data: data.replace(b'"by":"a"', b'"by":"b"'), "entry", 5, "is another than"),
    "the last one gone": (LAST, lambda data: None, "entry", 5, "Entries 5 to 5"),
    "a graph gone": ("graphs", lambda data: None, "graph", None, "is missing or damaged"),
    "a graph edited": ("graphs", lambda data: data + b" ", "graph", None, "is missing or damaged"),
    "a cache of other entries": (
        f"known/{SUBJECT}.json",
        lambda data: data.replace(b'"s_', b'"s_x'),
        "known",
        None,
        "is not what its entries say",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_first_entry_that_does_not_fit_is_named(fault: str, store: Store, place: Place) -> None:
    name, damage, kind, where, told = FAULTS[fault]
    recorded(recorded(store, 5), 2, "111111")
    assert list(verify(store)) == []
    if name == "graphs":
        name = f"graphs/{_first_graph(store)}.json"
        data = store.graph(_first_graph(store))
    elif name.startswith("known"):
        data = store.known(SUBJECT)
    else:
        data = store.entry(SUBJECT, int(name[-13:-5]))
    assert data is not None
    place.replace(name, damage(data))
    found = list(verify(store))
    assert {one.kind for one in found} == {kind} and told in found[0].sentence
    assert ("Update the runtime" in found[0].hint) == (fault == "of the future")
    if where is not None:
        assert [(one.subject, one.place) for one in found] == [(SUBJECT, where)]


def test_names_that_no_rig_can_have_are_found(tmp_path: Path) -> None:
    store = recorded(create(str(tmp_path / "ledger")), 1, "Mouse-1")
    (tmp_path / "ledger" / "subjects" / "Mouse-1").rename(tmp_path / "ledger" / "subjects" / "a b")
    assert [(one.kind, one.subject) for one in verify(store)] == [("name", "a b")]


# Many at once, and none to the end


def writers(place: Place, *arguments: str) -> dict[str, Any]:
    create(place.url)
    done = subprocess.run(
        [sys.executable, TESTS / "ledger_writers.py", arguments[0], place.url, *arguments[1:]],
        capture_output=True,
        env={**os.environ, **place.environment},
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=pytest.mark.exhaustive)])
def test_four_processes_that_write_one_subject_lose_nothing(seconds: int, place: Place) -> None:
    report = writers(place, "race", "4", str(seconds))
    assert report["entries"] == report["confirmed"] > 4
    assert (report["lost"], report["twice"], report["findings"], report["same"]) == ([], [], [], True)


@pytest.mark.parametrize("kills", [4, pytest.param(200, marks=pytest.mark.exhaustive)])
def test_a_writer_that_is_killed_at_any_point_leaves_a_whole_ledger(kills: int, place: Place) -> None:
    report = writers(place, "kills", str(kills))
    assert report["confirmed"] <= report["entries"] <= report["confirmed"] + kills
    assert (report["lost"], report["twice"], report["findings"], report["same"]) == ([], [], [], True)


# Tables


def test_what_is_imported_is_exported_alike_from_every_store(store: Store, tmp_path: Path) -> None:
    rows = ["b,1,2026-03-01,s_one,s_one,s_two", "a,1,2026-03-01,s_one,s_two,s_three", "b,2,2026-03-02,s_two,,s_two"]
    table = table_of(tmp_path / "table.csv", rows)
    folder = create(str(tmp_path / "other"))
    for one in (store, folder, store):
        assert take_in(one, table).left_out == {}
    assert (store.last("a"), store.last("b")) == (3, 3)
    assert exported_csv(store) == exported_csv(folder)
    assert list(verify(store)) == []
