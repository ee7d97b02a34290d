"""The compiled rules of a replay: what the production path says, session after session of one animal."""

from __future__ import annotations

import json
from typing import Any

import pytest
import replay_rules as rules
from aind_behavior_curriculum import (
    Curriculum,
    Graduated,
    MetricsProvider,
    Policy,
    PolicyTransition,
    Stage,
    StageTransition,
    create_curriculum,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field
from replay_rules import NestedParameters, NestedTask, Seen

from aind_curriculum_runtime import CurriculumError
from aind_curriculum_runtime.curriculum.margin import margin_of
from aind_curriculum_runtime.replay.compiled import Animal, Rules
from aind_curriculum_runtime.replay.verifying import TrainerAnimal
from aind_curriculum_runtime.replay.written import written
from aind_curriculum_runtime.session.suggestion import as_json
from aind_curriculum_runtime.session.trainer import OrderedTrainer

NestedCurriculum = create_curriculum("nested", "0.1.0", (NestedTask, Graduated), pkg_location=rules.__name__)
POLICIES = [
    *(rules.p_preset, rules.p_grow, rules.p_collect, rules.p_copy, rules.p_maybe, rules.p_raises_half_way),
    *(rules.p_not_finite, rules.p_nothing, rules.p_spoils, rules.p_not_of_its_type),
]
POLICY_TRANSITIONS = [rules.pt_even, rules.pt_raises, rules.pt_truthy]
STAGE_TRANSITIONS = [rules.st_two, rules.st_raises, rules.st_truthy]


@st.composite
def curricula(draw: st.DrawFn) -> Curriculum:
    """Curricula of up to three stages with any of the policies, and transitions between any of them."""
    curriculum = NestedCurriculum()
    stages = []
    for number in range(draw(st.integers(1, 3))):
        policies = draw(st.lists(st.sampled_from(POLICIES), unique=True, max_size=5))
        start = draw(st.lists(st.sampled_from(policies), unique=True)) if policies else []
        made: Any = Stage(
            name=f"s_{number}",
            task=NestedTask(task_parameters=NestedParameters(a=float(number))),
            metrics_provider=MetricsProvider(rules.metrics_of),
        )
        for policy in policies:
            made.add_policy(Policy(policy))
        made.set_start_policies([Policy(one) for one in start])
        if policies:
            edges = st.tuples(*[st.sampled_from(policies)] * 2, st.sampled_from(POLICY_TRANSITIONS))
            for source, target, rule in draw(st.lists(edges, max_size=4)):
                made.add_policy_transition(Policy(source), Policy(target), PolicyTransition(rule))
        curriculum.add_stage(made)
        stages.append(made)
    edges = st.tuples(*[st.sampled_from(stages)] * 2, st.sampled_from(STAGE_TRANSITIONS))
    for source, target, rule in draw(st.lists(edges, max_size=3)):
        curriculum.add_stage_transition(source, target, StageTransition(rule))
    return curriculum


def outcome(animal: Animal | TrainerAnimal, metrics: Seen) -> tuple[Any, ...]:
    """What a session led to: where the animal is, or why nowhere."""
    try:
        animal.evaluate(metrics)
    except CurriculumError as error:
        return error.code, animal.stage, animal.policies, json.loads(animal.parameters)
    return "", animal.stage, animal.policies, json.loads(animal.parameters)


LEVELS = st.lists(st.tuples(st.integers(0, 5), st.lists(st.integers(0, 3), max_size=2)), min_size=1, max_size=12)


def require_the_same(curriculum: Curriculum, course: list[tuple[int, list[int]]]) -> None:
    """Take two animals through sessions, one by each way; what curriculum code shares is as in a new process."""
    compiled = Rules(curriculum).animal("s_0")
    by_trainer = TrainerAnimal(OrderedTrainer(curriculum), "s_0")
    defaults = curriculum.model_dump_json()
    for level, trail in course:
        rules.PRESET.size = 1.0
        expected = outcome(by_trainer, Seen(level=level, trail=list(trail)))
        rules.PRESET.size = 1.0
        assert outcome(compiled, Seen(level=level, trail=list(trail))) == expected
        assert rules.PRESET.size == 1.0
    assert curriculum.model_dump_json() == defaults


@settings(max_examples=60, deadline=None)
@given(curricula(), LEVELS)
def test_a_course_of_sessions_leads_where_the_production_path_leads(
    curriculum: Curriculum, course: list[tuple[int, list[int]]]
) -> None:
    require_the_same(curriculum, course)


@pytest.mark.exhaustive
@settings(max_examples=1500, deadline=None)
@given(curricula(), LEVELS)
def test_many_courses_lead_where_the_production_path_leads(
    curriculum: Curriculum, course: list[tuple[int, list[int]]]
) -> None:
    require_the_same(curriculum, course)


def alone(*policies: Any) -> Animal:
    """An animal at a stage with some policies, all active."""
    curriculum = NestedCurriculum()
    stage = Stage(name="s_0", task=NestedTask(task_parameters=NestedParameters()))
    for policy in policies:
        stage.add_policy(Policy(policy))
    stage.set_start_policies([Policy(one) for one in policies])
    curriculum.add_stage(stage)
    return Rules(curriculum).animal("s_0")


def test_a_value_that_a_policy_shares_is_not_changed_by_the_next_policy_nor_in_the_next_session() -> None:
    rules.PRESET.size = 1.0
    animal = alone(rules.p_preset, rules.p_grow)
    for _ in range(3):
        animal.evaluate(Seen(level=1))
        assert json.loads(animal.parameters)["box"] == {"size": 2.0}
    assert rules.PRESET.size == 1.0


def test_a_policy_that_raises_half_way_leaves_the_animal_as_it_was() -> None:
    animal = alone(rules.p_raises_half_way)
    animal.evaluate(Seen(level=1))
    with pytest.raises(CurriculumError, match="half-way"):
        animal.evaluate(Seen(level=3))
    assert json.loads(animal.parameters)["a"] == 1.0
    animal.evaluate(Seen(level=1))
    assert json.loads(animal.parameters)["a"] == 2.0


# Margins


@pytest.mark.parametrize(
    ("rule", "level", "trail", "margin"),
    [
        (rules.m_constant, 25, [], 5.0),
        (rules.m_mirrored, 12, [], -8.0),
        (rules.m_either, 31, [], 1.0),
        (rules.m_either, 3, [-4], -1.5),
    ],
    ids=["constant", "mirrored", "first part", "second part"],
)
def test_the_margin_is_what_was_compared_less_its_constant(
    rule: Any, level: int, trail: list[int], margin: float
) -> None:
    metrics = Seen(level=level, trail=trail)
    assert rule(metrics)
    found = margin_of(rule)
    assert found is not None and found(metrics) == margin


@pytest.mark.parametrize("rule", [rules.m_both, rules.m_two_values, rules.m_statements, len, rules.st_truthy])
def test_a_rule_that_is_no_comparison_with_a_constant_has_no_margin(rule: Any) -> None:
    assert margin_of(rule) is None


# JSON


class Loose(Seen):
    some: set[int] = Field(default_factory=set)
    value: Any = None


@pytest.mark.parametrize("value", [None, 1.5, "ä", [1, None, {"x": 2}]], ids=str)
def test_metrics_are_written_as_the_suggestion_writes_them(value: Any) -> None:
    metrics = Loose(level=1, some={3, 1, 2}, value=value, more=value)
    assert json.loads(written(metrics, "metrics")) == as_json(metrics, "metrics")


@pytest.mark.parametrize("value", [float("nan"), [1.0, float("inf")], {"x": float("-inf")}], ids=str)
def test_a_number_that_json_lacks_is_refused_with_its_place(value: Any) -> None:
    for metrics in (Loose(value=value), Seen(value=value)):
        with pytest.raises(CurriculumError, match="which JSON cannot say") as caught:
            written(metrics, "metrics")
        assert caught.value.code == "result.not_finite" and str(caught.value.where).startswith("$.metrics.value")
