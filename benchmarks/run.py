"""Benchmarks: what the runtime and the template cost on top of what they are built on.

    uv run python benchmarks/run.py            prints one table
    uv run python benchmarks/run.py --quick    the same with few repetitions, to try
    uv run python benchmarks/run.py start      only those whose name holds the word

All figures are ratios of two commands that are run turn by turn on one machine (measure.py): absolute
times of different machines or hours do not compare. The ratio is taken within each pair of neighbouring
runs; the table shows the median of these ratios and their quartiles. How cost grows with the number of
stages is told by processor time: the least run of each size, less the least start of an interpreter. A figure
beyond its limit is marked and makes the exit code 1.

Everything is real: a repo that Copier generated from this working tree, the environment that uv made for
it, whole processes from start to end. Variables PYTHON... of the shell do not count: without its bytecode
(PYTHONDONTWRITEBYTECODE) the library takes twice as long to import as on a rig, and every ratio flatters.

To add a benchmark, write a function that takes a ``Bench`` and gives rows, and mark it ``@benchmark``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from support import Repo, commit_all, generate, git, make_template  # noqa: E402

SIZES = (1, 10, 50, 100, 200)
"""Numbers of stages of the synthetic curricula."""

DROPPED = ("PYTHON", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")
"""Beginnings of the names of variables that measured commands do not get."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    what: str
    value: float
    quartiles: tuple[float, float] | None = None
    limit: float
    at_least: bool = False
    detail: str

    @property
    def passes(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass(frozen=True, kw_only=True)
class Samples:
    """What the runs of one command cost."""

    seconds: list[float]
    cpu: list[float]
    peaks: list[float]


@dataclass
class Bench:
    """What the benchmarks share: a folder, a template, a generated repo, and the way to measure."""

    folder: Path
    quick: bool

    @cached_property
    def template(self) -> Path:
        return packed(make_template(self.folder / "template"))

    @cached_property
    def repo(self) -> Repo:
        """A generated repo with a synthetic curriculum of each size beside its own."""
        repo = Repo(generate(self.template, self.folder / "my-curriculum"))
        repo.write("src/my_curriculum/synthetic.py", (HERE / "synthetic.py").read_text(encoding="utf-8"))
        entries = 'my-curriculum = "my_curriculum.curriculum:CURRICULUM"\n'
        added = entries
        for size in SIZES:
            module = f'from .synthetic import make\n\nCURRICULUM = make("synthetic-{size}", {size})\n'
            repo.write(f"src/my_curriculum/synthetic_{size}.py", module)
            added += f'synthetic-{size} = "my_curriculum.synthetic_{size}:CURRICULUM"\n'
        repo.edit("pyproject.toml", entries, added)
        return repo.sync()

    @property
    def python(self) -> Path:
        return self.repo.script("python")

    def state(self, curriculum: str, stage: str) -> Path:
        """A trainer state of a curriculum of the repo, at one of its stages."""
        target = self.folder / f"{curriculum}.json"
        result = self.repo.curriculum("init", "--curriculum", curriculum, "--stage", stage, "--output", target)
        if result.code != 0:
            sys.exit(result.text)
        return target

    def run_command(self, state: Path) -> list[str | Path]:
        """The command that evaluates the repo's sample session."""
        script = self.repo.script("curriculum")
        return [script, "run", "--data-directory", self.repo.session, "--input-trainer-state", state]

    def measure(
        self, repetitions: int, *, codes: tuple[int, ...] = (0,), **commands: list[str | Path]
    ) -> dict[str, Samples]:
        """Run the commands turn by turn, which must end with one of ``codes``; ``--quick`` does a fifth of them."""
        order = {
            "commands": {name: [str(part) for part in command] for name, command in commands.items()},
            "repetitions": max(3, repetitions // 5) if self.quick else repetitions,
            "environment": {key: value for key, value in os.environ.items() if not key.startswith(DROPPED)},
            "directory": str(self.folder),
            "codes": codes,
        }
        done = subprocess.run(
            [sys.executable, "-I", "-S", HERE / "measure.py"],
            input=json.dumps(order),
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            check=True,
        )
        return {
            name: Samples(
                seconds=[one["seconds"] for one in samples],
                cpu=[one["cpu"] or one["seconds"] for one in samples],  # Windows does not tell
                peaks=[one["peak"] for one in samples if one["peak"] is not None],
            )
            for name, samples in json.loads(done.stdout).items()
        }


def packed(repo: Path) -> Path:
    """Pack a git repo, as one is that was cloned from a host: Copier would link each loose object."""
    git(repo, "gc", "--quiet")
    return repo


BENCHMARKS: list[Callable[[Bench], Iterable[Row]]] = []


def benchmark(function: Callable[[Bench], Iterable[Row]]) -> Callable[[Bench], Iterable[Row]]:
    """Add a function to what is run."""
    BENCHMARKS.append(function)
    return function


def ratio(what: str, over: list[float], under: list[float], limit: float, unit: str) -> Row:
    """Compare two commands pair by pair."""
    ratios = [one / other for one, other in zip(over, under, strict=True)]
    low, value, high = statistics.quantiles(ratios, n=4, method="inclusive")
    scale, digits = {"ms": (1e3, 0), "MB": (1e-6, 1)}[unit]
    shown = [f"{statistics.median(values) * scale:.{digits}f}" for values in (over, under)]
    return Row(
        what=what, value=value, quartiles=(low, high), limit=limit, detail=f"{shown[0]} {unit} ÷ {shown[1]} {unit}"
    )


@benchmark
def run_against_a_bare_script(bench: Bench) -> Iterable[Row]:
    """`curriculum run` does what the bare script does, and checks it; how much that adds."""
    states = {
        "my-curriculum": bench.state("my-curriculum", "s_shaping"),
        "synthetic-200": bench.state("synthetic-200", "s_100"),
    }
    modules = {"my-curriculum": "my_curriculum.curriculum", "synthetic-200": "my_curriculum.synthetic_200"}
    for name, what in (("my-curriculum", ""), ("synthetic-200", ", 200 stages")):
        bare: list[str | Path] = [bench.python, HERE / "bare.py", bench.repo.session, states[name], modules[name]]
        samples = bench.measure(40, run=bench.run_command(states[name]), bare=bare)
        run, script = samples["run"], samples["bare"]
        yield ratio(f"`curriculum run` ÷ bare script{what}, wall time", run.seconds, script.seconds, 1.10, "ms")
        if run.peaks:  # Windows does not tell
            yield ratio(f"`curriculum run` ÷ bare script{what}, peak memory", run.peaks, script.peaks, 1.08, "MB")


@benchmark
def start_of_commands_without_evaluation(bench: Bench) -> Iterable[Row]:
    """Commands that tell what is installed start without the library."""
    script = bench.repo.script("curriculum")
    library: list[str | Path] = [bench.python, "-c", "import aind_behavior_curriculum"]
    samples = bench.measure(
        25,
        library=library,
        help=[script, "--help"],
        list=[script, "list"],
        version=[script, "version"],
    )
    for name, typed in (("help", "--help"), ("list", "list"), ("version", "version")):
        yield ratio(
            f"`curriculum {typed}` ÷ `import aind_behavior_curriculum`",
            samples[name].seconds,
            samples["library"].seconds,
            0.40,
            "ms",
        )


@benchmark
def copy_of_the_template(bench: Bench) -> Iterable[Row]:
    """Scaffolding a repo, against what Copier takes for a template of one file."""
    empty = bench.folder / "empty-template"
    empty.mkdir()
    (empty / "copier.yml").write_text("curriculum_name: my-curriculum\n", encoding="utf-8", newline="\n")
    commit_all(empty, "A template of one question")
    packed(empty)
    copier = Path(sys.executable).with_name("copier.exe" if sys.platform == "win32" else "copier")
    answer = "--data=curriculum_name=my-curriculum"

    def copy(template: Path, name: str) -> list[str | Path]:
        return [copier, "copy", "--defaults", "--quiet", answer, template, bench.folder / f"{name}-{{run}}"]

    samples = bench.measure(15, full=copy(bench.template, "full"), empty=copy(empty, "empty"))
    yield ratio(
        "`copier copy` of this template ÷ of an empty one",
        samples["full"].seconds,
        samples["empty"].seconds,
        1.5,
        "ms",
    )


@benchmark
def cost_by_number_of_stages(bench: Bench) -> Iterable[Row]:
    """Whether a stage costs as much in a large trainer state as in a small one."""
    states = {size: bench.state(f"synthetic-{size}", f"s_{size // 2}") for size in SIZES}
    commands = {f"stages_{size}": bench.run_command(state) for size, state in states.items()}
    samples = bench.measure(25, start=[bench.python, "-c", "pass"], **commands)
    # The least of many runs, by the processor's clock: 100 stages add a fifth, and noise only ever adds.
    start = min(samples["start"].cpu)
    cost = {size: min(samples[f"stages_{size}"].cpu) - start for size in SIZES}
    each = {size: (cost[size] - cost[1]) / (size - 1) for size in SIZES if size > 1}
    fit = statistics.linear_regression(SIZES, list(cost.values()))
    explained = statistics.correlation(SIZES, list(cost.values())) ** 2
    sizes = ", ".join(f"{size}: {seconds * 1e3:.0f}" for size, seconds in cost.items())
    yield Row(
        what="cost of a stage among 200 ÷ among 100",
        value=each[200] / each[100],
        limit=1.25,
        detail=f"{each[200] * 1e3:.2f} ms ÷ {each[100] * 1e3:.2f} ms",
    )
    yield Row(
        what="straightness of `curriculum run` by stages (R²)",
        value=explained,
        limit=0.98,
        at_least=True,
        detail=f"{fit.intercept * 1e3:.0f} ms + {fit.slope * 1e3:.2f} ms a stage; ms after interpreter start: {sizes}",
    )


def table(rows: Iterable[Row]) -> str:
    """Lay the rows out as a Markdown table."""
    lines = ["| benchmark | ratio | quartiles | limit | | medians |", "|---|---:|---|---:|---|---|"]
    for row in rows:
        spread = f"{row.quartiles[0]:.3f} to {row.quartiles[1]:.3f}" if row.quartiles else ""
        sign, mark = "≥" if row.at_least else "≤", "pass" if row.passes else "**over**"
        lines.append(f"| {row.what} | {row.value:.3f} | {spread} | {sign} {row.limit:.2f} | {mark} | {row.detail} |")
    return "\n".join(lines)


def main(description: str, functions: Sequence[Callable[[Bench], Iterable[Row]]]) -> int:
    """Run benchmarks and print their table; 1 when a figure is beyond its limit."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("words", nargs="*", help="only benchmarks whose function's name holds one of these")
    parser.add_argument("--quick", action="store_true", help="few repetitions: to try, not to judge by")
    options = parser.parse_args()
    chosen = [one for one in functions if not options.words or any(word in one.__name__ for word in options.words)]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="curriculum-benchmarks-", ignore_cleanup_errors=True) as folder:
        bench = Bench(Path(folder).resolve(), options.quick)
        for one in chosen:
            print(f"{one.__name__.replace('_', ' ')} ...", file=sys.stderr)
            rows += one(bench)
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a Windows console would refuse the signs
    print(table(rows))
    print(f"\nPython {sys.version.split()[0]}, {os.cpu_count()} CPUs, {sys.platform}.")
    return 0 if all(row.passes for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main("Measure what the runtime and the template cost.", BENCHMARKS))
