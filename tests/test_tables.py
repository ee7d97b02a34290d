"""Tables of sessions: three forms, read and written row by row, and what is wrong with one in a sentence."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from recorded import RECORDED
from support import PROJECT

from aind_curriculum_runtime.contract.errors import CurriculumError
from aind_curriculum_runtime.tables.autotrain import AUTO_TRAIN, OWN, sessions
from aind_curriculum_runtime.tables.form import form_of
from aind_curriculum_runtime.tables.reading import rows
from aind_curriculum_runtime.tables.writing import Column, write

RECORD = RECORDED / "autotrain_overrides_26_mice.csv"
COLUMNS = [
    *(Column("name", "text"), Column("count", "whole"), Column("share", "number")),
    *(Column("good", "flag"), Column("metrics", "json")),
]
ROWS: list[dict[str, Any]] = [
    {"name": 'a "b", c\nd', "count": 3, "share": 0.1, "good": True, "metrics": {"x": [1, None], "y": "µ"}},
    {"name": None, "count": None, "share": None, "good": None, "metrics": None},
    {"name": "0012", "count": -1, "share": 1e300, "good": False, "metrics": {}},
]
FORMS = (".csv", ".jsonl", ".parquet")


def written(path: Path, some: Any = ROWS, columns: list[Column] = COLUMNS) -> Path:
    with path.open("wb") as file:
        write(file, form_of(path), columns, some)
    return path


def read_back(path: Path) -> list[dict[str, Any]]:
    return [
        {
            "name": row.text("name"),
            "count": row.whole("count"),
            "share": row.real("share"),
            "good": row.flag("good"),
            "metrics": row.object("metrics"),
        }
        for row in rows(path)
    ]


def fault(action: Callable[[], Any]) -> CurriculumError:
    with pytest.raises(CurriculumError) as caught:
        action()
    return caught.value


@pytest.mark.parametrize("ending", FORMS)
def test_what_is_written_is_read_again(ending: str, tmp_path: Path) -> None:
    assert read_back(written(tmp_path / f"table{ending}")) == ROWS
    assert written(tmp_path / f"again{ending}").read_bytes() == (tmp_path / f"table{ending}").read_bytes()


def test_the_three_forms_say_the_same_of_a_session(tmp_path: Path) -> None:
    recorded = [one.as_cells() for one in sessions(rows(RECORD))]
    columns = [*AUTO_TRAIN, *OWN, Column("foraging_efficiency", "number"), Column("finished_trials", "whole")]
    for ending in FORMS:
        again = sessions(rows(written(tmp_path / f"table{ending}", recorded, columns)))
        assert [one.as_cells() for one in again] == recorded


def test_the_recorded_sessions_are_read_as_they_are() -> None:
    found = list(sessions(rows(RECORD), required=["next_stage_suggested"]))
    assert len(found) == 411 and len({one.subject for one in found}) == 26
    unknown, moved = found[0], found[-1]
    assert unknown.row is not None and unknown.row.number == 2
    assert (unknown.subject, unknown.number, unknown.start) == ("00000", 1, datetime(2023, 9, 19, tzinfo=UTC))
    assert (unknown.suggested, unknown.actual, unknown.stage) == ("STAGE_1", None, "STAGE_1")
    assert not unknown.is_closed_loop and not unknown.is_overridden
    assert unknown.measured == {"foraging_efficiency": None, "finished_trials": 0} and unknown.metrics is None
    assert (moved.is_closed_loop, moved.is_overridden) == (True, moved.actual != moved.suggested)
    assert sum(one.is_overridden for one in found) == 281
    assert sum(one.actual is None for one in found) == 44


def test_df_manager_is_read_from_parquet_as_pandas_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "df_manager.parquet"
    history = {"foraging_efficiency": [float("nan"), 0.5], "session_total": 2}
    table = {
        "subject_id": pyarrow.array(["668463"]).dictionary_encode(),
        "session_date": pyarrow.array([datetime(2023, 7, 7)], pyarrow.timestamp("ns")),
        "session": pyarrow.array([2.0]),
        "curriculum_version": ["1.0"],
        "curriculum_json_name": ["x.json"],
        "metrics": [history],
        "current_stage_suggested": ["STAGE_1"],
        "current_stage_actual": ["STAGE_1"],
        "if_closed_loop": [False],
        "foraging_efficiency": [0.5],
        "__index_level_0__": [7],
    }
    pyarrow.parquet.write_table(pyarrow.table(table), path)
    (found,) = sessions(rows(path))
    assert (found.number, found.start.date(), found.version) == (2, date(2023, 7, 7), "1.0")
    assert found.metrics == {"foraging_efficiency": [None, 0.5], "session_total": 2}
    assert found.measured == {"foraging_efficiency": 0.5}
    assert (found.actual, found.is_closed_loop, found.is_overridden) == ("STAGE_1", False, False)


def test_a_number_that_is_not_finite_is_told_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    base = {"subject_id": ["a"], "session": [1], "session_date": ["2026-03-01"]}
    for cells, column in (({"metrics": [{"x": [float("inf")]}]}, "metrics"), ({"share": [float("-inf")]}, "share")):
        pyarrow.parquet.write_table(pyarrow.table(base | cells), path)
        told = fault(lambda: list(sessions(rows(path)))).message
        assert f"Row 1 of {path}, column {column}" in told and "not of finite numbers" in told


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        *(("3", 3), ("-0.5", -0.5), ("1e3", 1000.0), ("007", "007"), ("1_000", "1_000"), ("", None), ("True", True)),
        *(("[1]", [1]), ("[1", "[1"), ("2.5.1", "2.5.1"), ("0", 0), ("0.25", 0.25)),
    ],
)
def test_what_was_measured_is_what_it_looks_like(cell: str, value: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"share\n{cell}\n" if cell else 'share,a\n"",1\n', encoding="utf-8")
    (row,) = rows(path)
    assert row.value("share") == value and type(row.value("share")) is type(value)


HEADER = "subject_id,session,session_date,metrics,share\n"
GOOD = "a,1,2026-03-01,{},0.5\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The table TABLE has no rows."),
        (HEADER, "The table TABLE has no rows."),
        ("subject_id,session\na,1\n", "The table TABLE lacks the column session_date."),
        ("a,b\n1,2\n", "The table TABLE lacks the columns subject_id, session, session_date."),
        ("a;b\n1;2\n", "The table TABLE is separated by semicolons or tabs, not by commas."),
        ("a,a\n1,2\n", "The table TABLE has the column a twice."),
        (f"{HEADER}{GOOD}a,2,2026", "The table TABLE has 3 cells in row 3 and 5 in its header: it was cut short."),
        (
            f"{HEADER}{GOOD}a,2,2026-03-01,{{}},0.5,\n",
            "The table TABLE has 6 cells in row 3 and 5 in its header: a comma in a cell needs quotes.",
        ),
        (f'{HEADER}{GOOD}a,2,"2026', "The table TABLE is no CSV in row 3: it was cut short within a quoted cell."),
        (f"{HEADER}{GOOD}".encode("utf-16"), "The table TABLE is UTF-16 text and must be UTF-8."),
        (f"{HEADER}{GOOD}µ,1".encode("latin-1"), "The table TABLE is not UTF-8 in line 3."),
        (
            f"{HEADER}{GOOD}a,two,2026-03-01,{{}},1\n",
            "Row 3 of TABLE, column session: it is 'two', not a whole number.",
        ),
        (f"{HEADER}a,1.5,2026-03-01,{{}},1\n", "Row 2 of TABLE, column session: it is '1.5', not a whole number."),
        (f"{HEADER}a,NaN,2026-03-01,{{}},1\n", "Row 2 of TABLE, column session: it is 'NaN', not a whole number."),
        (f"{HEADER}a,1,2026-03-01,{{}},nan\n", "Row 2 of TABLE, column share: it is 'nan', not a number."),
        (f"{HEADER}a,1,3/1/2026,{{}},1\n", "Row 2 of TABLE, column session_date: it is '3/1/2026', not a date."),
        (f"{HEADER},1,2026-03-01,{{}},1\n", "Row 2 of TABLE, column subject_id: it is empty."),
        (f"{HEADER}a,,2026-03-01,{{}},1\n", "Row 2 of TABLE, column session: it is empty."),
        (
            f"{HEADER}a,1,2026-03-01,{{'x': 1}},1\n",
            "Row 2 of TABLE, column metrics: it is \"{'x': 1}\", not JSON (line 1, column 2: Expecting property name "
            "enclosed in double quotes).",
        ),
        (f"{HEADER}a,1,2026-03-01,3,1\n", "Row 2 of TABLE, column metrics: it is '3', not a JSON object."),
    ],
)
def test_a_bad_table_is_told_in_one_sentence_with_row_and_column(
    text: str | bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = fault(lambda: list(sessions(rows(path))))
    assert found.code == "source.invalid"
    assert found.message == message.replace("TABLE", str(path))
    assert found.hint


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("table.jsonl", b'{"a": 1}\n{"a": ', "row 2"),
        ("table.jsonl", b'{"a": NaN}\n', "it holds NaN"),
        ("table.jsonl", b"[1]\n", "no JSON object in row 1"),
        ("table.parquet", b"", "no Parquet file"),
        ("table.parquet", b"PAR1 and no more", "no Parquet file"),
        ("table.pkl", b"", "no ending of a table"),
        ("table.csv", None, "There is no table"),
    ],
)
def test_a_file_that_is_no_table_is_told(name: str, data: bytes | None, said: str, tmp_path: Path) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    assert said in fault(lambda: list(rows(tmp_path / name))).message


def test_a_damaged_parquet_file_ends_with_a_sentence_and_not_the_process(tmp_path: Path) -> None:
    whole = written(tmp_path / "table.parquet", ROWS * 200).read_bytes()
    for position in range(4, len(whole) - 8, len(whole) // 40):
        path = tmp_path / "damaged.parquet"
        path.write_bytes(whole[:position] + b"\xff\x00\xff\x00" + whole[position + 4 :])
        try:
            list(rows(path))
        except CurriculumError as error:
            assert error.code in ("source.invalid", "source.unreadable")


@pytest.mark.parametrize("ending", FORMS)
def test_a_large_table_takes_no_more_memory_than_a_small_one(ending: str, tmp_path: Path) -> None:
    def some(count: int) -> Iterator[dict[str, Any]]:
        return ({**ROWS[0], "count": number} for number in range(count))

    def peak(count: int) -> int:
        path = tmp_path / f"{count}{ending}"
        tracemalloc.start()
        written(path, some(count))
        assert sum(1 for _ in rows(path)) == count
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(5_000) < 1.3 * peak(2_000) + 50_000


def test_the_first_rows_are_there_before_the_last_are_read(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"{HEADER}{GOOD}{GOOD}b,cut", encoding="utf-8")
    assert [one.subject for one in islice(sessions(rows(path)), 2)] == ["a", "a"]


def test_the_docs_say_what_each_column_means() -> None:
    told = (PROJECT / "docs" / "ledger.md").read_text(encoding="utf-8")
    lines = [line for line in told.splitlines() if line.startswith("| `")]
    columns = [f"| `{one.name}` | {one.meaning} |" for one in (*AUTO_TRAIN, *OWN)]
    first = lines.index(columns[0])
    assert lines[first : first + len(columns)] == columns


def test_half_a_letter_is_written_as_a_text_that_every_reader_takes() -> None:
    file = io.BytesIO()
    write(file, "csv", [Column("name", "text"), Column("more", "json")], [{"name": "a\ud800", "more": {"b": "\ud800"}}])
    assert file.getvalue().decode() == 'name,more\na\\ud800,"{""b"": ""\\ud800""}"\n'
    assert json.loads('{"b": "\\ud800"}') == {"b": "\ud800"}
