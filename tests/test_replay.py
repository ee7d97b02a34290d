"""`curriculum replay`: the recorded mice found again, and what a table can be wrong in."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any

import pytest
from recorded import STAGES, read_sessions, write_session
from replay_support import TABLE, Installed, install, read_decisions, recorded_rows, write_table
from support import generate
from zoo import running

from aind_curriculum_runtime.command import progress
from aind_curriculum_runtime.replay import directory_metrics, processes
from aind_curriculum_runtime.replay.columns import COLUMNS, SIMULATED
from aind_curriculum_runtime.replay.decisions import Asked, Decided, Replay
from aind_curriculum_runtime.replay.directory_metrics import DirectoryMetrics
from aind_curriculum_runtime.replay.processes import here, in_processes
from aind_curriculum_runtime.replay.table_source import Table
from aind_curriculum_runtime.replay.verifying import Sample, differences
from aind_curriculum_runtime.session.enrolment import enrolled
from aind_curriculum_runtime.session.metrics import compute_metrics
from aind_curriculum_runtime.session.suggestion import state_document
from aind_curriculum_runtime.session.trainer import OrderedTrainer

RECORDED = ("subject_id", "session", "session_date", "current_stage_suggested", "current_stage_actual", "decision")
ROWS = recorded_rows()
SESSIONS = read_sessions()
ONE_PROCESS_A_SESSION = ("689799", "668463", "687582")
"""Mice that meet everything the record has (test_mice.py)."""


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The curriculum that trained the mice."""
    return install(tmp_path_factory.mktemp("installed"))


@pytest.fixture
def replay(example: Installed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Replay]:
    """The same, imported into this process."""
    for folder in example.folders:
        monkeypatch.syspath_prepend(folder)
    yield Replay(Asked())
    for name in [name for name in sys.modules if name.partition(".")[0] == "coupled_baiting"]:
        del sys.modules[name]


def decided(replay: Replay, path: Path) -> list[Decided]:
    """All rows that a replay makes of a table."""
    return [row for _, rows in here(replay, Table(path).animals()) for row in rows]


def told(rows: list[Any], *names: str) -> list[tuple[Any, ...]]:
    """Some columns of rows."""
    return [tuple(row.get(name) for name in names) for row in rows]


# What was recorded


def test_every_recorded_column_is_found_again_and_the_others_are_recomputed(example: Installed, tmp_path: Path) -> None:
    done = example.replay(TABLE, "-o", tmp_path / "decisions.csv", "--json")
    assert (done.code, done.stderr) == (0, b""), done.text
    assert {"sessions": 411, "animals": 26, "left_out": {"sessions": 0, "animals": 0}}.items() <= done.document.items()
    found = read_decisions(tmp_path / "decisions.csv")
    assert list(found[0]) == [one.name for one in COLUMNS]
    columns = (*RECORDED, "next_stage_suggested")
    assert told(found, *columns) == told(ROWS, *columns)
    for _, group in groupby(zip(ROWS, found, strict=True), key=lambda pair: pair[0]["subject_id"]):
        pairs = list(group)
        stages = [
            row["current_stage_actual"] if row["current_stage_actual"] in STAGES else row["current_stage_suggested"]
            for row, _ in pairs
        ]
        for number, (row, decision) in enumerate(pairs, 1):
            at_stage = len(list(takewhile(lambda one, at=stages[number - 1]: one == at, reversed(stages[:number]))))
            assert decision["session_at_current_stage"] == str(at_stage)
            closed = row["current_stage_actual"] in STAGES
            moved = closed and row["current_stage_actual"] != row["current_stage_suggested"]
            assert (decision["if_closed_loop"], decision["if_overriden_by_trainer"]) == (str(closed), str(moved))
            assert json.loads(decision["metrics"]) == {
                "finished_trials": [int(one["finished_trials"]) for one, _ in pairs[:number][-5:]],
                "foraging_efficiency": [
                    float(one["foraging_efficiency"]) if one["foraging_efficiency"] else None
                    for one, _ in pairs[:number][-5:]
                ],
                "session_total": number,
                "session_at_current_stage": at_stage,
                "stage_name": stages[number - 1],
            }
            assert bool(decision["rule"]) == (decision["decision"] != "STAY")


def test_without_the_suggested_stages_they_follow_from_the_decisions(replay: Replay, tmp_path: Path) -> None:
    kept = [{name: cell for name, cell in row.items() if name != "current_stage_suggested"} for row in ROWS]
    found = decided(replay, write_table(tmp_path / "table.csv", kept))
    assert told(found, *RECORDED[2:], "next_stage_suggested") == told(ROWS, *RECORDED[2:], "next_stage_suggested")


def test_a_table_of_decisions_is_a_source_that_leads_to_the_same_table(example: Installed, tmp_path: Path) -> None:
    forms = [tmp_path / name for name in ("1.csv", "2.jsonl", "3.parquet", "4.csv")]
    for source, target in zip([TABLE, *forms], forms, strict=False):
        done = example.replay(source, "-o", target)
        assert done.code == 0, done.text
    assert forms[0].read_bytes() == forms[3].read_bytes()


def test_simulated_animals_follow_the_suggestions_and_every_row_says_so(example: Installed, tmp_path: Path) -> None:
    done = example.replay(TABLE, "-o", tmp_path / "simulated.jsonl", "--mode", "simulate")
    assert done.code == 0 and b"simulated, which is no forecast" in done.stdout, done.text
    found = read_decisions(tmp_path / "simulated.jsonl")
    assert {row["mode"] for row in found} == {SIMULATED} and "no forecast" in SIMULATED
    for _, group in groupby(found, key=lambda row: row["subject_id"]):
        at = "STAGE_1"
        for row in group:
            assert (row["current_stage_suggested"], row["if_overriden_by_trainer"]) == (at, False)
            assert row["metrics"]["stage_name"] == at
            at = row["next_stage_suggested"]


def test_a_margin_is_the_distance_of_the_comparison_that_held(replay: Replay) -> None:
    for row in decided(replay, TABLE):
        metrics = json.loads(row["metrics"])
        if row.get("rule", "").endswith("st_stage_2_stage_1"):
            few = metrics["finished_trials"][-1] < 200
            expected = metrics["finished_trials"][-1] - 200 if few else metrics["foraging_efficiency"][-1] - 0.55
            assert row["margin"] == pytest.approx(expected)
        if row.get("rule", "").endswith("st_stage_1_stage_2"):
            assert row["margin"] is None  # both parts of its `and` decided


# What the Trainer says


def test_sessions_decided_again_by_the_trainer_are_the_same(replay: Replay) -> None:
    sample = Sample(30)
    for sessions, rows in here(replay, Table(TABLE).animals()):
        sample.add(sessions, rows)
    assert len(sample) == 30 and not list(differences(replay, sample))


def test_a_difference_from_the_trainer_has_its_sentence_and_exit_code(example: Installed, tmp_path: Path) -> None:
    source = tmp_path / "src" / "coupled_baiting"
    source.mkdir(parents=True)
    for module in (example.folders[1] / "coupled_baiting").glob("*.py"):
        (source / module.name).write_bytes(module.read_bytes())
    # A rule that does not say the same twice is what the compiled rules cannot get right.
    rules = source / "rules.py"
    text = rules.read_text(encoding="utf-8")
    once = "return bool(_ONCE.pop()) if _ONCE else metrics.mean_finished_trials(1) >= 200"
    text = text.replace("return metrics.mean_finished_trials(1) >= 200", once, 1) + "\n\n_ONCE = [True] * 100\n"
    rules.write_text(text, encoding="utf-8")
    changed = install(tmp_path / "installed", tmp_path / "src")
    done = changed.replay(TABLE, "-o", tmp_path / "decisions.csv", "--verify", "100", "--json")
    assert done.code == 4 and done.document["different"] > 0, done.text
    assert "not as `run` decides:" in done.text and "decision PROGRESS and by `run`" in done.text


def test_policies_tune_the_parameters_as_run_does(template: Path, tmp_path: Path) -> None:
    repo = generate(template, tmp_path / "my-curriculum")
    own = install(tmp_path / "installed", repo / "src", "my-curriculum", "my_curriculum.curriculum:CURRICULUM")
    rates = random.Random(1)
    sessions = [
        {
            "subject_id": f"m{subject}",
            "session": number,
            "session_date": f"2026-01-{number:02}",
            "metrics": {
                "trials": 30,
                "hit_rate": round(rates.uniform(0.3, 0.9), 2),
                "median_reaction_time": rates.choice([None, 0.8, 1.6]),
                "water": 0.5,
                "good_sessions_in_a_row": rates.choice([0, 0, 0, 1, 2]),
            },
        }
        for subject in range(12)
        for number in range(1, 16)
    ]
    table = tmp_path / "sessions.jsonl"
    table.write_text("".join(f"{json.dumps(one)}\n" for one in sessions), encoding="utf-8", newline="\n")
    done = own.replay(table, "-o", tmp_path / "decisions.jsonl", "--mode", "simulate", "--verify", "180", "--json")
    assert done.code == 0 and (done.document["verified"], done.document["different"]) == (180, 0), done.text
    found = read_decisions(tmp_path / "decisions.jsonl")
    tuned = [row for row in found if row["parameters"] is not None]
    assert {(row["current_stage_suggested"], row["decision"]) for row in tuned} == {("s_shaping", "STAY")}
    delays = {row["parameters"]["response_delay"] for row in tuned}
    assert len(delays) > 2
    assert {name.rpartition(".")[2] for row in tuned for name in row["policies"]} == {
        "p_lengthen_delay",
        "p_hold_delay",
    }


# What a table can be wrong in


def broken(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """A mouse of 23 sessions, seven of which cannot be decided; each says so in a column that nothing reads."""
    cells: list[tuple[int, dict[str, str]]] = [
        (1, {"session": "one"}),
        (3, {"finished_trials": "nan"}),
        (5, {"current_stage_actual": "STAGE_9"}),
        (7, {"session_date": "yesterday"}),
        (9, {"curriculum_name": "Uncoupled Baiting"}),
        (11, {"finished_trials": "many"}),
    ]
    made = [dict(row) for row in rows]
    for index, change in cells:
        made[index] |= change
    return [*made[:14], dict(made[13]), *made[14:]]


def test_a_session_that_cannot_be_decided_says_why_and_the_rest_goes_on(example: Installed, tmp_path: Path) -> None:
    mouse = [row for row in ROWS if row["subject_id"] == "668463"]
    others = [row for row in ROWS if row["subject_id"] != "668463"]
    table = write_table(tmp_path / "table.csv", [*broken(mouse), *others])
    done = example.replay(table, "-o", tmp_path / "decisions.jsonl", "--json")
    assert (done.code, done.document["left_out"]) == (3, {"sessions": 7, "animals": 1}), done.text
    found = read_decisions(tmp_path / "decisions.jsonl")
    assert told(found[len(mouse) + 1 :], "decision") == told(others, "decision")
    assert sum(row["error"] is None for row in found[: len(mouse) + 1]) == len(mouse) - 6
    for text in (
        "column session: it is 'one', not a",
        "column finished_trials: it is 'nan'",
        "668463, session 6: The stage 'STAGE_9' is none of coupled-baiting 0.1.0",
        "column session_date: it is 'yesterday', not a date",
        "668463, session 10: It is of the curriculum 'Uncoupled Baiting'",
        "668463, session 12: metrics_from_row failed",
        "668463, session 14: Session 14 stands twice",
    ):
        assert text in done.text


def test_a_rule_that_raises_at_one_session_leaves_the_others_as_they_are(
    replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = decided(replay, TABLE)
    stage = replay.rules.stages["STAGE_2"]

    def raises(metrics: Any) -> bool:
        if metrics.finished_trials[-1] == 892:
            raise ZeroDivisionError("no trials")
        return bool(stage_2(metrics))

    stage_2 = stage.leaving[0].holds
    monkeypatch.setattr(stage, "leaving", (stage.leaving[0]._replace(holds=raises), *stage.leaving[1:]))
    found = decided(replay, TABLE)
    failed = [index for index, row in enumerate(found) if "error" in row]
    assert failed and {found[index]["session"] for index in failed} == {4}
    assert "A rule of the curriculum failed: ZeroDivisionError: no trials" in found[failed[0]]["error"]
    assert told(found[:5], "decision")[4] == told(expected[:5], "decision")[4]
    assert sum(one.get("decision") != other["decision"] for one, other in zip(found, expected, strict=True)) == 1


def test_a_table_that_ends_in_the_middle_is_decided_up_to_there(example: Installed, tmp_path: Path) -> None:
    data = TABLE.read_bytes()
    (tmp_path / "cut.csv").write_bytes(data[: len(data) // 2 - 20])
    done = example.replay(tmp_path / "cut.csv", "-o", tmp_path / "decisions.csv", "--json")
    assert done.code == 3 and "it was cut short" in done.document["cut"], done.text
    found = read_decisions(tmp_path / "decisions.csv")
    assert 150 < len(found) < 250 and told(found, "decision") == told(ROWS[: len(found)], "decision")


def test_rows_in_any_order_are_decided_in_the_order_of_the_sessions(example: Installed, tmp_path: Path) -> None:
    table = write_table(tmp_path / "table.csv", sorted(ROWS, key=lambda row: row["session_date"], reverse=True))
    done = example.replay(table, "-o", tmp_path / "decisions.csv")
    assert done.code == 0 and "do not stand together" in done.text
    found = {(row["subject_id"], row["session"]): row["decision"] for row in read_decisions(tmp_path / "decisions.csv")}
    assert found == {(row["subject_id"], row["session"]): row["decision"] for row in ROWS}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["missing.csv", "-o", "d.csv"], 66, "There is no table"),
        ([TABLE, "-o", "missing/d.csv"], 74, "The folder for the table of decisions"),
        ([TABLE, "-o", "d.xlsx"], 64, "has no ending of a table"),
        ([".", "-o", "d.csv"], 66, "There is no session directory in"),
        ([TABLE, "-o", "d.csv", "--scheduler", "tcp://127.0.0.1:9"], 75, "The scheduler at tcp://127.0.0.1:9 does not"),
    ],
    ids=["no table", "no folder", "another form", "no session directory", "no scheduler"],
)
def test_what_is_wrong_as_a_whole_has_its_exit_code(
    arguments: list[str | Path], code: int, says: str, example: Installed, tmp_path: Path
) -> None:
    done = example.replay(*arguments, cwd=tmp_path)
    assert (done.code, done.stdout) == (code, b"") and says in done.error["message"], done.text
    assert not list(tmp_path.iterdir())


def test_columns_that_no_hook_replaces_must_be_there(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay.row_metrics, "hook", None)
    (row, *_) = decided(replay, TABLE)
    assert "ForagingMetrics needs the columns session_total, session_at_current_stage, stage_name" in row["error"]


# Session directories


@pytest.fixture
def directories(replay: Replay, tmp_path: Path) -> Path:
    """The session directories of three mice, as a rig left them: no metrics of the session before are in them."""
    trainer = OrderedTrainer(replay.curriculum)
    states = {stage: json.loads(state_document(enrolled(trainer, stage), trainer)) for stage in STAGES}
    for session in SESSIONS:
        if session.subject in ONE_PROCESS_A_SESSION:
            write_session(tmp_path / "data" / session.subject / session.name, session, states[session.stage])
    return tmp_path / "data"


def test_session_directories_are_decided_by_metrics_of_the_providers(
    example: Installed, directories: Path, tmp_path: Path
) -> None:
    (directories / ONE_PROCESS_A_SESSION[0] / "aborted" / "behavior").mkdir(parents=True)
    done = example.replay(directories, "-o", tmp_path / "d.jsonl", "--cache", tmp_path / "cache", "--jobs", "2")
    assert done.code == 3 and "does not say of which subject" in done.text, done.text
    found = [row for row in read_decisions(tmp_path / "d.jsonl") if row["error"] is None]
    chosen = [one for one in SESSIONS if one.subject in ONE_PROCESS_A_SESSION]
    expected = [(one.subject, one.number, one.decision, one.next_stage, one.stage) for one in chosen]
    columns = ("subject_id", "session", "decision", "next_stage_suggested", "current_stage_actual")
    assert told(found, *columns) == sorted(expected)
    assert [row["metrics"]["session_total"] for row in found] == [row["session"] for row in found]


def test_metrics_of_a_directory_are_kept_until_something_they_come_from_is_another(
    replay: Replay, directories: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []

    def compute(stage: Any, curriculum: Any, directory: Path) -> Any:
        computed.append(directory.name)
        return compute_metrics(stage, curriculum, directory)

    monkeypatch.setattr(directory_metrics, "compute_metrics", compute)
    of = DirectoryMetrics(replay.registered, replay.curriculum, tmp_path / "cache").of
    directory = next(directories.glob("*/*"))
    first = of(directory, "STAGE_1", None)
    assert of(directory, "STAGE_1", None) == first and len(computed) == 1
    before = first.model_dump_json()
    assert of(directory, "STAGE_1", before) != first and len(computed) == 2
    summary = directory / "behavior" / "SoftwareEvents" / "ForagingSummary.json"
    summary.write_text(summary.read_text(encoding="utf-8").replace('"finished_trials": ', '"finished_trials": 1'))
    assert of(directory, "STAGE_1", None) != first and len(computed) == 3
    for kept in (tmp_path / "cache").glob("*/*"):
        kept.write_bytes(b"{}")
    assert of(directory, "STAGE_1", before) is not None and len(computed) == 4


# How far it is


def test_on_a_terminal_a_count_is_shown_after_two_seconds_and_taken_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 1.9, 2.5, 2.6, 3.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress.counting("sessions") as show:
        for count in (1000, 2500, 2600, 3000):
            show(count)
    shown = capsys.readouterr().err
    assert shown.startswith("\r2,500 sessions, 1,000 a second \r3,000 sessions") and shown.endswith(("\033[K", "\n"))


def test_elsewhere_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.counting("sessions") as show:
        show(1)
    assert capsys.readouterr().err == ""


# More processes


def test_several_processes_give_the_same_bytes(example: Installed, tmp_path: Path) -> None:
    for jobs in ("1", "2"):
        done = example.replay(TABLE, "-o", tmp_path / f"{jobs}.csv", "--jobs", jobs)
        assert done.code == 0, done.text
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_a_process_that_is_killed_in_the_middle_changes_nothing(
    replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_CHUNK", 20)
    expected = list(here(replay, Table(TABLE).animals()))
    results = in_processes(replay.asked, Table(TABLE).animals(), 1)
    found = [next(results)]
    (worker,) = multiprocessing.active_children()
    worker.kill()
    found += results
    assert found == expected


@pytest.mark.exhaustive
def test_an_interruption_ends_all_processes_with_the_error_line_last(example: Installed, tmp_path: Path) -> None:
    many = ({**row, "subject_id": f"{copy:03}{row['subject_id']}"} for copy in range(100) for row in ROWS)
    table = write_table(tmp_path / "many.csv", many)
    command = [sys.executable, "-m", "aind_curriculum_runtime.cli", "replay", table, "-o", "d.csv", "--jobs", "2"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, example.folders)), "REPLAY": str(tmp_path)}
    begun = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, start_new_session=True)
    while not sum(part.stat().st_size for part in tmp_path.glob(".d.csv.*")):
        assert begun.poll() is None
    os.killpg(begun.pid, signal.SIGINT)
    _, stderr = begun.communicate(timeout=60)
    assert begun.returncode == 70 and stderr.splitlines()[-1].startswith(b"CURRICULUM-ERROR"), stderr
    assert b"Traceback" not in stderr and not list(tmp_path.glob("*d.csv*"))
    end = time.monotonic() + 10
    while running(str(tmp_path)):
        assert time.monotonic() < end, running(str(tmp_path))
