"""Benchmark: what the contract checks cost, in terms of the runs that they make.

    uv run python benchmarks/checks.py            prints one table
    uv run python benchmarks/checks.py --quick    the same with few repetitions, to try

The whole suite is measured against the processes that it needs: their number times what one call of the launcher
takes, two at a time. One check that reads files only is measured against importing the library. As in run.py the
commands go turn by turn, and the table shows medians of the ratios of neighbours.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from run import Bench, Row, ratio, table
from support import Repo, commit_all, generate


def fresh(bench: Bench) -> Repo:
    """A generated repo with its lock committed, as CI checks it out."""
    repo = Repo(generate(bench.template, bench.folder / "my-curriculum")).sync()
    commit_all(repo.path, "Lock")
    return repo


def whole_suite(bench: Bench, repo: Repo) -> Iterable[Row]:
    """All checks, against the processes they need."""
    state = bench.folder / "trainer_state.json"
    repo.curriculum("init", "--output", state)
    told = repo.curriculum("check", "--format", "json", cwd=repo.path)
    if told.code != 0:
        sys.exit(told.stdout.decode("utf-8"))
    processes = json.loads(told.stdout)["processes"]
    call = ["run", "--data-directory", repo.session, "--input-trainer-state", state]
    samples = bench.measure(
        10,
        suite=[repo.script("curriculum"), "check", repo.path],
        launcher=["uv", "run", "-q", "--directory", repo.path, "curriculum", *call],
    )
    needed = [processes * seconds / 2 for seconds in samples["launcher"].seconds]
    what = f"`curriculum check` ÷ {processes} launcher's calls, two at a time"
    yield ratio(what, samples["suite"].seconds, needed, limit=1.3, unit="ms")


def one_static_check(bench: Bench, repo: Repo) -> Iterable[Row]:
    """One check that reads files only, against importing the library."""
    samples = bench.measure(
        25,
        check=[repo.script("curriculum"), "check", repo.path, "--select", "LP009"],
        library=[repo.script("python"), "-c", "import aind_behavior_curriculum"],
    )
    what = "`curriculum check --select LP009` ÷ `import aind_behavior_curriculum`"
    yield ratio(what, samples["check"].seconds, samples["library"].seconds, limit=2.0, unit="ms")


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure what the contract checks cost.")
    parser.add_argument("--quick", action="store_true", help="few repetitions: to try, not to judge by")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="curriculum-benchmarks-", ignore_cleanup_errors=True) as folder:
        bench = Bench(Path(folder).resolve(), options.quick)
        repo = fresh(bench)
        rows = [*whole_suite(bench, repo), *one_static_check(bench, repo)]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a Windows console would refuse the signs
    print(table(rows))
    print(f"\nPython {sys.version.split()[0]}, {os.cpu_count()} CPUs, {sys.platform}.")
    return 0 if all(row.passes for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
