"""Run every curriculum's own checks, each in its own environment.

It runs `curriculum check` in each, several at a time, with the runtime that the curriculum is pinned to.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ...processes.children import Children, last_line
from ..members import Member, members_of, task_repo
from ..options import command, jobs_option, names_argument
from ..parallel import each
from ..selection import choose, exit_status, need_uv, note_skipped
from ..tables import print_table

EXAMPLES: Final = """\
  curricula check
  curricula check my-curriculum"""


@command(__doc__, EXAMPLES)
@names_argument
@jobs_option
def execute(names: Sequence[str], jobs: int, start: Path) -> int:
    """Carry out the command.

    Args:
        names: The curricula; none for all that have a checkout.
        jobs: How many at a time.
        start: A folder of the task repo.

    Returns:
        0, or 1 when a curriculum failed.

    Raises:
        FleetError: It is no task repo, a name is unknown, or there is no uv.
    """
    need_uv()
    processes = Children()
    repo = members_of(task_repo(start), processes)
    chosen = choose(repo, names)
    results, interrupted = each(chosen, lambda member: check(member, processes), processes, label="checking", jobs=jobs)
    states = [result or ("interrupted", "") for result in results]
    rows = [
        (one.name, state, last_line(said) if said else "") for one, (state, said) in zip(chosen, states, strict=True)
    ]
    print_table(("curriculum", "check", "summary"), rows)
    for member, (state, said) in zip(chosen, states, strict=True):
        if state == "failed":
            print(f"\n{member.name}\n{said}")
    note_skipped(repo, names)
    return exit_status(any(state == "failed" for state, _ in states), interrupted)


def check(member: Member, processes: Children) -> tuple[str, str]:
    """Run one curriculum's checks.

    Args:
        member: The curriculum.
        processes: What starts uv.

    Returns:
        ``passed`` or ``failed``, and what the checks said.
    """
    command = member.pyproject.command
    done = processes.run(["uv", "run", "-q", "--directory", member.path, command, "check"], member.path)
    return "passed" if done.code == 0 else "failed", (done.stdout.strip() or done.stderr.strip())
