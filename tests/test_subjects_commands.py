"""`curricula subjects`, each verb once as a technician types it: real processes, a generated repo, a real ledger."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fleet_support import fleet_environment, script
from support import Repo, Result, call, clean_environment

MOUSE, OTHER = "786543", "786544"


class Facility:
    """A repo, a ledger that its pyproject.toml names, and sessions of animals."""

    def __init__(self, repo: Repo, folder: Path) -> None:
        self.repo, self.folder, self.ledger = repo, folder, folder / "ledger"

    def subjects(self, *arguments: str | Path) -> Result:
        return call([script(), "subjects", *arguments], env=fleet_environment(), cwd=self.repo.path)

    def done(self, *arguments: str | Path) -> list[str]:
        result = self.subjects(*arguments)
        assert result.code == 0, result.text
        return result.stdout.decode("utf-8").splitlines()

    def trained(self, subject: str, day: int, *, broken: bool = False) -> Result:
        """A session of today, run with what the ledger says and concluded into it."""
        session = self.folder / f"{subject}_{day}"
        shutil.copytree(self.repo.session, session)
        (session / "behavior" / "Logs").mkdir(exist_ok=True)
        content = {"subject": subject, "session_name": session.name, "date": datetime.now(UTC).isoformat()}
        (session / "behavior" / "Logs" / "session_input.json").write_text(json.dumps(content), encoding="utf-8")
        self.done("next", subject, "-o", session / "behavior" / "trainer_state.json")
        if broken:
            shutil.rmtree(session / "behavior" / "SoftwareEvents")
        return self.repo.curriculum(
            "run", "--data-directory", session, "--ledger", self.ledger, "--output-suggestion", session
        )


@pytest.fixture
def facility(repo: Repo, tmp_path: Path) -> Facility:
    text = (repo.path / "pyproject.toml").read_text(encoding="utf-8")
    ledger = (tmp_path / "ledger").as_posix()
    repo.write("pyproject.toml", f'{text}\n[tool.curricula]\nledger = "{ledger}"\n')
    found = Facility(repo, tmp_path)
    assert found.done("create") == [f"The ledger is at {tmp_path / 'ledger'}."]
    return found


def test_an_animal_from_its_enrolment_to_a_mistake_undone(facility: Facility) -> None:
    assert facility.done("list") == ["No animal."]
    assert facility.done("enroll", MOUSE, "--group", "pilot")[:3] == [
        f"{MOUSE} is enrolled",
        "  curriculum    my-curriculum 0.1.0",
        "  stage         s_habituation",
    ]
    facility.done("enroll", OTHER, "--stage", "s_shaping", "--by", "anna")
    result = facility.trained(MOUSE, 1)
    assert result.document["trainer_state"]["stage"]["name"] == "s_shaping"
    assert facility.done("list", "--group", "pilot")[1].split()[:4] == [MOUSE, "pilot", "s_shaping", "0"]
    assert facility.done("review")[1].endswith("s_habituation  -> s_shaping")

    moved = facility.done("move", MOUSE, "--stage", "s_discrimination", "--reason", "licks on every trial")
    assert moved[1:4] == [
        "  stage         s_shaping -> s_discrimination",
        "  policies      p_lengthen_delay -> none",
        "  parameters    reward_volume: 4.0 -> 3.0",
    ]
    assert facility.done("review") == ["Nothing to review."]
    assert "  stage         s_discrimination -> s_shaping" in facility.done("undo", MOUSE)

    assert "  parameters    reward_volume: 4.0 -> 3.5" in facility.done("pin", MOUSE, "reward_volume=3.5")
    result = facility.trained(MOUSE, 2)
    assert result.document["trainer_state"]["stage"]["task"]["task_parameters"]["reward_volume"] == 3.5
    assert "pinned for 786543: reward_volume" in result.text
    facility.done("release", MOUSE, "reward_volume")

    facility.done("off", MOUSE, "--reason", "ill")
    assert facility.trained(MOUSE, 3).error["code"] == "state.off_curriculum"
    facility.done("on", MOUSE)
    facility.done("group", MOUSE, "night")

    assert facility.done("reassign", MOUSE, f"{MOUSE}_2", "--to", OTHER)[0] == f"{OTHER} gets the session {MOUSE}_2"
    lines = facility.done("show", MOUSE)
    assert [line.split()[0] for line in lines] == ["#", *map(str, range(1, len(lines)))]
    assert facility.done("verify") == ["2 animals: all entries fit."]
    state = json.loads(facility.done("next", OTHER)[0])
    assert (state["stage"]["name"], "graph" in state["curriculum"]) == ("s_discrimination", True)


def test_a_stage_that_is_not_there_names_those_that_are(facility: Facility) -> None:
    for arguments in (["enroll", MOUSE, "--repo", "my-curriculum"], ["move", OTHER]):
        facility.done("enroll", OTHER) if arguments[0] == "move" else None
        refused = facility.subjects(*arguments, "--stage", "s_shapng")
        assert (refused.code, refused.stdout) == (64, b"")
        assert refused.text.splitlines() == [
            "curricula: 'my-curriculum' has no stage 's_shapng'.",
            "  hint: Its stages: s_habituation, s_shaping, s_discrimination, GRADUATED.",
        ]
    assert len(facility.done("show", OTHER)) == 2


def test_animals_that_are_at_the_installed_version_are_not_migrated(facility: Facility) -> None:
    facility.done("enroll", MOUSE)
    assert facility.done("migrate") == ["Every animal of my-curriculum is at the version 0.1.0."]


def test_an_animal_that_is_stuck_is_named_in_the_notes_and_by_list(facility: Facility) -> None:
    file = facility.repo.package / "curriculum.py"
    text = file.read_text(encoding="utf-8")
    facility.repo.write(
        file.relative_to(facility.repo.path).as_posix(),
        text + '\nSTUCK_AFTER = {"s_shaping": 1}\n',
    )
    facility.repo.edit(
        (facility.repo.package / "rules.py").relative_to(facility.repo.path).as_posix(),
        "return metrics.good_sessions_in_a_row >= 2",
        "return metrics.good_sessions_in_a_row >= 20",
    )
    facility.done("enroll", MOUSE, "--stage", "s_shaping")
    assert "stuck" not in facility.trained(MOUSE, 1).text
    result = facility.trained(MOUSE, 2)
    why = "2 sessions at s_shaping, which should take 1"
    assert f"{MOUSE} is stuck: {why}" in result.text
    notes = json.loads((facility.folder / f"{MOUSE}_2" / "suggestion.notes.json").read_text(encoding="utf-8"))
    assert notes == {"stuck": why}
    stuck = facility.subjects("list", "--stuck")
    assert stuck.code == 1 and f"stuck: {why}" in stuck.stdout.decode("utf-8")


def test_sessions_without_metrics_in_a_row_are_told_at_the_rig(facility: Facility) -> None:
    facility.done("enroll", MOUSE)
    assert "stuck" not in facility.trained(MOUSE, 1, broken=True).text
    result = facility.trained(MOUSE, 2, broken=True)
    assert result.code == 66 and f"{MOUSE} is stuck: the last 2 sessions gave no metrics" in result.text


@pytest.mark.parametrize(
    ("declared", "wrong"),
    [
        ('{"s_nope": 10}', "names 's_nope', which is no stage"),
        ('{"s_shaping": 0}', "is not a dict of stages' names and numbers of sessions"),
        ("10", "is not a dict of stages' names and numbers of sessions"),
    ],
)
def test_a_bound_that_means_nothing_is_refused(repo: Repo, declared: str, wrong: str) -> None:
    file = repo.package / "curriculum.py"
    text = file.read_text(encoding="utf-8")
    repo.write(file.relative_to(repo.path).as_posix(), f"{text}\nSTUCK_AFTER = {declared}\n")
    refused = repo.curriculum("init")
    assert (refused.code, refused.error["code"]) == (78, "repo.curriculum_invalid")
    assert refused.error["message"] == f"my_curriculum.curriculum.STUCK_AFTER {wrong}."


def test_a_ledger_that_nobody_names_is_asked_for(shared_repo: Repo) -> None:
    refused = call([script(), "subjects", "list"], env=fleet_environment(), cwd=shared_repo.path)
    assert (refused.code, refused.text.splitlines()[0]) == (64, "curricula: No ledger is named.")


def test_the_shell_completes_verbs_and_their_options(tmp_path: Path) -> None:
    def completed(line: str) -> list[str]:
        index = str(len(line.split(" ")) - 1)
        result = call([script(), "completion", "bash", "--complete", index, line], cwd=tmp_path)
        return [one.partition(",")[2] for one in result.stdout.decode().split()]

    assert completed("curricula subjects mo") == ["move"]
    assert completed("curricula subjects move 1 --st") == ["--stage"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminal")
@pytest.mark.parametrize("columns", [80, 120])
def test_tables_fit_a_terminal_and_review_takes_a_key(facility: Facility, columns: int) -> None:
    facility.done("enroll", MOUSE, "--group", "a-long-name-of-a-group", "--by", "somebody with a long name")
    facility.trained(MOUSE, 1)
    terminal = _terminal(facility, columns)
    for verb in (["list"], ["show", MOUSE]):
        shown = terminal(verb, "")
        assert max(map(len, shown.splitlines())) <= columns
        assert MOUSE in shown and "\x1b[" not in shown.replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert "[a]ccept" in terminal(["review"], "a")
    assert "accepted 2" in "\n".join(facility.done("show", MOUSE))


def _terminal(facility: Facility, columns: int) -> Callable[[list[str], str], str]:
    import fcntl
    import pty
    import select
    import struct
    import subprocess
    import termios

    def shown(arguments: list[str], keys: str) -> str:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        environment = {**clean_environment(**fleet_environment()), "TERM": "xterm-256color"}
        for name in ("NO_COLOR", "COLUMNS", "LINES"):
            environment.pop(name, None)
        command = [str(script()), "subjects", *arguments]
        with subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=facility.repo.path, env=environment
        ) as process:
            os.close(theirs)
            found = b""
            while True:
                ready, _, _ = select.select([ours], [], [], 0.5)
                try:
                    if not ready:  # it waits for a key; what is typed before it does is lost, as on any terminal
                        os.write(ours, keys.encode())
                        continue
                    part = os.read(ours, 1 << 16)
                except OSError:  # the other side is closed
                    break
                if not part:
                    break
                found += part
            assert process.wait(timeout=60) == 0, found
        os.close(ours)
        return found.decode("utf-8").replace("\x1b[1m", "").replace("\x1b[0m", "").replace("\r\n", "\n")

    return shown
