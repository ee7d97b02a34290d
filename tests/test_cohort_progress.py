"""`curriculum progress`: every session of every animal, as a picture and as a page in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from cohorts import RECORD, STAGES, cohort, curriculum, made_up, record, written
from pictures import SVG
from playwright.sync_api import Browser, Page, sync_playwright

from aind_curriculum_runtime.cohort.progress import sorted_animals

_QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
"""Chromium as root, without a screen, and without asking anybody for anything."""


# Pictures.


def test_a_picture_has_a_mark_for_each_session_with_both_stages_and_its_facts(tmp_path: Path) -> None:
    target = tmp_path / "p.svg"
    result = curriculum("progress", RECORD, "-o", target)
    assert (result.code, result.stdout) == (0, b""), result.text
    marks = [one for one in ElementTree.parse(target).iter(f"{SVG}g") if one.get("class") == "node session"]
    said = {str(one.find(f"{SVG}title").text): "".join(one.find(f"{SVG}text").itertext()) for one in marks}  # type: ignore[union-attr]
    assert len(marks) == len(said) == 411
    stages = {"STAGE_1": 1, "STAGE_2": 2, "STAGE_3": 3, "STAGE_FINAL": 4}
    small = str.maketrans("1234", "¹²³⁴")
    for row in record():
        tip = next(one for one in said if one.startswith(f"{row['subject_id']}, session {row['session']}, "))
        actual, suggested = stages.get(row["current_stage_actual"]), stages[row["current_stage_suggested"]]
        other = str(suggested).translate(small)
        assert said[tip] == (f"×{other}" if actual is None else f"{actual}{other if actual != suggested else ''}")  # noqa: RUF001
        assert f"decision: {row['decision']} -> {row['next_stage_suggested']}" in tip
        assert f"finished_trials: {row['finished_trials']}" in tip


@pytest.mark.parametrize(("axis", "order"), [("date", "first-date"), ("relative-date", "progress")])
def test_a_picture_can_be_had_along_dates_sorted_and_highlighted(axis: str, order: str, tmp_path: Path) -> None:
    options = ("--across", axis, "--sort", order, "--descending", "--highlight", "668463")
    for form, begins in (("svg", b"<?xml"), ("png", b"\x89PNG\r\n\x1a\n")):
        result = curriculum("progress", RECORD, "-o", tmp_path / f"p.{form}", *options)
        assert result.code == 0, result.text
        assert (tmp_path / f"p.{form}").read_bytes().startswith(begins)
    picture = (tmp_path / "p.svg").read_text("utf-8")
    names = re.findall(r">(\d{5,6})</text>", picture)
    assert names == [one.subject for one in sorted_animals(cohort(record()), order, descending=True)]
    assert picture.count('fill="#fff1b8"') == 1


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    for form in ("svg", "html"):
        for number in (1, 2):
            curriculum("progress", RECORD, "-o", tmp_path / f"{number}.{form}")
        one, other = ((tmp_path / f"{number}.{form}").read_bytes() for number in (1, 2))
        assert one.replace(b"1.html", b"") == other.replace(b"2.html", b"")


def test_animals_are_sorted_four_ways() -> None:
    def animal(name: str, first: int, days: list[int], stages: list[str]) -> list[dict[str, Any]]:
        return [
            {
                "subject_id": name,
                "session": first + number,
                "session_date": f"2026-01-{day:02}",
                "current_stage_suggested": stage,
                "current_stage_actual": stage,
            }
            for number, (day, stage) in enumerate(zip(days, stages, strict=True))
        ]

    cells = [
        *animal("m10", 1, [5, 6, 7], ["a", "b", "b"]),
        *animal("m9", 1, [1, 2, 9], ["a", "a", "c"]),
        *animal("m2", 1, [3, 4, 5], ["a", "c", "a"]),
    ]
    animals = cohort(cells, stages=("a", "b", "c"))
    orders = {
        order: [one.subject for one in sorted_animals(animals, order)]
        for order in ("subject", "first-date", "last-date", "progress")
    }
    assert orders == {
        "subject": ["m2", "m9", "m10"],
        "first-date": ["m9", "m2", "m10"],
        "last-date": ["m2", "m10", "m9"],
        "progress": ["m2", "m9", "m10"],  # the last stage soonest, then at all, then not
    }
    assert [one.subject for one in sorted_animals(animals, "subject", descending=True)] == ["m10", "m9", "m2"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["-o", "p.pdf"], "usage.invalid", "does not say which format"),
        (["-o", "no/p.html"], "output.directory_missing", "is missing"),
        (["-o", "p.html", "--highlight", "1"], "usage.invalid", "has no animal '1' to highlight"),
        (["-o", "p.html", "--across", "weeks"], "usage.invalid", "weeks"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_one_sentence(
    arguments: list[str], code: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = curriculum("progress", RECORD, *arguments)
    assert (result.error["code"], list(tmp_path.iterdir())) == (code, []) and says in result.error["message"]


# The page, in a browser.


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser of this machine; `.ci/run` installs one where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    how: dict[str, Any] = {"executable_path": found} if found is not None else {"channel": "msedge"}  # on Windows
    assert found is not None or sys.platform == "win32", "Install chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(args=list(_QUIET), **how)


class Seen:
    """A page with all that it asked for and complained of."""

    def __init__(self, browser: Browser, file: Path, **options: Any) -> None:
        self.page: Page = browser.new_page(**options)
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(file.as_uri())

    def details(self) -> str:
        """What is said of the session under the pointer."""
        self.page.wait_for_selector("#details:not([hidden])")
        return "\n".join(filter(None, self.page.inner_text("#details").split("\n"))) + "\n"

    def first(self) -> str:
        """The animal in the first row, by the keyboard."""
        self.page.keyboard.press("Escape")
        self.page.focus("#grid")
        self.page.keyboard.press("Home")
        found = self.details().partition(",")[0]
        self.page.keyboard.press("Escape")
        return found

    def count(self) -> str:
        """How many animals are shown."""
        return self.page.inner_text("#count")


HOSTILE = '</script><img src=x onerror=alert(1)><!--"&'


def test_a_page_is_read_with_pointer_and_keyboard_and_asks_for_nothing(browser: Browser, tmp_path: Path) -> None:
    cells = [*made_up(12, 40), {**next(made_up(1, 1)), "subject_id": HOSTILE, "rule": HOSTILE, "margin": -0.25}]
    table = written(tmp_path / "cohort.csv", cells)
    result = curriculum("progress", table, "-o", tmp_path / "p.html", "--stages", ",".join(STAGES))
    assert result.code == 0, result.text
    seen = Seen(browser, tmp_path / "p.html", viewport={"width": 1440, "height": 900})
    page = seen.page
    assert page.title() == "Progress: cohort" and seen.count() == "(13 animals)"
    assert seen.first() == HOSTILE

    # What lies under the pointer: the third session of the third row.
    animals = sorted_animals(cohort(cells, stages=STAGES), "subject")
    spot = page.evaluate("() => { const spot = box({one: rows[2], index: 2}); return [spot.x + 5, spot.y + 5] }")
    page.hover("#grid", position={"x": spot[0], "y": spot[1]})
    session = animals[2].sessions[2]
    said = seen.details()
    assert said.startswith(f"{animals[2].subject}, session 3, {session.day}\nmade-up 1.0.0\n")
    assert f"{session.decision} → " in said and f"{STAGES.index(session.stage) + 1} {session.stage}" in said
    assert "\ntask\nforaging\n" in said
    assert f"hit_rate\n{session.metrics['hit_rate']:.6g}\n" in said
    page.mouse.move(5, 5)
    page.wait_for_selector("#details", state="hidden")

    # The keyboard: to the last session of the first row, which says rule and margin.
    page.focus("#grid")
    page.keyboard.press("Home")
    assert "made_up" not in seen.details() and HOSTILE in seen.details() and "−0.25" in seen.details()  # noqa: RUF001
    page.keyboard.press("ArrowDown")
    assert seen.details().startswith("mouse-0, session 1,")
    page.keyboard.press("End")
    assert seen.details().startswith("mouse-0, session 40,")
    page.keyboard.press("m")

    # Filters.
    page.select_option("#with", "marked")
    assert (seen.count(), seen.first()) == ("(1 of 13 animals)", "mouse-0")
    page.select_option("#with", "open")
    open_loop = {one.subject for one in animals if not all(session.is_closed_loop for session in one.sessions)}
    assert seen.count() == f"({len(open_loop)} of 13 animals)"
    page.select_option("#with", "")
    page.fill("#find", "MOUSE-1")
    assert seen.count() == "(3 of 13 animals)"
    page.fill("#find", "nobody")
    assert seen.count() == "(0 of 13 animals)"
    page.fill("#find", "mouse")

    # Orders, and the other way round; the page agrees with the pictures.
    for order in ("first-date", "last-date", "progress", "subject"):
        for descending in (False, True):
            page.select_option("#order", order)
            if descending:
                page.click("#direction")
            wanted = sorted_animals(cohort(cells, stages=STAGES), order, descending=descending)
            shown = page.evaluate("() => rows.map((one) => one.name)")
            assert shown == [one.subject for one in wanted if one.subject != HOSTILE]
        page.click("#direction")

    # Axes: a session of the second week is further right by date than by session.
    places = {}
    for axis in ("session", "date", "relative-date"):
        page.select_option("#axis", axis)
        places[axis] = page.evaluate("() => { fitted = false; pitch = 10; size(); return column(animals[1], 39) }")
    days = [one.day for one in animals[1].sessions]
    first = min(one.sessions[0].day for one in animals)
    assert places == {"session": 39, "date": (days[39] - first).days, "relative-date": (days[39] - days[0]).days}

    # Zoom from bars, whose height is the stage, to numbers; light to dark.
    page.click("#fit")
    page.select_option("#axis", "session")
    assert page.evaluate("() => pitch >= READABLE") is True
    assert page.locator("html.bars").count() == 0
    for _ in range(4):
        page.click("#narrower")
    assert page.locator("html.bars").count() == 1
    before = page.screenshot()
    page.click("#theme")
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark" and page.screenshot() != before

    # A phone: nothing wider than it, the filters folded, and a tap says what a hover says.
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    page.click("#grid", position={"x": 150, "y": 60})
    box = page.locator("#details").bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] + box["height"] <= 845

    assert (seen.asked, seen.complaints) == ([(tmp_path / "p.html").as_uri()], [])
    assert len((tmp_path / "p.html").read_bytes()) < 90_000
    page.close()


def frames(page: Page, steps: int = 60) -> list[float]:
    """Milliseconds from frame to frame while all rows are scrolled by, sorted."""
    found: list[float] = page.evaluate(
        """async (steps) => {
          const far = grid.scrollHeight - grid.clientHeight, times = [];
          let before = performance.now();
          for (let step = 0; step < steps; step++) {
            grid.scrollTop = far * step / steps;
            await new Promise(requestAnimationFrame);
            const now = performance.now();
            times.push(now - before);
            before = now;
          }
          return times.sort((one, other) => one - other);
        }""",
        steps,
    )
    return found


def scrolled_and_filtered(browser: Browser, tmp_path: Path, animals: int, sessions: int) -> dict[str, float]:
    table = written(tmp_path / "cohort.csv", list(made_up(animals, sessions)))
    assert curriculum("progress", table, "-o", tmp_path / "p.html").code == 0
    seen = Seen(browser, tmp_path / "p.html", viewport={"width": 1440, "height": 900})
    times = frames(seen.page)
    filtered = seen.page.evaluate(
        """() => ["4", "49", "", "mouse"].map((text) => {
          const before = performance.now();
          by("find").value = text;
          select();
          drawn();
          return performance.now() - before;
        })"""
    )
    assert not seen.complaints
    seen.page.close()
    return {"frame": times[len(times) // 2], "slowest": times[-1], "filter": max(filtered)}


def test_many_animals_scroll_and_filter_without_waiting(browser: Browser, tmp_path: Path) -> None:
    found = scrolled_and_filtered(browser, tmp_path, 100, 40)
    assert found["frame"] < 250 and found["filter"] < 500, found


@pytest.mark.exhaustive
def test_500_animals_of_200_sessions_scroll_and_filter_without_waiting(browser: Browser, tmp_path: Path) -> None:
    found = scrolled_and_filtered(browser, tmp_path, 500, 200)
    assert found["frame"] < 100 and found["filter"] < 500, found
    assert (tmp_path / "p.html").stat().st_size < 7_000_000
    print(json.dumps(found))
