"""Options that several commands of ``curricula`` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import click

from ..command import grammar
from ..command.options import FOLDER
from .parallel import cores

__all__ = ["TASK_REPO", "command", "jobs_option", "names_argument"]


def command(help: str | None, examples: str) -> Callable[[Callable[..., int]], click.Command]:
    """Make a function the command of its module in ``fleet.commands``; ``start`` is where it looks for the task repo.

    Args:
        help: What it does; the module's docstring.
        examples: Lines to try, shown below the options.

    Returns:
        A decorator, above those of click's options and arguments.
    """
    return grammar.command(help, examples, TASK_REPO)


TASK_REPO: Final = click.Option(
    ["-C", "--task-repo", "start"],
    type=FOLDER,
    default=".",
    metavar="DIR",
    help="the task repo (default: the git repo around the working directory)",
)


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise click.BadParameter(f"{text!r} is not a number of one or more.")
    return int(text)


def _or_cores(context: click.Context, parameter: click.Parameter, count: int | None) -> int:
    return count or cores()


names_argument: Final = click.argument(
    "names", nargs=-1, metavar="[NAME]...", help="a name or folder that `curricula list` shows"
)

jobs_option: Final = click.option(
    "--jobs", type=_count, callback=_or_cores, metavar="N", help="how many at a time (default: one a core)"
)
