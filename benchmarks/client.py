"""Benchmark: what the launcher's client adds to a bare ``subprocess.run`` of the same command.

    uv run python benchmarks/client.py            prints one table
    uv run python benchmarks/client.py --quick    the same with few repetitions, to try

Both run turn by turn in one process, forth and back, on a repo that Copier generated from this working tree; the
ratio is taken within each pair (run.py says more). The client also checks the document and looks for processes
that were left running. Its import is measured against the start of an empty Python.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable

from run import Bench, Row, main, ratio

from aind_curriculum_runtime.client import Client, default_environment


def cost(call: Callable[[], object]) -> tuple[float, float]:
    """Wall time, and the CPU time of this process alone, in seconds."""
    wall, own = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - own


def client_against_a_bare_call(bench: Bench) -> Iterable[Row]:
    """One suggestion, by the client and by ``subprocess.run``."""
    state = bench.state("my-curriculum", "s_shaping")
    environment = default_environment()
    client = Client(bench.repo.path, environment=environment)
    arguments = ["run", "--data-directory", str(bench.repo.session), "--input-trainer-state", str(state)]
    command = client.command(*arguments)

    def bare() -> None:
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=300)

    def ours() -> None:
        client.suggest(bench.repo.session, state)

    calls = {"ours": ours, "bare": bare}
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for repetition in range(-1, 8 if bench.quick else 40):
        for name in list(calls) if repetition % 2 else reversed(calls):
            taken = cost(calls[name])
            if repetition >= 0:
                samples[name].append(taken)
    wall = {name: [taken[0] for taken in of_name] for name, of_name in samples.items()}
    own = {name: statistics.median(taken[1] for taken in of_name) for name, of_name in samples.items()}
    yield ratio("`Client.suggest` ÷ `subprocess.run`, wall time", wall["ours"], wall["bare"], limit=1.03, unit="ms")
    # Tells on a busy machine too, where wall times of one command differ by more than the limit.
    under = min(wall["bare"])
    yield Row(
        what="CPU time the client itself adds ÷ the quickest `subprocess.run`",
        value=(own["ours"] - own["bare"]) / under,
        limit=0.03,
        detail=f"({own['ours'] * 1e3:.1f} ms - {own['bare'] * 1e3:.1f} ms) ÷ {under * 1e3:.0f} ms",
    )


def import_of_the_client(bench: Bench) -> Iterable[Row]:
    """What a launcher pays for having it, beside what the library alone would cost it."""
    samples = bench.measure(
        25,
        client=[bench.python, "-c", "import aind_curriculum_runtime.client"],
        library=[bench.python, "-c", "import aind_behavior_curriculum"],
    )
    yield ratio(
        "`import aind_curriculum_runtime.client` ÷ `import aind_behavior_curriculum`",
        samples["client"].seconds,
        samples["library"].seconds,
        limit=0.30,
        unit="ms",
    )


if __name__ == "__main__":
    sys.exit(main("Measure what the launcher's client costs.", [client_against_a_bare_call, import_of_the_client]))
