"""The code of a curriculum under the name of a repo: what it says anew, and whether it makes the same curriculum."""

from __future__ import annotations

import importlib
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from test_distributions import write_metadata
from test_references import TRAINER

from aind_curriculum_runtime.adoption.own_code import OwnCode, own_code
from aind_curriculum_runtime.adoption.trial import Trial, tried
from aind_curriculum_runtime.contract.errors import CurriculumError
from aind_curriculum_runtime.curriculum.discovery import Registered

TARGET = "lab_of_old.curriculum:CURRICULUM"
STAGES = """
from aind_behavior_curriculum import Metrics, MetricsProvider, Policy, Stage, StageTransition, Task, TaskParameters
from aind_behavior_curriculum import create_curriculum
from typing import Literal


class Parameters(TaskParameters):
    delay: float = 1.0


class LabTask(Task):
    name: Literal["LabTask"] = "LabTask"
    task_parameters: Parameters = Parameters()


def metrics_from_dataset(data_directory):
    return Metrics()


def p_wait(metrics, task):
    return task


def st_a_b(metrics: Metrics) -> bool:
    return True


def stage(name, delay=1.0):
    task = LabTask(task_parameters=Parameters(delay=delay))
    return Stage(
        name=name, task=task, metrics_provider=MetricsProvider(metrics_from_dataset), start_policies=[Policy(p_wait)]
    )
"""
MAKE = """
CURRICULUM = create_curriculum("Lab", "3.1.0", (LabTask,))()
CURRICULUM.add_stage_transition(stage("s_a"), stage("s_b"), StageTransition(st_a_b))
"""

Adopt = Callable[..., tuple[OwnCode, Trial]]


@pytest.fixture
def adopt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Adopt]:
    """Move a curriculum of a package in a folder into the package my_lab, and try it."""
    write_metadata(tmp_path, "my_lab-3.1.0.dist-info", name="my-lab", version="3.1.0", points=None)
    monkeypatch.syspath_prepend(tmp_path)

    def adopt(make: str, *, whole: bool = False, **files: str) -> tuple[OwnCode, Trial]:
        package = tmp_path / "lab_of_old"
        package.mkdir()
        for name, text in {"__init__": "", "curriculum": STAGES + make, **files}.items():
            (package / f"{name}.py").write_text(dedent(text), encoding="utf-8")
        original: Any = importlib.import_module("lab_of_old.curriculum").CURRICULUM
        code = own_code(original, TARGET, "my-lab", whole=whole)
        before = Registered("Lab", TARGET, "lab-of-old", "3.1.0")
        return code, tried(code, original, before, Registered("my-lab", code.target, "my-lab", "3.1.0"))

    yield adopt
    for name in [one for one in sys.modules if one.partition(".")[0] in ("lab_of_old", "my_lab")]:
        del sys.modules[name]


def texts_of(code: OwnCode, trial: Trial) -> list[str]:
    return [step.text for step in (*code.steps, *trial.steps)]


def test_name_version_and_former_paths_are_written_anew(adopt: Adopt) -> None:
    code, trial = adopt(MAKE)
    assert (trial.is_equal, texts_of(code, trial)) == (True, [])
    text = code.texts["my_lab/curriculum.py"]
    assert 'create_curriculum("my-lab", curriculum_version("my-lab"), (LabTask,))()' in text
    assert text.count("from aind_curriculum_runtime import curriculum_version\n") == 1
    paths = ("metrics_from_dataset", "p_wait")
    assert code.former_rules == {f"lab_of_old.curriculum.{one}": f"my_lab.curriculum.{one}" for one in paths}
    assert "lab_of_old.curriculum.st_a_b" in code.rules.keys() - code.former_rules.keys()
    assert (code.target, code.needs_package) == ("my_lab.curriculum:CURRICULUM", False)
    assert trial.model is not None and trial.model.name == "my-lab"


def test_a_version_that_is_given_to_the_class_is_found_too(adopt: Adopt) -> None:
    code, trial = adopt(MAKE.replace("(LabTask,))()", '(LabTask,))(version="3.1.0")'))
    assert trial.is_equal
    assert '(LabTask,))(version=curriculum_version("my-lab"))' in code.texts["my_lab/curriculum.py"]


def test_a_name_that_comes_from_elsewhere_is_found_where_it_stands_alone(adopt: Adopt) -> None:
    code, trial = adopt(f"from .names import NAME\n{MAKE.replace(repr('Lab').replace(chr(39), chr(34)), 'NAME')}",
                        names="NAME = 'Lab'\nOTHER = 'Labs'\n")  # fmt: skip
    assert trial.is_equal and code.texts["my_lab/names.py"] == 'NAME = "my-lab"\n'


def test_a_name_that_stands_in_several_places_is_a_step(adopt: Adopt) -> None:
    make = 'NAMES = ["Lab", "Lab"]\n' + MAKE.replace('"Lab"', "NAMES[0]")
    code, trial = adopt(make)
    first, second = texts_of(code, trial)
    assert "must be named 'my-lab'" in first
    assert "does not load" in second and "'Lab'" in second


def test_random_numbers_are_a_step_and_no_difference(adopt: Adopt) -> None:
    random.seed(1)  # as it happens, pytest's plugins leave it at 0
    make = "import random\n" + MAKE.replace('stage("s_b")', 'stage("s_b", random.random())')
    code, trial = adopt(make)
    assert trial.is_equal
    (told,) = texts_of(code, trial)
    assert "random numbers" in told and "task_parameters.delay" in told


def test_a_curriculum_that_a_module_changes_from_outside_is_another_until_all_comes_along(adopt: Adopt) -> None:
    files = {"later": "from .curriculum import *\n\nCURRICULUM.add_stage_transition(stage('s_b'), stage('s_c'), "
             "StageTransition(st_a_b))\n"}  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(files, "__init__", "from . import curriculum, later\n")
        code, trial = adopt(MAKE, **files)
        assert not trial.is_equal and "makes another curriculum" in texts_of(code, trial)[-1]
        original = sys.modules["lab_of_old.curriculum"].CURRICULUM  # type: ignore[attr-defined]
        whole = own_code(original, TARGET, "my-lab", whole=True)
        before = Registered("Lab", TARGET, "lab-of-old", "3.1.0")
        assert tried(whole, original, before, Registered("my-lab", whole.target, "my-lab", "3.1.0")).is_equal
        assert "my_lab/later.py" in whole.texts


def test_what_is_no_python_source_cannot_be_moved() -> None:
    with pytest.raises(CurriculumError, match="not installed as Python source") as caught:
        own_code(TRAINER.curriculum, "math:CURRICULUM", "my-lab")
    assert caught.value.code == "repo.not_wrapped"
