"""Lines that tell what changed: short enough to read, and never the same for different values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aind_curriculum_runtime.contract.leaves import ABSENT, Changed, changed
from aind_curriculum_runtime.look.changes import LISTED, WIDTH, change_lines, folded, in_lines, in_short, sides
from aind_curriculum_runtime.look.summary import summarise

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab \n", max_size=90),
    lambda inner: st.lists(inner, max_size=40),
    max_leaves=60,
)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (50, 40, "50 -> 40"),
        (None, 2.0, "null -> 2.0"),
        ("Scalar", "Normal", "Scalar -> Normal"),
        ("1", 1, '"1" -> 1'),
        ([0.5, 0.5], [1.0, 0.0], "[0.5, 0.5] -> [1.0, 0.0]"),
        ([0] * 100, [0] * 57 + [1] * 43, "[57] 0 -> 1 (43 of 100 values differ)"),
        ([[0] * 30] * 30, [[0] * 30] * 29 + [[1] * 30], "[29][0] 0 -> 1 (30 of 900 values differ)"),
        ("x" * 100 + "a", "x" * 100 + "b", f"...{'x' * 20}a (101 characters) -> ...{'x' * 20}b (101 characters)"),
        (None, [7] * 100, f"null -> {'[' + '7, ' * 20}"[:68] + "... (100 values)"),
    ],
)
def test_values_are_told_so_that_one_sees_the_difference(before: Any, after: Any, told: str) -> None:
    assert " -> ".join(sides(before, after)) == told


@given(VALUES, VALUES)
def test_two_values_that_differ_never_read_the_same(before: Any, after: Any) -> None:
    if changed({"a": before}, {"a": after}):
        one, other = sides(before, after)
        assert one != other
        assert max(len(one), len(other)) <= 130


@given(st.text('ab.[]"= 1é', max_size=400))
def test_a_folded_line_loses_nothing_but_spaces(text: str) -> None:
    lines = folded(text, "    ")
    assert "".join("".join(lines).split()) == "".join(text.split()) or len(text) <= WIDTH
    assert all(len(line) <= WIDTH for line in lines)


def test_a_long_path_goes_on_at_a_step() -> None:
    path = (
        "environment.blocks[0].environment.patches[label=PatchZA].reward_specification.operant_logic.stop_length.value"
    )
    assert change_lines([Changed(path=path, before=0.25, after=0.5)], "  ", everything=False) == [
        "  environment.blocks[0].environment.patches[label=PatchZA].reward_specification.operant_logic.stop_length",
        "      .value: 0.25 -> 0.5",
    ]


def test_a_name_and_its_value_stay_together() -> None:
    values = ", ".join(f"n_patches_visited_{number} = {number}" for number in range(9))
    lines = folded(f"  {values}", "    ")
    assert len(lines) == 3 and all(line.count(" = ") == line.count("n_patches") for line in lines)


def test_a_long_value_is_cut_and_says_how_long_it_is() -> None:
    assert in_short(list(range(5000))).endswith("... (5000 values)")
    assert in_short("x" * 300) == "x" * 60 + "... (300 characters)"


def some(count: int, value: int) -> dict[str, Any]:
    return {"patches": [{"label": f"P{number}", "gain": value, "rest": number} for number in range(count)]}


def test_the_same_change_in_three_elements_is_one_line() -> None:
    (line,) = in_lines(changed(some(3, 1), some(3, 2)), everything=False)
    assert line.text == "patches[*].gain: 1 -> 2 (in 3 places)"
    assert [one.path for one in line.changes] == [f"patches[label=P{number}].gain" for number in range(3)]
    assert len(in_lines(changed(some(2, 1), some(2, 2)), everything=False)) == 2
    assert len(in_lines(changed(some(3, 1), some(3, 2)), everything=True)) == 3


def test_another_value_in_one_element_is_a_line_of_its_own() -> None:
    after = some(4, 2)
    after["patches"][1]["gain"] = 9
    assert [one.text for one in in_lines(changed(some(4, 1), after), everything=False)] == [
        "patches[*].gain: 1 -> 2 (in 3 places)",
        "patches[label=P1].gain: 1 -> 9",
    ]


def test_what_is_added_or_removed_as_a_whole_is_one_line() -> None:
    lines = in_lines(
        changed({"a": {"x": 1, "y": {"z": 2}}, "b": None, "c": 1}, {"b": {"v": 1}, "d": 2}), everything=False
    )
    assert [one.text for one in lines] == [
        "a: removed, 2 values",
        "b.v: added, 1",
        "c: removed, was 1",
        "d: added, 2",
    ]


def test_of_many_changes_the_first_are_listed() -> None:
    changes = [Changed(path=f"a{number}", before=number, after=-1) for number in range(LISTED + 31)]
    lines = change_lines(changes, "  ", everything=False)
    assert (len(lines), lines[-1]) == (LISTED + 1, "  and 31 more (--all shows them)")
    assert len(change_lines(changes, "  ", everything=True)) == LISTED + 31


def state(parameters: dict[str, Any]) -> dict[str, Any]:
    return {"stage": {"name": "s_one", "task": {"task_parameters": parameters}}, "active_policies": ["m.p_one"]}


def test_the_summary_of_a_large_task_shows_what_changed_and_no_more() -> None:
    before = {"blocks": [some(20, 1)], "sequence": [0] * 10000, "gone": {"x": 1}}
    after = json.loads(json.dumps(before)) | {"sequence": [0] * 9999 + [1], "gone": None}
    after["blocks"][0]["patches"][7]["gain"] = 2
    metrics = {"hits": 3, "times": [0.5] * 500, "done": True}
    lines = summarise(state(before), {"trainer_state": state(after), "metrics": metrics}).splitlines()
    assert lines[:-2] == [
        "stage     s_one (stays)",
        "policies  p_one",
        "changed   blocks[0].patches[label=P7].gain: 1 -> 2",
        "          sequence: [9999] 0 -> 1 (1 of 10000 values differ)",
        "          gone.x: removed, was 1",
        "metrics   hits: 3",
    ]
    assert lines[-2].endswith("... (500 values)") and lines[-1] == "          done: true"
    assert max(map(len, lines)) <= WIDTH


def test_an_absent_value_is_no_json() -> None:
    with pytest.raises(TypeError):
        json.dumps(ABSENT)
