"""What people and launchers did around the recorded sessions, on a ledger; nothing else remembers an animal.

    python mice_with_ledger.py LEDGER STATES DIRECTORY OUTPUT

As a script it takes every session the whole way of `curriculum run --ledger` in one process, in the example's
environment. STATES is a JSON file of trainer states by stage, DIRECTORY holds one folder a subject with one session
directory a session, and OUTPUT gets one JSON line a session: its name, and its suggestion.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aind_curriculum_runtime.ledger.known import known, next_state
from aind_curriculum_runtime.ledger.opening import open_store
from aind_curriculum_runtime.ledger.recording import Draft, add
from aind_curriculum_runtime.ledger.store import Store
from aind_curriculum_runtime.session.identity import identify
from aind_curriculum_runtime.session.layout import find_state
from aind_curriculum_runtime.session.with_ledger import evaluate_with_ledger
from aind_curriculum_runtime.subjects.changes import Person, enrolled, moved
from aind_curriculum_runtime.subjects.history import History, read_history

TRAINER = Person("the trainer", "as recorded")


def before_session(store: Store, directory: Path, first: dict[str, Any]) -> dict[str, Any]:
    """Enroll a mouse at its first stage before its first session, and move it to the stage at which the next was run.

    Args:
        store: Where its ledger is.
        directory: The session directory; its trainer state says at which stage it was run.
        first: The trainer state at the first stage.

    Returns:
        The trainer state that it runs, by the ledger.
    """
    subject, session = identify(directory)
    run = json.loads(find_state(directory).read_bytes())
    start = datetime.fromisoformat(session.start)

    def write(decide: Callable[[History], Draft], time: datetime) -> None:
        add(store, subject, lambda _: decide(read_history(store, subject, new=True)), now=lambda: time)

    if not store.last(subject):
        write(lambda history: enrolled(history, first, (), TRAINER), start - timedelta(hours=2))
    if known(store, subject).standing.stage != run["stage"]["name"]:
        write(lambda history: moved(history, run, TRAINER), start - timedelta(hours=1))
    state = next_state(store, known(store, subject))
    assert state is not None
    return state


def main(url: str, states: Path, directory: Path, output: Path) -> None:
    """Train every mouse."""
    store, first = open_store(url), json.loads(states.read_bytes())["STAGE_1"]
    with output.open("w", encoding="utf-8", newline="\n") as lines:
        for session in sorted(directory.glob("*/*")):
            state = before_session(store, session, first)
            find_state(session).write_text(json.dumps(state), encoding="utf-8", newline="\n")
            document = evaluate_with_ledger(session, None, store, identify(session))[1]
            lines.write(json.dumps({"session": session.name, "suggestion": json.loads(document)}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
