"""Benchmark: what a replay costs, beside the production path and beside auto-train's manager.

    uv run python benchmarks/replay.py                     prints one table
    uv run python benchmarks/replay.py --manager FOLDER    with auto-train's manager; FOLDER holds aind_auto_train
    uv run python benchmarks/replay.py --quick             the same with less, to try

auto-train is AllenNeuralDynamics/aind-foraging-behavior-bonsai-automatic-training, folder `code`; none of it is here.
Sessions are the 411 recorded ones, under more names.
"""

from __future__ import annotations

import csv
import io
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from run import Bench, Row, main

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from recorded import RECORDED, make_example
from support import Repo, clean_environment, generate

HERE = Path(__file__).resolve().parent
TABLE = RECORDED / "autotrain_overrides_26_mice.csv"
MANAGER: list[Path] = []
"""The folder of auto-train's code, where it was given."""

FORAGING = "coupled_baiting.metrics:ForagingMetrics"


@cache
def example(bench_folder: Path, template: Path) -> Repo:
    """The repo of the curriculum that trained the mice."""
    return make_example(template, bench_folder / "coupled-baiting")


def recorded_rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def under_more_names(sessions: int) -> Iterator[dict[str, str]]:
    """The recorded sessions again and again, each time of other mice."""
    rows = recorded_rows()
    for index in range(sessions):
        row = rows[index % len(rows)]
        yield {**row, "subject_id": f"{index // len(rows):04}{row['subject_id']}"}


def long_histories(sessions: int) -> Iterator[bytes]:
    """Animals of 200 sessions each, as blocks of CSV; the sessions are recorded ones in their order."""
    rows = recorded_rows()
    names = list(rows[0])
    yield f"{','.join(names)}\n".encode()
    order = cycle(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writerows({**row, "session": number} for number, row in enumerate(islice(order, 200), 1))
    lines = [line.partition(",")[2] for line in text.getvalue().splitlines()]
    for animal in range(sessions // 200):
        yield "".join(f"m{animal:06},{line}\n" for line in lines).encode()


def in_process(bench: Bench) -> Iterable[Row]:
    """Decisions a second of the compiled rules, and how many times the production path that is."""
    foraging = [
        {
            "finished_trials": [300 + index % 300] * 5,
            "foraging_efficiency": [0.5 + index % 31 / 100] * 5,
            "session_total": index % 30 + 1,
            "session_at_current_stage": index % 9 + 1,
            "stage_name": "STAGE_1",
        }
        for index in range(3000)
    ]
    detection = [
        {
            "trials": 10 + index % 40,
            "hit_rate": index % 101 / 100,
            "median_reaction_time": None if index % 7 == 0 else 0.8 + index % 10 / 10,
            "water": 0.5,
            "good_sessions_in_a_row": (index % 23 == 0) * 2,
        }
        for index in range(3000)
    ]
    own = Repo(generate(bench.template, bench.folder / "own")).sync()
    for repo, name, model, rows, what in (
        (example(bench.folder, bench.template), "coupled-baiting", FORAGING, foraging, "Coupled Baiting, no policies"),
        (
            own,
            "my-curriculum",
            "my_curriculum.metrics:DetectionMetrics",
            detection,
            "the template's own, with policies",
        ),
    ):
        given = bench.folder / f"{name}.json"
        given.write_text(json.dumps(rows), encoding="utf-8")
        command = [repo.script("python"), HERE / "replay_core.py", name, model, given, "3" if bench.quick else "15"]
        done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, check=True, env=clean_environment())
        found = json.loads(done.stdout)
        ratios = [slow / fast for slow, fast in zip(found["trainer"], found["compiled"], strict=True)]
        yield row_of(f"decisions of compiled rules ÷ of `run`'s own path, {what}", ratios, 6.0, found)
        rates = [1e-3 / one for one in found["compiled"]]
        yield row_of(f"thousand decisions a second, {what}", rates, 50.0, found)


def row_of(what: str, values: list[float], limit: float, found: dict[str, list[float]]) -> Row:
    low, value, high = statistics.quantiles(values, n=4, method="inclusive")
    each = ", ".join(f"{name} {statistics.median(one) * 1e6:.1f} µs" for name, one in found.items())
    return Row(what=what, value=value, quartiles=(low, high), limit=limit, at_least=True, detail=each)


def beside_the_manager(bench: Bench) -> Iterable[Row]:
    """The whole command over 3,500 sessions, and auto-train's manager over the same table."""
    if not MANAGER:
        print("auto-train's manager is left out: give the folder of its code with --manager", file=sys.stderr)
        return
    repo = example(bench.folder, bench.template)
    rows = list(under_more_names(3500))
    table = bench.folder / "sessions.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    environment = bench.folder / "manager"
    subprocess.run(["uv", "venv", "-q", "--python", sys.executable, environment], check=True)
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    subprocess.run(["uv", "pip", "install", "-q", "--python", python, "pandas", "pydantic"], check=True)
    rules = RECORDED / "coupled_baiting_v0.1_rules.json"
    theirs, ours = bench.folder / "theirs.csv", bench.folder / "ours.csv"
    commands: dict[str, list[Any]] = {
        "manager": [python, HERE / "autotrain_manager.py", MANAGER[0], table, rules, theirs],
        "replay": [repo.script("curriculum"), "replay", table, "-o", ours],
    }
    seconds: dict[str, list[float]] = {"manager": [], "replay": []}
    for turn in range(1 if bench.quick else 3):
        for name in ("manager", "replay") if turn % 2 else ("replay", "manager"):
            begun = time.perf_counter()
            subprocess.run(list(map(str, commands[name])), check=True, capture_output=True, env=clean_environment())
            seconds[name].append(time.perf_counter() - begun)
    require_the_same(theirs, ours)
    ratios = [one / other for one, other in zip(seconds["manager"], seconds["replay"], strict=True)]
    yield Row(
        what="auto-train's manager ÷ `curriculum replay`, 3,500 sessions, whole processes",
        value=statistics.median(ratios),
        quartiles=(min(ratios), max(ratios)),
        limit=25.0,
        at_least=True,
        detail=f"{statistics.median(seconds['manager']):.1f} s ÷ {statistics.median(seconds['replay']):.2f} s",
    )


def require_the_same(theirs: Path, ours: Path) -> None:
    """Make sure that both took the same decisions: what is compared is the same work."""
    found = []
    for path in (theirs, ours):
        with path.open(encoding="utf-8", newline="") as file:
            found.append(
                {(row["subject_id"], row["session"]): row["next_stage_suggested"] for row in csv.DictReader(file)}
            )
    assert found[0] == found[1] and len(found[0]) == 3500


def growth(bench: Bench) -> Iterable[Row]:
    """Processor time of a session and memory, up to ten million sessions that come through a pipe."""
    repo = example(bench.folder, bench.template)
    sizes = (20_000, 200_000) if bench.quick else (100_000, 1_000_000, 10_000_000)
    start = min(streamed(bench, repo, 200)[0] for _ in range(3))
    costs = {size: streamed(bench, repo, size) for size in sizes}
    small, large = sizes[0], sizes[-1]
    each = {size: (seconds - start) / size for size, (seconds, _) in costs.items()}
    shown = ", ".join(f"{size:,}: {one * 1e6:.0f} µs" for size, one in each.items())
    yield Row(
        what=f"cost of a session among {large:,} ÷ among {small:,}",
        value=each[large] / each[small],
        limit=1.25,
        detail=shown,
    )
    peaks = ", ".join(f"{size:,}: {peak / 1e6:.0f} MB" for size, (_, peak) in costs.items())
    yield Row(
        what=f"peak memory, {large:,} sessions ÷ {small:,}",
        value=costs[large][1] / costs[small][1],
        limit=1.25,
        detail=peaks,
    )


def streamed(bench: Bench, repo: Repo, sessions: int) -> tuple[float, float]:
    """Processor time in seconds and peak memory in bytes of a replay whose table comes through a pipe."""
    pipe, nowhere = bench.folder / "stream.csv", bench.folder / "nowhere.csv"
    if not pipe.exists():
        os.mkfifo(pipe)
        nowhere.symlink_to(os.devnull)

    def feed() -> None:
        with pipe.open("wb") as file:
            for block in long_histories(sessions):
                file.write(block)

    feeder = threading.Thread(target=feed)
    feeder.start()
    command = [str(repo.script("curriculum")), "replay", str(pipe), "-o", str(nowhere)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=clean_environment())
    _, status, usage = os.wait4(process.pid, 0)
    feeder.join()
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def more_processes(bench: Bench) -> Iterable[Row]:
    """Wall time with one process and with as many as there are cores."""
    repo, cores = example(bench.folder, bench.template), os.cpu_count() or 1
    table = bench.folder / "many.csv"
    with table.open("wb") as file:
        file.writelines(long_histories(40_000 if bench.quick else 400_000))
    script = [repo.script("curriculum"), "replay", table, "-o", bench.folder / "many-out.csv", "--jobs"]
    samples = bench.measure(5, one=[*script, "1"], all=[*script, str(cores)])
    ratios = [one / other for one, other in zip(samples["one"].seconds, samples["all"].seconds, strict=True)]
    low, value, high = statistics.quantiles(ratios, n=4, method="inclusive")
    medians = [statistics.median(samples[name].seconds) for name in ("one", "all")]
    yield Row(
        what=f"`replay --jobs 1` ÷ `--jobs {cores}`, wall time",
        value=value,
        quartiles=(low, high),
        limit=1.0,
        at_least=True,
        detail=f"{medians[0]:.1f} s ÷ {medians[1]:.1f} s",
    )


if __name__ == "__main__":
    if "--manager" in sys.argv:
        at = sys.argv.index("--manager")
        MANAGER.append(Path(sys.argv[at + 1]).resolve())
        del sys.argv[at : at + 2]
    sys.exit(main("Measure what a replay costs.", [in_process, beside_the_manager, growth, more_processes]))
