"""The pages of the checks are written from the checks, and are current."""

from __future__ import annotations

import re

from support import PROJECT

from aind_curriculum_runtime.checks.engine.check import DOCS
from aind_curriculum_runtime.checks.pages import pages
from aind_curriculum_runtime.checks.plugin import CHECKS, FAMILIES

FOLDER = PROJECT / "docs" / "checks"


def test_the_pages_in_the_docs_are_the_ones_that_would_be_written_now() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert written == pages(), "run: uv run python -m aind_curriculum_runtime.checks.pages docs/checks"


def test_every_finding_links_to_a_page_that_is_there() -> None:
    for check in CHECKS.values():
        name = check().url.removeprefix(f"{DOCS}/")
        assert (FOLDER / name).is_file(), name


def test_links_between_the_pages_lead_somewhere() -> None:
    found = [
        (path.name, target)
        for path in FOLDER.iterdir()
        for target in re.findall(r"\]\((?!https://)([^)]+)\)", path.read_text(encoding="utf-8"))
    ]
    assert found
    assert [one for one in found if not (FOLDER / one[1]).is_file()] == []


def test_every_check_says_what_holds_why_and_how_to_mend_it() -> None:
    for name, check in CHECKS.items():
        title, _, why = (check.__doc__ or "").partition("\n\n")
        assert title and not title.endswith(".") and why.strip(), name
        assert check.mend.endswith("."), name
        assert check.family in FAMILIES, name


def test_gates_are_checks_that_come_without_a_circle() -> None:
    def depth(name: str, above: tuple[str, ...] = ()) -> int:
        assert name not in above, above
        return 1 + max((depth(gate, (*above, name)) for gate in CHECKS[name].requires), default=0)

    assert all(depth(name) > 0 for name in CHECKS)
