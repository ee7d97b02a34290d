"""What the tests of wrapped curricula share: a repo that wraps one, the package's own command, and the two compared.

    python tests/wrapped.py FOLDER SESSIONS [NAME ...]

measures all nine curricula, or those that are named: a wrapped repo of each, chains of generated sessions from each
stage, equal to the package's own command or not. It prints the table of docs/adopt.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from real_curricula import NINE, PACKAGE, VERSION
from support import PROJECT, Repo, Result, call, clean_environment, commit_all, generate, make_template
from vr_sessions import write_session

DISTRIBUTION = f"{PACKAGE.replace('_', '-')}=={VERSION}"
COMMAND = "aind-curriculum"


def target(name: str) -> str:
    """Where one of the nine is in the package."""
    return f"{PACKAGE}.{name.replace('-', '_')}.curriculum:CURRICULUM"


def wrap(repo: Repo, name: str, *options: str | Path) -> Result:
    """Wrap one of the nine as docs/adopt.md says."""
    line = [
        "uv",
        "run",
        "-q",
        "--directory",
        repo.path,
        "--with",
        DISTRIBUTION,
        COMMAND,
        "wrap",
        target(name),
        *options,
    ]
    return call(line, timeout=600)


def wrapped_repo(template: Path, folder: Path, name: str) -> Repo:
    """A repo of the template that wraps one of the nine, with its environment and a sample session, committed."""
    repo = Repo(generate(template, folder, curriculum_name=f"vr-{name}"))
    again(repo, name)
    return repo


def again(repo: Repo, name: str) -> None:
    """Have a repo wrap one of the nine, whatever it wraps now."""
    session = repo.path.parent / f"{repo.path.name}-session-of-{name}"
    write_session(session, "{}")
    done = wrap(repo, name, "--session", session)
    assert done.code == 0, done.text
    repo.sync()
    # The sample session holds the task of the first stage, which only the curriculum knows.
    state = run(repo, "init")
    assert state.code == 0, state.text
    for file in ("tasklogic_input.json", "tasklogic_output.json"):
        repo.write(f"tests/data/session/behavior/Logs/{file}", json.dumps(state.document["stage"]["task"]))
    commit_all(repo.path, f"Wrap {name}")


def run(repo: Repo, *arguments: str | Path, **options: Any) -> Result:
    """Call the runtime as launchers call it in a wrapped repo."""
    return call(["uv", "run", "-q", "--directory", repo.path, COMMAND, *arguments], **options)


@dataclass(frozen=True)
class Original:
    """The package in an environment of its own, without this project."""

    home: Repo

    @classmethod
    def installed(cls, folder: Path) -> Original:
        """Install it."""
        folder.mkdir(parents=True)
        environment = clean_environment()
        subprocess.run(["uv", "venv", "-q", "--python", sys.executable], cwd=folder, check=True, env=environment)
        command = ["uv", "pip", "install", "-q", "--python", Repo(folder).script("python"), DISTRIBUTION]
        subprocess.run(command, cwd=folder, check=True, env=environment)
        return cls(Repo(folder))

    def curriculum(self, *arguments: str | Path, **options: Any) -> Result:
        """Call its own command."""
        return call([self.home.script("curriculum"), *arguments], **options)

    def chains(self, folder: Path, name: str, sessions: int) -> Path:
        """Evaluate chains of sessions by its command's own code, from each stage on.

        Args:
            folder: Where the steps come.
            name: One of the nine.
            sessions: How many in a chain.

        Returns:
            The folder of that curriculum's steps.
        """
        module = name.replace("-", "_")
        script = PROJECT / "tests" / "original_cli.py"
        done = call([self.home.script("python"), script, folder, str(sessions), module], timeout=3600)
        assert done.code == 0, done.text
        return folder / module


@dataclass(frozen=True)
class Step:
    """One session, evaluated by both."""

    name: str
    before: Any
    """The trainer state that went in."""

    theirs: Any
    """The document of the package's own command; None when it failed."""

    ours: Any
    error: str | None

    @property
    def is_equal(self) -> bool:
        """Whether both say the same, but for the order of active policies, which the original's hash seed decides."""
        return settled(self.theirs) == settled(self.ours)


def unlike(name: str, found: Sequence[Step]) -> list[str]:
    """Steps of one of the nine in which this runtime says another thing than the package's own command.

    The command of `template` never asks the Trainer and gives back the state that went in, so there metrics count.
    """
    told = [one for one in found if not one.is_equal]
    if name == "template":
        told = [
            one
            for one in told
            if one.theirs["trainer_state"] != one.before or one.theirs["metrics"] != one.ours["metrics"]
        ]
    return [one.name for one in told]


def settled(document: Any) -> Any:
    """A suggestion with its active policies in one order."""
    if document is None:
        return None
    state = document["trainer_state"]
    return {**document, "trainer_state": {**state, "active_policies": sorted(state["active_policies"] or [])}}


def steps_of(repo: Repo, folder: Path) -> list[Step]:
    """Evaluate the original's steps once more, in a wrapped repo's environment."""
    script = PROJECT / "tests" / "wrapped_chains.py"
    done = call([repo.script("python"), script, folder], timeout=3600)
    assert done.code == 0, done.text
    found = []
    for line in done.stdout.decode("ascii").splitlines():
        record = json.loads(line)
        before = json.loads((folder / record["step"] / "state.json").read_text(encoding="utf-8"))
        found.append(Step(record["step"], before, record["theirs"], record["ours"], record["error"]))
    return found


def moved(step: Step) -> str:
    """What a session led to, for the table."""
    if step.theirs is None:
        return "failed"
    before, after = step.before["stage"], step.theirs["trainer_state"]["stage"]
    if before["name"] != after["name"]:
        return "moved"
    return "tuned" if before["task"] != after["task"] else "stayed"


def main(folder: Path, sessions: int, names: Sequence[str]) -> None:
    """Measure curricula, and print the table."""
    template = make_template(folder / "template")
    original = Original.installed(folder / "original")
    repo: Repo | None = None
    for name in names:
        if repo is None:
            repo = wrapped_repo(template, folder / "wrapped", name)
        else:
            again(repo, name)
        steps = steps_of(repo, original.chains(folder / "steps", name, sessions))
        counted = Counter(map(moved, steps))
        stages = len({one.name.partition("/")[0] for one in steps})
        unlike = [one for one in steps if not one.is_equal]
        row = (
            name,
            stages,
            len(steps),
            counted["moved"],
            counted["tuned"],
            counted["failed"],
            len(steps) - len(unlike),
        )
        print(f"| {' | '.join(map(str, row))} |", *(one.name for one in unlike[:2]), flush=True)
        (folder / f"{name}.unlike.json").write_text(json.dumps([vars(one) for one in unlike]), encoding="utf-8")


if __name__ == "__main__":
    main(Path(os.path.abspath(sys.argv[1])), int(sys.argv[2]), sys.argv[3:] or [*NINE])
