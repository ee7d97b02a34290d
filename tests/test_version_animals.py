"""What `diff` says of the animals in training is what `run` then does with their trainer states.

Two versions of one curriculum, with a flat parameter and one deep in a list, each with a state that a policy tuned.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from aind_behavior_curriculum import (
    Policy,
    PolicyTransition,
    Stage,
    Task,
    TaskParameters,
    Trainer,
    create_curriculum,
)
from pydantic import BaseModel, ConfigDict, Field, computed_field, field_validator

from aind_curriculum_runtime import Compute, CurriculumError, Drop, Migration, Rename, Tombstone
from aind_curriculum_runtime.curriculum.references import known
from aind_curriculum_runtime.look.read import read_model
from aind_curriculum_runtime.session.plain_state import checked
from aind_curriculum_runtime.session.state import deserialise_or_move
from aind_curriculum_runtime.session.suggestion import as_json
from aind_curriculum_runtime.versions.diff import Diff, compare
from aind_curriculum_runtime.versions.importer import arrivals
from aind_curriculum_runtime.versions.sentences import FORMATS
from aind_curriculum_runtime.versions.snapshot import Arrivals, Snapshot
from aind_curriculum_runtime.versions.task_packages import install, pinned


class Reward(BaseModel):
    amount: float
    delay: float = 0.0


class Patch(BaseModel):
    label: str
    reward: Reward


class OldParameters(TaskParameters):
    volume: float = 4.0
    patches: list[Patch] = Field(default_factory=list)


def patches(*amounts: float, key: str = "amount", **more: Any) -> list[dict[str, Any]]:
    return [{"label": label, "reward": {key: amount, **more}} for label, amount in zip("AB", amounts, strict=True)]


def trainer(version: str, parameters: type[TaskParameters], **values: Any) -> Trainer[Any]:
    """A curriculum of one stage, as that version declares it."""

    class Foraging(Task):
        name: Literal["Foraging"] = "Foraging"
        task_parameters: parameters = Field(description="What a stage sets.")  # type: ignore[valid-type]

    curriculum = create_curriculum("foraging", version, (Foraging,), pkg_location=__name__)(version=version)
    curriculum.add_stage(Stage(name="s_learn", task=Foraging(task_parameters=parameters(**values))))
    return Trainer(curriculum)


OLD = trainer("0.1.0", OldParameters, patches=patches(1.0, 2.0, delay=0.5))


def snapshot(of: Trainer[Any], **more: Any) -> Snapshot:
    curriculum = of.curriculum
    plain = as_json(curriculum, "curriculum")
    return Snapshot(label=curriculum.version, model=read_model(curriculum), modules={}, curriculum=plain, **more)


def difference(new: Trainer[Any], migrations: dict[int | str, Migration] | None = None) -> Diff:
    """What `diff` says between OLD and a version."""
    old = snapshot(OLD)
    told = arrivals(
        new.curriculum, migrations or {}, {}, version="0.1.0", called=new.curriculum.version, states=old.enrolled()
    )
    read = Arrivals.from_json(json.loads(json.dumps(told)))
    return compare(old, snapshot(new, module="foraging.curriculum", arrivals=read))


def arrive(new: Trainer[Any], migrations: dict[int | str, Migration] | None = None, **values: Any) -> dict[str, Any]:
    """What `run` makes of an animal that was tuned: its task parameters in a version."""
    state = json.loads(OLD.create_trainer_state(stage=OLD.curriculum.see_stages()[0]).model_dump_json())
    state["stage"]["task"]["task_parameters"] |= values
    arrived = deserialise_or_move(checked(state), new, migrations or {})
    assert arrived.state.stage is not None
    found: dict[str, Any] = arrived.state.stage.task.model_dump(mode="json")["task_parameters"]
    return found


class Renamed(TaskParameters):
    reward_volume: float = 0.0
    patches: list[Patch] = Field(default_factory=list)


class OfSize(BaseModel):
    size: float = 0.0
    delay: float = 0.0


class SizedPatch(BaseModel):
    label: str
    reward: OfSize


class DeepRenamed(TaskParameters):
    volume: float = 4.0
    patches: list[SizedPatch] = Field(default_factory=list)


class Removed(TaskParameters):
    patches: list[Patch] = Field(default_factory=list)


class OfAmount(BaseModel):
    model_config = ConfigDict(extra="forbid")
    amount: float


class AmountPatch(BaseModel):
    label: str
    reward: OfAmount


class DeepRemoved(TaskParameters):
    volume: float = 4.0
    patches: list[AmountPatch] = Field(default_factory=list)


class Added(TaskParameters):
    volume: float = 4.0
    patches: list[Patch] = Field(default_factory=list)
    wait: float = 0.0
    pause: float


class TimedReward(Reward):
    timeout: float = 0.0


class TimedPatch(BaseModel):
    label: str
    reward: TimedReward


class DeepAdded(TaskParameters):
    volume: float = 4.0
    patches: list[TimedPatch] = Field(default_factory=list)


class Retyped(TaskParameters):
    volume: Literal["small", "large"] = "small"
    patches: list[Patch] = Field(default_factory=list)


class ReadAsText(TaskParameters):
    volume: str = "small"
    patches: list[Patch] = Field(default_factory=list)

    @field_validator("volume", mode="before")
    @classmethod
    def as_text(cls, value: object) -> str:
        return str(value)


class RowReward(BaseModel):
    amount: list[float]
    delay: float = 0.0


class RowPatch(BaseModel):
    label: str
    reward: RowReward


class DeepRetyped(TaskParameters):
    volume: float = 4.0
    patches: list[RowPatch] = Field(default_factory=list)


class AllAtOnce(TaskParameters):
    reward_volume: float = 0.0
    patches: list[RowPatch] = Field(default_factory=list)
    wait: float


SAME = patches(1.0, 2.0, delay=0.5)
ROWS = [{"label": label, "reward": {"amount": [1.0]}} for label in "AB"]
CASES = {
    "renamed": trainer("0.1.0", Renamed, reward_volume=4.0, patches=SAME),
    "renamed deep": trainer("0.1.0", DeepRenamed, patches=patches(1.0, 2.0, key="size", delay=0.5)),
    "removed": trainer("0.1.0", Removed, patches=SAME),
    "removed deep": trainer("0.1.0", DeepRemoved, patches=patches(1.0, 2.0)),
    "added": trainer("0.1.0", Added, patches=SAME, wait=1.5, pause=0.5),
    "added deep": trainer("0.1.0", DeepAdded, patches=patches(1.0, 2.0, delay=0.5, timeout=3.0)),
    "retyped": trainer("0.1.0", Retyped, patches=SAME),
    "retyped by the model": trainer("0.1.0", ReadAsText, patches=SAME),
    "retyped deep": trainer("0.1.0", DeepRetyped, patches=ROWS),
    "all at once": trainer("0.1.0", AllAtOnce, reward_volume=4.0, patches=ROWS, wait=1.5),
    "another value": trainer("0.1.0", OldParameters, volume=3.0, patches=SAME),
}
"""What changed, and the version in which it did; its number is not raised yet."""

REFUSED = {
    "renamed": ["volume is unknown, and may be reward_volume now"],
    "renamed deep": [
        f"patches[label={one}].reward.amount is unknown, and may be patches[label={one}].reward.size now"
        for one in "AB"
    ],
    "removed": ["volume is unknown"],
    "removed deep": [f"patches[label={one}].reward.delay is unknown" for one in "AB"],
    "retyped": ["volume does not fit: Input should be 'small' or 'large'"],
    "retyped by the model": ["volume is of another type"],
    "retyped deep": [f"patches[label={one}].reward.amount does not fit: Input should be a valid array" for one in "AB"],
    "all at once": [
        *(f"patches[label={one}].reward.amount does not fit: Input should be a valid array" for one in "AB"),
        "volume is unknown, and may be reward_volume now",
    ],
}
TUNED = {"volume": 2.5, "patches": patches(1.5, 7.0, delay=0.25)}


@pytest.mark.parametrize("case", CASES)
def test_run_refuses_the_animals_that_diff_says_are_refused_and_no_others(case: str) -> None:
    found = difference(CASES[case])
    said = [one.text.removeprefix("refused (65): ") for one in found.animals if one.outcome == "refused"]
    assert said == REFUSED.get(case, [])
    assert found.needs == ("major" if said else "minor")
    new = CASES[case]
    for version in ("0.2.0", "0.1.1"):
        raised = Trainer(new.curriculum.model_copy(update={"version": version}))
        for values in ({}, TUNED):
            if said:
                with pytest.raises(CurriculumError) as caught:
                    arrive(raised, **values)
                assert (caught.value.code, caught.value.exit) == ("state.other_parameters", 65)
                assert f"task parameter {said[0].partition(' ')[0]} " in caught.value.message
            else:
                arrive(raised, **values)


@pytest.mark.parametrize("case", ["added", "added deep"])
def test_an_added_parameter_gets_the_value_that_diff_says(case: str) -> None:
    said = {one.path: one.text for one in difference(CASES[case]).animals if one.outcome == "gets"}
    arrived = arrive(CASES[case], **TUNED)
    expected = (
        {"wait": arrived["wait"], "pause": arrived["pause"]}
        if case == "added"
        else {f"patches[label={one['label']}].reward.timeout": one["reward"]["timeout"] for one in arrived["patches"]}
    )
    assert said == {path: f"get {path} = {value}, as the stage has it" for path, value in expected.items()}
    assert set(expected.values()) <= {1.5, 0.5, 3.0}


def test_an_animal_keeps_the_value_that_diff_says_it_keeps() -> None:
    found = difference(CASES["another value"])
    assert [one.text for one in found.animals] == ["keep their own volume until they leave the stage"]
    assert arrive(CASES["another value"])["volume"] == 4.0


LINES = {
    "renamed": '[Rename("volume", "reward_volume")]',
    "renamed deep": '[Rename("patches[*].reward.amount", "patches[*].reward.size")]',
    "removed": '[Drop("volume")]',
    "removed deep": '[Drop("patches[*].reward.delay")]',
}


@pytest.mark.parametrize("case", REFUSED)
def test_with_the_line_that_diff_writes_a_minor_bump_is_enough_and_tuned_values_stay(case: str) -> None:
    new = CASES[case]
    line = difference(new).to_write
    assert line is not None
    if case in LINES:
        assert line == f'MIGRATIONS = {{"0.2.0": Migration(parameters={LINES[case]})}}'
    names: dict[str, Any] = {one.__name__: one for one in (Compute, Drop, Migration, Rename)}
    exec(line.replace("lambda value: ...", "CONVERT"), names | {"CONVERT": CONVERT.get(case)}, names)
    migrations = names["MIGRATIONS"]
    found = difference(new, migrations)
    assert (found.needs, found.to_write) == ("minor", None)
    assert {one.outcome for one in found.animals} <= {"migrated", "gets", "keeps"}
    raised = Trainer(new.curriculum.model_copy(update={"version": "0.2.0"}))
    arrived = arrive(raised, migrations, **TUNED)
    tuned = {"reward_volume": 2.5, "volume": {"retyped": "small", "retyped by the model": "2.5"}.get(case, 2.5)}
    assert all(arrived.get(name, value) == value for name, value in tuned.items())
    amounts = [one["reward"].get("amount", one["reward"].get("size")) for one in arrived["patches"]]
    assert amounts == ([[1.5], [7.0]] if case in {"retyped deep", "all at once"} else [1.5, 7.0])


def _row(value: float) -> list[float]:
    return [value]


CONVERT = {
    "retyped": lambda value: "small" if value < 3 else "large",
    "retyped by the model": str,
    "retyped deep": _row,
    "all at once": _row,
}


def test_a_migration_that_says_it_for_another_parameter_only_is_not_enough() -> None:
    found = difference(CASES["all at once"], {"0.2.0": Migration(parameters=[Rename("volume", "reward_volume")])})
    assert found.needs == "major"
    compute = 'Compute("patches[*].reward.amount", lambda value: ...)'
    assert found.to_write == f'MIGRATIONS["0.2.0"] = Migration(parameters=[..., {compute}])'


def test_a_migration_to_a_version_that_is_not_the_next_is_told() -> None:
    migration = Migration(parameters=[Rename("volume", "reward_volume")])
    found = difference(CASES["renamed"], {"0.9.0": migration})
    assert found.needs == "major"
    assert any("There is a migration to version 0.9.0" in one.text for one in found.animals)


class Computed(OldParameters):
    @computed_field  # type: ignore[prop-decorator]
    @property
    def twice(self) -> float:
        return 2 * self.volume


def test_a_computed_parameter_that_is_gone_is_refused_by_both() -> None:
    old, new = trainer("0.1.0", Computed, patches=SAME), trainer("0.1.0", OldParameters, patches=SAME)
    states = snapshot(old).enrolled()
    told = Arrivals.from_json(arrivals(new.curriculum, {}, {}, version="0.1.0", called="0.1.0", states=states))
    found = compare(snapshot(old), snapshot(new, arrivals=told))
    assert (found.needs, [one.text for one in found.animals]) == ("major", ["refused (65): twice is unknown"])
    with pytest.raises(CurriculumError) as caught:
        deserialise_or_move(checked(states["s_learn"]), Trainer(new.curriculum), {})
    assert "twice" in caught.value.message


# Rules that trainer states name


# The library reads annotations as classes, and here they are texts.
def p_raise(metrics, task):  # type: ignore[no-untyped-def]
    return task


def p_hold(metrics, task):  # type: ignore[no-untyped-def]
    return task


def pt_raise_hold(metrics):  # type: ignore[no-untyped-def]
    return True


class Plain(Task):
    name: Literal["Plain"] = "Plain"
    task_parameters: OldParameters = Field(default_factory=OldParameters)


def with_rules(*, has_hold: bool) -> Trainer[Any]:
    """A curriculum of one stage with two policies and a transition between them, or with the first alone."""
    stage = Stage(name="s_learn", task=Plain(), start_policies=[Policy(p_raise)])
    if has_hold:
        stage.add_policy_transition(Policy(p_raise), Policy(p_hold), PolicyTransition(pt_raise_hold))
    curriculum = create_curriculum("foraging", "0.1.0", (Plain,), pkg_location=__name__)(version="0.1.0")
    curriculum.add_stage(stage)
    return Trainer(curriculum)


def test_every_rule_that_is_gone_is_told_and_the_line_ends_it() -> None:
    old, new = snapshot(with_rules(has_hold=True)), with_rules(has_hold=False)

    def read(migrations: dict[int | str, Migration]) -> Diff:
        told = arrivals(new.curriculum, migrations, {}, version="0.1.0", called="0.1.0", states=old.enrolled())
        return compare(old, snapshot(new, arrivals=Arrivals.from_json(told)))

    gone = [f"{__name__}.{name}" for name in ("p_hold", "pt_raise_hold")]
    found = read({})
    assert found.needs == "major"
    assert {one.text for one in found.animals} == {
        f"refused (77): their states name {one}, which is gone" for one in gone
    }
    assert {one.level for one in found.changes if one.kind == "policy"} == {"major"}
    assert found.to_write == (
        f'MIGRATIONS = {{"0.2.0": Migration(policies={{"{gone[0]}": None}}, rules={{"{gone[1]}": None}})}}'
    )
    names: dict[str, Any] = {"Migration": Migration}
    exec(found.to_write, names)
    found = read(names["MIGRATIONS"])
    assert (found.needs, found.to_write, found.animals) == ("minor", None, ())


# Another major version


def test_with_a_major_bump_diff_says_where_the_animals_go() -> None:
    new = trainer("1.0.0", Renamed, reward_volume=4.0, patches=SAME)
    line = 'MIGRATIONS = {0: Migration(stages={"s_learn": "s_learn"}, parameters=[Rename("volume", "reward_volume")])}'
    found = difference(new)
    assert [one.text for one in found.animals] == ["stay with version 0.1.0 (65), as nothing says where they go"]
    assert found.to_write == line
    names: dict[str, Any] = {"Migration": Migration, "Rename": Rename}
    exec(line, names)
    found = difference(new, names["MIGRATIONS"])
    assert [one.text for one in found.animals] == [
        "go on at s_learn with their own task parameters",
        "migrated: reward_volume, which was volume",
    ]
    assert found.to_write is None
    assert arrive(new, names["MIGRATIONS"], **TUNED)["reward_volume"] == 2.5
    tombstone = {0: Migration(stages={"s_learn": Tombstone("Finish it with 0.1.0.")})}
    found = difference(new, tombstone)
    assert [one.text for one in found.animals] == ["stay with version 0.1.0 (65), as a tombstone says"]
    assert found.to_write is None
    with pytest.raises(CurriculumError, match="gone"):
        arrive(new, tombstone)


def test_a_major_migration_that_does_not_fit_is_still_missing() -> None:
    new = trainer("1.0.0", Renamed, reward_volume=4.0, patches=SAME)
    found = difference(new, {0: Migration(stages={"s_learn": "s_learn"}, parameters="keep")})
    assert "refused (65): volume is unknown, and may be reward_volume now" in [one.text for one in found.animals]
    assert found.to_write == 'MIGRATIONS[0] = Migration(parameters=[..., Rename("volume", "reward_volume")])'
    with pytest.raises(CurriculumError, match="volume"):
        arrive(new, {0: Migration(stages={"s_learn": "s_learn"}, parameters="keep")})


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_what_happens_to_animals_and_what_is_missing(form: str) -> None:
    text = FORMATS[form](difference(CASES["renamed"]), False).replace("\\_", "_")
    assert "refused (65): volume is unknown" in text
    assert form == "json" or "from aind_curriculum_runtime import Migration, Rename\n" in text
    assert 'Rename("volume", "reward_volume")' in text.replace('\\"', '"')


class Bounded(TaskParameters):
    volume: float = Field(default=4.0, le=4.0)
    patches: list[Patch] = Field(default_factory=list)


def test_what_depends_on_the_value_that_an_animal_has_is_told() -> None:
    new = trainer("0.1.0", Bounded, patches=SAME)
    found = difference(new)
    assert (found.needs, [one.text for one in found.animals]) == (
        "minor",
        ["refused (65) if their own volume is not <= 4.0"],
    )
    assert arrive(new, volume=2.5)["volume"] == 2.5
    with pytest.raises(CurriculumError, match="volume"):
        arrive(Trainer(new.curriculum.model_copy(update={"version": "0.2.0"})), volume=4.5)


class Shut(OldParameters):
    @field_validator("volume")
    @classmethod
    def never(cls, value: float) -> float:
        if value == 4.0:
            raise KeyError("no such volume")
        return value


def test_code_of_the_author_that_raises_is_told() -> None:
    found = difference(trainer("0.1.0", Shut, volume=3.0, patches=SAME))
    assert (found.needs, [one.text for one in found.animals]) == ("major", ["refused: KeyError: 'no such volume'"])
    assert found.missing.within is None


class Other(Task):
    name: Literal["Other"] = "Other"
    task_parameters: OldParameters = Field(default_factory=OldParameters)


def test_a_task_of_another_name_is_refused_by_both() -> None:
    curriculum = create_curriculum("foraging", "0.1.0", (Other,), pkg_location=__name__)(version="0.1.0")
    curriculum.add_stage(Stage(name="s_learn", task=Other()))
    found = difference(Trainer(curriculum))
    assert found.needs == "major" and "$.stage.task" in found.animals[0].text
    with pytest.raises(CurriculumError, match=r"stage\.task"):
        arrive(Trainer(curriculum))


# The packages of a task


LOCK = """\
version = 1

[[package]]
name = "my-curriculum"
version = "0.1.0"
source = { editable = "." }
dependencies = [
    { name = "aind-behavior-curriculum" },
    { name = "aind-curriculum-runtime" },
    { name = "large-task", extra = ["data"] },
    { name = "numpy" },
]

[package.dev-dependencies]
dev = [{ name = "a-launcher" }]

[[package]]
name = "aind-behavior-curriculum"
version = "0.0.42"

[[package]]
name = "aind-curriculum-runtime"
version = "0.1.0"
dependencies = [{ name = "aind-behavior-curriculum" }]

[[package]]
name = "large-task"
version = "1.3.2"
dependencies = [{ name = "services" }, { name = "numpy" }]

[[package]]
name = "services"
version = "0.13.9"
dependencies = [{ name = "aind-behavior-curriculum" }]

[[package]]
name = "numpy"
version = "2.0.0"

[[package]]
name = "a-launcher"
version = "1.0.0"
dependencies = [{ name = "aind-behavior-curriculum" }]
"""


def test_a_task_comes_from_what_the_repo_needs_and_what_needs_the_library(tmp_path: Path) -> None:
    assert pinned(tmp_path, "my-curriculum") == {}
    (tmp_path / "uv.lock").write_text(LOCK, encoding="utf-8")
    assert pinned(tmp_path, "My_Curriculum") == {"large-task": "1.3.2", "services": "0.13.9"}
    (tmp_path / "uv.lock").write_text("version = ", encoding="utf-8")
    assert pinned(tmp_path, "my-curriculum") == {}


def test_a_package_that_cannot_be_had_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "uv.lock").write_text(LOCK, encoding="utf-8")
    assert install(["large-task"], tmp_path, tmp_path / "packages")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "uv cannot be started" in (install(["large-task"], tmp_path, tmp_path / "packages") or "")


def test_a_rule_that_moved_and_says_so_is_not_gone() -> None:
    trainer_with_rules = with_rules(has_hold=True)
    curriculum = trainer_with_rules.curriculum
    states = snapshot(trainer_with_rules).enrolled()
    moved = json.loads(json.dumps(states).replace(f"{__name__}.", "lab.before."))
    former = {
        path.replace(f"{__name__}.", "lab.before."): path for path in frozenset().union(*known(curriculum).values())
    }
    assert former and moved != states

    def told(of: dict[str, Any], former: dict[str, str]) -> object:
        return arrivals(curriculum, {}, former, version="0.1.0", called="0.1.0", states=of)["within"]

    assert told(moved, former) == told(states, {})
    assert told(moved, {}) != told(states, {})
