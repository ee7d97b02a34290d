"""Make every curriculum's environment, as its lock file says.

It runs `uv sync --frozen` in each, several at a time, and goes on when one fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ...processes.children import Children
from ..members import Member, members_of, task_repo
from ..options import command, jobs_option, names_argument
from ..parallel import each
from ..selection import choose, exit_status, need_uv, note_skipped
from ..tables import print_table

EXAMPLES: Final = """\
  curricula sync
  curricula sync my-curriculum"""


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
        0, or 1 when an environment could not be made.

    Raises:
        FleetError: It is no task repo, a name is unknown, or there is no uv.
    """
    need_uv()
    processes = Children()
    repo = members_of(task_repo(start), processes)
    chosen = choose(repo, names)

    def sync(member: Member) -> tuple[str, str]:
        done = processes.run(["uv", "sync", "--quiet", "--frozen"], member.path)
        return ("ok", "") if done.code == 0 else ("failed", done.stderr.strip())

    results, interrupted = each(chosen, sync, processes, label="syncing", jobs=jobs)
    states = [result or ("interrupted", "") for result in results]
    print_table(
        ("curriculum", "environment"), [(one.name, state) for one, (state, _) in zip(chosen, states, strict=True)]
    )
    for member, (state, said) in zip(chosen, states, strict=True):
        if state == "failed":
            print(f"\n{member.name}\n{said}")
    note_skipped(repo, names)
    return exit_status(any(state == "failed" for state, _ in states), interrupted)
