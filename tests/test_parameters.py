"""A trainer state whose task parameters are not those of this version: nothing is lost or made up in silence.

Two versions of one curriculum, with a flat parameter and one deep in a list. What an animal has of the first version
was tuned by a policy.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from aind_behavior_curriculum import Stage, Task, TaskParameters, Trainer, create_curriculum
from pydantic import BaseModel, Field, field_validator
from release_support import STAGES, set_version, sync, undone
from support import Repo, Result

from aind_curriculum_runtime import CurriculumError
from aind_curriculum_runtime.session.plain_state import checked
from aind_curriculum_runtime.session.state import Arrived, deserialise


class Reward(BaseModel):
    amount: float
    delay: float = 0.0


class Patch(BaseModel):
    label: str
    reward: Reward


class OldParameters(TaskParameters):
    volume: float = 4.0
    patches: list[Patch] = Field(default_factory=list)


def patches(*amounts: float, **more: Any) -> list[dict[str, Any]]:
    return [{"label": label, "reward": {"amount": amount, **more}} for label, amount in zip("AB", amounts, strict=True)]


def trainer(version: str, parameters: type[TaskParameters], **values: Any) -> Trainer[Any]:
    """A curriculum of one stage, as that version declares it."""

    class Foraging(Task):
        name: Literal["Foraging"] = "Foraging"
        task_parameters: parameters = Field(description="What a stage sets.")  # type: ignore[valid-type]

    curriculum = create_curriculum("foraging", version, (Foraging,), pkg_location=__name__)(version=version)
    curriculum.add_stage(Stage(name="s_learn", task=Foraging(task_parameters=parameters(**values))))
    return Trainer(curriculum)


OLD = trainer("0.1.0", OldParameters, patches=patches(1.0, 2.0, delay=0.0))


def tuned(**values: Any) -> Any:
    """The state of an animal, some of whose parameters a policy has changed: JSON, as v0.1.0 wrote it."""
    stage = OLD.curriculum.see_stages()[0]
    state = json.loads(OLD.create_trainer_state(stage=stage, active_policies=[]).model_dump_json())
    state["stage"]["task"]["task_parameters"] |= values
    return state


def arrive(state: Any, at: Trainer[Any]) -> tuple[Arrived, Any]:
    """The animal in another version, and its task parameters there."""
    arrived = deserialise(checked(state), at)
    assert arrived.state.stage is not None
    return arrived, arrived.state.stage.task.model_dump(mode="json")["task_parameters"]


def refused(state: Any, at: Trainer[Any]) -> CurriculumError:
    with pytest.raises(CurriculumError) as caught:
        deserialise(checked(state), at)
    assert (caught.value.code, caught.value.exit) == ("state.other_parameters", 65)
    assert "'s_learn'" in caught.value.message and "0.1.0" in caught.value.hint
    return caught.value


def test_the_same_parameters_come_as_they_were_tuned() -> None:
    values = {"volume": 2.5, "patches": patches(1.5, 7.0, delay=0.25)}
    arrived, read = arrive(tuned(**values), trainer("0.2.0", OldParameters, patches=patches(9.0, 9.0)))
    assert (arrived.added, read) == ((), values)


def test_a_list_that_a_policy_made_longer_or_shorter_comes_as_it_is() -> None:
    new = trainer("0.2.0", OldParameters, patches=patches(9.0, 9.0))
    longer = [*patches(1.0, 2.0, delay=0.0), {"label": "C", "reward": {"amount": 3.0, "delay": 1.0}}]
    for values in (longer, longer[:1], []):
        assert arrive(tuned(patches=values), new)[1]["patches"] == values


class Wait(TaskParameters):
    """Here `volume` is `reward_volume`."""

    reward_volume: float = 0.0
    patches: list[Patch] = Field(default_factory=list)


def test_a_renamed_parameter_is_refused_with_both_names() -> None:
    error = refused(tuned(volume=2.5), trainer("0.2.0", Wait, reward_volume=4.0))
    assert "task parameter volume" in error.message and "2.5" in error.message
    assert "New at that stage: reward_volume" in error.hint
    assert error.where == "$.stage.task.task_parameters.volume"


class OfReward(BaseModel):
    size: float = 0.0
    delay: float = 0.0


class OfPatch(BaseModel):
    label: str
    reward: OfReward


class DeepRename(TaskParameters):
    volume: float = 4.0
    patches: list[OfPatch] = Field(default_factory=list)


def test_a_parameter_that_was_renamed_deep_in_a_list_is_refused_by_its_path() -> None:
    new = trainer("0.2.0", DeepRename, patches=[{"label": "A", "reward": {"size": 1.0}}])
    error = refused(tuned(patches=patches(1.5, 7.0, delay=0.25)), new)
    assert "patches[label=A].reward.amount" in error.message and "1.5" in error.message
    assert "patches[label=A].reward.size" in error.hint


class Removed(TaskParameters):
    patches: list[Patch] = Field(default_factory=list)


def test_a_removed_parameter_is_refused() -> None:
    assert "volume" in refused(tuned(volume=2.5), trainer("0.2.0", Removed)).message


def test_a_parameter_beside_the_models_fields_is_kept_where_the_repos_own_stage_has_it() -> None:
    new = trainer("0.2.0", Removed, volume=4.0)
    assert arrive(tuned(volume=2.5), new)[1]["volume"] == 2.5


class Added(TaskParameters):
    volume: float = 4.0
    patches: list[Patch] = Field(default_factory=list)
    wait: float = 0.0


def test_an_added_parameter_gets_the_value_of_the_stage_not_the_default_of_its_class() -> None:
    arrived, read = arrive(tuned(volume=2.5), trainer("0.2.0", Added, wait=1.5))
    assert (read["volume"], read["wait"]) == (2.5, 1.5)
    assert [(one.path, one.after) for one in arrived.added] == [("wait", 1.5)]


class AddedRequired(TaskParameters):
    volume: float = 4.0
    patches: list[Patch] = Field(default_factory=list)
    wait: float
    pause: float


def test_so_does_one_without_a_default() -> None:
    arrived, read = arrive(tuned(volume=2.5), trainer("0.2.0", AddedRequired, wait=1.5, pause=0.5))
    assert (read["volume"], read["wait"], read["pause"]) == (2.5, 1.5, 0.5)
    assert [one.path for one in arrived.added] == ["wait", "pause"]


class WithTimeout(Reward):
    timeout: float = 0.0
    grace: float


class TimedPatch(BaseModel):
    label: str
    reward: WithTimeout


class DeepAdded(TaskParameters):
    volume: float = 4.0
    patches: list[TimedPatch] = Field(default_factory=list)


def test_one_deep_in_a_list_gets_the_value_of_the_element_of_the_same_name() -> None:
    of_stage = [
        {"label": label, "reward": {"amount": 9.0, "timeout": timeout, "grace": timeout / 2}}
        for label, timeout in (("B", 20.0), ("A", 10.0))
    ]
    arrived, read = arrive(tuned(patches=patches(1.5, 7.0, delay=0.25)), trainer("0.2.0", DeepAdded, patches=of_stage))
    rewards = {one["label"]: one["reward"] for one in read["patches"]}
    assert rewards == {
        "A": {"amount": 1.5, "delay": 0.25, "timeout": 10.0, "grace": 5.0},
        "B": {"amount": 7.0, "delay": 0.25, "timeout": 20.0, "grace": 10.0},
    }
    assert {one.path for one in arrived.added} == {
        f"patches[label={label}].reward.{name}" for label in "AB" for name in ("timeout", "grace")
    }


class Retyped(TaskParameters):
    volume: Literal["small", "large"] = "small"
    patches: list[Patch] = Field(default_factory=list)


def test_a_parameter_of_another_type_is_refused() -> None:
    error = refused(tuned(volume=2.5), trainer("0.2.0", Retyped))
    assert "volume" in error.message and "does not fit" in error.message


class ReadAsText(TaskParameters):
    volume: str = "small"
    patches: list[Patch] = Field(default_factory=list)

    @field_validator("volume", mode="before")
    @classmethod
    def as_text(cls, value: object) -> str:
        return str(value)


def test_so_is_one_that_the_model_would_turn_into_another_type() -> None:
    assert "2.5 there and reads as '2.5' here" in refused(tuned(volume=2.5), trainer("0.2.0", ReadAsText)).message


class RetypedReward(BaseModel):
    amount: list[float]
    delay: float = 0.0


class RetypedPatch(BaseModel):
    label: str
    reward: RetypedReward


class DeepRetyped(TaskParameters):
    volume: float = 4.0
    patches: list[RetypedPatch] = Field(default_factory=list)


def test_so_is_one_deep_in_a_list() -> None:
    error = refused(tuned(patches=patches(1.5, 7.0)), trainer("0.2.0", DeepRetyped))
    assert "patches[label=A].reward.amount" in error.message


# In a repo, through the command that launchers call


TASK = "src/my_curriculum/task.py"


@pytest.fixture(scope="module")
def tuned_state(shared_repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A state of 0.1.0 whose response delay is in the middle of being lengthened."""
    state = json.loads(shared_repo.curriculum("init", "--stage", "s_shaping").stdout)
    state["stage"]["task"]["task_parameters"]["response_delay"] = 1.0
    return state


@pytest.fixture
def released(repo: Repo) -> Iterator[Repo]:
    """The repo, one minor version later."""
    with undone(repo):
        set_version(repo, "0.1.0", "0.2.0")
        sync(repo)
        yield repo


def run(repo: Repo, state: Any, folder: Path, *arguments: str | Path, command: str = "run") -> Result:
    session = Path(shutil.copytree(repo.session, folder / "session", dirs_exist_ok=True))
    file = folder / "state.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    return repo.curriculum(command, "--data-directory", session, "--input-trainer-state", file, *arguments)


def test_a_run_refuses_a_renamed_parameter_and_prints_nothing(released: Repo, tuned_state: Any, tmp_path: Path) -> None:
    for file in (TASK, STAGES, "src/my_curriculum/rules.py"):
        text = (released.path / file).read_text(encoding="utf-8")
        released.write(file, text.replace("response_delay", "wait_delay"))
    result = run(released, tuned_state, tmp_path)
    assert (result.code, result.stdout, result.error["code"]) == (65, b"", "state.other_parameters")
    assert "response_delay" in result.error["message"] and "wait_delay" in result.error["hint"]


def test_a_run_says_which_parameters_are_new(released: Repo, tuned_state: Any, tmp_path: Path) -> None:
    released.edit(
        TASK,
        "    distractors: bool",
        '    pause: float = Field(default=0.0, description="Rest.")\n    distractors: bool',
    )
    text = (released.path / STAGES).read_text(encoding="utf-8")
    released.write(STAGES, text.replace("DetectionParameters(", "DetectionParameters(pause=2.5, "))
    result = run(released, tuned_state, tmp_path, "--output-suggestion", tmp_path)
    assert result.code == 0, result.text
    assert "new task parameters, with the values of the stage s_shaping: pause = 2.5" in result.text
    notes = json.loads((tmp_path / "suggestion.notes.json").read_bytes())
    assert notes == {"added_parameters": [{"path": "pause", "after": 2.5}]}
    explained = run(released, tuned_state, tmp_path, "--json", command="explain")
    assert explained.document["added_parameters"] == notes["added_parameters"]


def test_a_policy_that_adds_a_parameter_of_no_field_breaks_the_contract(
    repo: Repo, tuned_state: Any, tmp_path: Path
) -> None:
    rules = "src/my_curriculum/rules.py"
    text = (repo.path / rules).read_text(encoding="utf-8")
    repo.write(
        rules, text.replace("    return task\n", "    task.task_parameters.response_dealy = 0.5\n    return task\n")
    )
    result = run(repo, tuned_state, tmp_path)
    assert (result.code, result.error["code"]) == (76, "result.not_reloadable")
    assert "response_dealy" in result.error["message"]
