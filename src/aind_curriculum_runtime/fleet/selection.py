"""What several commands share: the choice of curricula, and the end of a run over many.

Owns what NAME means, and the exit code of a table with bad rows.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from ..contract.errors import ExitCode
from .errors import INTERRUPTED, SOME_FAILED, FleetError
from .members import Member, TaskRepo, named

__all__ = ["choose", "exit_status", "need_uv", "note_skipped"]


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
