"""The pages of the checks are written from the checks, and are current."""

from __future__ import annotations

import re
from pathlib import Path

from support import PROJECT

from aind_curriculum_runtime.checks.engine.check import DOCS
from aind_curriculum_runtime.checks.pages import pages
from aind_curriculum_runtime.checks.plugin import BY_DEFAULT, CHECKS, FAMILIES

FOLDER = PROJECT / "docs" / "checks"


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings: lower case, hyphens for spaces, no punctuation."""
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(target: str, page: Path) -> bool:
    """Whether a link in a page leads to a page that is there, at an anchor that is there."""
    name, _, anchor = target.partition("#")
    other = page.parent / name if name else page
    return other.is_file() and (not anchor or anchor in anchors(other))


def test_the_pages_in_the_docs_are_the_ones_that_would_be_written_now() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert written == pages(), "run: uv run python -m aind_curriculum_runtime.checks.pages docs/checks"


def test_every_finding_links_to_a_page_and_an_anchor_that_are_there() -> None:
    for check in CHECKS.values():
        target = check.url.removeprefix(f"{DOCS}/")
        assert "#" in target and leads_somewhere(target, FOLDER / "index.md"), target


def test_links_between_the_pages_lead_somewhere() -> None:
    found = [
        (path, target)
        for path in FOLDER.iterdir()
        for target in re.findall(r"\]\((?!https://)([^)]+)\)", path.read_text(encoding="utf-8"))
    ]
    assert len(found) > 2 * len(CHECKS)
    assert [f"{path.name}: {target}" for path, target in found if not leads_somewhere(target, path)] == []


def test_every_check_says_what_holds_why_and_how_to_fix_it() -> None:
    for name, check in CHECKS.items():
        assert check.title and not check.title.endswith(".") and check.why.strip(), name
        assert check.fix.endswith("."), name
        assert check.family in FAMILIES, name


def test_gates_are_checks_that_come_without_a_circle() -> None:
    def depth(name: str, above: tuple[str, ...] = ()) -> int:
        assert name not in above, above
        return 1 + max((depth(gate, (*above, name)) for gate in CHECKS[name].requires), default=0)

    assert all(depth(name) > 0 for name in CHECKS)


def test_no_plain_check_is_gated_by_one_that_is_run_on_request() -> None:
    assert set(BY_DEFAULT).union(*(CHECKS[name].requires for name in BY_DEFAULT)) == set(BY_DEFAULT)
