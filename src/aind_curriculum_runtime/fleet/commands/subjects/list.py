"""List the animals: the stage, sessions there, the last session and the days since, and whether it is on or stuck.

An animal is stuck when it stays longer at a stage than its curriculum declares (STUCK_AFTER), or where it declares
nothing three times longer than others took; or when its last two sessions gave no metrics.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from ....command.options import json_option
from ....subjects.overview import Row, local, overview
from ...errors import SOME_FAILED
from ...ledgers import command, opened
from ...tables import print_table

EXAMPLES: Final = """\
  curricula subjects list
  curricula subjects list --group pilot
  curricula subjects list --stuck
  curricula subjects list --json"""


@command(__doc__, EXAMPLES)
@click.option("--group", metavar="NAME", help="only those of this group")
@click.option("--stuck", "only_stuck", is_flag=True, help="only those that are stuck; exit code 1 when there is one")
@json_option("print a JSON array with everything that is known")
def execute(group: str | None, only_stuck: bool, as_json: bool, ledger: str | None, start: Path) -> int:
    """Carry out the command.

    Args:
        group: Only those of this group.
        only_stuck: Only those that are stuck.
        as_json: Whether to print a JSON array.
        ledger: Where the ledger is, or None for where the task repo says.
        start: A folder of the task repo.

    Returns:
        1 when stuck ones were asked for and there are some.

    Raises:
        FleetError: Nobody says where the ledger is.
        CurriculumError: It cannot be read.
    """
    rows = overview(opened(ledger, start), datetime.now(UTC), group=group)
    if only_stuck:
        rows = [one for one in rows if one.stuck is not None]
    if as_json:
        print(json.dumps([one.as_json() for one in rows], indent=2))
    elif rows:
        _print(rows)
    else:
        print(f"No animal{' is stuck' if only_stuck else ''}{f' of the group {group}' if group else ''}.")
    return SOME_FAILED if only_stuck and rows else 0


def _print(rows: list[Row]) -> None:
    """The columns in which animals differ: groups and curricula only where there are some to tell apart."""
    curricula = {one.standing.curriculum.get("name") for one in rows}
    columns: dict[str, list[str]] = {"subject": [one.subject for one in rows]}
    if any(one.standing.groups for one in rows):
        columns["group"] = [", ".join(one.standing.groups) or "-" for one in rows]
    if len(curricula) > 1:
        columns["curriculum"] = [str(one.standing.curriculum.get("name")) for one in rows]
    columns["stage"] = [one.standing.stage or "-" for one in rows]
    columns["sessions"] = [str(one.standing.at_stage) for one in rows]
    columns["last session"] = [local(one.standing.session.start) if one.standing.session else "-" for one in rows]
    columns["days"] = ["-" if one.days is None else str(one.days) for one in rows]
    columns["state"] = [one.state for one in rows]
    print_table(tuple(columns), list(zip(*columns.values(), strict=True)))
