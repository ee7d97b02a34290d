"""Show all that happened to an animal, the first entry first: when, what, from which stage to which, who and why.

Times are those of this machine's clock; the ledger has them in UTC. The numbers are those that `undo --entry` takes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from ....command.options import json_option
from ....subjects.history import read_history, what
from ....subjects.overview import local
from ...ledgers import command, opened, subject_argument
from ...tables import print_table

EXAMPLES: Final = """\
  curricula subjects show 786543
  curricula subjects show 786543 --json"""


@command(__doc__, EXAMPLES)
@subject_argument
@json_option("print a JSON array of the entries, with the metrics of each session")
def execute(subject: str, as_json: bool, ledger: str | None, start: Path) -> int:
    """Carry out the command.

    Args:
        subject: The animal.
        as_json: Whether to print a JSON array.
        ledger: Where the ledger is, or None for where the task repo says.
        start: A folder of the task repo.

    Returns:
        0.

    Raises:
        FleetError: Nobody says where the ledger is.
        CurriculumError: There is no such animal, or the ledger cannot be read.
    """
    told = read_history(opened(ledger, start), subject).told()
    if as_json:
        print(json.dumps(told, indent=2))
        return 0
    rows = [(str(one["entry"]), local(one["time"]), what(one), _stage(one), _why(one)) for one in told]
    print_table(("#", "when", "what", "stage", "who and why"), rows)
    return 0


def _stage(one: dict[str, Any]) -> str:
    """An arrow for a stage that is new; the one before stands above it, or in --json."""
    before, after = one["stage_before"], one["stage_after"]
    if after is None:
        return ""
    return after if before in (None, after) else f"-> {after}"


def _why(one: dict[str, Any]) -> str:
    """Who did it, and why; or what was wrong with a session."""
    parts = [f"{json.dumps(one['value'])}" if one["kind"] == "pinned" else "", one.get("reason", "")]
    parts += [one["error"]["message"]] if one.get("error") else []
    parts += [f"it was recorded for {one['reassigned_from']}"] if "reassigned_from" in one else []
    parts += [f"it is of {one['reassigned_to']}"] if "reassigned_to" in one else []
    if "imported" in one and "by" in one and "reason" not in one:
        imported = one["imported"]
        parts += [f"from {imported['from']}, by {imported['by']}", imported.get("reason", "")]
    return ": ".join(filter(None, [one.get("by", ""), ", ".join(filter(None, parts))]))
