"""Check whether a launcher can rely on a curriculum repo.

The checks run the repo's own command as a launcher would, on the sample session. Findings of level error give
exit code 1, warnings do not unless --strict is given. When no check was run the exit code is 3. The repo is left
as it is.
"""

from __future__ import annotations

import argparse
import importlib.util
import locale
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ..command.arguments import Once, Parser, path
from ..command.reporting import Output
from ..contract.errors import CurriculumError

EXAMPLES: Final = """\
  curriculum check
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


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("repo", nargs="?", type=path, default=Path(), metavar="PATH", help="the repo (default: here)")
    parser.add_argument(
        "--curriculum", action=Once, metavar="OBJECT", help="package.module:OBJECT, or the name of a declared one"
    )
    parser.add_argument(
        "--session", action=Once, type=path, metavar="DIR", help="sample session (default: tests/data/session)"
    )
    parser.add_argument("--select", action="append", default=[], metavar="ID", help="only this check, prefix or family")
    parser.add_argument("--ignore", action="append", default=[], metavar="ID", help="not this check, prefix or family")
    parser.add_argument("--all", action="store_true", help="the family runtime too, which only an edited runtime fails")
    parser.add_argument("--format", action=Once, choices=_FORMAT_NAMES, default=None, help="default: text")
    parser.add_argument("--list", action="store_true", help="list the checks and stop")
    parser.add_argument("--strict", action="store_true", help="let warnings fail too")


def execute(arguments: argparse.Namespace) -> bytes | Output:
    """Carry out the command.

    Args:
        arguments: Parsed options.

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
    from ..checks.report import NothingRan, catalogue, review, selection

    if arguments.list:
        try:
            return _for_people(table(catalogue(selection(arguments.select, arguments.ignore, everything=True)[0])))
        except NothingRan as reason:
            return Output(_for_people(f"There is nothing to list: {reason}.\n"), NOTHING_RAN)
    root = arguments.repo.absolute()
    if not root.is_dir():
        raise CurriculumError("usage.invalid", f"There is no folder {root}.", "Give the folder of pyproject.toml.")
    session = arguments.session.absolute() if arguments.session is not None else None
    if session is not None and not session.is_dir():
        raise CurriculumError("usage.invalid", f"There is no session directory {session}.", "Check --session.")
    repo = repo_at(root, curriculum=arguments.curriculum, session=session)
    try:
        with _progress_bar() as progress:
            select, ignore = arguments.select, arguments.ignore
            report = review(repo, select=select, ignore=ignore, everything=arguments.all, progress=progress)
    except NothingRan as reason:
        return Output(_for_people(f"No check was run: {reason}.\n"), NOTHING_RAN)
    name = arguments.format or "text"
    if name == "text" and arguments.stdout_is_terminal:
        width = shutil.get_terminal_size().columns
        document = _for_people(terminal(report, width=width, colour=_shows_colour()))
    else:
        document = _for_people(FORMATS[name](report)) if name == "text" else FORMATS[name](report).encode("utf-8")
    if all(row.status in {"skipped", "ignored"} for row in report.rows):
        return Output(document, NOTHING_RAN)
    failed = report.failed or (arguments.strict and report.count("failed") > 0)
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
def _progress_bar() -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal; nothing at all elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TextColumn("runs"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("checking", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
