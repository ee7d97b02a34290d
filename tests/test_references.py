"""Rule references: where they stand, which are the curriculum's own, and the refusal of all others."""

from __future__ import annotations

import copy
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import small_rules
from aind_behavior_curriculum import (
    GRADUATED,
    Graduated,
    MetricsProvider,
    Policy,
    PolicyTransition,
    Stage,
    StageTransition,
    create_curriculum,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_rules import (
    LickParameters,
    LickTask,
    metrics_a,
    metrics_b,
    p_a,
    p_b,
    p_c,
    pt_at_one,
    st_at_one,
    st_at_two,
)

from aind_curriculum_runtime import CurriculumError
from aind_curriculum_runtime.curriculum.references import collect, known, places, require_known, require_shape
from aind_curriculum_runtime.session.plain_state import checked, read
from aind_curriculum_runtime.session.state import deserialise
from aind_curriculum_runtime.session.trainer import OrderedTrainer

HERE = small_rules.__name__


def make_trainer() -> OrderedTrainer:
    """A trainer of a curriculum with a rule in every place where one can stand."""
    task = LickTask(task_parameters=LickParameters())
    s_a = Stage(name="s_a", task=task, start_policies=[Policy(p_a)], metrics_provider=MetricsProvider(metrics_a))
    s_a.add_policy_transition(Policy(p_a), Policy(p_b), PolicyTransition(pt_at_one))
    s_b = Stage(name="s_b", task=task, metrics_provider=MetricsProvider(metrics_b))
    s_b.add_policy(Policy(p_c))
    curriculum = create_curriculum("references", "0.1.0", (LickTask, Graduated), pkg_location=HERE)()
    curriculum.add_stage_transition(s_a, s_b, StageTransition(st_at_one))
    curriculum.add_stage_transition(s_b, GRADUATED, StageTransition(st_at_two))
    return OrderedTrainer(curriculum)


TRAINER = make_trainer()
STATE: dict[str, Any] = json.loads(TRAINER.create_enrollment().model_dump_json())
"""A trainer state at s_a."""

COLLECTED = [
    ("policy", "$.active_policies[0]", f"{HERE}.p_a"),
    ("metrics provider", "$.stage.metrics_provider", f"{HERE}.metrics_a"),
    ("policy", "$.stage.start_policies[0]", f"{HERE}.p_a"),
    ("policy", "$.stage.graph.nodes.0", f"{HERE}.p_a"),
    ("policy", "$.stage.graph.nodes.1", f"{HERE}.p_b"),
    ("policy transition", "$.stage.graph.graph.0[0][0]", f"{HERE}.pt_at_one"),
]
WHERE = [where for _, where, _ in COLLECTED]


def state() -> dict[str, Any]:
    return copy.deepcopy(STATE)


def keys_of(where: str) -> list[str | int]:
    """The steps of a JSON path."""
    return [int(part[1:-1]) if part[0] == "[" else part for part in re.findall(r"\[\d+\]|[^.$\[\]]+", where)]


def put(document: dict[str, Any], keys: list[str | int], value: Any) -> None:
    """Put a value at a place of a document."""
    place: Any = document
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value


def every_place(value: Any, keys: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """All places of a document, the document itself left out."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*keys, key)
        yield from every_place(one, (*keys, key))


def test_the_references_of_a_curriculum_are_known_by_kind_and_nothing_else_is() -> None:
    assert known(TRAINER.curriculum) == {
        "policy": {f"{HERE}.p_a", f"{HERE}.p_b", f"{HERE}.p_c"},
        "policy transition": {f"{HERE}.pt_at_one"},
        "metrics provider": {f"{HERE}.metrics_a", f"{HERE}.metrics_b"},
    }


def test_every_rule_of_a_curriculum_has_its_place_in_words() -> None:
    assert sorted((where, rule.callable.__name__) for where, rule in places(TRAINER.curriculum)) == sorted(
        [
            ("stage 's_a', metrics provider", "metrics_a"),
            ("stage 's_a', policy", "p_a"),  # in the graph
            ("stage 's_a', policy", "p_a"),  # at the start
            ("stage 's_a', policy", "p_b"),
            ("stage 's_a', policy transition", "pt_at_one"),
            ("stage 's_b', metrics provider", "metrics_b"),
            ("stage 's_b', policy", "p_c"),
            ("stage transition 's_a' to 's_b'", "st_at_one"),
            ("stage transition 's_b' to 'GRADUATED'", "st_at_two"),
        ]
    )


def test_every_reference_of_a_state_is_collected_with_its_json_path() -> None:
    require_shape(STATE)
    assert list(collect(STATE)) == COLLECTED


def test_no_reference_stands_outside_of_the_places_that_are_looked_at() -> None:
    outside = {key: value for key, value in state().items() if key != "curriculum"}
    for where in WHERE:
        put(outside, keys_of(where), None)
    assert HERE not in json.dumps(outside)


def test_the_curriculums_own_references_pass() -> None:
    require_known(STATE, known(TRAINER.curriculum))
    assert deserialise(checked(STATE), TRAINER).state.stage is not None


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize(
    "name",
    [
        "shutil.rmtree",
        f"{HERE}.system",
        f"{HERE}.no_such_function",
        f"{HERE}.p_a ",
        f"{HERE}.p_a.__call__",
        f"{HERE.upper()}.p_a",
        f"{HERE}.st_at_one",
        "",
        ".",
    ],
)
def test_any_other_reference_is_refused_with_its_place(where: str, name: str) -> None:
    changed = state()
    put(changed, keys_of(where), name)
    with pytest.raises(CurriculumError) as caught:
        require_known(changed, known(TRAINER.curriculum))
    assert (caught.value.code, caught.value.exit, caught.value.where) == ("state.rule_refused", 77, where)
    assert repr(name) in caught.value.message


@pytest.mark.parametrize(("kind", "where", "own"), COLLECTED, ids=WHERE)
def test_a_reference_of_another_kind_is_refused(kind: str, where: str, own: str) -> None:
    for other, names in known(TRAINER.curriculum).items():
        if other != kind:
            changed = state()
            put(changed, keys_of(where), min(names))
            with pytest.raises(CurriculumError, match=f"is no {kind}") as caught:
                require_known(changed, known(TRAINER.curriculum))
            assert caught.value.where == where


def test_a_long_reference_is_shown_by_its_beginning() -> None:
    changed = state()
    changed["stage"]["metrics_provider"] = "a" * 10_000
    with pytest.raises(CurriculumError) as caught:
        require_known(changed, known(TRAINER.curriculum))
    assert len(caught.value.message) < 400


@pytest.mark.parametrize("value", [1, True, 1.5, {"a": "os.system"}, ["os.system"]], ids=json.dumps)
@pytest.mark.parametrize("where", WHERE)
def test_a_reference_that_is_no_string_is_invalid(where: str, value: Any) -> None:
    changed = state()
    put(changed, keys_of(where), value)
    with pytest.raises(CurriculumError) as caught:
        require_shape(changed)
    assert (caught.value.code, caught.value.where) == ("state.invalid", where)


@pytest.mark.parametrize("value", ["os.system", 1, False], ids=json.dumps)
@pytest.mark.parametrize(
    "where",
    [
        "$.active_policies",
        "$.stage",
        "$.stage.start_policies",
        "$.stage.graph",
        "$.stage.graph.nodes",
        "$.stage.graph.graph",
        "$.stage.graph.graph.0",
        "$.stage.graph.graph.0[0]",
    ],
)
def test_a_container_of_references_must_have_its_own_form(where: str, value: Any) -> None:
    changed = state()
    put(changed, keys_of(where), value)
    with pytest.raises(CurriculumError, match=re.escape(where)) as caught:
        require_shape(changed)
    assert (caught.value.code, caught.value.where) == ("state.invalid", where)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["stage", "active_policies", "graph", "nodes", "0", "start_policies", "metrics_provider"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["stage", "active_policies", "curriculum"]), JSON))
def test_any_json_has_references_that_can_be_collected_or_is_invalid(document: dict[str, Any]) -> None:
    try:
        require_shape(document)
    except CurriculumError as error:
        assert error.code == "state.invalid" and str(error.where).startswith("$.")
    else:
        assert all(isinstance(name, str) for _, _, name in collect(document))


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a module that could be imported and must not be."""
    (tmp_path / "hostile_rules.py").write_text("def attack(metrics, task): raise SystemExit\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "hostile_rules"
    sys.modules.pop("hostile_rules", None)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda name: name,
        lambda name: [name],
        lambda name: [[name, 0]],
        lambda name: {"0": name},
        lambda name: {"0": [[name, 0]]},
        lambda name: {"nodes": {"0": name}, "graph": {"0": [[name, 0]]}},
        lambda name: {"name": "s_a", "metrics_provider": name, "start_policies": [name]},
    ],
    ids=["bare", "list", "edges", "nodes", "graph of edges", "graph", "stage"],
)
def test_nothing_is_imported_wherever_a_foreign_name_stands(
    hostile: str, wrap: Callable[[str], Any], tmp_path: Path
) -> None:
    file = tmp_path / "trainer_state.json"
    for keys in every_place(STATE):
        changed = state()
        put(changed, list(keys), wrap(f"{hostile}.attack"))
        file.write_text(json.dumps(changed), encoding="utf-8")
        try:
            deserialise(read(file), TRAINER)
        except CurriculumError as error:
            assert error.code.startswith("state."), (keys, error)
        assert hostile not in sys.modules, keys


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_nothing_is_imported_however_a_state_is_rearranged(hostile: str, tmp_path: Path, data: st.DataObject) -> None:
    changed = state()
    foreign = st.sampled_from([f"{hostile}.attack", "a", f"{HERE}.p_a", 0, True, None])
    values = st.recursive(foreign, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner))
    for _ in range(data.draw(st.integers(1, 3))):
        keys = data.draw(st.sampled_from(sorted(every_place(changed), key=str)))
        put(changed, list(keys), data.draw(values))
    file = tmp_path / "trainer_state.json"
    file.write_text(json.dumps(changed), encoding="utf-8")
    try:
        deserialise(read(file), TRAINER)
    except CurriculumError as error:
        assert error.code.startswith("state.")
    assert hostile not in sys.modules


def test_the_library_alone_would_import_the_foreign_module(hostile: str) -> None:
    changed = state()
    changed["stage"]["graph"]["nodes"]["1"] = f"{hostile}.attack"
    TRAINER.trainer_state_model.model_validate_json(json.dumps({**changed, "curriculum": None}))
    assert hostile in sys.modules
