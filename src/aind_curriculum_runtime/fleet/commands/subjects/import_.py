"""Take in what another record knows of animals: a library of CLABE, a table of auto-train, or session directories.

It shows what would come in of each animal and what is left out, and writes it with --yes. What the ledger has already
is not taken in again, so an import may be repeated, or go on where it was stopped. An entry that was made so says that
it came from an import, out of what, and who imported it.

A library is the folder with Subjects/SUBJECT/trainer_state.json: each animal is enrolled where it stands. A table has
the columns subject_id, session, session_date, current_stage_suggested and next_stage_suggested; the others of
auto-train if it has them. Session directories have a suggestion.json beside the trainer state that the session was run
with. Of both, every session comes in, by its date; an animal that was run at another stage than suggested is moved
before.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import click

from ....client import CurriculumError as NoAnswer
from ....command.options import FILE
from ....contract.errors import CurriculumError
from ....ledger.store import Store
from ....look.wording import counted
from ....subjects.changes import Person
from ....subjects.history import read_history
from ....subjects.importing import Plan, planned, taken_in
from ....subjects.incoming import Incoming
from ....subjects.repo import initial_state
from ....subjects.sources import read_source
from ....subjects.table_source import Curriculum
from ...errors import SOME_FAILED, no_answer
from ...ledgers import command, curriculum_client, opened, person, repo_option, who_options
from ...progress import progress
from ...tables import print_table

EXAMPLES: Final = """\
  curricula subjects import /share/library
  curricula subjects import df_manager.csv --repo coupled-baiting
  curricula subjects import /data/sessions --by anna --yes"""

_watch: Final = functools.partial(progress, after=2)
"""Shows a bar after two seconds."""

_LISTED: Final = 5
"""Rows or directories that are named of those with the same fault."""


@command(__doc__, EXAMPLES)
@click.argument("source", type=FILE, help="a folder, or a table that ends with .csv, .jsonl or .parquet")
@repo_option
@who_options
@click.option("--yes", is_flag=True, help="write it; nothing is written without it")
def execute(
    source: Path, repo: str | None, reason: str | None, by: str | None, yes: bool, ledger: str | None, start: Path
) -> int:
    """Carry out the command.

    Args:
        source: What to take in.
        repo: The curriculum that a table means.
        reason: Why.
        by: Who imports.
        yes: Whether to write it.
        ledger: Where the ledger is, or None for where the task repo says.
        start: A folder of the task repo.

    Returns:
        1 when something was left out.

    Raises:
        FleetError: Nobody says where the ledger is, or the curriculum of a table is not found or does not answer.
        CurriculumError: The source cannot be read at all, or the ledger cannot be read or written.
    """
    who, store = person(by, reason), opened(ledger, start)
    try:
        found = read_source(Path(os.path.abspath(source)), store.subjects(), lambda: _curriculum(repo, start), _watch)
    except NoAnswer as error:
        raise no_answer(error) from error
    plans = list(_planned(store, found, who))
    new = [plan for plan in plans if plan.drafts]
    if plans:
        _show(plans)
    _tell_left_out(found)
    if not new:
        print("Nothing is new.")
    elif not yes:
        print(f"Nothing was written. With --yes {_summary(new)} would come in.")
    else:
        written = list(_written(store, found, new, who))
        print(f"{_summary(written)} came in.")
    return SOME_FAILED if found.left_out else 0


def _curriculum(repo: str | None, start: Path) -> Curriculum:
    client = curriculum_client(repo, start, None)
    first = initial_state(client, None)
    states = {first["stage"]["name"]: first}

    def state(stage: str) -> dict[str, object]:
        if stage not in states:
            states[stage] = initial_state(client, stage)
        return states[stage]

    stages = tuple(one["name"] for one in first["curriculum"]["graph"]["nodes"].values())
    return Curriculum(first["curriculum"]["name"], stages, state, is_named=repo is not None)


def _planned(store: Store, found: Incoming, who: Person) -> Iterable[Plan]:
    with _watch("animals are compared", len(found.animals)) as advance:
        for subject, animal in sorted(found.animals.items()):
            try:
                plan = planned(read_history(store, subject, new=True), animal, found.source, who)
            except CurriculumError as error:
                if error.code != "ledger.damaged":
                    raise
                found.leave_out(subject, error.message)
            else:
                for why, where in plan.left_out:
                    found.leave_out(subject, why, where)
                yield plan
            advance(1)


def _written(store: Store, found: Incoming, plans: list[Plan], who: Person) -> Iterable[Plan]:
    with _watch("animals come in", len(plans)) as advance:
        for plan in plans:
            yield taken_in(store, plan, found.animals[plan.history.subject], found.source, who)
            advance(1)


def _show(plans: list[Plan]) -> None:
    header = ("subject", "sessions", "there", "moves", "late", "stage", "curriculum")
    print_table(header, [_line(plan) for plan in plans])


def _line(plan: Plan) -> tuple[str, ...]:
    before, after = plan.before.stage, plan.after.stage
    stage = f"{before or 'not enrolled'} -> {after}" if before != after else str(after)
    off = " (off)" if plan.after.state is not None and not plan.after.is_on else ""
    numbers = (plan.count("evaluated", "held"), plan.there, plan.count("moved"), plan.late)
    curriculum = " ".join(str(one) for one in plan.after.curriculum.values())
    return (plan.history.subject, *map(str, numbers), f"{stage}{off}", curriculum)


def _tell_left_out(found: Incoming) -> None:
    sys.stdout.flush()
    for (what, why), where in found.left_out.items():
        named = [one for one in where if one]
        more = f" and {len(named) - _LISTED} more" if len(named) > _LISTED else ""
        places = f" ({', '.join(named[:_LISTED])}{more})" if named else ""
        print(f"Left out: {what}{places}: {why}", file=sys.stderr)


def _summary(plans: list[Plan]) -> str:
    sessions = sum(plan.count("evaluated", "held") for plan in plans)
    return counted(len(plans), "animal") + (f" with {counted(sessions, 'session')}" if sessions else "")
