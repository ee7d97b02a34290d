"""`curriculum show`, `curriculum task`, and the model of a curriculum that they go by."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import pytest
from aind_behavior_curriculum import Task, TaskParameters
from pydantic import BaseModel, Field, RootModel, computed_field
from shaped import SHAPES, curricula, shape
from support import Repo

from aind_curriculum_runtime.look.model import CurriculumModel, from_json, to_json
from aind_curriculum_runtime.look.read import parameters_of
from aind_curriculum_runtime.look.terminal import overview, stage_text


@pytest.fixture(params=curricula())
def model(request: pytest.FixtureRequest, models: dict[str, CurriculumModel]) -> CurriculumModel:
    """The model of one of the curricula."""
    return models[request.param]


# The model.


@pytest.mark.parametrize("name", SHAPES)
def test_the_model_has_the_structure_that_the_curriculum_was_made_of(
    name: str, models: dict[str, CurriculumModel]
) -> None:
    structure = shape(name)
    model = models[structure["name"]]
    assert [stage.name for stage in model.stages] == [stage["name"] for stage in structure["stages"]]
    assert sorted((one.source, one.target, one.rule.docstring, one.rule.manual) for one in model.transitions) == sorted(
        (source, target, docstring, when is None) for source, target, when, docstring in structure["transitions"]
    )
    for stage, made_of in zip(model.stages, structure["stages"], strict=True):
        policies = made_of.get("policies", [])
        assert {(one.rule.name, one.start) for one in stage.policies} == {(one[0], one[3]) for one in policies}
        values = {one.name: one.value for one in stage.parameters}
        defaults = {one[0]: one[2] for one in structure["parameters"]}
        assert values == ({} if made_of.get("final") else defaults | made_of["set"])


def test_priorities_are_those_of_the_order_in_which_transitions_were_added(
    models: dict[str, CurriculumModel],
) -> None:
    added: dict[str, list[str]] = {}
    for source, target, *_ in shape("rollback")["transitions"]:
        added.setdefault(source, []).append(target)
    model = models["rollback"]
    for source, targets in added.items():
        assert [(one.priority, one.target) for one in model.leaving(source)] == list(enumerate(targets, start=1))


def test_a_rule_has_its_reference_docstring_and_source(models: dict[str, CurriculumModel]) -> None:
    rule = models["my-curriculum"].leaving("s_habituation")[0].rule
    assert rule.reference == "my_curriculum.rules.st_habituation_shaping"
    assert rule.docstring == "Enough trials to go on."
    assert rule.source.splitlines() == [
        "def st_habituation_shaping(metrics: DetectionMetrics) -> bool:",
        '    """Enough trials to go on."""',
        "    return metrics.trials >= 20",
    ]


def test_parameters_and_metrics_have_units_types_limits_and_descriptions(models: dict[str, CurriculumModel]) -> None:
    model = models["my-curriculum"]
    parameter = model.stage("s_shaping").parameters[0]
    assert dataclasses.asdict(parameter) == {
        "name": "reward_volume",
        "value": 4.0,
        "type": "float",
        "unit": "ul",
        "description": "Water per correct response.",
        "bounds": ("> 0", "<= 10"),
    }
    metrics = model.metrics[0]
    assert metrics.reference == model.stage("s_shaping").metrics == "my_curriculum.metrics.DetectionMetrics"
    assert {one.name: one.required for one in metrics.fields} == {
        "trials": True,
        "hit_rate": True,
        "median_reaction_time": False,
        "water": True,
        "good_sessions_in_a_row": False,
    }


def test_parameters_within_parameters_are_named_by_a_path(repo: Repo) -> None:
    repo.edit(
        "src/my_curriculum/task.py",
        "class DetectionParameters(TaskParameters):",
        "class Valve(TaskParameters):\n"
        '    """The valve."""\n\n'
        '    opening: float = Field(default=0.04, description="Time open.", json_schema_extra={"unit": "s"})\n'
        "    pulses: list[int] = Field(default=[1, 2])\n\n\n"
        "class DetectionParameters(TaskParameters):",
    )
    repo.edit(
        "src/my_curriculum/task.py",
        "    distractors: bool",
        "    valve: Valve = Field(default_factory=Valve)\n    distractors: bool",
    )
    result = repo.curriculum("show", "--json", "--stage", "s_shaping")
    assert result.code == 0, result.text
    found = {one["name"]: (one["value"], one["unit"]) for one in result.document["parameters"]}
    assert (found["valve.opening"], found["valve.pulses"]) == ((0.04, "s"), ([1, 2], None))
    assert "valve" not in found


Share = Annotated[float, Field(ge=0, le=1)]


class Reward(BaseModel):
    amount: float = Field(default=5.0, gt=0, description="Water.", json_schema_extra={"unit": "ul"})

    @computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> float:
        return 2 * self.amount


class Patch(BaseModel):
    label: str
    reward: Reward = Reward()
    odor: list[Share] = [1.0, 0.0]


class Patches(RootModel[list[Patch]]):
    pass


class Parameters(TaskParameters):
    patches: list[Patch] = Field(default=[Patch(label="A"), Patch(label="B b")], description="Where to stop.")
    more: Patches = Patches([Patch(label="C")])
    shares: dict[int, Share] | None = Field(default={1: 0.5}, description="By day.", json_schema_extra={"unit": "%"})
    pair: tuple[int, Reward] = (1, Reward())
    anything: dict[str, Any] = Field(default={"x": [{"y": 1}]})


def test_parameters_inside_lists_have_what_their_fields_declare() -> None:
    task = Task[Parameters](name="t", task_parameters=Parameters())
    found = {one.name: one for one in parameters_of(task)}
    amount = {"type": "float", "unit": "ul", "description": "Water.", "bounds": ("> 0",)}
    for path in (
        "patches[label=A].reward.amount",
        'patches[label="B b"].reward.amount',
        "more[label=C].reward.amount",
        "pair[1].amount",
    ):
        assert dataclasses.asdict(found[path]) == {"name": path, "value": 5.0, **amount}
    assert found["patches[label]"].value == ["A", "B b"]
    assert found["patches[label]"].description == "Where to stop."
    share = found['shares["1"]']
    assert (share.value, share.type, share.unit, share.bounds) == (0.5, "float", "%", (">= 0", "<= 1"))
    assert (found["pair[0]"].value, found["pair[0]"].type) == (1, "int")
    assert (found["anything.x[0].y"].value, found["anything.x[0].y"].type) == (1, "int")
    assert not any(path.endswith("double") for path in found)  # it follows from the amount


def test_a_model_is_the_same_after_json(model: CurriculumModel) -> None:
    assert from_json(json.loads(json.dumps(to_json(model)))) == model


def test_a_model_names_nothing_of_the_machine(model: CurriculumModel, shaped_repo: Repo) -> None:
    assert str(shaped_repo.path) not in json.dumps(to_json(model))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"format": 2}, "format"),
        ({"stages": None}, r"\$\.stages"),
        ({"stages": [{}]}, r"\$\.stages\[0\]\.name"),
        ({"name": 1}, r"\$\.name"),
    ],
)
def test_what_is_no_model_is_told_by_its_place(
    change: dict[str, Any], where: str, models: dict[str, CurriculumModel]
) -> None:
    with pytest.raises(ValueError, match=where):
        from_json(to_json(models["my-curriculum"]) | change)


# The command.


def test_show_prints_the_whole_curriculum_in_the_base_install(shared_repo: Repo) -> None:
    model = from_json(shared_repo.curriculum("show", "--json").document)
    for width in (80, 140):
        result = shared_repo.curriculum("show", env={"COLUMNS": f"{width}"})
        assert (result.code, result.stderr) == (0, b""), result.text
        assert result.stdout.decode() == overview(model, width)


def test_all_parameters_are_shown_if_asked_for(shaped_repo: Repo) -> None:
    of_rollback = ("show", "--curriculum", "rollback")
    assert b"block_length" not in shaped_repo.curriculum(*of_rollback).stdout
    for more in ((), ("--stage", "s_delay")):
        assert b"block_length" in shaped_repo.curriculum(*of_rollback, *more, "--all").stdout


def test_show_names_every_stage_transition_policy_and_parameter(model: CurriculumModel) -> None:
    lines = [line.split() for line in overview(model, 300, everything=True).splitlines()]
    for stage in model.stages:
        assert any(line[:1] == [stage.name] for line in lines)
        for policy in stage.policies:
            assert any(f"{policy.rule.name}" in " ".join(line) for line in lines)
        for parameter in stage.parameters:
            assert any(line[:1] == [parameter.name] for line in lines)
    for one in model.transitions:
        ends = [line for line in lines if line[:2] == [one.source, str(one.priority)] and line[3:4] == [one.target]]
        assert len(ends) == 1
        assert one.rule.name in ends[0] and one.rule.summary in " ".join(ends[0])


def test_show_tells_which_parameters_a_stage_sets_otherwise_than_the_one_before(
    models: dict[str, CurriculumModel],
) -> None:
    text = overview(models["my-curriculum"])
    line = next(line.split() for line in text.splitlines() if line.split()[:1] == ["response_delay"])
    assert line == ["response_delay", "s", "0.0", "0.0", "*", "1.0"]


def test_no_line_is_wider_than_the_terminal(model: CurriculumModel) -> None:
    for width in (80, 100, 120):
        texts = [overview(model, width), *(stage_text(model, stage.name, width) for stage in model.stages)]
        assert all(len(line) <= width for text in texts for line in text.splitlines())


def test_show_of_one_stage_prints_its_rules_and_parameters(shared_repo: Repo) -> None:
    result = shared_repo.curriculum("show", "--stage", "s_shaping", env={"COLUMNS": "120"})
    assert result.code == 0, result.text
    text = result.stdout.decode()
    assert text == stage_text(from_json(shared_repo.curriculum("show", "--json").document), "s_shaping", 120)
    for said in ("p_lengthen_delay  start", "Keep the delay", "pt_lengthen_delay_hold_delay", "> 0, <= 10", "ul"):
        assert said in text


def test_show_as_json_of_one_stage_is_that_stage_of_the_whole(shared_repo: Repo) -> None:
    whole = shared_repo.curriculum("show", "--json").document
    alone = shared_repo.curriculum("show", "--json", "--stage", "s_shaping").document
    assert alone == next(stage for stage in whole["stages"] if stage["name"] == "s_shaping")


@pytest.mark.parametrize("command", [("show",), ("task", "-o", "task.json")])
def test_a_stage_that_does_not_exist_is_told_with_those_that_do(
    command: tuple[str, ...], shared_repo: Repo, tmp_path: Path
) -> None:
    result = shared_repo.curriculum(*command, "--stage", "s_shapping", cwd=tmp_path)
    assert (result.code, result.error["code"]) == (64, "usage.unknown_stage")
    assert "s_shaping" in result.error["hint"]
    assert not list(tmp_path.iterdir())


# The task of a stage.


def test_the_task_is_what_a_trainer_state_at_that_stage_holds(shared_repo: Repo, shaping: dict[str, Any]) -> None:
    result = shared_repo.curriculum("task", "--stage", "s_shaping")
    assert result.code == 0, result.text
    assert result.document == shaping["stage"]["task"]
    result.stdout.decode("ascii")


def test_the_task_goes_to_a_file_that_is_replaced_whole(shared_repo: Repo, tmp_path: Path) -> None:
    target = tmp_path / "task.json"
    target.write_text("x" * 10_000, encoding="utf-8")
    result = shared_repo.curriculum("task", "--stage", "s_shaping", "-o", target)
    assert (result.code, result.stdout) == (0, b""), result.text
    assert target.read_bytes() == shared_repo.curriculum("task", "--stage", "s_shaping").stdout
    assert list(tmp_path.iterdir()) == [target]


def test_a_task_for_a_missing_folder_is_refused(shared_repo: Repo, tmp_path: Path) -> None:
    result = shared_repo.curriculum("task", "--stage", "s_shaping", "-o", tmp_path / "missing" / "task.json")
    assert (result.code, result.error["code"]) == (74, "output.directory_missing")
    assert not list(tmp_path.iterdir())
