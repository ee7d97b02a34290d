"""Whole commands that are killed at any moment, on each kind of store.

What a command said is there, nothing is half there, and the same command once more completes the work. Writers that
are killed while they write are in ``test_ledger_stores``; here the killed ones are what people and launchers call.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fleet_support import script
from ledger_support import KINDS, Place, place_of
from release_support import S3, install_runtime_extras
from support import Repo, Result, call, clean_environment, generate

from aind_curriculum_runtime.contract.strict_json import encode
from aind_curriculum_runtime.ledger.known import entries_of, known, next_state
from aind_curriculum_runtime.ledger.opening import create, open_store
from aind_curriculum_runtime.ledger.store import Store
from aind_curriculum_runtime.ledger.verify import verify
from aind_curriculum_runtime.processes.tree import start


class Work:
    """What is done to one animal after the other, on one ledger.

    Args:
        repo: The repo of their curriculum, with all that the store needs.
        place: Where the ledger is.
        folder: Where their sessions are.
    """

    def __init__(self, repo: Repo, place: Place, folder: Path) -> None:
        self.repo, self.place, self.folder = repo, place, folder
        self.environment = clean_environment(**place.environment)

    @property
    def store(self) -> Store:
        """The ledger, as somebody finds it who opens it now."""
        return open_store(self.place.url)

    def subjects(self, *arguments: str) -> list[str | Path]:
        return [script(), "subjects", *arguments, "--ledger", self.place.url]

    def session(self, subject: str) -> Path:
        """The session directory of an animal, with the trainer state that it runs next."""
        directory = self.folder / subject
        if not directory.exists():
            shutil.copytree(self.repo.session, directory)
            (directory / "behavior" / "Logs").mkdir(exist_ok=True)
            content = {"subject": subject, "session_name": f"{subject}_1", "date": datetime.now(UTC).isoformat()}
            (directory / "behavior" / "Logs" / "session_input.json").write_text(json.dumps(content), encoding="utf-8")
            state = encode(next_state(self.store, known(self.store, subject)))
            (directory / "behavior" / "trainer_state.json").write_bytes(state)
        return directory

    def enroll(self, subject: str) -> list[str | Path]:
        return self.subjects("enroll", subject, f"{subject}.b", "--yes")

    def run(self, subject: str) -> list[str | Path]:
        own: list[str | Path] = [self.repo.script("curriculum"), "run", "--ledger", self.place.url]
        return [*own, "--data-directory", self.session(subject)]

    def move(self, subject: str) -> list[str | Path]:
        return self.subjects("move", subject, "--stage", "s_discrimination")

    @property
    def library(self) -> Path:
        """CLABE's library folder, in which the ledger is mirrored."""
        return self.folder / "library"

    def mirror(self, subject: str) -> list[str | Path]:
        return self.subjects("mirror", "--to", str(self.library))

    def mirrored(self, subject: str) -> bool:
        """Whether the library folder shows what an animal runs next."""
        shown = self.library / "Subjects" / subject / "trainer_state.json"
        return json.loads(shown.read_bytes()) == next_state(self.store, known(self.store, subject))

    def killed(self, command: list[str | Path], after: float) -> bytes:
        """Start a command, end it and all that it started after some seconds, and give what it said until then."""
        process, tree = start([str(one) for one in command], directory=self.repo.path, environment=self.environment)
        time.sleep(after)
        tree.kill()
        process.wait()
        tree.close()
        assert process.stdout is not None and process.stderr is not None
        said = process.stdout.read()
        process.stdout.close()
        process.stderr.close()
        return said

    def whole(self, command: list[str | Path]) -> Result:
        return call(command, cwd=self.repo.path, env=self.environment)


class Step(NamedTuple):
    """A command, and the kinds of the entries that an animal has once it is done."""

    command: Callable[[Work, str], list[str | Path]]
    kinds: list[str]


STEPS = [
    Step(Work.enroll, ["enrolled"]),
    Step(Work.run, ["enrolled", "evaluated"]),
    Step(Work.move, ["enrolled", "evaluated", "moved"]),
    Step(Work.mirror, ["enrolled", "evaluated", "moved"]),
]


@pytest.fixture(scope="module")
def repo(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repo whose curriculum can reach every kind of store."""
    repo = Repo(generate(template, tmp_path_factory.mktemp("killed") / "my-curriculum")).sync()
    install_runtime_extras(repo, "psycopg[binary]", "s3fs", "sqlalchemy")
    return repo


def kinds(store: Store, subject: str) -> list[str]:
    return [one.kind for one in entries_of(store, subject)]


def told(said: bytes, subject: str) -> list[tuple[str, int]]:
    """The entries of which a command said that they are written: of each animal the last."""
    lines = re.findall(rb"^Written as entry (\d+) of (\S+)\.\n", said, re.MULTILINE)
    suggestion = [(subject, 2)] if said.startswith(b"{") and said.endswith(b"}\n") else []
    return [(name.decode(), int(place)) for place, name in lines] + suggestion


@pytest.mark.parametrize(
    ("kind", "kills"),
    [
        *(("folder", 4), ("sqlite", 1), ("postgresql", 1), ("s3", 1)),
        *(pytest.param(kind, 200, marks=pytest.mark.exhaustive) for kind in KINDS),
    ],
)
def test_a_command_that_is_killed_at_any_moment_is_completed_by_the_same_command(
    kind: str, kills: int, repo: Repo, s3: S3, postgresql: Any, tmp_path: Path
) -> None:
    work = Work(repo, place_of(kind, tmp_path, f"killed_{kills}", s3, postgresql), tmp_path / "sessions")
    create(work.place.url)
    work.library.mkdir(parents=True)
    dice = random.Random(f"{kind} {kills}")
    takes = dict.fromkeys(range(len(STEPS)), 1.0)
    for number in range(kills):
        which = number % len(STEPS)
        step, subject = STEPS[which], f"m{number // len(STEPS)}"
        # Spread over the time that the command took last, of which the last half opens the ledger and writes.
        share = dice.uniform(0, 1) if number % 2 else dice.uniform(0.5, 1.05)
        said = work.killed(step.command(work, subject), takes[which] * share)
        store = work.store
        assert [one.sentence for one in verify(store)] == []
        before = [kinds(store, one) for one in (subject, f"{subject}.b")]
        for name, place in told(said, subject):
            assert store.last(name) == place, said
        assert before[0] in (step.kinds, step.kinds[:-1]) and before[1] in ([], ["enrolled"])
        began = time.monotonic()
        again = work.whole(step.command(work, subject))
        if step.command is Work.enroll and before == [["enrolled"]] * 2:
            assert again.code == 64 and "is enrolled already" in again.text
        else:
            assert again.code == 0, again.text
            takes[which] = time.monotonic() - began
        assert [kinds(work.store, one) for one in (subject, f"{subject}.b")] == [step.kinds, ["enrolled"]]
    assert [one.sentence for one in verify(work.store)] == []
    assert known(work.store, "m0").standing.place == len(STEPS[min(kills, len(STEPS)) - 1].kinds)
    if kills >= len(STEPS):  # from the first mirror on every command brings it along, and may be killed before it does
        assert work.whole(work.mirror("m0")).code == 0
        assert all(map(work.mirrored, work.store.subjects()))
