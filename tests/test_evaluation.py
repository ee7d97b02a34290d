"""Evaluation: what the library's Trainer says, in one order, with the input left as it was."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import small_rules as rules
from aind_behavior_curriculum import (
    GRADUATED,
    Curriculum,
    Graduated,
    Metrics,
    MetricsProvider,
    Policy,
    PolicyTransition,
    Stage,
    StageTransition,
    Trainer,
    TrainerState,
    create_curriculum,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from small_rules import Level, LickParameters, LickTask
from support import Repo

from aind_curriculum_runtime import CurriculumError
from aind_curriculum_runtime.session.metrics import compute_metrics
from aind_curriculum_runtime.session.trainer import OrderedTrainer, next_state

SmallCurriculum = create_curriculum("small", "0.1.0", (LickTask, Graduated), pkg_location=rules.__name__)
Situation = tuple[OrderedTrainer, TrainerState, Level]
COMMUTING = [rules.p_a, rules.p_b, rules.p_c, rules.p_d]
POLICY_TRANSITIONS = [rules.pt_at_one, rules.pt_at_two, rules.pt_never]
STAGE_TRANSITIONS = [rules.st_at_one, rules.st_at_two, rules.st_at_three]


def stage(name: str, *policies: Any, start: list[Any] | None = None, provider: Any = rules.metrics_a) -> Stage:
    """A stage whose graph holds the policies in that order; all are active at the start unless told."""
    made = Stage(
        name=name,
        task=LickTask(task_parameters=LickParameters()),
        metrics_provider=MetricsProvider(provider) if provider is not None else None,
    )
    for policy in policies:
        made.add_policy(Policy(policy))
    made.set_start_policies([Policy(one) for one in (policies if start is None else start)])
    return made


def curriculum_of(*stages: Stage) -> Curriculum:
    """A curriculum of stages without transitions between them."""
    curriculum = SmallCurriculum()
    for one in stages:
        curriculum.add_stage(one)
    return curriculum


def everything(state: TrainerState) -> dict[str, Any]:
    """All of a trainer state, as plain values."""
    return copy.deepcopy(state.model_dump())


def names(state: TrainerState) -> list[str]:
    return [policy.callable.__name__ for policy in state.active_policies or []]


# The order of policies


@pytest.mark.parametrize("listed", [[0, 1, 2], [2, 1, 0], [1, 2, 0]], ids=str)
def test_active_policies_are_applied_in_the_graphs_order_however_they_are_listed(listed: list[int]) -> None:
    policies = [rules.p_a, rules.p_a_double, rules.p_a_halve_less_one]
    trainer = OrderedTrainer(curriculum_of(stage("s_one", *policies)))
    state = trainer.create_enrollment()
    state.active_policies = [Policy(policies[index]) for index in listed]
    following = next_state(trainer, state, Level(level=3))
    assert names(following) == ["p_a", "p_a_double", "p_a_halve_less_one"]
    assert following.stage.task.task_parameters.a == ((0 + 4) * 2) / 2 - 1


def test_the_graphs_order_decides_the_parameters() -> None:
    forth = OrderedTrainer(curriculum_of(stage("s_one", rules.p_a, rules.p_a_double)))
    back = OrderedTrainer(curriculum_of(stage("s_one", rules.p_a_double, rules.p_a)))
    results = [next_state(one, one.create_enrollment(), Level(level=0)) for one in (forth, back)]
    assert [one.stage.task.task_parameters.a for one in results] == [2.0, 1.0]


def test_the_order_is_by_number_even_where_a_tool_sorted_the_keys_of_the_state() -> None:
    others = [rules.p_b, rules.p_c, rules.p_d, rules.p_a_halve_less_one]
    trainer = OrderedTrainer(curriculum_of(stage("s_one", rules.p_a, *others, start=[])))
    state = trainer.create_enrollment()
    graph = state.stage.graph
    graph.nodes = {10: Policy(rules.p_a_double), **graph.nodes}  # as "10" sorts before "2"
    graph.graph = {10: [], **graph.graph}
    state.active_policies = [Policy(rules.p_a_double), Policy(rules.p_a)]
    following = next_state(trainer, state, Level(level=1))
    assert names(following) == ["p_a", "p_a_double"]
    assert following.stage.task.task_parameters.a == (0 + 2) * 2


def test_policies_that_transitions_lead_to_are_in_the_graphs_order_too() -> None:
    one = stage("s_one", rules.p_a_double, rules.p_a, rules.p_b, rules.p_c, start=[rules.p_c, rules.p_b])
    one.add_policy_transition(Policy(rules.p_b), Policy(rules.p_a), PolicyTransition(rules.pt_at_one))
    one.add_policy_transition(Policy(rules.p_c), Policy(rules.p_a_double), PolicyTransition(rules.pt_at_one))
    trainer = OrderedTrainer(curriculum_of(one))
    following = next_state(trainer, trainer.create_enrollment(), Level(level=1))
    assert names(following) == ["p_a_double", "p_a"]
    assert following.stage.task.task_parameters.a == 0 * 2 + 2


def test_two_policies_that_lead_to_one_make_it_active_once() -> None:
    one = stage("s_one", rules.p_b, rules.p_c, rules.p_a)
    one.set_start_policies([Policy(rules.p_b), Policy(rules.p_c)])
    for policy in (rules.p_b, rules.p_c):
        one.add_policy_transition(Policy(policy), Policy(rules.p_a), PolicyTransition(rules.pt_at_one))
    trainer = OrderedTrainer(curriculum_of(one))
    following = next_state(trainer, trainer.create_enrollment(), Level(level=1))
    assert names(following) == ["p_a"]
    assert following.stage.task.task_parameters.a == 2


PAIR = """
from .metrics import DetectionMetrics


def p_add_two(metrics: DetectionMetrics, task: DetectionTask) -> DetectionTask:
    task.task_parameters.reward_volume = task.task_parameters.reward_volume + 2
    return task


def p_halve(metrics: DetectionMetrics, task: DetectionTask) -> DetectionTask:
    task.task_parameters.reward_volume = task.task_parameters.reward_volume / 2
    return task


def p_less_one(metrics: DetectionMetrics, task: DetectionTask) -> DetectionTask:
    task.task_parameters.reward_volume = task.task_parameters.reward_volume - 1
    return task


s_discrimination.set_start_policies([Policy(p_less_one), Policy(p_halve), Policy(p_add_two)])
"""


def test_the_same_inputs_give_the_same_bytes_whatever_the_hash_seed(repo: Repo, tmp_path: Path) -> None:
    stages = repo.package / "stages.py"
    repo.write(stages.relative_to(repo.path).as_posix(), stages.read_text(encoding="utf-8") + PAIR)
    state = tmp_path / "trainer_state.json"
    made = repo.curriculum("init", "--stage", "s_discrimination", "--output", state)
    assert made.code == 0, made.text
    before = state.read_bytes()

    results = [
        repo.curriculum(
            "run", "--path", repo.session, "--input-trainer-state", state, env={"PYTHONHASHSEED": str(seed)}
        )
        for seed in range(10)
    ]
    assert {one.code for one in results} == {0}, results[0].text
    assert len({one.stdout for one in results}) == 1
    following = results[0].document["trainer_state"]
    assert [name.rpartition(".")[2] for name in following["active_policies"]] == ["p_less_one", "p_halve", "p_add_two"]
    assert following["stage"]["task"]["task_parameters"]["reward_volume"] == (3 - 1) / 2 + 2
    assert state.read_bytes() == before


# What the library says


@st.composite
def curricula(draw: st.DrawFn) -> Curriculum:
    """Small curricula of policies that commute, with transitions between any of their stages and policies."""
    curriculum = SmallCurriculum()
    stages = []
    for number in range(draw(st.integers(1, 4))):
        policies = draw(st.lists(st.sampled_from(COMMUTING), unique=True))
        start = draw(st.lists(st.sampled_from(policies), unique=True)) if policies else []
        made = stage(f"s_{number}", *policies, start=start)
        if policies:
            edges = st.tuples(*[st.sampled_from(policies)] * 2, st.sampled_from(POLICY_TRANSITIONS))
            for source, target, rule in draw(st.lists(edges, max_size=5)):
                made.add_policy_transition(Policy(source), Policy(target), PolicyTransition(rule))
        curriculum.add_stage(made)
        stages.append(made)
    ends = [*stages, GRADUATED]
    edges = st.tuples(st.sampled_from(stages), st.sampled_from(ends), st.sampled_from(STAGE_TRANSITIONS))
    for source, target, rule in draw(st.lists(edges, max_size=5)):
        curriculum.add_stage_transition(source, target, StageTransition(rule))
    return curriculum


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """A trainer of a small curriculum, a state at one of its stages, and metrics."""
    trainer = OrderedTrainer(draw(curricula()))
    at = draw(st.sampled_from(trainer.curriculum.see_stages())).model_copy(deep=True)
    nodes = at.see_policies()
    active = draw(st.lists(st.sampled_from(nodes), unique=True)) if nodes else []
    parameters = draw(st.builds(LickParameters, a=st.floats(-9, 9), b=st.floats(-9, 9)))
    if at.name != GRADUATED.name:
        at.set_task(LickTask(task_parameters=parameters))
    state = trainer.create_trainer_state(stage=at, is_on_curriculum=draw(st.booleans()), active_policies=active)
    return trainer, state, Level(level=draw(st.integers(0, 4)))


@settings(max_examples=60)
@given(situations())
def test_the_suggestion_is_what_the_librarys_trainer_says(
    situation: Situation,
) -> None:
    trainer, state, metrics = situation
    ours = next_state(trainer, state, metrics)
    theirs = Trainer(trainer.curriculum).evaluate(state.model_copy(deep=True), metrics)
    assert sorted(names(ours)) == sorted(names(theirs))
    same = {"curriculum", "stage", "is_on_curriculum"}
    assert ours.model_dump(include=same) == theirs.model_dump(include=same)


@settings(max_examples=60)
@given(situations())
def test_the_inputs_are_left_as_they_were(situation: Situation) -> None:
    trainer, state, metrics = situation
    before = everything(state), trainer.curriculum.model_dump_json(), metrics.model_dump()
    own_stage, own_task = state.stage, state.stage.task
    next_state(trainer, state, metrics)
    assert (everything(state), trainer.curriculum.model_dump_json(), metrics.model_dump()) == before
    assert state.stage is own_stage and state.stage.task is own_task


def test_a_rule_that_changes_the_metrics_does_not_change_those_that_are_reported() -> None:
    trainer = OrderedTrainer(curriculum_of(stage("s_one", rules.p_spoils_metrics, rules.p_a)))
    metrics = Level(level=1)
    next_state(trainer, trainer.create_enrollment(), metrics)
    assert metrics.level == 1


def test_a_subject_that_is_off_curriculum_is_left_off_it() -> None:
    trainer = OrderedTrainer(curriculum_of(stage("s_one", rules.p_a)))
    state = trainer.create_trainer_state(
        stage=trainer.curriculum.see_stages()[0], is_on_curriculum=False, active_policies=[Policy(rules.p_a)]
    )
    next_state(trainer, state, Level())
    assert state.is_on_curriculum is False


def test_evaluating_twice_gives_the_same_result() -> None:
    trainer = OrderedTrainer(curriculum_of(stage("s_one", rules.p_a, rules.p_b)))
    state = trainer.create_enrollment()
    assert everything(next_state(trainer, state, Level())) == everything(next_state(trainer, state, Level()))


# Metrics


def test_metrics_come_from_the_stages_own_provider(tmp_path: Path) -> None:
    curriculum = curriculum_of(stage("s_one", provider=rules.metrics_a), stage("s_two", provider=rules.metrics_b))
    found = [compute_metrics(one, curriculum, tmp_path) for one in curriculum.see_stages()]
    assert found == [Level(level=1), Level(level=2)]


def test_the_provider_is_the_repos_even_where_the_state_names_another(tmp_path: Path) -> None:
    curriculum = curriculum_of(stage("s_one", provider=rules.metrics_a))
    assert compute_metrics(stage("s_one", provider=rules.metrics_b), curriculum, tmp_path) == Level(level=1)


def test_a_final_stage_needs_no_provider(tmp_path: Path) -> None:
    curriculum = curriculum_of(GRADUATED)
    assert compute_metrics(GRADUATED, curriculum, tmp_path).model_dump() == {}


def no_metrics(data_directory: Path):
    return None


def plain_numbers(data_directory: Path):
    return {"level": 1}


def fails(data_directory: Path):
    raise ZeroDivisionError("no trials")


def exits(data_directory: Path):
    raise SystemExit(0)


def is_interrupted(data_directory: Path):
    raise KeyboardInterrupt


def share_is_away(data_directory: Path):
    import errno

    raise OSError(errno.ETIMEDOUT, "Connection timed out")


@pytest.mark.parametrize(
    ("provider", "code", "sentence"),
    [
        (None, "repo.no_metrics_provider", "'s_one' has no metrics provider"),
        (no_metrics, "result.metrics_type", "no_metrics returned nothing (None) instead of Metrics"),
        (plain_numbers, "result.metrics_type", "plain_numbers returned a dict instead of Metrics"),
        (fails, "code.raised", "ZeroDivisionError: no trials (test_evaluation.py, line "),
        (exits, "code.exited", "it called exit(0) (test_evaluation.py, line "),
        (is_interrupted, "code.interrupted", "it was interrupted"),
        (share_is_away, "transient.io", "Connection timed out"),
    ],
)
def test_a_provider_that_gives_no_metrics_is_a_failure(provider: Any, code: str, sentence: str, tmp_path: Path) -> None:
    one = stage("s_one", rules.p_a, provider=provider)
    with pytest.raises(CurriculumError) as caught:
        compute_metrics(one, curriculum_of(one), tmp_path)
    assert caught.value.code == code
    assert sentence in caught.value.message


# Rules that misbehave


def p_forgets_return(metrics, task):
    task.task_parameters.a = 1.0


def p_returns_parameters(metrics, task):
    return task.task_parameters


def p_raises(metrics, task):
    raise KeyError("level")


def p_exits(metrics, task):
    raise SystemExit


@pytest.mark.parametrize(
    ("policy", "code", "sentence"),
    [
        (p_forgets_return, "result.task_type", "p_forgets_return returned nothing (None) instead of the task"),
        (p_returns_parameters, "result.task_type", "returned a LickParameters instead of the task"),
        (p_raises, "code.raised", "KeyError: 'level' (test_evaluation.py, line "),
        (p_exits, "code.exited", "it called exit(None)"),
    ],
)
def test_a_policy_that_gives_no_task_is_a_failure(policy: Any, code: str, sentence: str) -> None:
    trainer = OrderedTrainer(curriculum_of(stage("s_one", rules.p_b, policy, rules.p_c)))
    state = trainer.create_enrollment()
    before = everything(state)
    with pytest.raises(CurriculumError) as caught:
        next_state(trainer, state, Metrics())
    assert caught.value.code == code
    assert sentence in caught.value.message
    assert everything(state) == before


def test_no_rule_beyond_the_first_transition_that_holds_is_called() -> None:
    one = stage("s_one", p_raises)
    curriculum = SmallCurriculum()
    curriculum.add_stage_transition(one, stage("s_two"), StageTransition(rules.st_at_one))
    curriculum.add_stage_transition(one, GRADUATED, StageTransition(rules.st_at_one))
    trainer = OrderedTrainer(curriculum)
    following = next_state(trainer, trainer.create_enrollment(), Level(level=1))
    assert json.loads(following.model_dump_json())["stage"]["name"] == "s_two"
