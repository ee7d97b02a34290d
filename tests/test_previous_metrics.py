"""The metrics of the session before, for curriculum code that looks back."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from aind_behavior_curriculum import Metrics
from pydantic import Field
from support import Repo

from aind_curriculum_runtime import CurriculumError, previous_metrics


class Streak(Metrics):
    good_sessions: int
    hit_rate: float = 0.5


def leave(session: Path, content: str | bytes, place: str = "behavior/previous_metrics.json") -> Path:
    """Put a file where the launcher leaves the previous metrics."""
    target = session / place
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.encode() if isinstance(content, str) else content)
    return target


def refusal(session: Path) -> CurriculumError:
    with pytest.raises(CurriculumError) as caught:
        previous_metrics(session, Streak)
    return caught.value


def test_a_first_session_has_no_previous_metrics(tmp_path: Path) -> None:
    assert previous_metrics(tmp_path, Streak) is None
    (tmp_path / "behavior").mkdir()
    assert previous_metrics(tmp_path, Streak) is None
    assert previous_metrics(tmp_path / "missing", Streak) is None


if sys.platform != "win32":

    def test_a_pipe_to_which_nobody_writes_is_not_waited_for(tmp_path: Path) -> None:
        (tmp_path / "behavior").mkdir()
        os.mkfifo(tmp_path / "behavior" / "previous_metrics.json")
        error = refusal(tmp_path)
        assert (
            error.code == "session.previous_metrics_invalid"
            and "it is a pipe to which nothing was written" in error.message
        )


def test_they_come_back_as_the_curriculums_own_class(tmp_path: Path) -> None:
    leave(tmp_path, '{"good_sessions": 3, "hit_rate": 0.75}')
    found = previous_metrics(tmp_path, Streak)
    assert type(found) is Streak
    assert (found.good_sessions, found.hit_rate) == (3, 0.75)


def test_a_metric_that_its_class_knows_by_an_alias_only_is_not_taken_for_its_default(tmp_path: Path) -> None:
    class Aliased(Metrics):
        good_sessions: int = Field(default=0, alias="goodSessions")

    leave(tmp_path, '{"good_sessions": 3}')
    with pytest.raises(CurriculumError, match="good_sessions: the field is known by its alias only") as caught:
        previous_metrics(tmp_path, Aliased)
    assert caught.value.code == "session.previous_metrics_invalid"


def test_the_directory_may_be_given_as_text(tmp_path: Path) -> None:
    leave(tmp_path, '{"good_sessions": 3}')
    assert previous_metrics(str(tmp_path), Streak) == Streak(good_sessions=3)


@pytest.mark.parametrize(
    "place",
    ["Behavior/previous_metrics.json", "BEHAVIOR/Previous_Metrics.JSON", "behavior/PREVIOUS_METRICS.json"],
)
def test_names_are_compared_without_case(tmp_path: Path, place: str) -> None:
    leave(tmp_path, '{"good_sessions": 4}', place)
    found = previous_metrics(tmp_path, Streak)
    assert found is not None and found.good_sessions == 4


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    leave(tmp_path, b'\xef\xbb\xbf{"good_sessions": 5}')
    found = previous_metrics(tmp_path, Streak)
    assert found is not None and found.good_sessions == 5


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "line 1, column 1"),
        ('{"good_sessions": 3', "cut short"),
        ('{"good_sessions": 3, "hit_rate": NaN}', "NaN"),
        ('{"good_sessions": 3, "hit_rate": 1e999}', "1e999"),
        ('{"good_sessions": 3, "good_sessions": 4}', "stands twice"),
        ('{"hit_rate": 0.5}', "good_sessions: Field required"),
        ('{"good_sessions": "3"}', "good_sessions: Input should be a valid integer"),
        ('{"good_sessions": null}', "good_sessions: Input should be a valid integer"),
        ("null", "Streak"),
        ("[]", "Streak"),
        ("\udcff", "UTF-8"),
        ("[" * 100_000, "nested too deeply"),
    ],
    ids=lambda text: ascii(text[:30]),
)
def test_what_are_no_such_metrics_is_an_error_that_says_why(tmp_path: Path, content: str, why: str) -> None:
    file = leave(tmp_path, content.encode("utf-8", "surrogateescape"))
    error = refusal(tmp_path)
    assert (error.code, error.exit, error.where) == ("session.previous_metrics_invalid", 65, str(file))
    assert why in f"{error.message} {error.hint}"


def test_metrics_of_another_class_are_told_with_what_both_classes_need(tmp_path: Path) -> None:
    leave(tmp_path, '{"licks": 12}')
    assert "a default" in refusal(tmp_path).hint


def test_a_folder_in_the_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "behavior" / "previous_metrics.json").mkdir(parents=True)
    assert refusal(tmp_path).code == "session.previous_metrics_invalid"


def test_a_file_of_absurd_size_is_not_read(tmp_path: Path) -> None:
    os.truncate(leave(tmp_path, "{}"), 64 * 2**20 + 1)
    assert "larger than 64 MiB" in refusal(tmp_path).message


if sys.platform != "win32":  # making links needs a privilege there

    def test_a_folder_that_cannot_be_read_is_not_taken_for_a_first_session(tmp_path: Path) -> None:
        (tmp_path / "behavior").symlink_to("behavior")  # a loop: opening it is an error that is not "not found"
        error = refusal(tmp_path)
        assert (error.code, error.exit) == ("session.unreadable", 66)


def copy_session(repo: Repo, target: Path) -> Path:
    return shutil.copytree(repo.session, target)


def test_the_last_suggestions_metrics_are_the_next_sessions_previous_ones(
    shared_repo: Repo, state: Path, tmp_path: Path
) -> None:
    following, metrics = state, None
    for number in range(1, 4):
        session = copy_session(shared_repo, tmp_path / f"session-{number}")
        if metrics is not None:
            leave(session, json.dumps(metrics))
        result = shared_repo.curriculum("run", "--path", session, "--input-trainer-state", following)
        assert result.code == 0, result.text
        metrics, next_state = result.document["metrics"], result.document["trainer_state"]
        assert metrics["good_sessions_in_a_row"] == number
        following = tmp_path / "trainer_state.json"
        following.write_text(json.dumps(next_state), encoding="utf-8")
    assert next_state["stage"]["name"] == "GRADUATED"


def test_previous_metrics_that_are_wrong_fail_the_run(shared_repo: Repo, state: Path, tmp_path: Path) -> None:
    session = copy_session(shared_repo, tmp_path / "session")
    leave(session, '{"trials": "many"}')
    result = shared_repo.curriculum("run", "--path", session, "--input-trainer-state", state)
    assert (result.code, result.stdout) == (65, b"")
    assert result.error["code"] == "session.previous_metrics_invalid"
    assert "Traceback" not in result.text
