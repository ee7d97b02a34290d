"""What several commands share: the choice of curricula, and the end of a run over many.

Owns the arguments ``NAME ...`` and ``--jobs``, and the exit code of a table with bad rows.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence

from ..command.arguments import Once, Parser
from ..contract.errors import ExitCode
from .errors import INTERRUPTED, SOME_FAILED, FleetError
from .members import Member, TaskRepo, named
from .parallel import cores

__all__ = ["add_jobs", "add_names", "choose", "exit_status", "need_uv", "note_skipped"]


def add_names(parser: Parser) -> None:
    """Declare the argument that chooses curricula."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="a name or folder that `curricula list` shows")


def add_jobs(parser: Parser) -> None:
    """Declare the option that limits how many run at a time."""
    parser.add_argument(
        "--jobs", action=Once, type=_count, default=None, metavar="N", help="how many at a time (default: one a core)"
    )


def choose(repo: TaskRepo, names: Sequence[str]) -> list[Member]:
    """The curricula that a command is about.

    Args:
        repo: The task repo.
        names: As typed; none means all that have a checkout.

    Returns:
        The members.

    Raises:
        FleetError: As ``named``; or there is no curriculum with a checkout at all.
    """
    if names:
        return named(repo, names)
    chosen = [member for member in repo.members if member.is_curriculum]
    if not chosen:
        raise FleetError(
            "There is no curriculum with a checkout in this task repo.",
            "Run `git submodule update --init`, or begin with `curricula add URL`.",
            ExitCode.REPO,
        )
    return chosen


def note_skipped(repo: TaskRepo, names: Sequence[str]) -> None:
    """Say on stderr which submodules were left out because they have no checkout."""
    left = [member.folder for member in repo.members if not member.is_initialised]
    if left and not names:
        print(f"curricula: left out, because they are not initialised: {', '.join(left)}.", file=sys.stderr)
        print("  hint: Run `git submodule update --init`.", file=sys.stderr)


def exit_status(bad: bool, interrupted: bool) -> int:
    """The exit code of a command that went through several curricula."""
    return INTERRUPTED if interrupted else SOME_FAILED if bad else 0


def jobs(arguments: argparse.Namespace) -> int:
    """How many to work on at a time."""
    count: int | None = arguments.jobs
    return count or cores()


def need_uv() -> None:
    """Make sure that there is uv.

    Raises:
        FleetError: There is none.
    """
    if shutil.which("uv") is None:
        raise FleetError(
            "There is no uv on this machine.",
            "Install it: https://docs.astral.sh/uv/getting-started/installation.",
            ExitCode.REPO,
        )


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of one or more")
    return int(text)
