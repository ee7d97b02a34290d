"""Benchmark: what the contract checks cost, in terms of the runs that they make.

    uv run python benchmarks/checks.py            prints one table
    uv run python benchmarks/checks.py --quick    the same with few repetitions, to try

The whole suite is measured against the processes that it needs: their number times what one call of the launcher
takes, two at a time. One check that reads files only is measured against importing the library. As in run.py the
commands go turn by turn, and the table shows medians of the ratios of neighbours.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

from run import Bench, Row, main, ratio
from support import Repo, commit_all, generate


def fresh(bench: Bench) -> Repo:
    """A generated repo with its lock committed, as CI checks it out."""
    repo = Repo(generate(bench.template, bench.folder / "fresh")).sync()
    commit_all(repo.path, "Lock")
    return repo


def whole_suite(bench: Bench) -> Iterable[Row]:
    """All checks, against the processes they need."""
    repo = fresh(bench)
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


def one_static_check(bench: Bench) -> Iterable[Row]:
    """One check that reads files only, against importing the library."""
    repo = bench.repo
    samples = bench.measure(
        25,
        check=[repo.script("curriculum"), "check", repo.path, "--select", "LP009"],
        library=[repo.script("python"), "-c", "import aind_behavior_curriculum"],
    )
    what = "`curriculum check --select LP009` ÷ `import aind_behavior_curriculum`"
    yield ratio(what, samples["check"].seconds, samples["library"].seconds, limit=2.0, unit="ms")


if __name__ == "__main__":
    sys.exit(main("Measure what the contract checks cost.", [whole_suite, one_static_check]))
