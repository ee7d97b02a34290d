"""`curriculum diff --cohort`, without curricula: two streams of decisions, and what a reviewer reads of them."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from aind_curriculum_runtime.cohort.difference import Difference, difference
from aind_curriculum_runtime.cohort.difference_html import html
from aind_curriculum_runtime.cohort.difference_markdown import add_to_summary, comment, markdown
from aind_curriculum_runtime.cohort.difference_report import Provenance, Version, document, report
from aind_curriculum_runtime.cohort.difference_text import text

ABOUT = Provenance(
    curriculum="my-curriculum",
    old=Version(label="v0.1.0", number="0.1.0", commit="1" * 40),
    new=Version(label="HEAD", number="0.2.0", commit="2" * 40, is_changed=True),
    source="cohort.csv",
    data="sha256 abc",
)


def row(subject: str, session: int, stage: str = "s_1", to: str | None = None, **cells: Any) -> dict[str, Any]:
    """A decision as replay's columns have it; a stay unless it leads elsewhere."""
    to = to or stage
    return {
        "subject_id": subject,
        "session": session,
        "session_date": f"2026-01-{session:02}",
        "current_stage_suggested": stage,
        "current_stage_actual": stage,
        "if_closed_loop": True,
        "decision": "STAY" if to == stage else "PROGRESS",
        "next_stage_suggested": to,
        "metrics": '{"hits":0.5}',
        "rule": None if to == stage else "package.rules.st_up",
        "margin": None,
        "parameters": "{}",
        "error": "",
        **cells,
    }


def parts(found: Difference, **options: bool) -> dict[str, list[tuple[str, ...]]]:
    """The rows of each part by its title."""
    told = report(found, ABOUT, everything=options.get("everything", False))
    return {part.title: list(part.rows) for part in told.parts}


# What is found


def test_the_same_decisions_differ_in_nothing() -> None:
    rows = [row("m1", 1), row("m1", 2, to="s_2"), row("m2", 1)]
    found = difference(rows, rows)
    assert (found.compared, found.changed, found.subjects, found.left_out) == (3, 0, 2, 0)
    assert report(found, ABOUT, everything=False).sentence == "None of 3 decisions of 2 animals changes."


def test_decisions_are_counted_as_they_happened_and_animals_by_their_first_divergence() -> None:
    old = [row("m1", 1, to="s_2"), row("m1", 2), row("m1", 3, to="s_2"), row("m2", 1), row("m3", 1, to="s_2")]
    new = [row("m1", 1, to="s_2"), row("m1", 2, to="s_2"), row("m1", 3), row("m2", 1), row("m3", 1)]
    found = difference(old, new)
    assert (found.compared, found.changed) == (5, 3)
    assert {ends: (cell.decisions, cell.subjects) for ends, cell in found.cells.items()} == {
        ("s_1", "s_2"): (1, 1),
        ("s_2", "s_1"): (2, 2),
    }
    assert [(one.subject, one.session) for one in found.divergences] == [("m1", 2), ("m3", 1)]
    assert report(found, ABOUT, everything=False).sentence == ("3 of 5 decisions change, 2 of 3 animals, all at s_1.")


def test_a_session_whose_stage_nobody_wrote_down_counts_at_the_suggested_one() -> None:
    open_loop = {"if_closed_loop": False, "current_stage_actual": "unknown (open loop)"}
    rows = [row("m1", 1, "s_2", **open_loop)]
    assert list(difference(rows, rows).stages) == ["s_2"]


def test_the_divergence_has_what_both_versions_say() -> None:
    old = [row("m1", 1, to="s_2", margin=0.04, metrics='{"hits":0.84,"trials":[200,210]}')]
    missed = {
        "package.rules.st_up": [["hits >= 0.9", -0.06], ["pace > 2", None]],
        "package.rules.st_off": [["hits < 0", 1]],
    }
    new = [row("m1", 1, missed=missed, metrics='{"hits":0.84,"trials":[200,211]}')]
    ((name, session, stage, then, now, metrics),) = parts(difference(old, new))["First divergence of each animal"]
    assert (name, session, stage) == ("m1", "session 1, 2026-01-01", "at s_1")
    assert then == "PROGRESS to s_2 (by st_up, margin +0.04)"
    assert now == "STAY to s_1 (no rule held: st_up misses hits >= 0.9 by 0.06 and pace > 2)"
    assert metrics == "hits 0.84; trials [200, 210] -> [200, 211]"


def test_parameters_are_compared_only_where_both_go_on_at_the_same_stage() -> None:
    def versions(value: float) -> list[dict[str, Any]]:
        parameters = json.dumps({"reward": {"volume": value}})
        to = "s_2" if value > 5 else "s_1"
        return [row("m1", 1, parameters=parameters), row("m1", 2, to=to, parameters=parameters), row("m2", 1)]

    found = difference(versions(5.0), versions(6.0))
    assert parts(found)["As it happened: parameters at the same stage"] == [
        ("s_1", "reward.volume", "5.0", "6.0", "1", "1")
    ]
    assert found.divergences[0].parameters_since == 1
    assert report(found, ABOUT, everything=False).sentence == (
        "1 of 3 decisions changes, 1 of 2 animals, all at s_1; 1 decision for the same stage with other parameters."
    )


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ([row("m1", 1, error="no stage s_9")], [row("m1", 1)], "v0.1.0: no stage s_9"),
        ([row("m1", 1)], [row("m1", 1, error="st_up raised")], "HEAD: st_up raised"),
        ([row("m1", 1, error="no metrics")], [row("m1", 1, error="no metrics")], "both: no metrics"),
        ([row("m1", 1, error="a")], [row("m1", 1, error="b")], "v0.1.0: a; HEAD: b"),
        ([row("m1", 1)], [], "only v0.1.0 has the session"),
        ([], [row("m1", 1)], "only HEAD has the session"),
        ([row("m1", 1, "s_1")], [row("m1", 1, "s_2")], "decided from different stages: s_1 by v0.1.0, s_2 by HEAD"),
    ],
)
def test_what_cannot_be_compared_is_told_with_its_reason(old: Any, new: Any, reason: str) -> None:
    same = [row("m0", 1), row("m2", 1, to="s_2")]
    found = difference([same[0], *old, same[1]], [same[0], *new, same[1]], ("v0.1.0", "HEAD"))
    assert parts(found)["What cannot be compared"] == [("1", "1", "m1, session 1", reason)]
    assert (found.compared, found.left_out) == (2, 1)
    sentence = report(found, ABOUT, everything=False).sentence
    assert sentence.startswith("None of 2 decisions of 2 animals changes; 1 cannot be compared")
    is_lost = reason in ("HEAD: st_up raised", "only v0.1.0 has the session")
    assert (", all decided by v0.1.0 alone" in sentence, found.lost) == (is_lost, is_lost)


def test_animals_in_another_order_and_sessions_twice_are_compared_all_the_same() -> None:
    old = [row("m1", 1), row("m1", 1, to="s_2"), row("m2", 1), row("m3", 1)]
    new = [row("m3", 1), row("m2", 1, to="s_2"), row("m1", 1), row("m1", 1, to="s_2")]
    found = difference(old, new)
    assert (found.compared, found.left_out) == (4, 0)
    assert [one.subject for one in found.divergences] == ["m2"]


def test_animals_named_are_those_that_a_plain_comparison_names() -> None:
    chance = random.Random(1)
    stages = ["s_1", "s_2", "s_3"]

    def version() -> list[dict[str, Any]]:
        return [
            row(f"m{subject}", session, "s_2", chance.choices(stages, [1, 98, 1])[0])
            for subject in range(50)
            for session in range(1, 10)
        ]

    old, new = version(), version()
    pairs = list(zip(old, new, strict=True))
    changed = [(one, other) for one, other in pairs if one["next_stage_suggested"] != other["next_stage_suggested"]]
    assert changed
    found = difference(old, new)
    assert [one.subject for one in found.divergences] == list(dict.fromkeys(one["subject_id"] for one, _ in changed))
    assert found.changed == len(changed) == sum(cell.decisions for cell in found.cells.values())


def test_animals_in_one_order_are_held_one_at_a_time() -> None:
    def rows() -> Iterator[dict[str, Any]]:
        return (row(f"m{subject}", session) for subject in range(1000) for session in range(1, 5))

    tracemalloc.start()
    try:
        assert difference(rows(), rows()).compared == 4_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("share", "is_over"), [(Fraction(1, 4), False), (Fraction(24, 100), True), (Fraction(1), False)]
)
def test_a_share_of_the_decisions_may_change(share: Fraction, is_over: bool) -> None:
    old = [row("m1", session) for session in range(1, 5)]
    assert difference(old, [row("m1", 1, to="s_2"), *old[1:]]).is_over(share) is is_over


def test_what_the_newer_version_cannot_decide_counts_as_changed() -> None:
    old = [row("m1", session) for session in range(1, 5)]
    found = difference(old, [row("m1", 1, error="st_up raised"), *old[1:]])
    assert (found.changed, found.lost) == (0, 1)
    assert found.is_over(Fraction(24, 100))
    assert not found.is_over(Fraction(25, 100))


def test_nothing_to_compare_is_over_every_share() -> None:
    assert difference([], []).is_over(Fraction(1))
    assert report(difference([], []), ABOUT, everything=False).sentence == "There is no decision."


# How it reads

OLD = [row("m1", 1, to="s_2", margin=0.04), row("m1", 2), row("m|2", 1), row("m3", 1, error="<b>raised</b>")]
NEW = [row("m1", 1), row("m1", 2), row("m|2", 1, to="s_2"), row("m3", 1)]
SENTENCE = "2 of 3 decisions change, 2 of 2 animals, all at s_1; 1 cannot be compared."
TITLES = [
    "As it happened: suggested stages, old -> new",
    "As it happened: by stage",
    "First divergence of each animal",
    "As it happened: parameters at the same stage",
    "What cannot be compared",
    "Provenance",
]


@pytest.mark.parametrize("form", [text, markdown, html])
def test_every_form_has_the_seven_parts_in_their_order(form: Any) -> None:
    told = form(report(difference(OLD, NEW, ("v0.1.0", "HEAD")), ABOUT, everything=False)).replace("&gt;", ">")
    titles = [SENTENCE, *TITLES]
    if form is text:
        titles = [SENTENCE, *(title.lower() for title in TITLES)]
    if form is markdown:
        titles = [title.replace("_", r"\_") if title is SENTENCE else title for title in titles]
    places = [told.rindex(title) for title in titles]
    assert places == sorted(places)
    assert f"commit {'1' * 40}" in told
    assert f"commit {'2' * 40} with changes that are not committed" in told


def test_json_has_the_same_and_keeps_the_two_questions_apart() -> None:
    told = json.loads(json.dumps(document(difference(OLD, NEW), ABOUT)))
    assert list(told) == ["sentence", "as_it_happened", "first_divergence", "incomparable", "lost", "cut", "provenance"]
    assert told["as_it_happened"]["matrix"] == [
        {"decisions": 1, "subjects": 1, "old": "s_2", "new": "s_1"},
        {"decisions": 1, "subjects": 1, "old": "s_1", "new": "s_2"},
    ]
    assert [one["subject"] for one in told["first_divergence"]] == ["m1", "m|2"]
    assert told["first_divergence"][0]["old"]["margin"] == 0.04
    assert told["provenance"]["old"] == {
        "label": "v0.1.0",
        "number": "0.1.0",
        "commit": "1" * 40,
        "is_changed": False,
    }


def test_what_is_not_a_name_does_no_harm_in_markdown_and_html() -> None:
    told = report(difference(OLD, NEW), ABOUT, everything=False)
    assert "m\\|2" in markdown(told)
    assert "\\<b\\>raised" in markdown(told)
    assert "<b>raised" not in html(told)


def test_of_many_animals_the_first_are_listed_and_a_comment_is_never_too_long() -> None:
    old = [row(f"m{subject}", 1, metrics=json.dumps({"note": "x" * 1000})) for subject in range(2000)]
    new = [{**one, "next_stage_suggested": "s_2"} for one in old]
    found = difference(old, new)
    assert "and 1980 more" in text(report(found, ABOUT, everything=False))
    whole = report(found, ABOUT, everything=True)
    assert len(text(whole).split("m1999")) == 2
    long = comment(markdown(whole), "my-curriculum")
    assert long.startswith("<!-- curriculum diff --cohort: my-curriculum -->\n")
    assert 60_000 < len(long) < 65_536


def test_the_summary_of_a_step_is_added_to(tmp_path: Path) -> None:
    add_to_summary("a\n", {})
    for line in ("first\n", "second\n"):
        add_to_summary(line, {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")})
    assert (tmp_path / "summary.md").read_text(encoding="utf-8") == "first\nsecond\n"
