"""Session directories that are missing, empty, odd or not ours to write in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from failing import add_metrics_code, assert_failed, bound_by_permissions, contents, failed_run
from support import Repo, call


@pytest.fixture
def file(tmp_path: Path, shaping_bytes: bytes) -> Path:
    target = tmp_path / "trainer_state.json"
    target.write_bytes(shaping_bytes)
    return target


@pytest.fixture
def session(shared_repo: Repo, tmp_path: Path) -> Path:
    """A copy of the sample session, without a trainer state in it."""
    return Path(shutil.copytree(shared_repo.session, tmp_path / "session"))


def test_a_missing_session_is_told_with_its_path(shared_repo: Repo, file: Path, tmp_path: Path) -> None:
    error, _ = failed_run(shared_repo, tmp_path / "none", file, code="session.missing", exit_code=66)
    assert str(tmp_path / "none") in error["message"]
    assert error["where"] == str(tmp_path / "none")


def test_a_missing_relative_session_is_told_with_the_absolute_path_and_the_reason(
    shared_repo: Repo, file: Path
) -> None:
    result = shared_repo.launch("run", "--data-directory", "data/today", "--input-trainer-state", file)
    error = assert_failed(result, "session.missing", 66)
    assert error["where"] == str(shared_repo.path / "data" / "today")
    assert error["where"] in error["message"]
    assert "uv run --directory" in error["hint"]


def test_an_empty_session_is_told_apart_from_a_missing_one(shared_repo: Repo, file: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    error, _ = failed_run(shared_repo, tmp_path / "empty", file, code="session.empty", exit_code=66)
    assert "is empty" in error["message"]


def test_a_session_that_is_a_file_is_told_so(shared_repo: Repo, file: Path) -> None:
    error, _ = failed_run(shared_repo, file, file, code="session.not_a_directory", exit_code=66)
    assert "is a file" in error["message"]


@pytest.mark.parametrize("state", ["given", "in the session"])
def test_the_folder_in_a_session_directory_is_told_from_it(
    state: str, shared_repo: Repo, file: Path, session: Path
) -> None:
    """One level too deep."""
    given = session / "behavior"
    if state == "given":
        error, _ = failed_run(shared_repo, given, file, code="session.incomplete", exit_code=66)
    else:
        result = shared_repo.launch("run", "--data-directory", given)
        error = assert_failed(result, "state.missing", 66)
    assert error["hint"].startswith(f"{given} is the folder 'behavior' in a session directory: give {session}. ")


def test_an_aborted_session_is_a_sentence_and_no_traceback(shared_repo: Repo, file: Path, session: Path) -> None:
    (session / "behavior" / "SoftwareEvents" / "TrialOutcome.json").write_bytes(b"")
    error, result = failed_run(shared_repo, session, file, code="session.incomplete", exit_code=66)
    assert "no TrialOutcome events" in error["message"]
    assert "Traceback" not in result.text


@pytest.mark.parametrize(
    "removed", ["behavior", "behavior/SoftwareEvents", "behavior/SoftwareEvents/TrialOutcome.json"]
)
def test_a_session_that_lacks_its_data_is_a_sentence_and_no_traceback(
    removed: str, shared_repo: Repo, file: Path, session: Path
) -> None:
    (session / "notes.txt").write_text("rig 4", encoding="utf-8")
    target = session / removed
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    error, result = failed_run(shared_repo, session, file, code="session.incomplete", exit_code=66)
    assert "TrialOutcome.json" in error["message"]
    assert "Traceback" not in result.text


def test_a_damaged_events_file_is_the_metrics_codes_failure(shared_repo: Repo, file: Path, session: Path) -> None:
    events = session / "behavior" / "SoftwareEvents" / "TrialOutcome.json"
    events.write_bytes(events.read_bytes()[:-40])
    _, result = failed_run(shared_repo, session, file, code="code.raised", exit_code=70)
    assert "JSONDecodeError" in result.text


PLACES = ["behavior/trainer_state.json", "Behavior/trainer_state.json", "trainer_state.json", "Trainer_State.JSON"]


@pytest.mark.parametrize("place", PLACES)
def test_the_state_is_found_in_the_session(
    place: str, shared_repo: Repo, file: Path, session: Path, shaping_bytes: bytes
) -> None:
    given = shared_repo.curriculum("run", "--data-directory", session, "--input-trainer-state", file)
    target = session / place
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(shaping_bytes)
    before = contents(session)
    found = shared_repo.curriculum("run", "--data-directory", session)
    assert found == given
    assert found.code == 0, found.text
    assert contents(session) == before


def test_the_state_in_the_behavior_folder_comes_first(shared_repo: Repo, session: Path, shaping_bytes: bytes) -> None:
    (session / "behavior" / "trainer_state.json").write_bytes(shaping_bytes)
    (session / "trainer_state.json").write_bytes(b"not this one")
    assert shared_repo.curriculum("run", "--data-directory", session).code == 0


def test_a_broken_state_in_the_behavior_folder_is_not_passed_over(
    shared_repo: Repo, session: Path, shaping_bytes: bytes
) -> None:
    (session / "behavior" / "trainer_state.json").write_bytes(b"{")
    (session / "trainer_state.json").write_bytes(shaping_bytes)
    error, _ = failed_run(shared_repo, session, None, code="state.not_json", exit_code=65)
    assert error["where"] == str(session / "behavior" / "trainer_state.json")


def test_a_state_that_was_given_is_taken_instead_of_the_sessions(shared_repo: Repo, session: Path, file: Path) -> None:
    (session / "behavior" / "trainer_state.json").write_bytes(b"not this one")
    assert shared_repo.curriculum("run", "--data-directory", session, "--input-trainer-state", file).code == 0


def test_a_session_without_a_state_is_told_where_it_was_looked_for(shared_repo: Repo, session: Path) -> None:
    error, _ = failed_run(shared_repo, session, None, code="state.missing", exit_code=66)
    assert str(session) in error["message"]
    assert "behavior/trainer_state.json" in error["hint"]
    assert "--input-trainer-state" in error["hint"]


@pytest.mark.parametrize("name", ["a b", "Sitzung für Maus 7", "\N{MOUSE}-会话", "--help", "a'b", "100%25 $HOME"])
def test_any_path_will_do(name: str, shared_repo: Repo, session: Path, file: Path, tmp_path: Path) -> None:
    plain = shared_repo.curriculum("run", "--data-directory", session, "--input-trainer-state", file)
    folder = tmp_path / name
    folder.mkdir()
    moved, state = shutil.move(session, folder / "session"), shutil.move(file, folder / "state.json")
    found = shared_repo.launch(
        "run", f"--data-directory={moved}", f"--input-trainer-state={state}", f"--output-suggestion={folder}"
    )
    assert found == plain
    assert found.code == 0, found.text
    assert (folder / "suggestion.json").read_bytes() == plain.stdout


def test_a_path_of_any_letters_is_shown_whole_in_the_error_line(shared_repo: Repo, file: Path, tmp_path: Path) -> None:
    missing = tmp_path / "Sitzung für \N{MOUSE} 会话"
    error, result = failed_run(shared_repo, missing, file, code="session.missing", exit_code=66)
    assert error["where"] == str(missing)
    assert str(missing) in result.text


def test_metrics_code_may_add_a_file_to_the_session(repo: Repo, file: Path, session: Path) -> None:
    add_metrics_code(
        repo, in_call="open(str(data_directory) + '/report.txt', 'w', encoding='utf-8').write('a good day')"
    )
    before = contents(session)
    assert repo.curriculum("run", "--data-directory", session, "--input-trainer-state", file).code == 0
    assert (session / "report.txt").read_text(encoding="utf-8") == "a good day"
    (session / "report.txt").unlink()
    assert contents(session) == before


if sys.platform != "win32":

    @pytest.fixture
    def locked(session: Path, file: Path) -> Iterator[Path]:
        """The session and its folder, which nobody may write to."""
        folders = [session.parent, session, *[path for path in session.rglob("*") if path.is_dir()]]
        for path in session.rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        file.chmod(0o444)
        for path in folders:
            path.chmod(0o555)
        yield session
        for path in folders:
            path.chmod(0o755)

    def test_a_session_that_is_read_only_is_evaluated(shared_repo: Repo, locked: Path, file: Path) -> None:
        attempt = subprocess.run(bound_by_permissions(["touch", locked / "new"]), capture_output=True, check=False)
        assert attempt.returncode != 0
        before = contents(locked.parent)
        command = [shared_repo.script("curriculum"), "run", "--data-directory", locked, "--input-trainer-state", file]
        result = call(bound_by_permissions(command), cwd=locked)
        assert result.code == 0, result.text
        assert contents(locked.parent) == before

    def test_a_session_that_may_not_be_read_is_told_so(shared_repo: Repo, session: Path, file: Path) -> None:
        session.chmod(0)
        command = [shared_repo.script("curriculum"), "run", "--data-directory", session, "--input-trainer-state", file]
        result = call(bound_by_permissions(command))
        session.chmod(0o755)
        error = assert_failed(result, "session.unreadable", 66)
        assert "Permission denied" in error["message"]

    def test_a_state_that_may_not_be_read_is_told_so(shared_repo: Repo, session: Path, file: Path) -> None:
        file.chmod(0)
        command = [shared_repo.script("curriculum"), "run", "--data-directory", session, "--input-trainer-state", file]
        error = assert_failed(call(bound_by_permissions(command)), "state.unreadable", 65)
        assert "Permission denied" in error["message"]

    def test_the_folder_for_the_suggestion_must_be_writable(shared_repo: Repo, session: Path, file: Path) -> None:
        out = session.parent / "out"
        out.mkdir()
        out.chmod(0o555)
        command = [shared_repo.script("curriculum"), "run", "--data-directory", session, "--input-trainer-state", file]
        result = call(bound_by_permissions([*command, "--output-suggestion", out]))
        error = assert_failed(result, "output.not_writable", 74)
        assert str(out) in error["message"]
        assert list(out.iterdir()) == []

    def test_a_state_from_a_pipe_is_read(shared_repo: Repo, session: Path, file: Path, shaping_bytes: bytes) -> None:
        # As `--input-trainer-state <(command)` gives it.
        given = shared_repo.curriculum("run", "--data-directory", session, "--input-trainer-state", file)
        reader, writer = os.pipe()
        os.write(writer, shaping_bytes)
        os.close(writer)
        state = f"/dev/fd/{reader}"
        result = shared_repo.curriculum(
            "run", "--data-directory", session, "--input-trainer-state", state, pass_fds=(reader,)
        )
        os.close(reader)
        assert result == given
