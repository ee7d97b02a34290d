"""Bring animals to the version of their curriculum that is installed, each at its stage with what it has learnt.

What becomes of a trainer state is what `curriculum migrate` in the curriculum's repo says. It shows what would be
different for each animal, and writes it with --yes.
"""

from __future__ import annotations

import sys
from typing import Any, Final

import click

from ....client import Client
from ....client import CurriculumError as NoAnswer
from ....ledger.entry import digest_of_state, with_graph
from ....ledger.known import known
from ....ledger.recording import Draft
from ....ledger.store import Store
from ....subjects import changes
from ....subjects.history import History, read_history
from ....subjects.repo import initial_state, migrated_state
from ...deciding import Deciding
from ...errors import SOME_FAILED, no_answer
from ...ledgers import bulk_options, command, curriculum_client, repo_option

EXAMPLES: Final = """\
  curricula subjects migrate
  curricula subjects migrate --group pilot --reason "0.2.0 for the pilot" --yes
  curricula subjects migrate 786543 --repo my-curriculum --yes"""


@command(__doc__, EXAMPLES)
@click.argument("subjects", nargs=-1, metavar="[SUBJECT]...", help="only these (default: all of the curriculum)")
@click.option("--group", metavar="NAME", help="only those of this group")
@repo_option
@bulk_options
def execute(subjects: tuple[str, ...], group: str | None, repo: str | None, deciding: Deciding) -> int:
    """Carry out the command.

    Args:
        subjects: The animals, or none for all.
        group: Only those of this group.
        repo: The curriculum.
        deciding: Who decides, and how it is shown, asked about and written.

    Returns:
        1 when a state could not be migrated; the others are.

    Raises:
        FleetError: The curriculum is not named or does not answer.
        CurriculumError: One is not there or not enrolled, or the ledger cannot be read or written.
    """
    for subject in subjects:  # before a curriculum is asked, which takes its time
        changes.require_enrolled(read_history(deciding.store, subject))
    client = curriculum_client(repo, deciding.start, None)
    try:
        here = initial_state(client, None)["curriculum"]
    except NoAnswer as error:
        raise no_answer(error) from error
    states, failed = _states(deciding.store, client, subjects, group, here)

    def decide(history: History) -> Draft:
        return changes.moved(history, states[history.subject], deciding.who, kind="migrated")

    if states:
        wishes = dict.fromkeys(states, (decide, f"is migrated to {here['name']} {here['version']}"))
        deciding.together(wishes, is_bulk=True)
    elif not failed:
        print(f"Every animal of {here['name']} is at the version {here['version']}.")
    return SOME_FAILED if failed else 0


def _states(
    store: Store, client: Client, subjects: tuple[str, ...], group: str | None, here: dict[str, Any]
) -> tuple[dict[str, dict[str, Any]], bool]:
    """The migrated state of each animal that is at another version, and whether one could not be migrated."""
    answers: dict[str, dict[str, Any]] = {}
    found: dict[str, dict[str, Any]] = {}
    failed: dict[str, list[str]] = {}
    for subject in subjects or store.subjects():
        standing = known(store, subject).standing
        is_other = standing.curriculum.get("version") != here["version"]
        is_meant = standing.curriculum.get("name") == here["name"] and (group is None or group in standing.groups)
        if standing.state is None or not is_other or not is_meant:
            continue
        state = standing.state
        key = digest_of_state(state)
        try:
            if key not in answers:
                graph = store.graph(state["curriculum"]["graph"]) if "graph" in state["curriculum"] else None
                answers[key] = migrated_state(client, state if graph is None else with_graph(state, graph))
            found[subject] = answers[key]
        except NoAnswer as error:
            told = no_answer(error)
            failed.setdefault(f"{told.message}\n  hint: {told.hint}", []).append(subject)
    for why, some in failed.items():
        print(f"Not migrated: {', '.join(some)}. {why}", file=sys.stderr)
    return found, bool(failed)
