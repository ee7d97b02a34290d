"""Statistics of many animals: `curriculum stats`, beside the same numbers counted in another way."""

from __future__ import annotations

import csv
import io
import itertools
import json
import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from cohorts import RECORD, STAGES, cohort, curriculum, made_up, record, written
from pictures import SVG

from aind_curriculum_runtime.cohort.order import stage_order
from aind_curriculum_runtime.cohort.survival import Curve, curves
from aind_curriculum_runtime.replay.columns import SIMULATED

FIRST = {
    "subject_id": "a",
    "session": "1",
    "session_date": "2026-01-01",
    "current_stage_suggested": "one",
    "current_stage_actual": "one",
    "decision": "PROGRESS",
    "next_stage_suggested": "two",
}


def run_at(row: dict[str, str]) -> str:
    """As auto-train counts: the suggested stage stands in where the actual one is not known."""
    actual = row["current_stage_actual"]
    return row["current_stage_suggested"] if actual == "unknown (open loop)" else actual


# The command.


def test_the_text_fits_100_columns_and_says_what_it_is_of() -> None:
    result = curriculum("stats", RECORD)
    assert (result.code, result.stderr) == (0, b"")
    lines = result.stdout.decode().splitlines()
    assert lines[0].startswith("411 sessions of 26 animals, 2023-07-06 to 2023-12-15: Coupled Baiting 0.1")
    assert max(map(len, lines)) <= 100
    assert lines[-1] == "44 more rows (--all shows them)."
    stages = [line.split()[0] for line in lines if line.startswith("  STAGE")]
    assert stages == [f"STAGE_{name}" for name in ("1", "2", "3", "FINAL", "2", "3", "FINAL")]


def test_animals_are_counted_as_auto_trains_compute_stats_counts_them() -> None:
    wanted: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in record():
        wanted.setdefault((row["subject_id"], run_at(row)), []).append(row)
    printed = list(csv.DictReader(io.StringIO(curriculum("stats", RECORD, "--csv", "animals").stdout.decode())))
    assert {(row["subject_id"], row["current_stage_actual"]) for row in printed} == wanted.keys()
    assert len(printed) == len(wanted)
    for row in printed:
        own = wanted[row["subject_id"], row["current_stage_actual"]]
        numbers = [int(one["session"]) for one in own]
        decisions = Counter(one["decision"] for one in own)
        assert {name: int(cell) for name, cell in list(row.items())[2:]} == {
            "session_spent": len(own),
            "first_entry": min(numbers),
            "last_leave": max(numbers),
            "session_spanned": max(numbers) - min(numbers) + 1,
            **{f"n_{name}": decisions[name] for name in ("STAY", "PROGRESS", "ROLLBACK")},
        }


def test_json_holds_what_the_tables_hold_and_where_animals_left() -> None:
    found = curriculum("stats", RECORD, "--json").document
    assert (found["sessions"], found["animals"], found["left_since"]) == (411, 26, "2023-12-01")
    (group,) = found["groups"]
    last: dict[str, dict[str, str]] = {}
    for row in record():
        last[row["subject_id"]] = row
    left = Counter(one["next_stage_suggested"] for one in last.values() if one["session_date"] < "2023-12-01")
    assert {one["stage"]: one["left"] for one in group["stages"]} == left
    assert sum(one["left"] + one["in_training"] for one in group["stages"]) == 26
    moved = sum(run_at(one) != one["current_stage_suggested"] for one in record())
    assert sum(one["overridden"] for one in group["stages"]) == moved
    assert sum(one["open_loop"] for one in group["stages"]) == 44


def test_groups_are_counted_apart(tmp_path: Path) -> None:
    cells = [{**one, "line": "A" if one["subject_id"] < "684" else "B"} for one in record()]
    found = curriculum("stats", written(tmp_path / "t.csv", cells), "--group", "line", "--json").document
    assert {one["group"]: len(one["subjects"]) for one in found["groups"]} == Counter(
        line for _, line in {(one["subject_id"], one["line"]) for one in cells}
    )
    steps = csv.DictReader(
        io.StringIO(curriculum("stats", tmp_path / "t.csv", "--group", "line", "--csv", "curves").stdout.decode())
    )
    assert Counter(one["group"] for one in steps) == {
        group["group"]: sum(len(curve["steps"]) for curve in group["time_to_stage"]) for group in found["groups"]
    }


# Time to a stage.


def moments(cells: list[dict[str, Any]], stage: str, unit: str) -> list[tuple[int, bool]]:
    """Of each animal when it came to a stage or a later one, or when it was seen last; straight from the cells."""
    found = []
    for _, group in itertools.groupby(cells, key=lambda one: one["subject_id"]):
        own = list(group)
        at = [STAGES.index(run_at(one)) for one in own] + [STAGES.index(own[-1]["next_stage_suggested"])]
        days = [date.fromisoformat(one["session_date"]) for one in own]
        times = [*((day - days[0]).days for day in days), (days[-1] - days[0]).days]
        came = next((index for index, rank in enumerate(at) if rank >= STAGES.index(stage)), None)
        index = came if came is not None else len(own)
        found.append((times[index] if unit == "days" else index, came is not None))
    return found


@pytest.mark.parametrize("unit", ["sessions", "days"])
def test_curves_are_those_of_kaplan_and_meier(unit: Any) -> None:
    cells = [one for one in made_up(40, 30, seed=3) if one["session"] <= 5 + hash_of(one["subject_id"]) % 25]
    animals = cohort(cells, stages=STAGES).animals
    for curve in curves(animals, STAGES, unit):
        seen = moments(cells, curve.stage, unit)
        assert curve.came == sum(came for _, came in seen)
        for step in curve.steps:
            at_risk = sum(time >= step.time for time, _ in seen)
            assert (step.at_risk, curve.at_risk(step.time)) == (at_risk, at_risk)
            missing = 1.0
            for time in {time for time, came in seen if came and time <= step.time}:
                missing *= 1 - seen.count((time, True)) / sum(other >= time for other, _ in seen)
            assert step.share == pytest.approx(1 - missing) and curve.share(step.time) == step.share
        assert curve.share(10**6) == curve.steps[-1].share and curve.at_risk(10**6) == 0


def hash_of(name: str) -> int:
    return int(name.removeprefix("mouse-")) * 7


def test_the_median_is_the_first_time_by_which_half_have_come_and_none_where_fewer_do() -> None:
    def animal(name: str, stays: int, *, comes: bool) -> list[dict[str, str]]:
        rows = [
            {**FIRST, "subject_id": name, "session": str(n), "decision": "STAY", "next_stage_suggested": "one"}
            for n in range(1, stays + 1)
        ]
        return [*rows, {**FIRST, "subject_id": name, "session": str(stays + 1)}] if comes else rows

    def curve(*animals: list[dict[str, str]]) -> Curve:
        return curves(
            cohort(list(itertools.chain(*animals)), stages=("one", "two")).animals, ("one", "two"), "sessions"
        )[0]

    assert curve(animal("a", 2, comes=True), animal("b", 9, comes=True)).median == 3
    assert curve(animal("a", 2, comes=True), animal("b", 9, comes=False), animal("c", 9, comes=False)).median is None
    assert curve(animal("a", 9, comes=True), animal("b", 2, comes=False)).median == 10  # the second is not at risk then


def test_an_animal_that_is_moved_past_a_stage_has_come_to_it() -> None:
    rows = [{**FIRST, "next_stage_suggested": "three"}, {**FIRST, "session": "2", "current_stage_actual": "three"}]
    found = curves(cohort(rows, stages=("one", "two", "three")).animals, ("one", "two", "three"), "sessions")
    assert [(one.stage, one.came, one.median) for one in found] == [("two", 1, 1), ("three", 1, 1)]


def test_a_picture_of_the_curves_names_each_stage_and_says_how_many_are_still_at_risk(tmp_path: Path) -> None:
    cells = [{**one, "line": "A" if one["subject_id"] < "684" else "B"} for one in record()]
    table, target = written(tmp_path / "t.csv", cells), tmp_path / "curves.svg"
    result = curriculum("stats", table, "--group", "line", "--json", "-o", target)
    assert result.code == 0, result.text
    texts = ["".join(one.itertext()) for one in ElementTree.parse(target).iter(f"{SVG}text")]
    for group in result.document["groups"]:
        own = texts[texts.index(f"{group['group']}, {len(group['subjects'])} animals") :]
        names = [f"{rank} {curve['stage']}" for rank, curve in enumerate(group["time_to_stage"], 2)]
        title = own.index("sessions; still at risk:")
        assert names == [one for one in own[:title] if one in names]  # beside the curves
        times = [int(one) for one in own[own.index(names[-1]) + 1 : title]]
        below = iter(own[title + 1 :])
        for name, curve in zip(names, group["time_to_stage"], strict=True):
            at_risk = [next((one["at_risk"] for one in curve["steps"] if one["time"] >= time), 0) for time in times]
            assert [next(below) for _ in range(1 + len(times))] == [name, *map(str, at_risk)]
    assert curriculum("stats", table, "-o", tmp_path / "c.png", "--time", "days").code == 0
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    refused = curriculum("stats", table, "-o", tmp_path / "c.html")
    assert (refused.error["code"], refused.stdout) == ("usage.invalid", b"")


# The order of the stages.


def test_stages_stand_in_the_order_of_the_decisions_however_the_table_is_sorted() -> None:
    cells = list(made_up(30, 60))
    random.Random(2).shuffle(cells)
    assert cohort(cells).stages == STAGES


def test_a_stage_that_no_decision_leads_to_or_from_stands_after_the_one_seen_before() -> None:
    moves = [("a", "PROGRESS", "b"), ("GRADUATED", None, None), ("b", "STAY", "b"), ("x", None, None)]
    assert stage_order([*moves, ("c", "ROLLBACK", "b")]) == ("a", "b", "x", "c", "GRADUATED")


# What the table does not say.


def test_what_is_missing_is_worked_out() -> None:
    cells = [
        {**FIRST, "session": str(number), "current_stage_actual": stage, "decision": "", "next_stage_suggested": leads}
        for number, (stage, leads) in enumerate(
            [("one", "one"), ("one", "two"), ("unknown (open loop)", "two"), ("two", "one"), ("one", "")], 1
        )
    ]
    (animal,) = cohort(cells, stages=("one", "two")).animals
    assert [one.decision for one in animal.sessions] == ["STAY", "PROGRESS", "PROGRESS", "ROLLBACK", None]
    assert [one.at_stage for one in animal.sessions] == [1, 2, 3, 1, 1]
    assert [one.is_overridden for one in animal.sessions] == [False, False, False, True, False]
    assert [one.is_closed_loop for one in animal.sessions] == [True, True, False, True, True]


def test_the_stage_that_was_suggested_is_the_one_that_the_session_before_led_to() -> None:
    cells = [
        {**FIRST, "session": str(number), "current_stage_actual": stage, "next_stage_suggested": leads}
        for number, (stage, leads) in enumerate([("two", "two"), ("one", "two"), ("two", ""), ("one", "one")], 1)
    ]
    for cell in cells:
        del cell["current_stage_suggested"]
    (animal,) = cohort(cells, stages=("one", "two")).animals
    assert [one.suggested for one in animal.sessions] == ["two", "two", "two", "one"]
    assert [one.is_overridden for one in animal.sessions] == [False, True, False, False]


def test_what_the_manager_of_auto_train_keeps_is_read_as_it_means_it() -> None:
    (animal,) = cohort([{**FIRST, "if_closed_loop": "False", "session_at_current_stage": "7", "h2o": "H1"}]).animals
    (session,) = animal.sessions
    assert (session.is_closed_loop, session.stage, session.at_stage) == (False, "one", 7)
    assert session.metrics == {"h2o": "H1"}


def test_a_simulation_is_said_to_be_none_of_what_happened(tmp_path: Path) -> None:
    table = written(tmp_path / "t.csv", [{**FIRST, "mode": SIMULATED}])
    assert SIMULATED.partition(",")[0] in curriculum("stats", table).stdout.decode()
    assert curriculum("stats", table, "--json").document["simulated"] == SIMULATED
    assert SIMULATED in curriculum("stats", table, "--csv", "curves").text


# Bad input: the row, the animal and the reason; the rest goes on.


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"session": "two"}, "column session: it is 'two', not a whole number"),
        ({"session": ""}, "column session: it is empty"),
        ({"session_date": "yesterday"}, "column session_date: it is 'yesterday', not a date"),
        ({"subject_id": ""}, "column subject_id: it is empty"),
        ({"session": "1"}, "session 1 came before; the first one counts"),
        ({"current_stage_actual": "three"}, "there is no stage three among one, two"),
        ({"next_stage_suggested": "three"}, "there is no stage three among one, two"),
        ({"current_stage_actual": "", "current_stage_suggested": ""}, "it has no stage"),
        ({"margin": "wide"}, "column margin: it is 'wide', not a number"),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_and_told(changes: dict[str, str], says: str) -> None:
    rows = [{**FIRST, "margin": ""}, {**FIRST, "session": "2", "margin": "", **changes}, {**FIRST, "session": "3"}]
    found = cohort(rows, stages=("one", "two"))
    assert [one.number for one in found.animals[0].sessions] == [1, 3]
    (left_out,) = found.left_out
    assert left_out.row == 3 and says in left_out.reason and left_out.reason.startswith("Row 3 of table")
    assert left_out.told.endswith("(animal a).") == (changes.get("subject_id") != "")


def test_rows_that_are_left_out_are_named_on_stderr_and_in_the_exit_code(tmp_path: Path) -> None:
    cells = record()
    for one in cells[5:20]:
        one["session_date"] = "?"
    table = written(tmp_path / "t.csv", cells)
    result = curriculum("stats", table)
    assert result.code == 3 and result.stdout.startswith(b"396 sessions of 26 animals")
    lines = result.text.splitlines()
    assert lines[0] == "curriculum: 15 of 411 rows were left out." and lines[-1] == "  and 5 more"
    assert len(lines) == 12 and f"Row 7 of {table}" in lines[1]
    page = curriculum("progress", table, "-o", tmp_path / "t.html")
    assert page.code == 3 and "15 rows of the table could not be used" in (tmp_path / "t.html").read_text("utf-8")


def test_a_table_that_ends_in_the_middle_counts_up_to_there(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes(RECORD.read_bytes()[:20000].rsplit(b",", 3)[0])
    result = curriculum("stats", table, "--json")
    assert result.code == 3 and "it was cut short. What follows was not read." in result.text
    assert result.document["sessions"] > 150 and len(result.document["left_out"]) == 1


@pytest.mark.parametrize(
    ("text", "arguments", "code", "says"),
    [
        ("", [], "source.invalid", "has no rows"),
        (
            "subject_id,session\na,1\n",
            [],
            "source.invalid",
            "lacks the columns session_date, current_stage_suggested or",
        ),
        (
            "subject_id,session,session_date,current_stage_suggested\na,1,?,x\n",
            [],
            "source.invalid",
            "None of 1 row can",
        ),
        (None, [], "source.missing", "There is no table"),
        ("a folder", [], "usage.invalid", "is a folder, and no ledger"),
        ("x\n", ["--stages", "a,,b"], "usage.invalid", "a stage without a name"),
        ("x\n", ["--json", "--csv", "curves"], "usage.invalid", "exclude each other"),
        (RECORD.read_text("utf-8"), ["--group", "line"], "source.invalid", "lacks the column line"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_in_one_sentence(
    text: str | None, arguments: list[str], code: str, says: str, tmp_path: Path
) -> None:
    table = tmp_path / "t.csv"
    if text == "a folder":
        table.mkdir()
    elif text is not None:
        table.write_text(text, encoding="utf-8", newline="\n")
    result = curriculum("stats", table, *arguments)
    assert (result.error["code"], result.stdout) == (code, b"") and says in result.error["message"], result.text


def test_dates_with_times_and_json_lines_are_read_too(tmp_path: Path) -> None:
    table = tmp_path / "t.jsonl"
    rows = [{**FIRST, "session": n, "session_date": f"2026-01-0{n}T23:30:00Z", "metrics": {"x": n}} for n in (2, 1)]
    table.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8", newline="\n")
    found = curriculum("stats", table, "--time", "days", "--left-after", "0", "--json").document
    assert found["groups"][0]["time_to_stage"][0]["steps"][0]["time"] == 1
    assert found["left_since"] == str(date(2026, 1, 2) - timedelta(days=0))
