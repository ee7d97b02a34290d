"""List the curricula of a task repo and their state.

It reads files and asks git; no environment is needed and nothing of a curriculum is run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from ...command.options import json_option
from ...processes.children import Children
from ..members import members_of, task_repo
from ..options import command
from ..status import statuses
from ..tables import print_table

EXAMPLES: Final = """\
  curricula list
  curricula list --json"""


@command(__doc__, EXAMPLES)
@json_option("print a JSON array with everything that is known")
def execute(as_json: bool, start: Path) -> int:
    """Carry out the command.

    Args:
        as_json: Whether to print a JSON array.
        start: A folder of the task repo.

    Returns:
        0.

    Raises:
        FleetError: It is no task repo.
    """
    processes = Children()
    found = statuses(members_of(task_repo(start), processes), processes)
    if as_json:
        print(json.dumps([one.as_json() for one in found], indent=2))
        return 0
    rows = [
        (
            one.name,
            one.version or "-",
            str(one.contract or "-"),
            one.template or "-",
            one.pinned[:8] if one.pinned else "-",
            one.state,
        )
        for one in found
    ]
    print_table(("curriculum", "version", "contract", "template", "pinned", "state"), rows)
    return 0
