"""Say what changed in every curriculum whose submodule was moved, as for a pull request that moves them.

OLD and NEW are commits of the task repo; without NEW it is what is checked out. Each curriculum's own `curriculum diff`
compares the two commits that its submodule is at. With --cohort it says instead which animals would be treated
otherwise. The exit code is 1 where a comparison failed, 4 where more of the decisions change than --fail-over allows,
and 3 where a session could not be compared.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import click

from ...cohort.difference_markdown import add_to_summary, comment
from ...command.cohort_options import cohort_options
from ...command.reporting import DIFFERENT, LEFT_OUT
from ...look.wording import escape_markdown
from ...processes.children import Children, last_line
from ...project.git import Git
from ..errors import SOME_FAILED, FleetError
from ..members import members_of, task_repo
from ..moved import Moved, moved
from ..options import command, jobs_option
from ..parallel import each
from ..selection import exit_status, need_uv
from ..tables import print_table

EXAMPLES: Final = """\
  curricula diff origin/main
  curricula diff origin/main --cohort sessions.csv --fail-over 5%
  curricula diff v1.0.0 v1.1.0 --format md"""

_SHOWN: Final = 12
"""Characters of a commit's id."""

_FORMAT_NAMES: Final = ("text", "json", "md", "github")
_NONE: Final = "No curriculum was moved."
_STATES: Final = {0: "compared", LEFT_OUT: "compared in part", DIFFERENT: "too much changes"}


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One curriculum with the answer of its own command."""

    moved: Moved
    name: str
    code: int
    said: str
    """The document, or why there is none."""

    @property
    def state(self) -> str:
        """In a few words."""
        if self.moved.old is None:
            return "added"
        return _STATES.get(self.code, "failed")

    @property
    def is_compared(self) -> bool:
        """Whether there is a document."""
        return self.code in _STATES

    def as_json(self) -> dict[str, Any]:
        """Turn it into JSON values."""
        told: dict[str, Any] = {"curriculum": self.name, "folder": self.moved.member.folder, "state": self.state}
        told |= {"old": self.moved.old, "new": self.moved.new}
        if not self.said:
            return told
        return told | ({"difference": json.loads(self.said)} if self.is_compared else {"why": self.said})

    @property
    def commits(self) -> str:
        """From which to which."""
        return f"{self.moved.old[:_SHOWN] if self.moved.old else '-'} -> {self.moved.new[:_SHOWN]}"


@command(__doc__, EXAMPLES)
@click.argument("old", help="the older commit of the task repo")
@click.argument("new", required=False, help="the newer one (default: what is checked out)")
@cohort_options
@click.option("--format", "form", type=click.Choice(_FORMAT_NAMES), default="text", help="default: text")
@jobs_option
def execute(
    old: str, new: str | None, cohort: str | None, fail_over: Fraction | None, form: str, jobs: int, start: Path
) -> int:
    """Carry out the command.

    Args:
        old: The older commit of the task repo.
        new: The newer one, or None for what is checked out.
        cohort: The sessions that both versions decide, or None to compare the versions themselves.
        fail_over: The share of the decisions that may change; None for all.
        form: Format of the result.
        jobs: How many at a time.
        start: A folder of the task repo.

    Returns:
        0, or one of the codes that the help tells.

    Raises:
        FleetError: It is no task repo, a commit is unknown, or there is no uv.
    """
    if cohort is None and fail_over is not None:
        raise FleetError("--fail-over is about animals.", "Name their sessions by --cohort SOURCE.")
    need_uv()
    processes = Children()
    repo = members_of(task_repo(start), processes)
    wanted = [(one, name) for one in moved(repo, Git(repo.root, processes), old, new) for name in one.member.curricula]
    asked = ["--format", "md" if form == "github" else form]
    if cohort is not None:
        asked += ["--cohort", cohort if "://" in cohort else os.path.abspath(cohort)]
    if fail_over is not None:
        asked += ["--fail-over", f"{float(fail_over * 100):.10g}%"]
    found, interrupted = each(
        wanted, lambda one: _compared(*one, asked, processes), processes, label="comparing", jobs=jobs
    )
    compared = [one for one in found if one is not None]
    if form == "json":
        print(json.dumps([one.as_json() for one in compared], indent=1))
    elif form == "text":
        _print_text(compared)
    else:
        body = "\n".join(_markdown(compared))
        if form == "github":
            add_to_summary(body)
            body = comment(body, f"the curricula of {repo.root.name}")
        print(body, end="")
    codes = {one.code for one in compared}
    failed = bool(codes - _STATES.keys())
    return exit_status(failed, interrupted) if failed or interrupted else max(codes, default=0)


def _print_text(compared: Sequence[Compared]) -> None:
    if not compared:
        print(_NONE)
        return
    print_table(("curriculum", "moved", "state"), [(one.name, one.commits, one.state) for one in compared])
    for one in compared:
        if one.said:
            print(f"\n{one.said if one.is_compared else f'{one.name}: {one.said}'}".rstrip())


def _markdown(compared: Sequence[Compared]) -> Iterator[str]:
    if not compared:
        yield f"{_NONE}\n"
        return
    yield "| curriculum | moved | state |\n|---|---|---|"
    for one in compared:
        yield f"| {escape_markdown(one.name)} | {escape_markdown(one.commits)} | {one.state} |"
    yield ""
    for one in compared:
        if one.said:
            yield one.said if one.is_compared else f"**{escape_markdown(one.name)}**: {escape_markdown(one.said)}\n"


def _compared(one: Moved, name: str, asked: Sequence[str], processes: Children) -> Compared:
    if one.old is None:
        return Compared(moved=one, name=name, code=0, said="")
    member, commits = one.member, (one.old[:_SHOWN], one.new[:_SHOWN])
    command = ["uv", "run", "-q", "--directory", str(member.path), member.pyproject.command, "diff", *commits]
    done = processes.run([*command, "--curriculum", name, *asked], member.path)
    if done.code in _STATES:
        return Compared(moved=one, name=name, code=done.code, said=done.stdout)
    told = [line for line in done.stderr.splitlines() if line.startswith(("curriculum: ", "  hint: "))]
    why = " ".join(line.partition(": ")[2] for line in told) or last_line(done.stderr)
    return Compared(moved=one, name=name, code=SOME_FAILED, said=why)
