"""Paths to the leaves of a task's parameters, and the leaves that differ."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aind_curriculum_runtime.contract.leaves import ABSENT, Changed, changed, holders, leaves, located

PATCHES = [
    {"label": "A", "odor": [1.0, 0.0], "reward": {"available": 50, "rules": [{"family": "Scalar", "value": 1}]}},
    {"label": "B", "odor": [0.0, 1.0], "reward": {"available": 50, "rules": []}},
]
TASK: dict[str, Any] = {"gain": {"x": 1.0}, "blocks": [{"patches": PATCHES, "matrix": [[0.5, 0.5], [0.5, 0.5]]}]}


def copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def test_each_leaf_has_a_path_that_names_what_has_a_name() -> None:
    assert leaves(TASK) == {
        "gain.x": 1.0,
        "blocks[0].patches[label]": ["A", "B"],
        "blocks[0].patches[label=A].odor": [1.0, 0.0],
        "blocks[0].patches[label=A].reward.available": 50,
        "blocks[0].patches[label=A].reward.rules[0].family": "Scalar",
        "blocks[0].patches[label=A].reward.rules[0].value": 1,
        "blocks[0].patches[label=B].odor": [0.0, 1.0],
        "blocks[0].patches[label=B].reward.available": 50,
        "blocks[0].patches[label=B].reward.rules": [],
        "blocks[0].matrix": [[0.5, 0.5], [0.5, 0.5]],
    }


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ({"a": None, "b": {}, "c": [], "d": "x", "e": True}, ["a", "b", "c", "d", "e"]),
        ({"by mouse": {"0": 1}, "µ_2": 1}, ['["by mouse"]["0"]', "µ_2"]),
        ({"a": {'say "hi"': [{}]}}, ['a["say \\"hi\\""][0]']),
        ({"a": [1, [2]]}, ["a[0]", "a[1]"]),
        ({"a": [[1], []]}, ["a"]),
        ({"a": [[[1]], [[2], [3]]]}, ["a[0]", "a[1]"]),
        ({"a": ["x", None, 1]}, ["a"]),
        ([{"name": "x y", "v": 1}], ["[name]", '[name="x y"].v']),
        ({"a": [{"id": "n"}]}, ["a[id]"]),
    ],
)
def test_the_grammar_of_paths(value: Any, paths: list[str]) -> None:
    assert list(leaves(value)) == paths


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([{"label": "A", "v": 1}, {"label": "A", "v": 2}], id="not unique"),
        pytest.param([{"label": "A", "v": 1}, {"v": 2}], id="not everywhere"),
        pytest.param([{"label": "", "v": 1}], id="empty"),
        pytest.param([{"label": 1, "v": 1}], id="a number"),
        pytest.param([{"family": "A", "v": 1}], id="a discriminator"),
        pytest.param([{"label": "A", "v": 1}, 2], id="not only objects"),
    ],
)
def test_elements_that_have_no_name_of_their_own_go_by_index(items: list[Any]) -> None:
    assert all(path.startswith("a[0]") or path.startswith("a[1]") for path in leaves({"a": items}))


def test_of_several_names_the_first_that_tells_elements_apart_counts() -> None:
    same_name = [{"name": "n", "label": "A"}, {"name": "n", "label": "B"}]
    assert list(leaves({"a": same_name})) == ["a[label]", "a[label=A].name", "a[label=B].name"]


def test_a_place_leads_to_the_leaf() -> None:
    for leaf in located(TASK):
        value: Any = TASK
        for step in leaf.place:
            value = value[step]
        names = [one["label"] for one in value] if leaf.path.endswith("[label]") else value
        assert names == leaf.value, leaf.path


def test_one_changed_number_is_one_change() -> None:
    after = copy(TASK)
    after["blocks"][0]["patches"][1]["reward"]["available"] = 40
    path = "blocks[0].patches[label=B].reward.available"
    assert changed(TASK, after) == [Changed(path=path, before=50, after=40)]
    assert changed(TASK, copy(TASK)) == []


def test_elements_are_matched_by_name_and_another_order_is_told() -> None:
    after = copy(TASK)
    after["blocks"][0]["patches"].reverse()
    assert changed(TASK, after) == [
        Changed(path="blocks[0].patches[label]", before=["A", "B"], after=["B", "A"]),
    ]


def test_a_leaf_that_is_added_or_removed_has_no_value_on_the_other_side() -> None:
    before = {"a": {"x": 1, "y": None}, "b": [{"v": 1}]}
    after = {"a": {"y": None, "z": None}, "b": [{"v": 1}, {"v": 2}]}
    found = changed(before, after)
    assert found == [
        Changed(path="a.x", before=1, after=ABSENT),
        Changed(path="a.z", before=ABSENT, after=None),
        Changed(path="b[1].v", before=ABSENT, after=2, within="b[1]"),
    ]
    assert [one.as_json() for one in found] == [
        {"path": "a.x", "before": 1},
        {"path": "a.z", "after": None},
        {"path": "b[1].v", "after": 2, "within": "b[1]"},
    ]
    assert [Changed.from_json(one.as_json()) for one in found] == found


def test_a_value_of_another_kind_is_told_by_its_leaves() -> None:
    assert changed({"a": 1}, {"a": {"x": 1}}) == [
        Changed(path="a", before=1, after=ABSENT),
        Changed(path="a.x", before=ABSENT, after=1, within="a"),
    ]
    assert changed({"a": [1, 2]}, {"a": []}) == [Changed(path="a", before=[1, 2], after=[])]


def test_what_was_empty_or_null_and_grows_is_not_told_as_removed() -> None:
    for empty in ([], None, {}):
        assert changed({"a": empty}, {"a": [{"v": 1}]}) == [Changed(path="a[0].v", before=ABSENT, after=1, within="a")]
        assert changed({"a": {"x": 1}}, {"a": empty}) == [Changed(path="a.x", before=1, after=ABSENT, within="a")]
    assert changed({}, {"a": 1}) == [Changed(path="a", before=ABSENT, after=1)]
    assert changed({"a": None}, {"a": [1]}) == [Changed(path="a", before=None, after=[1])]
    assert changed({"a": {}}, {"a": []}) == [Changed(path="a", before={}, after=[])]


def test_a_leaf_is_held_by_all_that_it_is_in() -> None:
    assert holders("a") == ()
    assert holders("a.b[0].c") == ("a", "a.b", "a.b[0]")
    assert holders('["x.y [1]"].b[label="o.\\"1]"].c[name]') == (
        '["x.y [1]"]',
        '["x.y [1]"].b',
        '["x.y [1]"].b[label="o.\\"1]"]',
        '["x.y [1]"].b[label="o.\\"1]"].c',
    )


def test_lists_of_which_one_has_no_names_are_matched_by_index() -> None:
    before = {"a": [{"label": "A", "v": 1}, {"label": "B", "v": 2}]}
    after = {"a": [{"label": "A", "v": 1}, {"label": "A", "v": 2}]}
    assert changed(before, after) == [Changed(path="a[1].label", before="B", after="A")]


@pytest.mark.parametrize(("one", "other", "count"), [(1, 1.0, 0), (1, True, 1), (0, None, 1), ([1], [True], 1)])
def test_numbers_are_the_same_in_both_forms_but_are_no_booleans(one: Any, other: Any, count: int) -> None:
    assert len(changed({"a": one}, {"a": other})) == count
