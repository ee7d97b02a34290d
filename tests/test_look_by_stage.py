"""Parameters by stage, of tasks as large as real ones: what every view shows of them, and how long its lines are."""

from __future__ import annotations

import dataclasses
import html
import itertools
import re
import struct
from typing import Any

import pytest
from pictures import elements, size

from aind_curriculum_runtime.contract.leaves import leaves
from aind_curriculum_runtime.look.by_stage import Row, by_stage, folded, grouped
from aind_curriculum_runtime.look.dot import draw
from aind_curriculum_runtime.look.drawing import png, svg
from aind_curriculum_runtime.look.mermaid import markdown
from aind_curriculum_runtime.look.model import CurriculumModel, Parameter
from aind_curriculum_runtime.look.order import stage_order
from aind_curriculum_runtime.look.page import page
from aind_curriculum_runtime.look.terminal import overview, stage_text


def patch(label: str, reward: float, **changes: Any) -> dict[str, Any]:
    """An element of a list as real tasks have them: some values, in models within models."""
    distribution = {"family": "Scalar", "distribution_parameters": {"family": "Scalar", "value": reward}}
    limits = {"truncation_parameters": None, "scaling_parameters": None}
    return {
        "label": label,
        "state_index": 0,
        "reward_specification": dict.fromkeys(("amount", "delay", "probability"), distribution | limits) | changes,
        "odor_specification": [1.0, 0.0, 0.0],
    }


def task(*patches: dict[str, Any], blocks: int = 1, velocity: float = 8.0) -> dict[str, Any]:
    """The parameters of a task."""
    block = {"environment": {"patches": list(patches), "transition_matrix": [[1.0 / 3] * 3] * 3}}
    return {
        "rng_seed": None,
        "environment": {"blocks": [block] * blocks, "sampling_mode": "Random"},
        "operation_control": {"position_control": {"velocity_threshold": velocity, "gain": {"x": 1.0, "y": 1.0}}},
        "trace": list(range(3000)),
    }


def of(model: CurriculumModel, *tasks: dict[str, Any]) -> CurriculumModel:
    """A curriculum whose stages set these parameters."""
    stages = [
        dataclasses.replace(
            model.stages[0],
            name=f"probability_grid_short_delay_{number}",
            parameters=tuple(
                Parameter(name=path, value=value, type="float", unit=None, description="What it is. " * 9, bounds=())
                for path, value in leaves(parameters).items()
            ),
        )
        for number, parameters in enumerate(tasks)
    ]
    rule = dataclasses.replace(
        model.transitions[0].rule, docstring="", reference="rules.st_s_stage_one_odor_no_depletion_s_stage_two_odors"
    )
    transitions = tuple(
        dataclasses.replace(model.transitions[0], source=one.name, target=other.name, rule=rule)
        for one, other in itertools.pairwise(stages)
    )
    return dataclasses.replace(model, name="large", stages=tuple(stages), transitions=transitions)


@pytest.fixture
def base(models: dict[str, CurriculumModel]) -> CurriculumModel:
    """What the others are made of."""
    return models["my-curriculum"]


@pytest.fixture
def large(base: CurriculumModel) -> CurriculumModel:
    """A curriculum like those for VR foraging."""
    return of(
        base,
        task(patch("OdorA", 5.0), velocity=60.0),
        task(patch("OdorA", 7.0), patch("OdorB", 7.0), blocks=4),
        task(*(patch(f"Odor{one}", one / 3) for one in range(10)), blocks=12),
        task(*(patch(f"Odor{one}", one / 7, **{f"added_{one}": 1}) for one in range(10)), blocks=12),
    )


def rows(model: CurriculumModel, *, everything: bool = False) -> dict[str, Row]:
    """The rows by their paths."""
    return {row.path: row for row in by_stage(model, stage_order(model), everything=everything).rows}


# What differs.


def test_only_what_differs_has_a_row_and_the_rest_is_counted(base: CurriculumModel) -> None:
    model = of(base, {"gain": 1.0, "seed": None, "port": 3}, {"gain": 2.0, "seed": None, "port": 3})
    assert rows(model)["gain"].cells == ("1.0", "2.0")
    assert list(rows(model)) == ["gain"]
    assert by_stage(model, stage_order(model)).same == 2
    assert list(rows(model, everything=True)) == ["gain", "seed", "port"]


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        (1, 1.0, False),
        (1, True, True),
        ("1", 1, True),
        ("a  b", "a b", True),
        ([1, 2], [1.0, 2], False),
        (None, 0, True),
    ],
)
def test_values_are_compared_and_not_the_text_that_is_shown(
    one: Any, other: Any, differs: bool, base: CurriculumModel
) -> None:
    model = of(base, {"gain": one}, {"gain": other})
    assert list(rows(model)) == (["gain"] if differs else [])


def test_a_stage_that_does_not_have_a_parameter_is_no_stage_that_has_null(base: CurriculumModel) -> None:
    row = rows(of(base, {"gain": None, "a": 1}, {"a": 1}, {"gain": None, "a": 1}))["gain"]
    assert (row.cells, row.changed) == (("null", None, "null"), (False, True, True))


def test_an_element_that_only_some_stages_have_is_one_row_with_the_number_of_its_values(base: CurriculumModel) -> None:
    both = [patch("OdorA", 1.0), patch("OdorB", 1.0)]
    model = of(base, task(both[0]), task(*both), task(both[0], patch("OdorB", 2.0)))
    found = rows(model)
    part = "environment.blocks[0].environment.patches[label=OdorB]"
    assert found[part].parameter is None
    assert found[part].cells == (None, "17 values", "17 values")
    assert found[part].changed == (False, True, True)
    inside = [path.removeprefix(part) for path in found if path.startswith(f"{part}.")]
    assert inside == [
        f".reward_specification.{one}.distribution_parameters.value" for one in ("amount", "delay", "probability")
    ]
    assert all(found[part + path].cells == (None, "1.0", "2.0") and found[part + path].inside for path in inside)


def test_elements_in_which_the_same_differs_are_one_row(base: CurriculumModel) -> None:
    tasks = [task(*(patch(label, reward) for label in ("A", "B", "odor 90"))) for reward in (1.0, 2.0)]
    paths = list(rows(of(base, *tasks)))
    assert len(paths) == 3
    assert all("patches[label=A and 2 more]." in path for path in paths)
    assert len([path for path in rows(of(base, *tasks), everything=True) if "label=" in path]) == 3 * 17


def test_a_single_stage_shows_all_it_sets(base: CurriculumModel) -> None:
    assert list(rows(of(base, {"gain": 1.0, "seed": None}))) == ["gain", "seed"]


# Long paths.


def test_a_heading_and_the_rest_of_a_path_are_the_path(large: CurriculumModel) -> None:
    for everything in (False, True):
        all_rows = list(rows(large, everything=everything).values())
        groups = grouped(all_rows, 40)
        assert [row for _, group in groups for _, row in group] == all_rows
        for heading, group in groups:
            for rest, row in group:
                said = heading if rest == "(as a whole)" else f"{heading}.{rest}" if heading else rest
                assert said == row.path
        long = [rest for _, group in groups for rest, _ in group if len(rest) > 40]
        assert len(long) <= 2 * len(groups)


def test_short_paths_have_no_heading(base: CurriculumModel) -> None:
    model = of(base, {"gain": {"x": 1, "y": 2}, "a": 1}, {"gain": {"x": 2, "y": 3}, "a": 2})
    groups = grouped(list(rows(model).values()), 20)
    assert [(heading, [rest for rest, _ in group]) for heading, group in groups] == [("", ["gain.x", "gain.y", "a"])]


def test_where_not_all_rows_fit_the_shortest_paths_are_shown(large: CurriculumModel) -> None:
    found = list(rows(large).values())
    kept = folded(found, 6)
    assert len(kept) == 6 and [row for row in found if row in kept] == kept
    assert "operation_control.position_control.velocity_threshold" in [row.path for row in kept]
    assert not any(row.inside for row in kept)
    assert folded(found, len(found)) == found


# What the views make of it.


@pytest.mark.parametrize("width", [80, 100, 200])
@pytest.mark.parametrize("everything", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, everything: bool, large: CurriculumModel) -> None:
    texts = [overview(large, width, everything=everything)]
    texts += [stage_text(large, stage.name, width, everything=everything) for stage in large.stages]
    assert max(len(line) for text in texts for line in text.splitlines()) <= width


def test_the_terminal_shows_stages_side_by_side_and_says_what_is_left_out(large: CurriculumModel) -> None:
    text = overview(large, 100)
    same = by_stage(large, stage_order(large)).same
    assert re.search(rf"{same} parameters are the same at every stage \(--all shows\s+them\)\.", text)
    assert "(--all" not in overview(large, 100, everything=True)
    line = next(line.split() for line in text.splitlines() if "velocity_threshold" in line or "  60.0 " in line)
    assert line[-5:] == ["60.0", "*", "8.0", "8.0", "8.0"]
    assert len(text.splitlines()) < 130


def test_all_parameters_stand_in_the_terminal_if_asked_for(large: CurriculumModel) -> None:
    lines = overview(large, 200, everything=True).splitlines()
    paths = "".join(line[:40].replace(" ", "") for line in lines)
    for heading, group in grouped(list(rows(large, everything=True).values()), 36):
        assert not heading or f"  {heading}" in lines
        assert all(rest.replace(" ", "") in paths for rest, _ in group)


def test_lines_of_the_markdown_page_can_be_read(large: CurriculumModel) -> None:
    written = markdown(large)
    assert max(map(len, written.splitlines())) <= 450
    assert len(written) < 25_000
    assert "are the same at every stage: `curriculum show --all`." in written
    tables = [line for line in written[written.index("## Parameters") :].splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in tables}) == 1


def test_the_picture_has_its_stages_side_by_side_and_is_no_higher_than_a_few_screens(large: CurriculumModel) -> None:
    drawn = svg(draw(large))
    (table,) = (one for one in elements(drawn) if "parameters" in one.classes)
    assert re.search(r"\d+ more differ; \d+ parameters are the same at every stage", table.text)
    width, height = size(drawn)
    assert width <= 830 * 1.05 and height <= 1700
    assert struct.unpack(">II", png(draw(large))[16:24])[1] <= 1700


def test_the_page_has_every_parameter_and_folds_what_does_not_differ(large: CurriculumModel) -> None:
    written = page(large)
    before, _, unfolded = written.partition('<details id="folded">')
    titles = {html.unescape(title) for title in re.findall(r'<th title="([^"\n]*)', written)}
    assert set(rows(large, everything=True)) <= titles
    item = 'class="item"'
    assert f"<summary>{unfolded.count(item)} more" in unfolded
    assert before.count(item) < 160
    lines = [line for line in written.splitlines() if not line.startswith(("<path", "<polygon"))]
    assert max(map(len, lines)) <= 450


# Text that any font may write.


def test_what_is_centred_is_centred_by_the_browser(large: CurriculumModel) -> None:
    drawn = svg(draw(large))
    middles = re.findall(r'<text [^>]*text-anchor="middle" x="([-\d.]+)"[^>]*>([^<]*)', drawn)
    for stage in large.stages:
        (element,) = (one for one in elements(drawn) if "stage" in one.classes and one.text.startswith(stage.name))
        (x,) = (float(x) for x, text in middles if text == stage.name)
        assert element.box is not None
        assert abs(x - (element.box.left + element.box.right) / 2) < 0.5
    page_width = float(re.findall(r'viewBox="0\.00 0\.00 ([\d.]+)', drawn)[0])
    left = float(re.findall(r"translate\(([\d.]+)", drawn)[0])
    (x,) = (float(x) for x, text in middles if text.startswith("large "))
    assert abs(x - (page_width / 2 - left)) < 0.5
    assert {re.sub(r"[_\d]+$", "", text) for _, text in middles if "_" in text} == {"probability_grid_short_delay"}


def test_boxes_have_room_for_a_wide_font(large: CurriculumModel) -> None:
    drawn = elements(svg(draw(large, "stages")))
    for stage in large.stages:
        (element,) = (one for one in drawn if "stage" in one.classes and one.text.startswith(stage.name))
        assert element.box is not None
        # In DejaVu Sans Bold this name is 0.57 of its size wide for each letter, in Verdana Bold more.
        assert element.box.right - element.box.left >= 0.61 * 11 * len(stage.name)


def test_names_break_at_their_underscores(large: CurriculumModel) -> None:
    name = "st_s_stage_one_odor_no_depletion_s_stage_two_odors"
    drawn = svg(draw(large, "stages"))
    lines = re.findall(r"<text [^>]*>\s*(?:1 )?(\w+)</text>", drawn)
    pieces = [line for line in lines if line in name and len(line) > 1]
    assert "".join(pieces) == name * (len(large.stages) - 1)
    assert all(piece.endswith("_") or name.endswith(piece) for piece in pieces)
