"""List the curricula and the newest version of their template.

It asks each template's repo for its tags; nothing is changed. Exit code 0, whether any is outdated or not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ...command.options import json_option
from ...processes.children import Children
from ..members import Member, members_of, task_repo
from ..options import command, jobs_option, names_argument
from ..outcomes import AHEAD
from ..parallel import each
from ..selection import choose, exit_status, note_skipped
from ..tables import print_table
from ..template import Answers, TemplateUnreachable, is_after, newest, read_answers, remote_versions, why_unknown

EXAMPLES: Final = """\
  curricula outdated
  curricula outdated --json"""


@command(__doc__, EXAMPLES)
@names_argument
@jobs_option
@json_option("print a JSON array")
def execute(names: Sequence[str], jobs: int, as_json: bool, start: Path) -> int:
    """Carry out the command.

    Args:
        names: The curricula; none for all that have a checkout.
        jobs: How many at a time.
        as_json: Whether to print a JSON array.
        start: A folder of the task repo.

    Returns:
        0, or 1 when a template could not be asked.

    Raises:
        FleetError: It is no task repo, or a name is unknown.
    """
    processes = Children()
    repo = members_of(task_repo(start), processes)
    chosen = choose(repo, names)
    known = [(member, read_answers(member.path)) for member in chosen]
    urls = list(dict.fromkeys(answers.url for _, answers in known if answers is not None))

    def ask(url: str) -> dict[str, str] | str:
        try:
            return remote_versions(url, repo.root, processes)
        except TemplateUnreachable as error:
            return str(error)

    answered, interrupted = each(urls, ask, processes, label="asking", jobs=max(4, jobs))
    found = dict(zip(urls, answered, strict=True))
    rows = [_row(member, answers, found.get(answers.url) if answers else None) for member, answers in known]
    if as_json:
        keys = ("name", "template", "newest", "state", "note")
        print(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=2))
    else:
        print_table(("curriculum", "template", "newest", "state", "note"), [tuple(map(str, row)) for row in rows])
    note_skipped(repo, names)
    return exit_status(any(row[3] == "failed" for row in rows), interrupted)


def _row(member: Member, answers: Answers | None, found: dict[str, str] | str | None) -> tuple[str, str, str, str, str]:
    if answers is None:
        return member.name, "-", "-", "failed", why_unknown(member.path)
    if found is None:
        return member.name, answers.version, "-", "interrupted", ""
    if isinstance(found, str):
        return member.name, answers.version, "-", "failed", f"{answers.source} did not answer: {found}"
    latest = newest(found)
    if latest is None:
        return member.name, answers.version, "-", "failed", f"{answers.source} has no commit"
    # Without a tag the answers hold the beginning of a commit's id, by itself or at the end.
    same = answers.version == latest.name or latest.commit.startswith(answers.version.rpartition("-g")[2])
    newest_name = latest.name if latest.name != "HEAD" else latest.commit[:7]
    if not same and is_after(answers.version, latest.name):
        return member.name, answers.version, newest_name, "ahead", AHEAD
    return member.name, answers.version, newest_name, "up to date" if same else "outdated", ""
