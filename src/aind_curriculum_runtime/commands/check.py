"""Check whether a launcher can rely on a curriculum repo.

The checks run the repo's own command as a launcher would, on the sample session. Findings of level error give
exit code 1, warnings do not unless --strict is given. When no check was run the exit code is 3. The repo is left
as it is.
"""

from __future__ import annotations

import importlib.util
import locale
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from ..command.grammar import ProcessFacts
from ..command.options import FOLDER, command
from ..command.reporting import Output
from ..contract.errors import CurriculumError

EXAMPLES: Final = """\
  curriculum check
  curriculum check --fast
  curriculum check --select GR --select SO008
  curriculum check --ignore VE --format sarif > findings.sarif
  uv run --with "aind-curriculum-runtime[checks]" curriculum check REPO --curriculum package.module:CURRICULUM \\
    --session SESSION
  curriculum check --list

To ignore a check for good, with the reason, in the repo's pyproject.toml:
  [tool.repo-review.ignore]
  GR009 = "names are fixed by trainer states of 2024"
"""

FAILED: Final = 1
NOTHING_RAN: Final = 3
_FORMAT_NAMES: Final = ("text", "json", "html", "github", "sarif", "junit")


@command(__doc__, EXAMPLES)
@click.argument("path", type=FOLDER, default=".", help="the repo (default: here)")
@click.option("--curriculum", metavar="OBJECT", help="package.module:OBJECT, or the name of a declared one")
@click.option("--session", type=FOLDER, metavar="DIR", help="sample session (default: tests/data/session)")
@click.option("--select", multiple=True, metavar="ID", help="only this check, prefix or family")
@click.option("--ignore", multiple=True, metavar="ID", help="not this check, prefix or family")
@click.option("--fast", is_flag=True, help="only what reads files or looks at the launcher's own call")
@click.option("--all", "everything", is_flag=True, help="the family runtime too, which only an edited runtime fails")
@click.option("--format", "form", type=click.Choice(_FORMAT_NAMES), default="text", help="default: text")
@click.option("--list", "lists", is_flag=True, help="list the checks and stop")
@click.option("--strict", is_flag=True, help="let warnings fail too")
@click.pass_obj
def execute(
    process: ProcessFacts,
    path: Path,
    curriculum: str | None,
    session: Path | None,
    select: Sequence[str],
    ignore: Sequence[str],
    fast: bool,
    everything: bool,
    form: str,
    lists: bool,
    strict: bool,
) -> bytes | Output:
    """Carry out the command.

    Args:
        process: Tells whether the report is read on a terminal.
        path: The repo.
        curriculum: The curriculum's object or name, or None for the declared one.
        session: A sample session, or None for the repo's own.
        select: Checks, prefixes or families to run; none for all.
        ignore: Checks, prefixes or families to leave out.
        fast: Whether to leave out what needs more runs than the launcher's own call.
        everything: Whether the family runtime is run too.
        form: Format of the report.
        lists: Whether to list the checks instead.
        strict: Whether warnings fail too.

    Returns:
        The report, with its exit code.

    Raises:
        CurriculumError: ``usage.extra_needed`` without the extra ``checks``; ``usage.invalid`` when there is no
            such folder.
    """
    if importlib.util.find_spec("repo_review") is None:
        raise CurriculumError(
            "usage.extra_needed",
            "The checks need the extra 'checks', which is not installed.",
            'Depend on "aind-curriculum-runtime[checks]" in the dev group and run `uv sync`.',
        )
    from ..checks.engine.under_test import repo_at
    from ..checks.formats import FORMATS
    from ..checks.formats.text import table, terminal
    from ..checks.report import NothingRan, catalogue, review, selection, waiting_for

    if fast and everything:
        raise CurriculumError("usage.invalid", "--fast and --all ask for opposite things.", "Give one of them.")
    if lists:
        try:
            return _for_people(table(catalogue(selection(select, ignore, everything=True, fast=fast)[0])))
        except NothingRan as reason:
            return Output(_for_people(f"There is nothing to list: {reason}.\n"), NOTHING_RAN)
    root = path.absolute()
    if not root.is_dir():
        raise CurriculumError("usage.invalid", f"There is no folder {root}.", "Give the folder of pyproject.toml.")
    session = session.absolute() if session is not None else None
    if session is not None and not session.is_dir():
        raise CurriculumError("usage.invalid", f"There is no session directory {session}.", "Check --session.")
    repo = repo_at(root, curriculum=curriculum, session=session)
    try:
        with _progress_bar(lambda: waiting_for(repo)) as progress:
            report = review(repo, select=select, ignore=ignore, everything=everything, fast=fast, progress=progress)
    except NothingRan as reason:
        return Output(_for_people(f"No check was run: {reason}.\n"), NOTHING_RAN)
    if form == "text" and process.stdout_is_terminal:
        width = shutil.get_terminal_size().columns
        document = _for_people(terminal(report, width=width, colour=_shows_colour()))
    else:
        document = _for_people(FORMATS[form](report)) if form == "text" else FORMATS[form](report).encode("utf-8")
    if all(row.status in {"skipped", "ignored"} for row in report.rows):
        return Output(document, NOTHING_RAN)
    failed = report.failed or (strict and report.count("failed") > 0)
    return Output(document, FAILED if failed else 0)


def _for_people(text: str) -> bytes:
    """In the machine's own encoding, as terminals and the programs that read this command's text take it."""
    return text.encode(locale.getpreferredencoding(False), "backslashreplace")


def _shows_colour() -> bool:
    """Whether a terminal shows colours; the old Windows console prints the codes instead."""
    if "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb":
        return False
    return sys.platform != "win32" or "WT_SESSION" in os.environ


@contextmanager
def _progress_bar(waiting_for: Callable[[], str]) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal, with what takes so long; nothing at all elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.text import Text

    class Waiting(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(waiting_for())

    columns = (TextColumn("checking"), BarColumn(20), MofNCompleteColumn(), TextColumn("runs"), Waiting())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("checking", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
