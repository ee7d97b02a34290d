"""Benchmark: what a diagram costs on top of laying out its graph.

    uv run python benchmarks/look.py            prints one table
    uv run python benchmarks/look.py --quick    the same with few repetitions, to try

Both go turn by turn, forth and back, in one process, on the curriculum of 20 stages of synthetic.py, each with two
policies, a transition between them and ten parameters: ours from the model to an SVG file, and pygraphviz laying
out the very same graph, which it only has to parse. Processor time, because ours alone waits for a disk: the file is
written to it before it takes the place of the old one. The whole command is measured by wall time against a process
that imports pygraphviz and the library, and is there for information: its limit is wide.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pygraphviz
from run import HERE, Bench, Row, main, ratio
from synthetic import make

from aind_curriculum_runtime.commands.diagram import drawn
from aind_curriculum_runtime.look.dot import draw
from aind_curriculum_runtime.look.read import read_model
from aind_curriculum_runtime.project.files import write_atomically

STAGES = 20


def cost(call: Callable[[], object]) -> float:
    """Processor time in seconds."""
    start = time.process_time()
    call()
    return time.process_time() - start


def diagram_against_layout(bench: Bench) -> Iterable[Row]:
    """The picture of 20 stages, with both sheets and with the stages alone."""
    model = read_model(make("synthetic", STAGES))
    for sheet in ("both", "stages"):
        text = draw(model, sheet).text  # type: ignore[arg-type]
        target = bench.folder / "curriculum.svg"

        def ours(sheet: str = sheet, target: Path = target) -> None:
            write_atomically(target, drawn(model, ".svg", sheet))

        def layout(text: str = text) -> None:
            pygraphviz.AGraph(string=text).layout(prog="dot")

        calls = {"ours": ours, "layout": layout}
        samples: dict[str, list[float]] = {name: [] for name in calls}
        for repetition in range(-2, 8 if bench.quick else 40):
            for name in list(calls) if repetition % 2 else reversed(calls):
                taken = cost(calls[name])
                if repetition >= 0:
                    samples[name].append(taken)
        what = f"SVG of {STAGES} stages ({sheet}) ÷ pygraphviz's layout of the same graph"
        yield ratio(what, samples["ours"], samples["layout"], limit=1.5, unit="ms")


def whole_command(bench: Bench) -> Iterable[Row]:
    """From the start of the process to its end."""
    repo = bench.repo
    entries = 'my-curriculum = "my_curriculum.curriculum:CURRICULUM"\n'
    repo.write(
        "src/my_curriculum/synthetic_20.py",
        f'from .synthetic import make\n\nCURRICULUM = make("synthetic-20", {STAGES})\n',
    )
    repo.edit("pyproject.toml", entries, f'{entries}synthetic-20 = "my_curriculum.synthetic_20:CURRICULUM"\n')
    repo.edit("pyproject.toml", "aind-curriculum-runtime[checks]", "aind-curriculum-runtime[checks,diagram]")
    repo.sync()
    target = bench.folder / "whole.svg"
    command: list[str | Path] = [repo.script("curriculum"), "diagram", "-o", target, "--curriculum", "synthetic-20"]
    imports: list[str | Path] = [bench.python, "-c", "import pygraphviz, aind_behavior_curriculum"]
    samples = bench.measure(15, ours=command, imports=imports)
    yield ratio(
        f"`curriculum diagram` of {STAGES} stages ÷ importing what it draws with",
        samples["ours"].seconds,
        samples["imports"].seconds,
        limit=2.5,
        unit="ms",
    )


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    sys.exit(main("Measure what a diagram costs.", [diagram_against_layout, whole_command]))
