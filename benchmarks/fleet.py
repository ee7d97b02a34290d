"""What `curricula` costs: `list` against `git submodule status`, and `sync` and `check` against one at a time.

    uv run python benchmarks/fleet.py [--submodules 100] [--curricula 4] [--repetitions 7]

Prints a table. Everything is made anew in a temporary folder: a template of the working tree, curricula of it, and a
task repo with them as submodules. Medians; the commands are run in turn, so that what changes on the machine meets
all of them alike.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from fleet_support import Task, fleet_environment, script
from support import clean_environment, commit_all, generate, git, make_template

LIST_LIMIT = 1.5
"""Of `curricula list` to `git submodule status`."""


def seconds(command: list[str | Path], directory: Path) -> float:
    """Wall time of a command that must succeed."""
    start = time.perf_counter()
    subprocess.run(
        [str(part) for part in command],
        cwd=directory,
        env=clean_environment(**fleet_environment()),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - start


def compare(commands: dict[str, list[str | Path]], directory: Path, repetitions: int) -> dict[str, float]:
    """Median of each command; the first round is not counted."""
    samples: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(repetitions + 1):
        for name, command in commands.items():
            taken = seconds(command, directory)
            if number:
                samples[name].append(taken)
    return {name: statistics.median(taken) for name, taken in samples.items()}


def large(template: Path, scratch: Path, count: int) -> Task:
    """A task repo of many submodules, all of one repo."""
    origin = generate(template, scratch / "origin")
    task = Task.make(scratch / "large")
    for number in range(count):
        git(task.path, "submodule", "--quiet", "add", "--", origin.as_posix(), f"curricula/curriculum-{number}")
    commit_all(task.path, "Curricula")
    return task


def small(template: Path, scratch: Path, count: int) -> Task:
    """A task repo of a few locked curricula."""
    task = Task.make(scratch / "small")
    for number in range(count):
        name = f"curriculum-{number}"
        origin = generate(template, scratch / "origins" / name, curriculum_name=name)
        seconds(["uv", "lock", "--quiet"], origin)
        commit_all(origin, "Lock")
        task.add(origin)
    return task


def sync_time(task: Task, jobs: list[str]) -> float:
    """Wall time of `sync` from no environment at all, packages being in uv's cache."""
    for environment in task.path.glob("curricula/*/.venv"):
        shutil.rmtree(environment)
    return seconds([script(), "sync", *jobs], task.path)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--submodules", type=int, default=100)
    parser.add_argument("--curricula", type=int, default=4)
    parser.add_argument("--repetitions", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        scratch = Path(folder).resolve()
        template = make_template(scratch / "template")
        many = large(template, scratch, arguments.submodules)
        listing = compare(
            {"git submodule status": ["git", "submodule", "status"], "curricula list": [script(), "list"]},
            many.path,
            arguments.repetitions,
        )
        ratio = listing["curricula list"] / listing["git submodule status"]
        few = small(template, scratch, arguments.curricula)
        sync_time(few, [])  # fills uv's cache
        rounds = [(sync_time(few, []), sync_time(few, ["--jobs", "1"])) for _ in range(arguments.repetitions)]
        parallel, serial = (statistics.median(column) for column in zip(*rounds, strict=True))
        checked = compare({"serial": [script(), "check", "--jobs", "1"], "parallel": [script(), "check"]}, few.path, 1)
    print("| what | time | ratio |")
    print("|---|---|---|")
    print(
        f"| `git submodule status`, {arguments.submodules} submodules | {listing['git submodule status']:.2f} s | 1 |"
    )
    print(f"| `curricula list`, the same | {listing['curricula list']:.2f} s | {ratio:.2f} (limit {LIST_LIMIT}) |")
    print(f"| `curricula sync --jobs 1`, {arguments.curricula} curricula | {serial:.2f} s | 1 |")
    print(f"| `curricula sync`, the same | {parallel:.2f} s | {parallel / serial:.2f} |")
    print(f"| `curricula check --jobs 1`, the same | {checked['serial']:.2f} s | 1 |")
    print(
        f"| `curricula check`, the same | {checked['parallel']:.2f} s | {checked['parallel'] / checked['serial']:.2f} |"
    )
    if ratio > LIST_LIMIT:
        sys.exit(f"`curricula list` takes {ratio:.2f} times as long as `git submodule status`.")


if __name__ == "__main__":
    main()
