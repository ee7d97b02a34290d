"""An animal of an older version arrives with what it learned: each row of the table in docs/versions.md.

Two versions of one curriculum, with a flat parameter and one deep in a list, both tuned by a policy.
"""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from aind_behavior_curriculum import Stage, Task, TaskParameters, create_curriculum
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from aind_curriculum_runtime import Compute, CurriculumError, Drop, Migration, Rename, Set
from aind_curriculum_runtime.session.plain_state import checked
from aind_curriculum_runtime.session.state import Arrived, deserialise_or_move
from aind_curriculum_runtime.session.trainer import OrderedTrainer


class Reward(BaseModel):
    amount: float
    delay: float = 0.0


class Patch(BaseModel):
    label: str
    reward: Reward


class Old(TaskParameters):
    volume: float = 4.0
    patches: list[Patch] = Field(default_factory=list)


def patches(*amounts: float, name: str = "amount", **more: Any) -> list[dict[str, Any]]:
    return [{"label": label, "reward": {name: amount, **more}} for label, amount in zip("AB", amounts, strict=True)]


def trainer(version: str, parameters: type[TaskParameters], *stages: str, **values: Any) -> OrderedTrainer:
    """A curriculum whose stages have the same parameters."""

    class Foraging(Task):
        name: Literal["Foraging"] = "Foraging"
        task_parameters: parameters = Field(description="What a stage sets.")  # type: ignore[valid-type]

    curriculum = create_curriculum("foraging", version, (Foraging,), pkg_location=__name__)(version=version)
    for stage in stages or ("s_learn",):
        curriculum.add_stage(Stage(name=stage, task=Foraging(task_parameters=parameters(**values))))
    return OrderedTrainer(curriculum)


ENROLLED = {"volume": 4.0, "patches": patches(1.0, 2.0, delay=0.0)}
TUNED = {"volume": 2.5, "patches": patches(1.5, 7.0, delay=0.25)}
OLD = trainer("1.3.0", Old, **ENROLLED)


def state(version: str = "1.3.0", **values: Any) -> Any:
    """The state of an animal, as an old version wrote it."""
    stage = OLD.curriculum.see_stages()[0]
    found = json.loads(OLD.create_trainer_state(stage=stage, active_policies=[]).model_dump_json())
    found["stage"]["task"]["task_parameters"] |= values
    found["curriculum"]["version"] = version
    return found


def arrive(at: OrderedTrainer, migrations: Any, **values: Any) -> tuple[Arrived, Any]:
    """The animal in another version, and its task parameters there."""
    arrived = deserialise_or_move(checked(state(**values)), at, migrations)
    assert arrived.state.stage is not None
    return arrived, arrived.state.stage.task.model_dump(mode="json")["task_parameters"]


def refused(at: OrderedTrainer, migrations: Any, **values: Any) -> CurriculumError:
    with pytest.raises(CurriculumError) as caught:
        arrive(at, migrations, **values)
    return caught.value


class NewReward(BaseModel):
    size: float = 9.0
    delay: float = 0.0


class NewPatch(BaseModel):
    label: str
    reward: NewReward


class Renamed(TaskParameters):
    reward_volume: float = 9.0
    patches: list[NewPatch] = Field(default_factory=list)


RENAMED: dict[str, Any] = {"reward_volume": 4.0, "patches": patches(1.0, 2.0, name="size", delay=0.0)}
RENAMES = [Rename("volume", "reward_volume"), Rename("patches[*].reward.amount", "patches[*].reward.size")]


@pytest.mark.parametrize("values", [ENROLLED, TUNED], ids=["enrolled", "tuned"])
def test_a_renamed_parameter_keeps_its_value_flat_and_deep_in_a_list(values: Any) -> None:
    new = trainer("1.4.0", Renamed, **RENAMED)
    arrived, read = arrive(new, {"1.4.0": Migration(parameters=RENAMES)}, **values)
    assert read["reward_volume"] == values["volume"] and arrived.added == ()
    assert [one["reward"]["size"] for one in read["patches"]] == [one["reward"]["amount"] for one in values["patches"]]


def test_without_its_migration_it_is_refused() -> None:
    new = trainer("1.4.0", Renamed, **RENAMED)
    for operations, path in ((RENAMES[1:], "volume"), (RENAMES[:1], "patches[label=A].reward.amount")):
        error = refused(new, {"1.4.0": Migration(parameters=operations)}, **TUNED)
        assert (error.code, error.exit) == ("state.other_parameters", 65)
        assert f"task parameter {path} " in error.message and "(as migrated to 1.4.0)" in error.message


class Without(TaskParameters):
    volume: float = 9.0


def test_a_removed_parameter_is_dropped_where_a_migration_says_so() -> None:
    new = trainer("1.4.0", Without, volume=4.0)
    arrived, read = arrive(new, {"1.4.0": Migration(parameters=[Drop("patches")])}, **TUNED)
    assert read == {"volume": 2.5}
    assert arrived.moved is not None
    dropped = {one.path: one.before for one in arrived.moved.steps[0].parameters if one.did == "dropped"}
    assert dropped["patches[label=B].reward.amount"] == 7.0
    assert refused(new, {}, **TUNED).code == "state.other_parameters"


class Added(Old):
    wait: float = 9.0


def test_an_added_parameter_gets_the_stages_value_and_is_told_with_a_migration_too() -> None:
    new = trainer("1.4.0", Added, **ENROLLED, wait=1.5)
    for migrations in ({}, {"1.4.0": Migration()}):
        arrived, read = arrive(new, migrations, **TUNED)
        assert (read["volume"], read["wait"]) == (2.5, 1.5)
        assert [(one.path, one.after) for one in arrived.added] == [("wait", 1.5)]


def test_a_migration_may_set_it_to_something_else() -> None:
    new = trainer("1.4.0", Added, **ENROLLED, wait=1.5)
    arrived, read = arrive(new, {"1.4.0": Migration(parameters=[Set("wait", 0.5)])}, **TUNED)
    assert (read["wait"], arrived.added) == (0.5, ())


class Retyped(TaskParameters):
    volume: list[float] = Field(default_factory=list)
    patches: list[Patch] = Field(default_factory=list)


def test_a_parameter_of_another_type_is_computed_where_a_migration_says_how() -> None:
    new = trainer("1.4.0", Retyped, volume=[4.0], patches=ENROLLED["patches"])
    one = Migration(parameters=[Compute("volume", lambda volume: [volume, volume])])
    assert arrive(new, {"1.4.0": one}, **TUNED)[1]["volume"] == [2.5, 2.5]
    assert "volume" in refused(new, {}, **TUNED).message
    wrong = Migration(parameters=[Compute("volume", str)])
    error = refused(new, {"1.4.0": wrong}, **TUNED)
    assert error.exit == 65 and "task parameter volume" in error.message


def test_one_of_another_unit_is_computed_too() -> None:
    new = trainer("1.4.0", Old, **ENROLLED)
    assert arrive(new, {}, **TUNED)[1]["patches"][0]["reward"]["delay"] == 0.25
    one = Migration(parameters=[Compute("patches[*].reward.delay", lambda seconds: seconds * 1000)])
    arrived, read = arrive(new, {"1.4.0": one}, **TUNED)
    assert [one["reward"]["delay"] for one in read["patches"]] == [250.0, 250.0]
    assert arrived.moved is not None
    assert "computed patches[label=A].reward.delay = 250.0; patches[label=B]" in arrived.moved.sentence()


def test_a_list_that_a_policy_made_longer_or_shorter_goes_through_it_as_it_is() -> None:
    new = trainer("1.4.0", Renamed, **RENAMED)
    longer = [*patches(1.0, 2.0), {"label": "C", "reward": {"amount": 3.0, "delay": 1.0}}]
    for values in (longer, longer[:1], []):
        read = arrive(new, {"1.4.0": Migration(parameters=RENAMES)}, patches=values)[1]["patches"]
        assert [(one["label"], one["reward"]["size"]) for one in read] == [
            (one["label"], one["reward"]["amount"]) for one in values
        ]


def test_several_migrations_follow_each_other_and_all_are_named() -> None:
    new = trainer("2.0.0", Renamed, "s_new", **RENAMED)
    migrations = {
        1: Migration(stages={"s_learn": "s_new"}, parameters="keep", note="Moved."),
        "1.5.0": Migration(parameters=[Rename("size", "reward_volume"), *RENAMES[1:]]),
        "1.4.0": Migration(parameters=[Rename("volume", "size")], note="Renamed."),
    }
    arrived, read = arrive(new, migrations, **TUNED)
    assert read["reward_volume"] == 2.5 and arrived.state.stage is not None
    assert arrived.state.stage.name == "s_new" and arrived.moved is not None
    assert arrived.moved.sentence() == (
        "migrated from version 1.3.0 to 2.0.0 by 1.4.0, 1.5.0 and 1: stage s_learn -> s_new, "
        "renamed volume -> size; size -> reward_volume; "
        "patches[label=A].reward.amount -> patches[label=A].reward.size and 1 more, task parameters kept. "
        "Renamed. Moved."
    )
    told = arrived.moved.document()["migration"]
    assert [step["key"] for step in told["steps"]] == ["1.4.0", "1.5.0", 1]
    assert told["kept"] == [
        {"path": f"patches[label={label}].reward.delay", "value": 0.25, "at_stage": 0.0} for label in "AB"
    ]


# From another major version, where both could be meant


def test_a_major_migration_says_whose_parameters_where_they_differ() -> None:
    new = trainer("2.0.0", Old, "s_new", **ENROLLED)
    error = refused(new, {1: Migration(stages={"s_learn": "s_new"})}, **TUNED)
    assert (error.code, error.exit) == ("repo.migration", 78)
    assert error.message == (
        "The migration from version 1 does not say what becomes of the task parameters of an animal at 's_learn': "
        "volume is 2.5 in its trainer state, and 4.0 at the stage 's_new' of version 2.0.0."
    )
    assert 'parameters="keep"' in error.hint and 'parameters="stage"' in error.hint
    # Of another stage it says something.
    by_stage = Migration(stages={"s_learn": "s_new", "s_other": "s_new"}, parameters={"s_other": "keep"})
    assert refused(new, {1: by_stage}, **TUNED).code == "repo.migration"


def test_where_they_are_the_same_it_need_not() -> None:
    new = trainer("2.0.0", Added, "s_new", **ENROLLED, wait=1.5)
    assert arrive(new, {1: Migration(stages={"s_learn": "s_new"})})[1] == {**ENROLLED, "wait": 1.5}


def test_keep_takes_the_animals_values_along() -> None:
    new = trainer("2.0.0", Added, "s_new", **ENROLLED, wait=1.5)
    arrived, read = arrive(new, {1: Migration(stages={"s_learn": "s_new"}, parameters="keep")}, **TUNED)
    assert read == {**TUNED, "wait": 1.5} and [one.path for one in arrived.added] == ["wait"]


def test_stage_starts_from_the_stages_own_and_tells_what_was_given_up() -> None:
    new = trainer("2.0.0", Renamed, "s_new", **RENAMED)
    one = Migration(stages={"s_learn": "s_new"}, parameters={"s_learn": "stage"})
    arrived, read = arrive(new, {1: one}, volume=2.5)
    assert read == RENAMED and arrived.moved is not None
    told = arrived.moved.document()["migration"]
    assert told["task_parameters"] == "as enrolled" and "kept" not in told
    assert {"path": "volume", "before": 2.5} in told["given_up"]


def test_operations_mean_that_the_rest_is_kept() -> None:
    new = trainer("2.0.0", Renamed, "s_new", **RENAMED)
    read = arrive(new, {1: Migration(stages={"s_learn": "s_new"}, parameters=RENAMES)}, **TUNED)[1]
    assert read["reward_volume"] == 2.5 and read["patches"][1]["reward"] == {"size": 7.0, "delay": 0.25}


def test_a_stage_within_a_major_version_may_be_given_up_too() -> None:
    new = trainer("1.4.0", Old, **ENROLLED)
    assert arrive(new, {"1.4.0": Migration(parameters="stage")}, **TUNED)[1] == ENROLLED


@pytest.mark.parametrize("task", [None, {}, {"task_parameters": []}])
def test_an_old_state_without_parameters_is_refused(task: Any) -> None:
    old = state()
    old["stage"]["task"] = task
    new = trainer("2.0.0", Old, "s_new", **ENROLLED)
    with pytest.raises(CurriculumError, match=r"not valid at \$.stage.task.task_parameters") as caught:
        deserialise_or_move(checked(old), new, {1: Migration(stages={"s_learn": "s_new"}, parameters="keep")})
    assert caught.value.code == "state.invalid"
    arrived = deserialise_or_move(checked(old), new, {1: Migration(stages={"s_learn": "s_new"}, parameters="stage")})
    assert arrived.state.stage is not None
    with pytest.raises(CurriculumError, match="not valid at"):
        deserialise_or_move(checked(old), trainer("1.4.0", Old), {"1.4.0": Migration(parameters="stage")})


def test_a_stage_that_json_cannot_say_is_a_fault_of_the_curriculum() -> None:
    new = trainer("2.0.0", Old, "s_new", volume=float("nan"))
    error = refused(new, {1: Migration(stages={"s_learn": "s_new"}, parameters="stage")}, **TUNED)
    assert (error.code, error.exit) == ("result.not_finite", 76)


def test_a_migration_beyond_this_version_is_a_fault_of_the_repo() -> None:
    assert refused(trainer("1.3.0", Old), {"1.4.0": Migration()}).code == "repo.migration"


FINITE = st.floats(-1e6, 1e6)


@given(volume=FINITE, amounts=st.lists(FINITE, min_size=2, max_size=2), delay=FINITE)
def test_whatever_a_policy_made_of_them_arrives(volume: float, amounts: list[float], delay: float) -> None:
    arrived, read = arrive(
        NEW, {"1.4.0": Migration(parameters=RENAMES)}, volume=volume, patches=patches(*amounts, delay=delay)
    )
    assert read == {"reward_volume": volume, "patches": patches(*amounts, name="size", delay=delay)}
    assert arrived.added == ()


NEW = trainer("1.4.0", Renamed, **RENAMED)
