"""Processes that write to a ledger at once, or that are killed while they write.

    python tests/ledger_writers.py race URL WRITERS SECONDS
    python tests/ledger_writers.py kills URL COUNT

prints as JSON how many entries were confirmed and what does not fit: confirmed entries that are not there exactly once,
and the findings of ``verify``.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aind_curriculum_runtime.ledger.entry import Session, at, digest_of_state, without_graph
from aind_curriculum_runtime.ledger.known import entries_of, known, of_all
from aind_curriculum_runtime.ledger.opening import open_store
from aind_curriculum_runtime.ledger.overview import overview
from aind_curriculum_runtime.ledger.recording import Decision, add, change, evaluation
from aind_curriculum_runtime.ledger.verify import verify

SUBJECT = "786543"
NEEDED = {"s3": ["s3fs"], "sqlite": ["sqlalchemy"], "postgresql": ["sqlalchemy", "psycopg"]}
PROCESSES = multiprocessing.get_context("spawn" if sys.platform == "win32" else "fork")


def decision(name: str, number: int) -> Decision:
    """A move or a session, which bears the name and number of who wrote it; now and then with a new graph."""
    whole = {
        "curriculum": {"name": "c", "version": "1.0.0", "graph": {"nodes": {"0": f"{name} {number // 10}" * 50}}},
        "stage": {"name": f"s_{number % 5}", "task": {"task_parameters": {"water": number}}},
        "is_on_curriculum": True,
    }
    state, graph = without_graph(whole)
    facts = {"state": state, "by": name, "number": number}
    if number % 3:
        return change("moved", facts, graph)
    start = at(datetime.now(UTC) + timedelta(seconds=number))
    session = Session(f"{name}_{number}", start)
    return evaluation(
        session, {**facts, "given": None, "metrics": {"n": number}, "outcome": digest_of_state(whole)}, graph
    )


def write(url: str, name: str, confirmed: str, seconds: float, together: Any = None) -> None:
    """Write entries, and confirm each once ``add`` has returned."""
    store = open_store(url)
    if together is not None:
        together.wait()
    until = time.time() + seconds
    with Path(confirmed).open("ab", buffering=0) as file:
        file.write(b"\n")  # ready
        number = 0
        while time.time() < until:
            add(store, SUBJECT, decision(name, number))
            file.write(f"{name} {number}\n".encode())
            number += 1


def race(url: str, writers: int, seconds: float, folder: Path) -> list[str]:
    """Several write to one subject at once; give what they confirmed."""
    together = PROCESSES.Barrier(writers)
    files = [str(folder / str(number)) for number in range(writers)]
    processes = [
        PROCESSES.Process(target=write, args=(url, f"w{number}", file, seconds, together))
        for number, file in enumerate(files)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            sys.exit(f"a writer ended with {process.exitcode}")
    return [line for file in files for line in Path(file).read_text(encoding="utf-8").split("\n") if line]


def kills(url: str, count: int, folder: Path) -> list[str]:
    """One after the other writes and is killed at any point; give what they confirmed."""
    confirmed: list[str] = []
    longest = 0.5 if url.startswith(("s3:", "postgresql:")) else 0.1  # some entries long
    for number in range(count):
        file = folder / str(number)
        process = PROCESSES.Process(target=write, args=(url, f"k{number}", str(file), 60.0))
        process.start()
        while not file.exists() or not file.stat().st_size:
            time.sleep(0.001)
        time.sleep(random.uniform(0, longest))
        process.kill()
        process.join()
        confirmed += [line for line in file.read_text(encoding="utf-8").split("\n")[:-1] if line]
    return confirmed


def main() -> None:
    way, url, *rest = sys.argv[1:]
    for module in NEEDED.get(url.partition("://")[0], ()):
        importlib.import_module(module)  # once, before the processes that are forks of this one
    with tempfile.TemporaryDirectory() as folder:
        if way == "race":
            confirmed = race(url, int(rest[0]), float(rest[1]), Path(folder))
        else:
            confirmed = kills(url, int(rest[0]), Path(folder))
    store = open_store(url)
    entries = entries_of(store, SUBJECT)
    there = Counter(f"{one.content['by']} {one.content['number']}" for one in entries)
    whole = of_all(SUBJECT, entries)
    report: dict[str, Any] = {
        "confirmed": len(confirmed),
        "entries": len(entries),
        "lost": [one for one in confirmed if one not in there],
        "twice": [one for one, times in there.items() if times > 1],
        "findings": [one.sentence for one in verify(store)],
        "same": whole == known(store, SUBJECT)
        and [one.place for _, one in overview(store)] == [len(entries)][: len(entries)],
    }
    print(json.dumps(report))
    sys.stdout.flush()
    os._exit(0)  # threads of fsspec


if __name__ == "__main__":
    main()
