"""Go through what the last sessions led to, and accept it or move the animal.

At a terminal it shows one animal after the other: its metrics, and what the session would change leaf by leaf; a key
decides. Elsewhere it lists them. An animal is shown until somebody has decided something after its last session.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from ....client import CurriculumError as NoAnswer
from ....ledger.entry import Entry
from ....ledger.known import Known, entries_of
from ....ledger.standing import stand
from ....ledger.store import Store
from ....look.changes import in_short
from ....subjects import changes
from ....subjects.difference import difference
from ....subjects.history import read_history
from ....subjects.overview import local, unseen
from ....subjects.repo import initial_state
from ...deciding import Deciding, is_asked
from ...errors import no_answer
from ...ledgers import command, curriculum_client, opened, person, repo_option, who_options
from ...tables import print_table

EXAMPLES: Final = """\
  curricula subjects review
  curricula subjects review --group pilot --by anna"""

_KEYS: Final = "[a]ccept  [m]ove  [o]ff  [s]kip  [q]uit"


@command(__doc__, EXAMPLES)
@click.option("--group", metavar="NAME", help="only those of this group")
@repo_option
@who_options
def execute(
    group: str | None, repo: str | None, reason: str | None, by: str | None, ledger: str | None, start: Path
) -> int:
    """Carry out the command.

    Args:
        group: Only those of this group.
        repo: The curriculum, or None for that of each animal.
        reason: Why, for all that is decided.
        by: Who decides, or None for the user of this machine.
        ledger: Where the ledger is, or None for where the task repo says.
        start: A folder of the task repo.

    Returns:
        0.

    Raises:
        FleetError: Nobody says where the ledger is; or a stage to move to is not there.
        CurriculumError: The ledger cannot be read or written.
    """
    deciding = Deciding(lambda: opened(ledger, start), person(by, reason), start, yes=True)
    store = deciding.store
    found = [one for subject in store.subjects() if (one := unseen(store, subject)) is not None]
    left = [one for one in found if group is None or group in one[0].standing.groups]
    if not left:
        print("Nothing to review.")
        return 0
    if not is_asked():
        print_table(
            ("subject", "session", "when", "stage", "suggestion"),
            [_row(now, entry) for now, entry in left],
        )
        return 0
    for number, (now, entry) in enumerate(left, 1):
        print(f"\n{number} of {len(left)}\n" + "\n".join(_page(store, now, entry)))
        if not _decided(deciding, now, entry, repo):
            break
    return 0


def _row(now: Known, entry: Entry) -> tuple[str, ...]:
    session = entry.session
    assert session is not None
    return now.subject, session.name, local(session.start), str(entry.content.get("stage_run", "-")), _led_to(entry)


def _led_to(entry: Entry) -> str:
    if entry.kind == "held":
        return f"held: {entry.content['error']['message']}"
    after, before = ((entry.state or {}).get("stage") or {}).get("name"), entry.content.get("stage_run")
    return "stays" if after == before else f"-> {after}"


def _page(store: Store, now: Known, entry: Entry) -> list[str]:
    """What a person wants to see of one session: the animal before and after, and its metrics."""
    before = stand(one for one in entries_of(store, now.subject) if one.place < entry.place)
    subject, session, when, stage, led_to = _row(now, entry)
    lines = [f"{subject}  {session}  {when}  {stage} {led_to}"]
    lines += [f"  {name}: {in_short(value)}" for name, value in (entry.metrics or {}).items()]
    return lines + difference(replace(before, metrics=now.standing.metrics), now.standing)


def _decided(deciding: Deciding, now: Known, entry: Entry, repo: str | None) -> bool:
    """Ask for a key and do what it says; False when the person has had enough."""
    who = deciding.who
    while True:
        print(_KEYS)
        match click.getchar().lower():
            case "a":
                deciding.one(now.subject, lambda history: changes.accepted(history, entry, who), "is accepted")
            case "o":
                deciding.one(
                    now.subject, lambda history: changes.switched(history, who, on=False), "is taken off its curriculum"
                )
            case "m":
                if not _moved(deciding, now, repo):
                    continue
            case "q" | "\x04":
                return False
            case "s":
                pass
            case _:
                continue
        return True


def _moved(deciding: Deciding, now: Known, repo: str | None) -> bool:
    """Ask for a stage and move there, after showing what that changes; False when no stage was given."""
    try:
        stage = input(f"stage (now {now.standing.stage}; empty to go back): ").strip()
    except EOFError:
        return False
    if not stage:
        return False
    try:
        state: dict[str, Any] = initial_state(
            curriculum_client(repo, deciding.start, now.standing.curriculum.get("name")), stage
        )
    except NoAnswer as error:
        told = no_answer(error)
        print(f"{told.message} {told.hint}")
        return False
    asking = replace(deciding, yes=False)
    asking.one(now.subject, lambda history: changes.moved(history, state, deciding.who), f"is moved to {stage}")
    return read_history(deciding.store, now.subject).standing.place > now.standing.place
