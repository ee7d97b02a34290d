"""Pictures and pages of curricula of the shapes in use."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import json
import re
import struct
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from pictures import SVG, Element, elements, size
from shaped import curricula, shape
from support import Repo, call

from aind_curriculum_runtime.look.by_stage import by_stage
from aind_curriculum_runtime.look.dot import draw
from aind_curriculum_runtime.look.drawing import svg
from aind_curriculum_runtime.look.mermaid import markdown, mermaid
from aind_curriculum_runtime.look.model import CurriculumModel, Transition, from_json, to_json
from aind_curriculum_runtime.look.order import stage_order
from aind_curriculum_runtime.look.page import page

README_WIDTH = 830
"""Pixels that GitHub gives a picture in a README."""


@pytest.fixture(params=curricula())
def model(request: pytest.FixtureRequest, models: dict[str, CurriculumModel]) -> CurriculumModel:
    """One of them."""
    return models[request.param]


@pytest.fixture
def picture(model: CurriculumModel) -> list[Element]:
    """The elements of its picture of stages and policies."""
    return elements(svg(draw(model, "stages")))


def words(text: str) -> list[str]:
    """Words, whatever lines they stand in."""
    return text.split()


# The whole command.


@pytest.mark.parametrize("name", curricula())
@pytest.mark.parametrize("form", ["svg", "png", "html", "md"])
def test_a_diagram_is_written_in_every_format(form: str, name: str, shaped_repo: Repo, tmp_path: Path) -> None:
    target = tmp_path / f"curriculum.{form}"
    result = shaped_repo.curriculum("diagram", "-o", target, "--curriculum", name)
    assert (result.code, result.stdout) == (0, b""), result.text
    assert list(tmp_path.iterdir()) == [target]
    begins = {"svg": b"<?xml", "png": b"\x89PNG\r\n\x1a\n", "html": b"<!DOCTYPE html>", "md": b"# " + name.encode()}
    assert target.read_bytes().startswith(begins[form])


def test_the_same_curriculum_gives_the_same_bytes(shaped_repo: Repo, tmp_path: Path) -> None:
    written = []
    for seed in ("1", "2"):
        for form in ("svg", "html", "md"):
            target = tmp_path / f"{seed}.{form}"
            options: dict[str, Any] = {"env": {"PYTHONHASHSEED": seed}}
            result = shaped_repo.curriculum("diagram", "-o", target, "--curriculum", "rollback", **options)
            assert result.code == 0, result.text
            written.append(target.read_bytes())
    assert written[:3] == written[3:]


def test_one_sheet_alone_can_be_asked_for(shaped_repo: Repo, tmp_path: Path) -> None:
    texts = {}
    for sheet in ("stages", "parameters", "both"):
        target = tmp_path / f"{sheet}.svg"
        result = shaped_repo.curriculum("diagram", "-o", target, "--sheet", sheet, "--curriculum", "my-curriculum")
        assert result.code == 0, result.text
        texts[sheet] = " ".join(ElementTree.fromstring(target.read_bytes()).itertext())
    holds = {sheet: ("Enough trials" in text, "reward_volume [ul]" in text) for sheet, text in texts.items()}
    assert holds == {"stages": (True, False), "parameters": (False, True), "both": (True, True)}


def test_without_the_extra_a_picture_is_refused_and_markdown_is_written(shared_repo: Repo, tmp_path: Path) -> None:
    for form in ("svg", "html"):
        refused = shared_repo.curriculum("diagram", "-o", tmp_path / f"curriculum.{form}")
        assert (refused.code, refused.error["code"]) == (64, "usage.extra_needed")
        assert "[diagram]" in refused.error["hint"]
    written = shared_repo.curriculum("diagram", "-o", tmp_path / "curriculum.md")
    assert written.code == 0, written.text
    assert [one.name for one in tmp_path.iterdir()] == ["curriculum.md"]


def test_without_jinja2_the_page_is_refused_before_the_curriculum_is_imported(
    shaped_repo: Repo, tmp_path: Path
) -> None:
    (installed,) = (shaped_repo.path / ".venv").rglob("site-packages/jinja2")
    installed.rename(away := installed.with_name("jinja2.away"))
    try:
        page = tmp_path / "curriculum.html"  # with a Python of its own: the library imports jinja2 too
        refused = call([shaped_repo.script("curriculum"), "diagram", "-o", page, "--curriculum", "rollback"])
    finally:
        away.rename(installed)
    assert (refused.code, refused.error["code"]) == (64, "usage.extra_needed"), refused.text
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["-o", "missing/curriculum.md"], "output.directory_missing", 74),
        (["-o", "file/curriculum.md"], "output.directory_missing", 74),
        (["-o", "folder.md"], "output.not_writable", 74),
        (["-o", "curriculum.pdf"], "usage.invalid", 64),
        (["-o", "curriculum"], "usage.invalid", 64),
        (["-o", "curriculum.md", "--sheet", "stages"], "usage.invalid", 64),
        ([], "usage.invalid", 64),
    ],
)
def test_a_file_that_cannot_be_written_is_told_in_one_sentence(
    arguments: list[str], code: str, exit_code: int, shared_repo: Repo, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.md").mkdir()
    before = sorted(tmp_path.rglob("*"))
    result = shared_repo.curriculum("diagram", *arguments, cwd=tmp_path)
    assert (result.error["code"], result.code) == (code, exit_code)
    assert sorted(tmp_path.rglob("*")) == before


# Whether a page is current.


def test_a_page_is_current_as_long_as_the_curriculum_is_as_it_was(repo: Repo) -> None:
    check = ("diagram", "-o", repo.path / "docs" / "curriculum.md", "--check")
    assert repo.curriculum(*check).code == 0
    repo.edit("src/my_curriculum/stages.py", "reward_volume=6.0", "reward_volume=7.0")
    changed = repo.curriculum(*check)
    assert (changed.code, changed.stdout) == (1, b"")
    assert "is not current" in changed.text and "curriculum diagram -o" in changed.text
    assert repo.curriculum(*check[:-1]).code == 0
    assert repo.curriculum(*check).code == 0


def test_a_page_that_is_missing_is_not_current_and_is_not_made(repo: Repo, tmp_path: Path) -> None:
    result = repo.curriculum("diagram", "-o", tmp_path / "no" / "curriculum.md", "--check")
    assert result.code == 1
    assert "is missing" in result.text
    assert not list(tmp_path.iterdir())


def test_other_line_ends_make_no_page_old(repo: Repo) -> None:
    target = repo.path / "docs" / "curriculum.md"
    target.write_bytes(target.read_bytes().replace(b"\n", b"\r\n"))
    assert repo.curriculum("diagram", "-o", target, "--check").code == 0


# What stands in a picture.


def test_every_stage_stands_in_the_picture_once(model: CurriculumModel, picture: list[Element]) -> None:
    drawn = [element for element in picture if "stage" in element.classes]
    assert sorted(words(one.text)[0] for one in drawn) == sorted(stage.name for stage in model.stages)


def test_every_transition_is_an_edge_or_an_edge_through_its_label(
    model: CurriculumModel, picture: list[Element]
) -> None:
    said = [" ".join(words(one.text)) for one in picture if {"edge", "label"} & one.classes and one.text]
    policy_transitions = [one for stage in model.stages for one in stage.policy_transitions]
    wanted = []
    for one in [*model.transitions, *policy_transitions]:
        person = "by a person " if one.rule.manual else ""
        wanted.append(f"{one.priority} {person}{one.rule.summary}")
    assert sorted(said) == sorted(wanted)


def test_hovering_over_an_edge_shows_the_rules_source(model: CurriculumModel, picture: list[Element]) -> None:
    titles = [one.title for one in picture if {"edge", "label"} & one.classes]
    for transition in model.transitions:
        assert transition.rule.source.startswith(("def ", "@manual_transition"))
        assert any(transition.rule.source in title for title in titles)


def test_advances_are_solid_regressions_dashed_and_a_persons_decisions_dotted(
    model: CurriculumModel, picture: list[Element]
) -> None:
    order = stage_order(model)
    edges = {one.title.partition(",")[0]: one for one in picture if "edge" in one.classes}
    for transition in model.transitions:
        dashes = edges[f"{transition.source} to {transition.target}"].dashes
        kind = "manual" if transition.rule.manual else order.kind(transition.source, transition.target)
        assert dashes == {"advance": None, "regress": "5,2", "manual": "1,5"}[kind], transition.rule.name


def test_colours_go_from_red_to_green_along_the_way(model: CurriculumModel, picture: list[Element]) -> None:
    edges = {one.title.partition(",")[0]: one for one in picture if "edge" in one.classes}
    order = stage_order(model)
    by_level = {}
    for transition in model.transitions:
        colour = str(edges[f"{transition.source} to {transition.target}"].colour)
        red, green = int(colour[1:3], 16), int(colour[3:5], 16)
        by_level[order.level[transition.target]] = green - red
    assert [by_level[level] for level in sorted(by_level)] == sorted(by_level.values())
    if by_level:
        assert by_level[max(by_level)] > 0


def test_policies_are_shown_with_those_active_from_the_start_marked(
    model: CurriculumModel, picture: list[Element]
) -> None:
    for stage in model.stages:
        drawn = next(one for one in picture if "stage" in one.classes and words(one.text)[0] == stage.name)
        marks = [f"{'●' if policy.start else '○'} {policy.rule.name}" for policy in stage.policies]
        assert words(drawn.text) == [stage.name, *(word for mark in marks for word in mark.split())]


def test_policies_between_which_there_are_transitions_get_a_graph_of_their_own(
    model: CurriculumModel, picture: list[Element]
) -> None:
    titled = [one.text for one in picture if "cluster" in one.classes]
    assert titled == [
        f"Policies of {name}" for name in stage_order(model).names if model.stage(name).policy_transitions
    ]


def test_every_parameter_that_differs_stands_in_the_second_sheet(model: CurriculumModel) -> None:
    compared = by_stage(model, stage_order(model))
    tables = [one for one in elements(svg(draw(model, "parameters"))) if "parameters" in one.classes]
    shown = [text for table in tables for text in table.text.split()]
    assert "".join(shown).count("parameter") == len(tables) + (1 if compared.same else 0)
    for row in compared.rows:
        assert shown.count(row.path) == len(tables)
        assert all(shown.count(str(value)) >= row.cells.count(value) for value in row.cells)
    if compared.same:
        assert f"{compared.same} parameters are the same at every stage" in " ".join(shown)


def test_hovering_over_a_parameter_shows_its_description_unit_and_limits(model: CurriculumModel) -> None:
    drawn = svg(draw(model, "parameters"))
    titles = [one.text or "" for one in ElementTree.fromstring(drawn).iter(f"{SVG}title")]
    for row in by_stage(model, stage_order(model)).rows:
        parameter = row.parameter
        assert parameter is not None
        told = next(title for title in titles if title.startswith(f"{parameter.name}\n"))
        assert parameter.description in told and all(bound in told for bound in parameter.bounds)
        assert parameter.unit is None or f"unit: {parameter.unit}" in told


def test_cells_that_change_are_marked_and_no_others(models: dict[str, CurriculumModel]) -> None:
    drawn = svg(draw(models["my-curriculum"], "parameters"))
    # What Shaping and Discrimination set otherwise than the stage before them.
    assert drawn.count('fill="#fff1b8"') == 5
    assert "s_shaping: reward_volume = 4.0, before 6.0" in drawn


def test_a_parameter_that_is_no_longer_set_is_marked_though_it_was_null(models: dict[str, CurriculumModel]) -> None:
    first, second, *_ = models["my-curriculum"].stages
    parameters = tuple(dataclasses.replace(one, value=None) for one in first.parameters)
    stages = tuple(
        dataclasses.replace(stage, parameters=own) for stage, own in ((first, parameters), (second, parameters[1:]))
    )
    model = dataclasses.replace(models["my-curriculum"], stages=stages, transitions=())
    drawn = svg(draw(model, "parameters"))
    assert drawn.count('fill="#fff1b8"') == 1 and f"{parameters[0].name} = not set, before null" in drawn


def test_no_label_node_or_cluster_title_overlaps_another(picture: list[Element]) -> None:
    boxes = [(one.id, one.box or one.label) for one in picture if "cluster" not in one.classes]
    for (first, one), (second, other) in itertools.combinations([(name, box) for name, box in boxes if box], 2):
        assert not one.overlaps(other), f"{first} and {second}"


def test_a_frame_of_policies_holds_all_that_is_in_it_and_nothing_else(picture: list[Element]) -> None:
    for frame in (one for one in picture if "cluster" in one.classes):
        assert frame.box is not None
        for other in picture:
            box = other.box or other.label
            if "cluster" not in other.classes and box is not None and frame.box.overlaps(box):
                assert {"policy", "policy-transition"} & other.classes, other.text
                corners = ((box.left, box.top), (box.right, box.bottom))
                assert all(frame.box.holds(corner, slack=0) for corner in corners), other.text


def test_no_line_runs_through_a_stage_or_the_label_of_another(picture: list[Element]) -> None:
    taken = [(one, one.box or one.label) for one in picture if "cluster" not in one.classes]
    for edge in picture:
        for other, box in taken:
            if box is not None and other is not edge:
                assert not any(box.holds(point) for point in edge.line), f"{edge.title} through {other.text}"


TWELVE = [(number, number + 1) for number in range(11)]


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([*TWELVE, *((number, number - 1) for number in range(1, 11))], id="ways back"),
        pytest.param([*TWELVE, (8, 2), (9, 5), (6, 0), (11, 0)], id="long ways back"),
        pytest.param([*TWELVE, (1, 6), (3, 11)], id="skips"),
        pytest.param([*TWELVE, (2, 3), (2, 3), (5, 6)], id="several from one stage to another"),
        pytest.param([*TWELVE, (3, 3), (2, 3), (2, 3), (4, 2), (4, 3)], id="a stage that leads to itself"),
        pytest.param(TWELVE[1:], id="a stage apart"),
        pytest.param(TWELVE, id="a line"),
    ],
)
def test_twelve_stages_stay_legible_however_they_are_joined(
    pairs: list[tuple[int, int]], models: dict[str, CurriculumModel]
) -> None:
    picture = elements(svg(draw(joined(models["my-curriculum"], 12, pairs), "stages")))
    arrows = [one for one in picture if {"advance", "regress", "stay"} & one.classes and "label" not in one.classes]
    assert {one.title.partition(",")[0] for one in arrows} == {f"s_{one} to s_{other}" for one, other in pairs}
    test_no_label_node_or_cluster_title_overlaps_another(picture)
    test_no_line_runs_through_a_stage_or_the_label_of_another(picture)


def joined(model: CurriculumModel, stages: int, pairs: list[tuple[int, int]]) -> CurriculumModel:
    """A curriculum with that many stages and these transitions, in the order in which they are tried."""
    rule = dataclasses.replace(
        model.transitions[0].rule, docstring="The subject did better than a half on two days in a row, without help."
    )
    priority = collections.Counter[int]()
    transitions = []
    for source, target in pairs:
        priority[source] += 1
        transitions.append(Transition(source=f"s_{source}", target=f"s_{target}", priority=priority[source], rule=rule))
    return dataclasses.replace(
        model,
        stages=tuple(dataclasses.replace(model.stages[0], name=f"s_{number}") for number in range(stages)),
        transitions=tuple(transitions),
    )


@pytest.mark.parametrize("sheet", ["stages", "parameters", "both"])
def test_a_readme_shows_the_picture_at_its_own_size(sheet: Any, model: CurriculumModel) -> None:
    assert size(svg(draw(model, sheet)))[0] <= README_WIDTH * 1.05


def test_no_text_is_smaller_than_a_reader_can_read(model: CurriculumModel) -> None:
    drawn = svg(draw(model))
    shrunk = min(1, README_WIDTH / size(drawn)[0])
    heights = [float(str(text.get("font-size"))) for text in ElementTree.fromstring(drawn).iter(f"{SVG}text")]
    assert min(heights) * shrunk * 96 / 72 >= 11  # pixels


def test_a_png_is_as_large_as_the_svg(shaped_repo: Repo, models: dict[str, CurriculumModel], tmp_path: Path) -> None:
    target = tmp_path / "curriculum.png"
    assert shaped_repo.curriculum("diagram", "-o", target, "--curriculum", "rollback").code == 0
    width, height = struct.unpack(">II", target.read_bytes()[16:24])
    across, down = size(svg(draw(models["rollback"])))
    assert abs(width - across) <= 2 and abs(height - down) <= 2


AWKWARD = (
    'A "quote", <b>a tag</b> & `code` with \\N, \\G, {braces} | [brackets], {{ 1 + 1 }}, #35; &lt; '
    "and \u00b5l \U0001f42d \x01."
)


def test_any_docstring_can_stand_in_every_format(models: dict[str, CurriculumModel]) -> None:
    document = to_json(models["my-curriculum"])
    for transition in document["transitions"]:
        transition["rule"] |= {"docstring": AWKWARD, "source": f'def f():\n    """{AWKWARD}"""'}
    for stage in document["stages"]:
        for policy in stage["policies"]:
            policy["rule"] |= {"docstring": AWKWARD}
    awkward = from_json(json.loads(json.dumps(document)))
    shown = " ".join(words(AWKWARD.replace("\x01", "\ufffd")))
    drawn = elements(svg(draw(awkward)))
    labels = [" ".join(words(one.text)) for one in drawn if {"advance", "regress"} & one.classes]
    assert len(labels) == len(awkward.transitions)
    assert all(label[2:].startswith(shown[:50]) for label in labels)
    assert any(shown in " ".join(words(one.title)) for one in drawn)
    html_ = Page.of(page(awkward))
    assert shown in " ".join(words(html_.text))
    lines = mermaid(awkward).splitlines()
    assert len(lines) == 1 + 2 * len(awkward.stages) + 2 * len(awkward.transitions)


def test_a_docstring_reads_in_markdown_as_it_was_written(models: dict[str, CurriculumModel]) -> None:
    said = "Between ~~2~~ and *3* of a_b or _c_, [see](there) | `d` <i>e</i> & f \\\\ g, $h$."
    model = models["my-curriculum"]
    transitions = [
        dataclasses.replace(one, rule=dataclasses.replace(one.rule, docstring=said)) for one in model.transitions
    ]
    written = markdown(dataclasses.replace(model, transitions=tuple(transitions)))
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    cells = [token for token in reader.parse(written) if token.type == "inline" and "Between" in token.content]
    assert len(cells) == len(transitions)
    for cell in cells:
        assert {piece.type for piece in cell.children or []} <= {"text", "text_special"}
        assert "".join(piece.content for piece in cell.children or []) == said
        assert "\\$h\\$" in cell.content  # GitHub would take it for a formula


# The page.


class Page(HTMLParser):
    """What a browser would show of a page, and what it would load."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.rows: list[dict[str, str | None]] = []
        self.loads: list[str] = []

    @classmethod
    def of(cls, text: str) -> Page:
        found = cls()
        found.feed(text)
        found.close()
        return found

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if "data-source" in values:
            self.rows.append(values)
        self.loads += [str(values[name]) for name in ("src", "href", "xlink:href") if name in values]
        if tag in ("link", "img", "iframe", "object", "embed"):
            self.loads.append(tag)

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


def test_the_page_holds_every_stage_and_edge_of_the_graph(model: CurriculumModel) -> None:
    written = page(model)
    rows = Page.of(written).rows
    assert sorted((row["data-source"], row["data-target"], row["data-rule"]) for row in rows) == sorted(
        (one.source, one.target, one.rule.reference) for one in model.transitions
    )
    inside = elements(written[written.index("<svg") : written.index("</svg>") + 6])
    assert sorted(words(one.text)[0] for one in inside if "stage" in one.classes) == sorted(
        stage.name for stage in model.stages
    )


def test_the_page_holds_every_parameter_of_every_stage(model: CurriculumModel) -> None:
    written = page(model)
    for stage in model.stages:
        for parameter in stage.parameters:
            assert f'title="{parameter.name}\n' in written
            assert f">{json.dumps(parameter.value)}</td>" in written


def test_the_page_loads_nothing(model: CurriculumModel) -> None:
    written = page(model)
    assert Page.of(written).loads == []
    assert "default-src 'none'" in written
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest", written)


def test_the_page_has_search_and_follows_the_browsers_light_and_dark(model: CurriculumModel) -> None:
    written = page(model)
    assert '<input type="search"' in written
    assert "@media (prefers-color-scheme: dark)" in written and 'data-theme="dark"' in written


# Mermaid.


def test_mermaid_holds_every_stage_and_every_transition(model: CurriculumModel) -> None:
    lines = mermaid(model).splitlines()
    numbers = dict(re.findall(r'(s\d+)\["<b>([^<]+)</b>', "\n".join(lines)))
    edges = re.findall(r"^  (s\d+) (-->|-\.->|==>)\|.*\| (s\d+)$", "\n".join(lines), re.MULTILINE)
    order = stage_order(model)

    def arrow(one: Any) -> str:
        return "==>" if one.rule.manual else {"advance": "-->"}.get(order.kind(one.source, one.target), "-.->")

    assert sorted(numbers.values()) == sorted(stage.name for stage in model.stages)
    assert sorted((numbers[source], kind, numbers[target]) for source, kind, target in edges) == sorted(
        (one.source, arrow(one), one.target) for one in model.transitions
    )


# The way to graduation.


@pytest.mark.parametrize(
    ("name", "back"),
    [
        ("cycle_and_skip", {("s_alternating", "s_single_side"), ("s_probabilistic", "s_alternating")}),
        (
            "rollback",
            {
                ("s_lick_training", "s_free_water"),
                ("s_delay", "s_lick_training"),
                ("s_delay", "s_free_water"),
                ("s_two_sides", "s_delay"),
                ("s_full_task", "s_two_sides"),
                ("s_full_task", "s_delay"),
            },
        ),
        ("manual_line", set()),
    ],
)
def test_transitions_that_go_back_are_told_from_those_that_advance(
    name: str, back: set[tuple[str, str]], models: dict[str, CurriculumModel]
) -> None:
    structure = shape(name)
    order = stage_order(models[structure["name"]])
    assert {(one[0], one[1]) for one in structure["transitions"] if order.kind(one[0], one[1]) == "regress"} == back
    assert list(order.names) == [stage["name"] for stage in structure["stages"]]


# A diagram in somebody's own Markdown.


def test_the_readme_of_a_fresh_repo_shows_its_curriculum_and_is_current(repo: Repo) -> None:
    readme = repo.path / "README.md"
    assert "```mermaid" in readme.read_text(encoding="utf-8")
    assert repo.curriculum("diagram", "-o", readme, "--check").code == 0


def test_a_diagram_in_a_readme_is_renewed_and_nothing_else_is_touched(repo: Repo) -> None:
    readme = repo.path / "README.md"
    before = readme.read_text(encoding="utf-8")
    repo.edit("src/my_curriculum/rules.py", '"""Enough trials to go on."""', '"""Twenty trials."""')
    assert repo.curriculum("diagram", "-o", readme, "--check").code == 1
    assert repo.curriculum("diagram", "-o", readme).code == 0
    after = readme.read_text(encoding="utf-8")
    begin, end = "<!-- curriculum diagram -->", "<!-- end of the curriculum diagram -->"
    assert "Twenty trials." in after[after.index(begin) : after.index(end)]
    assert after.partition(begin)[0] == before.partition(begin)[0]
    assert after.partition(end)[2] == before.partition(end)[2]


def test_markdown_that_somebody_wrote_is_never_overwritten(repo: Repo, tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("# My notes\n", encoding="utf-8")
    result = repo.curriculum("diagram", "-o", notes)
    assert result.code == 64 and result.error["code"] == "usage.invalid"
    assert "overwrite" in result.error["message"]
    assert notes.read_text(encoding="utf-8") == "# My notes\n"
