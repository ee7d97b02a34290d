"""A curriculum that works is green in CI as it is, annotated or not; a real fault in it is red."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from support import PROJECT, Repo, Result, call, commit_all, generate, lines_of_ci

PORTED = '''
import os, json
from typing import Dict, Optional
from aind_behavior_curriculum import (GRADUATED, Graduated, Metrics, MetricsProvider, Policy, Stage, StageTransition,
    TaskParameters, create_curriculum, create_task, export_json)
from aind_curriculum_runtime import curriculum_version


class LickParameters(TaskParameters):
    water: float = 2
    ramp: Optional[Dict[str, float]] = None


LickTask = create_task(name="Lick", task_parameters=LickParameters)


class LickMetrics(Metrics):
    """Counts of one session."""
    licks: int = 0
    rate: Optional[float] = None


def read(path, also={}):
    with open(path, "r") as l:
        return {**json.load(l), **also}

def metrics_of(data_directory):
    where = os.path.join(data_directory, "behavior", "Logs", "session_input.json")
    found = read(where) if os.path.exists(where) else {}
    return LickMetrics(licks=len(found), rate=0.5)

def p_less(metrics, task):
    task = task.model_copy(deep=True)
    task.task_parameters.water = 1
    return task

def p_more(metrics: LickMetrics, task: LickTask) -> LickTask:
    task = task.model_copy(deep=True)
    task.task_parameters.water = 3
    return task

def st_lick_water(metrics):
    if metrics.licks == None: return False
    return metrics.licks > 10

def st_water_graduated(metrics: LickMetrics) -> bool:
    return metrics.rate > 0.4


Made = create_curriculum("my-curriculum", curriculum_version("my-curriculum"), (LickTask, Graduated))

def build():
    s_lick = Stage(name="s_lick", task=LickTask(task_parameters=LickParameters()), metrics_provider=metrics_of,
        start_policies=[p_more])
    s_water = Stage(name="s_water", task=LickTask(task_parameters=LickParameters()),
        metrics_provider=MetricsProvider(metrics_of), start_policies=[Policy(p_less)])
    made = Made()
    made.add_stage_transition(s_lick, s_water, StageTransition(st_lick_water))
    made.add_stage_transition(s_water, GRADUATED, StageTransition(st_water_graduated))
    return made

CURRICULUM = build()

if __name__ == "__main__":
    print("writing the curriculum to curriculum.json, in the folder that this is called in for a look at it")
    export_json(CURRICULUM, path="curriculum.json")
'''

TESTED = """
from my_curriculum.curriculum import LickMetrics, st_lick_water
def test_water(): assert st_lick_water(LickMetrics(licks = 11))
"""


@pytest.fixture(scope="module")
def port(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repo of the template with that curriculum in it, as `curriculum diagram` leaves it."""
    made = Repo(generate(template, tmp_path_factory.mktemp("port") / "my-curriculum"))
    shutil.rmtree(made.package)
    made.write("src/my_curriculum/__init__.py", "")
    made.write("src/my_curriculum/curriculum.py", PORTED)
    made.write("tests/test_examples.py", TESTED)
    made.sync()
    for page in ("docs/curriculum.md", "README.md"):
        assert made.curriculum("diagram", "-o", made.path / page).code == 0
    commit_all(made.path, "Bring it over")
    return made


def run(repo: Repo, command: str) -> Result:
    """Run a line of CI in a repo."""
    return call(["uv", "run", "--locked", *command.split()], cwd=repo.path)


def test_ci_is_green_and_the_contract_holds(port: Repo) -> None:
    lines = lines_of_ci(port)
    assert [line.split()[0] for line in lines] == ["ruff", "mypy", "pytest"]
    for line in [*lines, "curriculum check"]:
        done = run(port, line)
        assert done.code == 0, f"{line}: {done.stdout.decode('utf-8', 'replace')}{done.text}"


FAULTS = {
    "an undefined name": ("exists(where)", "exists(were)", "ruff check", "were"),
    "a wrong parameter of a typed task": ("task_parameters.water = 3", "task_parameters.watr = 3", "mypy", "watr"),
    "a wrong attribute of typed metrics": ("metrics.rate > 0.4", "metrics.rates > 0.4", "mypy", "rates"),
    "a wrong attribute in a function without annotations": ("made = Made()", "made = Made().made", "mypy", "made"),
    "a rule defined twice": ("def p_more(", "def p_less(", "ruff check", "p_less"),
    "a comparison without return": ("    return metrics.licks > 10", "    metrics.licks > 10", "ruff check", "B015"),
    "a missing return value": ("    return metrics.rate > 0.4", "    pass", "mypy", "Missing return"),
}


@pytest.mark.parametrize(("old", "new", "command", "named"), FAULTS.values(), ids=FAULTS)
def test_a_real_fault_is_red(port: Repo, old: str, new: str, command: str, named: str) -> None:
    port.edit("src/my_curriculum/curriculum.py", old, new)
    done = run(port, command)
    port.write("src/my_curriculum/curriculum.py", PORTED)
    assert done.code == 1, done.text
    assert named in done.stdout.decode("utf-8", "replace")


def test_the_stricter_tables_of_the_guide_hold_for_the_templates_own_code_and_not_for_that_one(
    port: Repo, template: Path, tmp_path: Path
) -> None:
    guide = (PROJECT / "docs" / "guide.md").read_text(encoding="utf-8")
    (tables,) = re.findall(r"<!-- the strict tables -->\n```toml\n(.*?)```", guide, re.DOTALL)
    own = Repo(generate(template, tmp_path / "my-curriculum"))
    text = (own.path / "pyproject.toml").read_text(encoding="utf-8")
    kept = re.sub(r"(?ms)^\[tool\.(ruff\.lint|mypy)\]\n.*?(?=^\[)", "", text)
    assert kept != text
    for repo, code in ((own.sync(), 0), (port, 1)):
        repo.write("pyproject.toml", f"{kept}\n{tables}")
        for command in ("ruff check", "mypy"):
            done = run(repo, command)
            assert done.code == code, f"{command}: {done.stdout.decode('utf-8', 'replace')}{done.text}"
