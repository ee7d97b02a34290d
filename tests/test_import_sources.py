"""Files of other systems: what is read of them, and the sentence for each that cannot be imported."""

from __future__ import annotations

import ast
import copy
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support import PROJECT

from aind_curriculum_runtime.adoption import autotrain, mtrain
from aind_curriculum_runtime.adoption.author_modules import author_modules
from aind_curriculum_runtime.adoption.imported import Imported, SourceFault
from aind_curriculum_runtime.adoption.source import SIZE_LIMIT, read
from aind_curriculum_runtime.contract.errors import CurriculumError

IMPORTED = PROJECT / "examples" / "import"
TWO_PORTS: dict[str, Any] = json.loads((IMPORTED / "two_ports.json").read_text(encoding="utf-8"))
CONTRAST: dict[str, Any] = yaml.safe_load((IMPORTED / "contrast.yml").read_text(encoding="utf-8"))


def rules(imported: Imported) -> dict[str, str | None]:
    """The rules' expressions by their names."""
    return {rule.name: rule.code for rule in imported.rules}


def test_a_curriculum_of_auto_train_is_read_whole() -> None:
    found = read(IMPORTED / "two_ports.json")
    assert (found.title, found.system, found.task_name) == ("Two ports", "auto-train (schema 1.0)", "Two ports")
    assert [stage.name for stage in found.stages] == ["s_stage_1_w_warmup", "s_stage_2", "s_stage_final"]
    assert found.stages[0].description == "Water after every choice"
    assert found.stages[0].parameters == {"water": 4.0, "delay": 0, "sides": ["left", "right"], "max_trials": 400}
    assert rules(found) == {
        "st_stage_1_w_warmup_stage_final": "metrics.trials[-1] >= 300 and number(metrics.correct[-1]) >= 0.9".replace(
            "metrics.trials[-1]", "number(metrics.trials[-1])"
        ),
        "st_stage_1_w_warmup_stage_2": "metrics.session_at_current_stage >= 1",
        "st_stage_2_stage_final": "mean(metrics.correct[-3:]) >= 0.7 and metrics.session_total >= 3",
        "st_stage_2_stage_1_w_warmup": "number(metrics.trials[-1]) < 100 or number(metrics.correct[-1]) < 0.5",
        "st_stage_final_graduated": None,
    }
    (stub,) = found.stubs
    assert stub.untranslated.startswith("$.curriculum['Stage final'].transition_rules[0].condition: 'np.std(")
    assert (found.metrics.histories, found.metrics.look_back) == ({"correct": False, "trials": False}, 3)


@pytest.mark.parametrize(("version", "key"), [("0.1", "task"), ("0.2", "curriculum_task"), ("0.3", "curriculum_name")])
def test_older_schema_versions_name_the_curriculum_by_another_key(version: str, key: str) -> None:
    document = {**TWO_PORTS, "curriculum_schema_version": version}
    document[key] = document.pop("curriculum_name")
    assert autotrain.read(document, "old.json").title == "Two ports"


def test_metrics_that_auto_train_declares_as_whole_numbers_have_no_gaps() -> None:
    text = json.dumps(TWO_PORTS).replace("metrics.trials", "metrics.finished_trials")
    document = {**json.loads(text), "curriculum_schema_name": "DynamicForagingCurriculum"}
    found = autotrain.read(document, "foraging.json")
    assert found.metrics.histories == {"correct": False, "finished_trials": True}
    assert "metrics.finished_trials[-1] >= 300 and number(metrics.correct[-1]) >= 0.9" in rules(found).values()


def test_graduated_is_a_stage_where_it_has_parameters_and_else_the_librarys_own() -> None:
    assert autotrain.read(TWO_PORTS, "a.json").rules[-1].to == "GRADUATED"
    document = copy.deepcopy(TWO_PORTS)
    document["parameters"]["Graduated"] = document["parameters"]["Stage final"]
    found = autotrain.read(document, "a.json")
    assert (found.rules[-1].to, found.stages[-1].name) == ("s_graduated", "s_graduated")


def test_a_second_rule_between_two_stages_has_a_name_of_its_own() -> None:
    document = copy.deepcopy(TWO_PORTS)
    book = document["curriculum"]["Stage 2"]["transition_rules"]
    book.append(book[0])
    assert [rule.name for rule in autotrain.read(document, "a.json").rules][2:5] == [
        "st_stage_2_stage_final",
        "st_stage_2_stage_1_w_warmup",
        "st_stage_2_stage_final_2",
    ]


def test_a_regimen_of_mtrain_is_read_whole() -> None:
    found = read(IMPORTED / "contrast.yml")
    assert (found.task_name, found.task_version) == ("Contrast_Task1", "0.3.0")
    assert [stage.name for stage in found.stages] == ["s_0_full", "s_1_low", "s_2_rig"]
    assert found.stages[1].parameters == {
        "script": "https://example.org/contrast.py",
        "script_md5": "0123456789abcdef0123456789abcdef",
        "reward_volume": 0.005,
        "response_window": [0.15, 0.75],
        "stimulus": {"class": "grating", "params": {"contrast": 0.2}},
        "stage": "1_low",
        "timeout": 0.3,
    }
    assert rules(found) == {
        "st_0_full_1_low": "metrics.two_good_days and metrics.yesterday_was_good",
        "st_1_low_0_full": "not metrics.meets_engagement_criteria",
        "st_1_low_2_rig": None,
    }
    assert [rule.is_manual for rule in found.rules] == [False, False, True]
    assert found.rules[2].description == (
        "A person decides: mtrain's trigger 'handoff', where mtrain asks for meets_engagement_criteria"
    )
    assert found.stubs == ()


def test_a_regimen_may_be_json_as_mtrains_own_script_prints_it(tmp_path: Path) -> None:
    plain = {key: value for key, value in CONTRAST.items() if key[0] != "_"}
    (tmp_path / "contrast.json").write_text(json.dumps(plain), encoding="utf-8")
    found, expected = read(tmp_path / "contrast.json"), read(IMPORTED / "contrast.yml")
    assert (found.stages, found.rules, found.metrics) == (expected.stages, expected.rules, expected.metrics)


def test_a_regimen_of_one_stage_needs_no_transitions() -> None:
    stages = {"only": CONTRAST["stages"]["0_full"]}
    found = mtrain.read({"name": "One", "stages": stages, "transitions": None}, "one.yml")
    assert (len(found.stages), found.rules) == (1, ())


# What cannot be imported.

Change = Callable[[dict[str, Any]], object]


def rule_of(document: dict[str, Any]) -> dict[str, Any]:
    """The first rule of a curriculum of auto-train."""
    found: dict[str, Any] = document["curriculum"]["Stage 2"]["transition_rules"][0]
    return found


def first_stage(document: dict[str, Any]) -> dict[str, Any]:
    """The parameters of its first stage."""
    found: dict[str, Any] = document["parameters"]["Stage 1 w/warmup"]
    return found


AUTO_TRAIN: dict[str, tuple[Change, str, str]] = {
    "another schema version": (
        lambda document: document.update(curriculum_schema_version="2.0"),
        "source.other_schema",
        "$.curriculum_schema_version: the schema version '2.0' is none of those that are known (0.1, 0.2, 0.3, 1.0)",
    ),
    "no schema version": (
        lambda document: document.pop("curriculum_schema_version"),
        "source.other_schema",
        "the schema version None",
    ),
    "a rule that does more": (
        lambda document: rule_of(document).update(condition="lambda metrics: __import__('os').system('rm -r .')"),
        "source.rule_refused",
        "$.curriculum['Stage 2'].transition_rules[0].condition: the condition does more than compare metrics: it calls",
    ),
    "a rule that is none": (
        lambda document: rule_of(document).update(condition="print(1)"),
        "source.rule_refused",
        "it is not a lambda",
    ),
    "an unknown key": (lambda document: document.update(policies={}), "source.invalid", "$: the key 'policies'"),
    "an unknown key of a rule": (
        lambda document: rule_of(document).update(also=1),
        "source.invalid",
        "$.curriculum['Stage 2'].transition_rules[0]: the key 'also' is not known",
    ),
    "no name": (lambda document: document.pop("curriculum_name"), "source.invalid", "$.curriculum_name: it is missing"),
    "no parameters": (lambda document: document.pop("parameters"), "source.invalid", "$.parameters: it is missing"),
    "no stage": (lambda document: document.update(parameters={}), "source.invalid", "there is no stage"),
    "parameters that are a list": (
        lambda document: document.update(parameters=[]),
        "source.invalid",
        "$.parameters: it is not an object",
    ),
    "rules that are text": (
        lambda document: document["curriculum"]["Stage 2"].update(transition_rules="none"),
        "source.invalid",
        "$.curriculum['Stage 2'].transition_rules: it is not a list",
    ),
    "a way to a stage that is not there": (
        lambda document: rule_of(document).update(to_stage="Stage 9"),
        "source.invalid",
        "transition_rules[0].to_stage: there is no stage 'Stage 9'",
    ),
    "rules of a stage without parameters": (
        lambda document: document["curriculum"].update({"Stage 9": document["curriculum"]["Stage 2"]}),
        "source.invalid",
        "$.curriculum['Stage 9']: the stage has rules and no parameters",
    ),
    "rules of Graduated": (
        lambda document: document["curriculum"].update(Graduated=document["curriculum"]["Stage 2"]),
        "source.invalid",
        "$.curriculum['Graduated']: auto-train tries no rule there",
    ),
    "an unknown decision": (
        lambda document: rule_of(document).update(decision="jump"),
        "source.invalid",
        "'jump' is none of stay, progress, rollback",
    ),
    "two stages of one name": (
        lambda document: document["parameters"].update({"Stage-2": {}}),
        "source.invalid",
        "the stages 'Stage 2' and 'Stage-2' would both be named s_stage_2",
    ),
    "a stage without a letter": (
        lambda document: document["parameters"].update({"***": {}}),
        "source.invalid",
        "$.parameters['***']: no name of a Python variable",
    ),
    "a parameter that is no Python name": (
        lambda document: first_stage(document).update({"block min": 1}),
        "source.invalid",
        "$.parameters['Stage 1 w/warmup']['block min']: it is no name that a parameter can have",
    ),
    "a parameter that is a keyword": (
        lambda document: first_stage(document).update({"lambda": 1}),
        "source.invalid",
        "$.parameters['Stage 1 w/warmup'].lambda: it is no name that a parameter can have",
    ),
    "a parameter that pydantic has": (
        lambda document: first_stage(document).update(model_fields=1),
        "source.invalid",
        "'model_fields' already means something else",
    ),
    "a text that the library would change": (
        lambda document: first_stage(document).update(mode=" auto"),
        "source.invalid",
        "$.parameters['Stage 1 w/warmup'].mode: the library takes away the blanks",
    ),
    "a metric that pydantic has": (
        lambda document: rule_of(document).update(condition="lambda metrics: metrics.model_fields[-1] > 1"),
        "source.invalid",
        "'model_fields' already means something else where metrics are declared",
    ),
}


@pytest.mark.parametrize(("change", "code", "says"), AUTO_TRAIN.values(), ids=AUTO_TRAIN)
def test_a_curriculum_of_auto_train_that_cannot_be_imported(change: Change, code: str, says: str) -> None:
    document = copy.deepcopy(TWO_PORTS)
    change(document)
    with pytest.raises(SourceFault) as caught:
        autotrain.read(document, "a.json")
    assert (caught.value.code, says in str(caught.value)) == (code, True), caught.value


MTRAIN: dict[str, tuple[Change, str]] = {
    "an unknown key": (lambda document: document.update(policies={}), "$: the key 'policies' is not known"),
    "an unknown key of a stage": (
        lambda document: document["stages"]["1_low"].update(also=1),
        "$.stages['1_low']: the key 'also' is not known",
    ),
    "an unknown key of a transition": (
        lambda document: document["transitions"][0].update(before="x"),
        "$.transitions[0]: the key 'before' is not known",
    ),
    "no transitions": (lambda document: document.pop("transitions"), "$.transitions: it is missing"),
    "transitions that are an object": (
        lambda document: document.update(transitions={"a": 1}),
        "$.transitions: it is not a list",
    ),
    "no stages": (lambda document: document.update(stages={}), "$.stages: there is no stage"),
    "a way to a stage that is not there": (
        lambda document: document["transitions"][1].update(dest="9"),
        "$.transitions[1].dest: there is no stage '9'",
    ),
    "a way from everywhere": (
        lambda document: document["transitions"][1].update(source="*"),
        "$.transitions[1].source: there is no stage '*'",
    ),
    "a criterion that is no name": (
        lambda document: document["transitions"][0].update(conditions=["a b"]),
        "$.transitions[0].conditions: 'a b' is no name that a metric can have",
    ),
    "a criterion that pydantic has": (
        lambda document: document["transitions"][0].update(conditions="model_dump"),
        "'model_dump' already means something else",
    ),
    "parameters that are a list": (
        lambda document: document["stages"]["1_low"].update(parameters=[1]),
        "$.stages['1_low'].parameters: it is not an object",
    ),
}


@pytest.mark.parametrize(("change", "says"), MTRAIN.values(), ids=MTRAIN)
def test_a_regimen_of_mtrain_that_cannot_be_imported(change: Change, says: str) -> None:
    document = copy.deepcopy(CONTRAST)
    change(document)
    with pytest.raises(SourceFault) as caught:
        mtrain.read(document, "a.yml")
    assert (caught.value.code, says in str(caught.value)) == ("source.invalid", True), caught.value


FILES: dict[str, tuple[str, bytes, str, int, str]] = {
    "cut JSON": ("a.json", b'{"curriculum": ', "source.invalid", 65, "not valid JSON: line 1, column"),
    "a key twice in JSON": ("a.json", b'{"a": 1, "a": 2}', "source.invalid", 65, "the key 'a' stands twice"),
    "JSON with NaN": ("a.json", b'{"a": NaN}', "source.invalid", 65, "NaN"),
    "a list": ("a.json", b"[]", "source.invalid", 65, "$: it is not an object"),
    "an empty file": ("a.yml", b"", "source.invalid", 65, "$: it is not an object"),
    "UTF-16": ("a.yml", "a: ü".encode("utf-16"), "source.invalid", 65, "not UTF-8 text"),
    "a control character": ("a.yml", b"a: \x01", "source.invalid", 65, "not valid YAML"),
    "YAML that is none": ("a.yml", b"a: [1", "source.invalid", 65, "not valid YAML: line 1, column"),
    "an alias of nothing": ("a.yml", b"a: *nothing", "source.invalid", 65, "undefined alias"),
    "two documents": ("a.yml", b"--- {}\n--- {}", "source.invalid", 65, "not valid YAML"),
    "a Python object": ("a.yml", b"a: !!python/object/apply:os.system [ls]", "source.invalid", 65, "not valid YAML"),
    "a key twice": (
        "a.yml",
        b"stages:\n  one: {}\n  one: {a: 1}",
        "source.invalid",
        65,
        "line 3: the key 'one' stands twice",
    ),
    "a date": (
        "a.yml",
        b"transitions: []\nstages: {a: 2020-01-01}",
        "source.invalid",
        65,
        "$.stages.a: a date is no value",
    ),
    "an endless number": ("a.yml", b"stages: {a: .inf}", "source.invalid", 65, "$.stages.a: inf is no number of JSON"),
    "a key that is a number": ("a.yml", b"stages: {1: {}}", "source.invalid", 65, "$.stages: the key 1 is not a text"),
    "a key that is a list": ("a.yml", b"stages:\n  ? [1]\n  : 2", "source.invalid", 65, "line 2: a key is not a text"),
    "bytes": ("a.yml", b"stages: {a: !!binary aGk=}", "source.invalid", 65, "$.stages.a: a bytes is no value of JSON"),
    "half a surrogate pair": (
        "a.json",
        b'{"a": "\\udc00"}',
        "source.invalid",
        65,
        "$.a: the text has half a surrogate",
    ),
    "deep JSON": ("a.json", b'{"a":' * 40 + b"1" + b"}" * 40, "source.invalid", 65, "more than 30 deep"),
    "deeper JSON": ("a.json", b'{"a":' * 9000, "source.invalid", 65, "nested too deeply"),
    "an alias of itself": ("a.yml", b"stages: &a\n  b: *a", "source.invalid", 65, "more than 100000 values"),
    "aliases of aliases": (
        "a.yml",
        b"a: &a [1, 1]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (n, n, n - 1, n - 1) for n in range(98, 122)),
        "source.invalid",
        65,
        "more than 100000 values",
    ),
    "deep": ("a.yml", b"a: " + b"[" * 5000, "source.invalid", 65, "nested too deeply"),
    "much": ("a.json", b" " * (SIZE_LIMIT + 1), "source.unreadable", 65, "larger than 2 MiB"),
    "another kind of file": ("a.toml", b"", "usage.invalid", 64, "'a.toml' is no file that can be imported"),
}


@pytest.mark.parametrize(("name", "content", "code", "leaves", "says"), FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_read(
    name: str, content: bytes, code: str, leaves: int, says: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CurriculumError) as caught:
        read(tmp_path / name)
    assert (caught.value.code, caught.value.exit) == (code, leaves)
    assert says in caught.value.message and caught.value.hint


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path, code in ((tmp_path / "none.json", "source.missing"), (tmp_path / "folder.yml", "source.unreadable")):
        (tmp_path / "folder.yml").mkdir(exist_ok=True)
        with pytest.raises(CurriculumError) as caught:
            read(path)
        assert caught.value.code == code


def test_a_key_twice_with_the_same_value_is_no_matter(tmp_path: Path) -> None:
    text = (IMPORTED / "contrast.yml").read_text(encoding="utf-8")
    (tmp_path / "a.yml").write_text(text.replace("timeout: null", "timeout: 1\n      timeout: 1.0"), encoding="utf-8")
    assert read(tmp_path / "a.yml").stages[0].parameters["timeout"] == 1


# What of a source gets into the modules.


def skeleton(text: str) -> set[str]:
    """What a module imports and calls."""
    nodes = list(ast.walk(ast.parse(text)))
    imports = {ast.dump(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)}
    return imports | {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}


@functools.cache
def written(title: str, description: str, told: str, value: str) -> dict[str, str]:
    """The modules of a curriculum with these texts."""
    document = copy.deepcopy(TWO_PORTS)
    document.update(curriculum_name=title, curriculum_description=description)
    document["parameters"]["Stage 2"].update(description=told, mode=value.strip(), task=title.strip())
    rule_of(document).update(condition_description=told, condition=f"lambda metrics: {told!r} * 2 +")
    return author_modules(autotrain.read(document, f"{told}.json"), "two-ports", "two_ports")


HARD = st.text(max_size=20) | st.sampled_from(
    ['"""', '"', "'''", "\\", '\n"""\nimport os\n"""', "{{ 1 }}", "#", "%}", "\r"]
)


@settings(max_examples=25)
@given(title=HARD, description=HARD, told=HARD, value=HARD)
def test_texts_of_a_source_stay_texts(title: str, description: str, told: str, value: str) -> None:
    plain, hard = written("a", "a", "a", "a"), written(title, description, told, value)
    for path in plain:
        if path.endswith(".py"):
            assert skeleton(hard[path]) == skeleton(plain[path]), path
    stages = ast.parse(hard["src/two_ports/stages.py"])
    texts = {node.value for node in ast.walk(stages) if isinstance(node, ast.Constant)}
    assert {told.strip() or "s_stage_2", value.strip()} <= texts
