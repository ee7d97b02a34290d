"""Update curricula from their template: a merge, a new lock file, the checks, and a commit on a branch.

Each update is made beside the checkout and moved there in one step, so that a repo is either as it was or done,
whenever the command is interrupted; run again, it continues. One that conflicts, would lose a line of its own, or
fails its checks is left as it was. The task repo's own index is not touched: pin the new commits with `git add`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from ...processes.children import Children
from ...project.git_directory import common_directory, git_directory
from ..errors import FleetError
from ..lock import holding
from ..members import TaskRepo, members_of, quoted, task_repo
from ..options import command, jobs_option, names_argument
from ..outcomes import UpdateOutcome
from ..parallel import each
from ..selection import choose, exit_status, need_uv, note_skipped
from ..tables import print_table
from ..updating import Options, Updating, complete_all, units

EXAMPLES: Final = """\
  curricula update --all
  curricula update my-curriculum --to v0.2.0
  curricula update --all --dry-run
  curricula update my-curriculum --template https://github.com/owner/moved-template"""


@command(__doc__, EXAMPLES)
@names_argument
@click.option("--all", "everything", is_flag=True, help="every curriculum with a checkout")
@click.option("--to", metavar="REF", help="tag, branch or commit of the template (default: the latest release)")
@click.option("--template", metavar="URL", help="where the template is now, if it moved")
@click.option("--dry-run", is_flag=True, help="merge aside, and say what would come of it")
@click.option("--no-check", is_flag=True, help="do not run the checks before the commit")
@jobs_option
def execute(
    names: Sequence[str],
    everything: bool,
    to: str | None,
    template: str | None,
    dry_run: bool,
    no_check: bool,
    jobs: int,
    start: Path,
) -> int:
    """Carry out the command.

    Args:
        names: The curricula; none for all that have a checkout.
        everything: Whether all that have a checkout are meant.
        to: Tag, branch or commit of the template, or None for the latest release.
        template: Where the template is now, or None where it was.
        dry_run: Whether to merge aside and only say what would come of it.
        no_check: Whether the checks are left out.
        jobs: How many at a time.
        start: A folder of the task repo.

    Returns:
        0; 1 when a curriculum was left as it was for a reason; 130 when interrupted.

    Raises:
        FleetError: It is no task repo, a name is unknown, there is no uv, or another command is at it.
    """
    if bool(names) == everything:
        raise FleetError("Name the curricula to update, or give --all.", "`curricula outdated` shows which need it.")
    for option, value in (("--to", to), ("--template", template)):
        if value is not None and (not value.strip() or value.startswith("-")):
            raise FleetError(f"{option} {value!r} is not one.", "See `curricula update --help`.")
    need_uv()
    root = task_repo(start)
    choose(members_of(root, Children()), names)  # before waiting for the lock
    options = Options(to=to, template=template, check=not no_check, dry_run=dry_run)
    with holding(_common(root)) as held:
        processes = Children(held.descriptor)
        completed = complete_all(members_of(root, processes).members, processes)
        repo = members_of(root, processes)
        updating = Updating(options, processes, held.scratch, completed)
        work = units(choose(repo, names))
        results, interrupted = each(work, updating.update, processes, label="updating", jobs=jobs)
    outcomes = [
        outcome
        for unit, result in zip(work, results, strict=True)
        for outcome in result or [UpdateOutcome(member=member, status="interrupted") for member in unit.members]
    ]
    _print(outcomes, repo)
    note_skipped(repo, names)
    return exit_status(any(one.is_bad for one in outcomes), interrupted)


def _print(outcomes: list[UpdateOutcome], repo: TaskRepo) -> None:
    rows = [(one.member.name, one.before or "-", one.after or "-", one.status, one.note) for one in outcomes]
    print_table(("curriculum", "from", "to", "status", "note"), rows)
    for outcome in outcomes:
        if outcome.report:
            print(f"\n{outcome.member.name} ({outcome.member.folder}): {outcome.status}")
            print("\n".join(f"  {line}" for line in outcome.report.splitlines()))
    moved = [quoted(one.member.folder) for one in outcomes if one.status == "updated" and one.member.is_submodule]
    if moved:
        print("\nNext: push the branches, then pin the commits here:")
        print(f"  git -C {quoted(repo.root)} add {' '.join(moved)}")


def _common(root: Path) -> Path:
    return common_directory(git_directory(root) or root / ".git")
