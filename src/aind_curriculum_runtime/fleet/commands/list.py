"""List the curricula of a task repo and their state.

It reads files and asks git; no environment is needed and nothing of a curriculum is run.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Final

from ...command.arguments import Parser
from ...processes.children import Children
from ..members import members_of, task_repo
from ..status import statuses
from ..tables import print_table

EXAMPLES: Final = """\
  curricula list
  curricula list --json"""


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("--json", action="store_true", help="print a JSON array with everything that is known")


def execute(arguments: argparse.Namespace, start: Path) -> int:
    """Carry out the command.

    Args:
        arguments: Parsed options.
        start: A folder of the task repo.

    Returns:
        0.

    Raises:
        FleetError: It is no task repo.
    """
    processes = Children()
    found = statuses(members_of(task_repo(start), processes), processes)
    if arguments.json:
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
