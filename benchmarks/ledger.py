"""Benchmark: what a ledger costs a run, how that grows, and how long it takes to see where all animals stand.

    uv run python benchmarks/ledger.py            prints one table
    uv run python benchmarks/ledger.py --quick    the same with few repetitions, to try

The curriculum is a real one, of aind-behavior-vr-foraging-curricula (tests/adopted.py). Every run records a
session of its own, the next in the animal's history, so none finds its work done. Histories are synthetic and their
entries real: each follows from the one before it, and holds a trainer state of that curriculum.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy
from run import Bench, Row, main, ratio

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from adopted import adopted_repo
from ledger_support import postgresql_server
from release_support import install_runtime_extras

from aind_curriculum_runtime.ledger.entry import Entry, Session, at, digest_of_state, without_graph, written
from aind_curriculum_runtime.ledger.files import SUBJECTS, entry_name
from aind_curriculum_runtime.ledger.folder import FolderStore
from aind_curriculum_runtime.ledger.known import of_all, remember
from aind_curriculum_runtime.ledger.opening import create
from aind_curriculum_runtime.ledger.sql import _ENTRIES, SqlStore
from aind_curriculum_runtime.ledger.store import Store

CURRICULUM = "depletion"
MOUSE = "786543"
BEGUN = datetime(2024, 1, 1, 10, tzinfo=UTC)


def history(subject: str, count: int, state: dict[str, Any], metrics: dict[str, Any]) -> Iterator[bytes]:
    """An animal that was enrolled and then had a session a day: the bytes of its entries."""
    before = None
    for place in range(1, count + 1):
        facts: dict[str, Any] = {"state": state}
        if place > 1:
            start = at(BEGUN + timedelta(hours=place))
            facts |= {"session": vars(Session(f"{subject}_{place}", start)), "metrics": {**metrics, "n": place}}
            facts |= {"given": digest_of_state(state), "outcome": digest_of_state({**state, "n": place})}
        kind = "evaluated" if place > 1 else "enrolled"
        data = written(subject, place, before, kind, BEGUN + timedelta(hours=place + 0.5), facts)
        before = Entry.read(data, subject, place).digest
        yield data


def fill(
    stores: Sequence[Store], subjects: Iterable[str], count: int, state: dict[str, Any], metrics: dict[str, Any]
) -> None:
    """Give ledgers such histories, and what a reader keeps of each."""
    for subject in subjects:
        entries = list(history(subject, count, state, metrics))
        read = [Entry.read(data, subject, place) for place, data in enumerate(entries, 1)]
        found = of_all(subject, read)
        for store in stores:
            if isinstance(store, FolderStore):
                folder = Path(store.url) / SUBJECTS / subject
                folder.mkdir(parents=True)
                for place, data in enumerate(entries, 1):
                    (folder / entry_name(place)).write_bytes(data)
            elif isinstance(store, SqlStore):  # in one transaction: each by itself would take an hour
                rows = [{"subject": subject, "place": place, "data": data} for place, data in enumerate(entries, 1)]
                with store._engine.begin() as connection:
                    connection.execute(sqlalchemy.insert(_ENTRIES), rows)
            remember(store, found)


def animals(count: int) -> list[str]:
    """Names of other animals."""
    return [str(100_000 + number) for number in range(count)]


def run_with_a_ledger(bench: Bench) -> Iterable[Row]:
    """`run --ledger` against `run`, by store, by entries and by animals."""
    repo = adopted_repo(bench.template, bench.folder / "real", CURRICULUM)
    install_runtime_extras(repo, "sqlalchemy", "psycopg[binary]")
    given = bench.folder / "state.json"
    made = repo.curriculum("init", "--output", given)
    if made.code != 0:
        sys.exit(made.text)
    state, graph = without_graph(json.loads(given.read_text(encoding="utf-8")))
    assert graph is not None
    repetitions, metrics = 30, {"total_water_consumed": 1.5, "n_patches_visited": 60}
    plain = [repo.script("curriculum"), "run", "--input-trainer-state", given, "--data-directory"]
    with postgresql_server() as server:
        urls = {
            "one": str(bench.folder / "one"),
            "folder": str(bench.folder / "folder"),
            "entries": str(bench.folder / "entries"),
            "animals": str(bench.folder / "animals"),
            "sqlite": f"sqlite:///{(bench.folder / 'ledger.db').as_posix()}",
            "postgresql": server.get_uri(),
        }
        for name, url in urls.items():
            store = create(url)
            store.keep_graph(graph.digest, graph.data)
            fill([store], [MOUSE], {"one": 1, "entries": 2000}.get(name, 500), state, metrics)
            if name == "animals":
                fill([store], animals(2000), 20, state, metrics)
        sessions = bench.folder / "sessions"
        for number in range(1, (repetitions + 1) * (len(urls) + 2) + 1):
            session = shutil.copytree(repo.session, sessions / f"s{number}")
            own = {
                "subject": MOUSE,
                "session_name": f"s{number}",
                "date": at(BEGUN + timedelta(days=200, hours=number)),
            }
            (session / "behavior" / "Logs" / "session_input.json").write_text(json.dumps(own), encoding="utf-8")
        directory = sessions / "s{run}"
        samples = bench.measure(
            repetitions,
            run=[*plain, directory],
            library=[repo.script("python"), "-c", "import aind_behavior_curriculum"],
            **{name: [*plain, directory, "--ledger", url] for name, url in urls.items()},
        )
    yield from rows({name: one.seconds for name, one in samples.items()}, "wall time")
    yield from rows({name: one.cpu for name, one in samples.items()}, "processor time")


def rows(seconds: dict[str, list[float]], clock: str) -> Iterable[Row]:
    """The ratios, by one clock: others on the machine do not count for the processor's, nor does waiting."""
    run, what = seconds["run"], f"{clock} of `run --ledger`"
    yield ratio(f"{what}, 500 entries in a folder ÷ `run`", seconds["folder"], run, 1.15, "ms")
    for name in ("sqlite", "postgresql"):
        more = [
            (one - other) / library for one, other, library in zip(seconds[name], run, seconds["library"], strict=True)
        ]
        low, value, high = statistics.quantiles(more, n=4, method="inclusive")
        yield Row(
            what=f"{what}, 500 entries in {name} less `run` ÷ `import aind_behavior_curriculum`",
            value=value,
            quartiles=(low, high),
            limit=2.0,
            detail=f"{statistics.median(seconds[name]) * 1e3:.0f} ms less {statistics.median(run) * 1e3:.0f} ms "
            f"÷ {statistics.median(seconds['library']) * 1e3:.0f} ms",
        )
    yield ratio(f"{what}, 500 entries ÷ 1 entry, folder", seconds["folder"], seconds["one"], 1.10, "ms")
    yield ratio(f"{what}, 2,000 entries ÷ 500, folder", seconds["entries"], seconds["folder"], 1.10, "ms")
    yield ratio(f"{what}, 2,001 animals ÷ 1, folder", seconds["animals"], seconds["folder"], 1.10, "ms")


def overview_of_many_animals(bench: Bench) -> Iterable[Row]:
    """Where 2,000 animals with 200 sessions each stand, from what readers kept; whole processes, in seconds."""
    state = {
        "curriculum": {"name": "c", "version": "1.0.0", "graph": "0" * 64},
        "stage": {"name": "s_a", "task": {"name": "t", "task_parameters": {"reward_volume": 2.0}}},
        "is_on_curriculum": True,
    }
    metrics = {f"metric_{number}": number * 1.5 for number in range(10)}
    count = 200 if bench.quick else 2000
    program = (
        "import sys\n"
        "from aind_curriculum_runtime.ledger.opening import open_store\n"
        "from aind_curriculum_runtime.ledger.overview import overview\n"
        f"assert sum(1 for _ in overview(open_store(sys.argv[1]))) == {count}"
    )
    with postgresql_server() as server:
        urls = {
            "a folder": (str(bench.folder / "many"), 10.0),
            "sqlite": (f"sqlite:///{(bench.folder / 'many.db').as_posix()}", 2.0),
            "postgresql": (server.get_uri(), 2.0),
        }
        fill([create(url) for url, _ in urls.values()], animals(count), 201, state, metrics)
        commands = {name: [sys.executable, "-c", program, url] for name, (url, _) in urls.items()}
        samples = bench.measure(10, **commands)
    for name, (_, limit) in urls.items():
        low, value, high = statistics.quantiles(samples[name].seconds, n=4, method="inclusive")
        yield Row(
            what=f"seconds to see where {count:,} animals with 200 sessions each stand, in {name}",
            value=value,
            quartiles=(low, high),
            limit=limit,
            detail=f"{statistics.median(samples[name].cpu):.2f} s of processor time",
        )


if __name__ == "__main__":
    sys.exit(main("Measure what a ledger costs.", [run_with_a_ledger, overview_of_many_animals]))
