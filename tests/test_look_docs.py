"""The pictures in the docs show what is drawn today. The docs' commands are run by test_docs.py."""

from __future__ import annotations

import re

import pytest
from pictures import elements
from shaped import curricula
from support import PROJECT

from aind_curriculum_runtime.look.dot import draw
from aind_curriculum_runtime.look.drawing import svg
from aind_curriculum_runtime.look.model import CurriculumModel

PICTURES = PROJECT / "docs" / "pictures"


def content(picture: str) -> list[tuple[str, str, str | None, str | None]]:
    """What a picture says. Where things stand in it depends on the machine's fonts."""
    return [(one.text, one.title, one.dashes, one.colour) for one in elements(picture)]


@pytest.mark.parametrize("name", curricula())
def test_a_picture_in_the_docs_says_what_is_drawn_today(name: str, models: dict[str, CurriculumModel]) -> None:
    kept = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    assert content(kept) == content(svg(draw(models[name])))


def test_every_picture_is_shown_in_the_docs() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "docs").glob("*.md"))
    shown = set(re.findall(r"\(pictures/([^)]+)\)", text))
    assert shown and shown == {path.name for path in PICTURES.iterdir()}
