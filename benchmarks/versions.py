"""Benchmark: what comparing two versions costs on top of importing the curriculum twice.

    uv run python benchmarks/versions.py            prints one table
    uv run python benchmarks/versions.py --quick    the same with few repetitions, to try

Both go turn by turn as whole processes: `curriculum diff` between two tags, and an interpreter that imports the
curriculum, whose time counts double. The two sides of a diff are read at the same time, so a machine with one
processor shows more. The exported bundle is compared with a second one, byte by byte.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from run import HERE, Bench, Row, main, ratio
from support import commit_all, git

LARGE = 200


def diff_against_imports(bench: Bench) -> Iterable[Row]:
    """Two tags of the template's curriculum, and of one of 200 stages."""
    repo = bench.repo
    commit_all(repo.path, "One")
    git(repo.path, "tag", "v0.1.0")
    repo.edit("src/my_curriculum/stages.py", "(reward_volume=6.0)", "(reward_volume=6.5)")
    repo.edit("src/my_curriculum/synthetic.py", "p5: float = 5.0", "p5: float = 5.5")
    commit_all(repo.path, "Two")
    git(repo.path, "tag", "v0.2.0")
    script = repo.script("curriculum")
    cases = {"my-curriculum": "my_curriculum.curriculum", f"synthetic-{LARGE}": f"my_curriculum.synthetic_{LARGE}"}
    for name, module in cases.items():
        diff = [script, "diff", "v0.1.0", "v0.2.0", "--repo", repo.path, "--curriculum", name]
        samples = bench.measure(20, diff=diff, once=[bench.python, "-c", f"import {module}"])
        twice = [2 * seconds for seconds in samples["once"].seconds]
        what = f"`curriculum diff` of two tags of {name} ÷ importing it twice"
        yield ratio(what, samples["diff"].seconds, twice, limit=2.0, unit="ms")


def export_twice(bench: Bench) -> Iterable[Row]:
    """Files that differ between two bundles of one commit."""
    bundles = []
    for number in range(2):
        target = bench.folder / f"bundle-{number}"
        result = bench.repo.curriculum("export", target, "--repo", bench.repo.path, "--curriculum", "my-curriculum")
        if result.code != 0:
            sys.exit(result.text)
        bundles.append({path.name: path.read_bytes() for path in target.iterdir()})
    names = bundles[0].keys() | bundles[1].keys()
    differing = [name for name in names if bundles[0].get(name) != bundles[1].get(name)]
    size = sum(map(len, bundles[0].values()))
    detail = f"{len(bundles[0])} files, {size} bytes"
    yield Row(what="files that differ between two bundles of one commit", value=len(differing), limit=0, detail=detail)


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    sys.exit(main("Measure what comparing versions costs.", [diff_against_imports, export_twice]))
