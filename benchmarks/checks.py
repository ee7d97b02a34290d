"""Benchmark: what the contract checks cost, in runs of the same curriculum.

    uv run python benchmarks/checks.py            prints one table
    uv run python benchmarks/checks.py --quick    the same with few repetitions, to try

A check and a launcher's `run` go turn by turn, as in run.py; the table shows medians of the ratios of neighbours. The
bounds are for curricula whose imports take most of a run, so they are measured on such: those of
aind-behavior-vr-foraging-curricula (tests/adopted.py), which import for seconds. A fresh repo, which imports for
a fifth of a second, shows what the checks cost besides. One check that reads files only is measured against importing
the library.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from run import Bench, Row, main, ratio

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from adopted import adopted_repo
from real_curricula import NINE
from support import Repo, commit_all, generate

LIGHT = {"template"}
"""Of the real curricula those that read nothing of a session, and so import for a fraction of a second."""


def real_curricula(bench: Bench) -> Iterable[Row]:
    """Curricula whose imports take most of a run, and those that they are measured beside."""
    for name in NINE:
        repo = adopted_repo(bench.template, bench.folder / "real" / name, name)
        whole, fast = (12.0, 4.0) if name in LIGHT else (6.0, 2.0)
        yield from in_runs(bench, repo, name, whole=whole, fast=fast, repetitions=3)
        if name not in LIGHT:
            yield imports_in_runs(bench, repo, name)


def fresh_repo(bench: Bench) -> Iterable[Row]:
    """A generated repo with its lock committed, as CI checks it out."""
    repo = Repo(generate(bench.template, bench.folder / "fresh")).sync()
    commit_all(repo.path, "Lock")
    yield from in_runs(bench, repo, "a fresh repo", whole=12.0, fast=4.0, repetitions=10)


def in_runs(bench: Bench, repo: Repo, name: str, *, whole: float, fast: float, repetitions: int) -> Iterable[Row]:
    """All checks, and those of ``--fast``, against the launcher's call on the sample session."""
    call = command_of(repo)
    samples = bench.measure(
        repetitions,
        codes=(0, 1),  # with findings
        whole=[*call, "check"],
        run=run_of(bench, repo),
        fast=[*call, "check", "--fast"],
    )
    run = samples["run"].seconds
    yield ratio(f"`curriculum check` ÷ `curriculum run`, {name}", samples["whole"].seconds, run, limit=whole, unit="ms")
    yield ratio(f"`curriculum check --fast` ÷ the same, {name}", samples["fast"].seconds, run, limit=fast, unit="ms")


def command_of(repo: Repo) -> list[str | Path]:
    return ["uv", "run", "-q", "--directory", repo.path, "curriculum"]


def run_of(bench: Bench, repo: Repo) -> list[str | Path]:
    """The launcher's call on the sample session."""
    state = bench.folder / f"{repo.path.name}.json"
    made = repo.curriculum("init", "--output", state)
    if made.code != 0:
        sys.exit(made.text)
    return [*command_of(repo), "run", "--data-directory", repo.session, "--input-trainer-state", state]


def imports_in_runs(bench: Bench, repo: Repo, name: str) -> Row:
    """Importing the curriculum, in the launcher's call: that it takes most of it is what the bounds suppose."""
    (target,) = tomllib.loads((repo.path / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"][
        "aind_curriculum_runtime.curricula"
    ].values()
    # As a run does it: without looking for garbage, and without the interpreter's own end.
    program = f"import gc, os; gc.disable(); import {target.partition(':')[0]}; os._exit(0)"
    samples = bench.measure(
        10,
        imports=[repo.script("python"), "-c", program],
        run=run_of(bench, repo),
    )
    times = samples["imports"].seconds, samples["run"].seconds
    found = ratio(f"importing ÷ `curriculum run`, {name}", *times, limit=0.5, unit="ms")
    return replace(found, at_least=True)


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
    sys.exit(main("Measure what the contract checks cost.", [real_curricula, fresh_repo, one_static_check]))
