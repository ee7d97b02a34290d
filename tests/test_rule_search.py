"""The search for metrics that make a transition hold: no false alarm for rules of every kind, nor on real curricula."""

from __future__ import annotations

import datetime
import enum
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from aind_behavior_curriculum import Metrics, Stage, StageTransition, Task, TaskParameters, create_curriculum
from pydantic import BaseModel, Field, NonNegativeInt
from real_curricula import NINE, PACKAGE, environment_of_all
from support import call

from aind_curriculum_runtime.checks.engine import rule_search


class Phase(enum.Enum):
    SHAPING = "shaping"
    TEST = "test"


class Side(BaseModel):
    hits: int = Field(ge=0)
    misses: int = Field(ge=0)

    @property
    def rate(self) -> float:
        return self.hits / max(1, self.hits + self.misses)


class Day(BaseModel):
    name: str
    rate: float = Field(ge=0, le=1)
    sides: dict[str, Side] = {}


class Many(Metrics):
    seen: int
    visited: int
    speed: float
    delay: float | None
    rate: float = Field(ge=0, le=1)
    table: dict[NonNegativeInt, NonNegativeInt]
    by_odor: dict[str, float]
    history: list[float]
    counts: list[int]
    last: Day | None
    days: list[Day]
    phase: Phase
    side: Literal["left", "right"]
    first_day: datetime.date
    today: datetime.date
    took: datetime.timedelta
    tags: set[str]
    nested: dict[str, dict[str, int]]
    pairs: list[tuple[int, float]]

    @property
    def visits(self) -> float:
        return self.visited / max(1, self.seen)


LIMITS = {"trials": 350, "rate": 0.83}
ODORS = ("odor-1", "odor-2", "odor-3")


class Floor:
    SEEN = 777


def enough(number: float) -> bool:
    return number > 12345


Rule = Callable[[Any], Any]

CAN_HOLD: dict[str, Rule] = {
    "two keys of a table": lambda m: m.table.get(0, 0) > 10 and m.table.get(1, 0) > 10,
    "all keys of a range": lambda m: all(m.table.get(key, 0) >= 30 for key in range(3)),
    "all texts of a tuple as keys": lambda m: all(m.by_odor.get(odor, 0) > 0.9 for odor in ODORS),
    "sum and least of a table": lambda m: sum(m.table.values()) > 500 and min(m.table.values()) > 50,
    "a table of tables": lambda m: m.nested.get("left", {}).get("lick", 0) > 8 and m.nested["left"].get("run", 0) > 8,
    "a ratio in a band": lambda m: m.seen >= 200 and m.visited >= 50 and 0.3 <= m.visited / m.seen <= 0.7,
    "an exact ratio": lambda m: m.seen > 0 and m.visited / m.seen == 0.75,
    "a ratio of the class": lambda m: 0.9 < m.visits < 1 and m.seen > 100,
    "an exact difference": lambda m: m.seen - m.visited == 17 and m.speed > 5 * m.visited,
    "a sum with weights": lambda m: 0.85 * m.speed <= (m.delay or 0) <= 0.9 * m.speed and m.speed > 18,
    "two numbers that are close": lambda m: m.delay is not None and abs(m.speed - m.delay) < 0.01 and m.speed > 42,
    "a narrow window": lambda m: 0.4995 <= m.rate <= 0.5005 and m.delay is not None and 3.14 < m.delay < 3.15,
    "a unit": lambda m: m.speed * 60 / 1000 > 75,
    "a remainder": lambda m: m.seen % 7 == 3 and m.seen > 1000,
    "constants of the module": lambda m: m.seen >= LIMITS["trials"] and m.rate >= LIMITS["rate"],
    "constants of a class": lambda m: m.seen > Floor.SEEN and m.visited > Floor.SEEN,
    "a function of the module": lambda m: enough(m.seen) and enough(m.visited),
    "no short cut": lambda m: bool((m.seen > 100) & (m.visited > 200) & (m.speed > 0.5) & (m.rate > 0.9)),
    "the last five of a list": lambda m: len(m.history) >= 5 and all(one > 0.8 for one in m.history[-5:]),
    "means of two lists": lambda m: (
        len(m.history) >= 10
        and len(m.counts) >= 5
        and statistics.mean(m.history[-5:]) >= 0.7
        and statistics.mean(m.counts[-5:]) >= 450
        and m.seen >= 10
    ),
    "a list that hardly varies": lambda m: len(m.history) > 7 and statistics.stdev(m.history) < 0.05,
    "a list that rises": lambda m: (
        len(m.history) >= 4 and all(one < two for one, two in zip(m.history, m.history[1:], strict=False))
    ),
    "a list of pairs": lambda m: len(m.pairs) > 2 and min(one for one, _ in m.pairs) > 50,
    "an optional model": lambda m: m.last is not None and m.last.rate > 0.95 and m.last.name == "probe",
    "a table in a model": lambda m: m.last is not None and "left" in m.last.sides and m.last.sides["left"].hits > 100,
    "a list of models": lambda m: len(m.days) >= 3 and all(day.rate > 0.85 for day in m.days[-3:]),
    "some of a list of models": lambda m: sum(day.rate > 0.85 and day.name == "test" for day in m.days) >= 3,
    "an enumeration and a literal": lambda m: m.phase is Phase.TEST and m.side == "right",
    "days apart": lambda m: (m.today - m.first_day).days == 14,
    "a duration": lambda m: datetime.timedelta(minutes=45) < m.took < datetime.timedelta(minutes=50),
    "a set": lambda m: "good" in m.tags and "bad" not in m.tags and len(m.tags) >= 2,
    "ten conditions": lambda m: (
        m.seen > 10
        and m.visited > 20
        and m.speed > 30
        and m.rate > 0.4
        and m.delay is not None
        and m.delay > 50
        and m.table.get(6, 0) > 60
        and m.by_odor.get("z", 0) > 70
        and len(m.history) > 8
        and m.side == "left"
    ),
}  # fmt: skip
CANNOT: dict[str, Rule] = {
    "a rate in percent": lambda m: m.rate > 40,
    "two that exclude each other": lambda m: m.seen > 10 and m.seen < 5,
    "a text that the field cannot have": lambda m: m.side == "middle",
    "fewer than none": lambda m: m.table.get(0, 0) < 0,
}


def searched(rules: dict[str, Rule]) -> dict[str, dict[str, Any]]:
    """Search one curriculum with a transition from stage to stage for each rule."""

    class SmallTask(Task):
        name: Literal["Small"] = "Small"
        task_parameters: TaskParameters = TaskParameters()

    def transition(holds: Rule) -> StageTransition:
        def st(metrics: Metrics) -> bool:
            return bool(holds(metrics))

        st.__annotations__ = {"metrics": Many, "return": bool}
        return StageTransition(st)

    stages = [Stage(name=f"s_{number}", task=SmallTask()) for number in range(len(rules) + 1)]
    curriculum = create_curriculum("c", "1.0.0", (SmallTask,))()  # type: ignore[call-arg]
    for number, holds in enumerate(rules.values()):
        curriculum.add_stage_transition(stages[number], stages[number + 1], transition(holds))
    return dict(zip(rules, rule_search.search(curriculum)["rules"], strict=True))


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, dict[str, Any]]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rule_search, "TRIES", 100)  # it is the steering that is tried
        yield searched(CAN_HOLD | CANNOT)


@pytest.mark.parametrize("rule", CAN_HOLD)
def test_what_can_hold_is_found(rule: str, found: dict[str, dict[str, Any]]) -> None:
    assert found[rule]["held"], found[rule]


@pytest.mark.parametrize("rule", CANNOT)
def test_what_cannot_hold_is_never_found(rule: str, found: dict[str, dict[str, Any]]) -> None:
    assert (found[rule]["held"], found[rule]["raised"]) == (False, None)
    assert found[rule]["tries"] >= 100 + rule_search.STEERED


def test_the_search_is_the_same_each_time() -> None:
    some = {name: CAN_HOLD[name] for name in ("two keys of a table", "a set", "a list of models")}
    assert searched(some) == searched(some)


def test_a_rule_that_raises_ends_no_search() -> None:
    rule = searched({"one": lambda m: m.table[0] > 10 and m.table[1] > 10})["one"]
    assert rule["held"] and rule["raised"].startswith("raised KeyError: ")


def test_the_tracer_of_a_debugger_stays() -> None:
    def tracer(*_: Any) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        searched({"one": CANNOT["fewer than none"]})
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)


ALL = f"""
import importlib, json, sys
from aind_curriculum_runtime.checks.engine import rule_search
if "policies" not in sys.argv:
    rule_search._policies = lambda curriculum: ()
names = {[name.replace("-", "_") for name in NINE]!r}
curricula = {{name: importlib.import_module(f"{PACKAGE}.{{name}}.curriculum").CURRICULUM for name in names}}
print(json.dumps({{name: rule_search.search(one) for name, one in curricula.items()}}))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    return environment_of_all(tmp_path_factory.mktemp("vr-foraging"))


@pytest.mark.exhaustive
def test_the_transitions_of_nine_real_curricula_raise_no_alarm(python: tuple[Path, dict[str, str]]) -> None:
    result = call([python[0], "-c", ALL], env=python[1], timeout=600)
    assert result.code == 0, result.text
    rules = [rule for one in result.document.values() for rule in one["rules"]]
    assert len(rules) == 22
    told = [rule for rule in rules if not rule["decided"] or rule["raised"] or rule["altered"] or rule["wavers"]]
    assert told == [] and not any(rule["untried"] or rule["gave"] for rule in rules)


@pytest.mark.exhaustive
def test_of_their_policies_only_the_one_that_shuffles_is_told(python: tuple[Path, dict[str, str]]) -> None:
    result = call([python[0], "-c", ALL, "policies"], env=python[1], timeout=600)
    policies = [policy for one in result.document.values() for policy in one["policies"]]
    told = {policy["rule"] for policy in policies if policy["wavers"] or policy["raised"] or policy["altered"]}
    assert told == {"p_introduce_negative_sites"}
