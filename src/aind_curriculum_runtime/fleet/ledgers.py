"""Which ledger and which curriculum repo a command of `curricula subjects` is about, and the options that say so."""

from __future__ import annotations

import functools
import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from ..client import Client
from ..command import grammar
from ..command.options import all_option
from ..contract.errors import ExitCode
from ..ledger.opening import open_store
from ..ledger.store import Store
from ..processes.children import Children
from ..project.git_directory import git_directory
from ..project.pyproject import Pyproject
from ..subjects.changes import Person
from .deciding import Deciding
from .errors import FleetError
from .members import members_of, named, task_repo
from .options import TASK_REPO

__all__ = [
    "bulk_options",
    "change_options",
    "command",
    "curriculum_client",
    "ledger_url",
    "opened",
    "person",
    "repo_option",
    "require_text",
    "subject_argument",
    "who_options",
]

_LEDGER: Final = click.Option(
    ["--ledger"],
    metavar="URL",
    help="where the ledger is: a folder, s3://, sqlite:// or postgresql:// "
    "(default: `ledger` in [tool.curricula] of the task repo's pyproject.toml)",
)


def command(help: str | None, examples: str) -> Callable[[Callable[..., int]], click.Command]:
    """Make a function the command of its module in ``fleet.commands.subjects``; it takes ``ledger`` and ``start``.

    Args:
        help: What it does; the module's docstring.
        examples: Lines to try, shown below the options.

    Returns:
        A decorator, above those of click's options and arguments.
    """
    return grammar.command(help, examples, _LEDGER, TASK_REPO)


subject_argument: Final = click.argument("subject", help="the animal, as `curricula subjects list` shows it")

repo_option: Final = click.option(
    "--repo",
    metavar="NAME",
    help="the curriculum: a name that `curricula list` shows, or the folder of its repo (default: the animal's, or the "
    "only one)",
)

_WHO: Final = (
    click.option("--reason", metavar="TEXT", help="why; it is shown in the animal's history"),
    click.option("--by", metavar="NAME", help="who decides (default: the user of this machine)"),
)

_ALL: Final = all_option("list every parameter that changes, and not the first of many")


def who_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare who decides and why."""
    return _declared(function, *_WHO)


def change_options(function: Callable[..., int]) -> Callable[..., int]:
    """Declare what every command takes that changes one animal; the function gets it all as ``deciding``."""
    yes = click.option("--yes", is_flag=True, help="do not ask")
    return _declared(_decided(function), *_WHO, yes, _ALL)


def bulk_options(function: Callable[..., int]) -> Callable[..., int]:
    """Declare what every command takes that may change several animals at once; it comes as ``deciding`` too."""
    yes = click.option("--yes", is_flag=True, help="write it; for several animals nothing is written without it")
    return _declared(_decided(function), *_WHO, yes, _ALL)


def _decided(function: Callable[..., int]) -> Callable[..., int]:
    """Find out who decides, before the command begins."""

    @functools.wraps(function)
    def with_deciding(
        *, reason: str | None, by: str | None, yes: bool, everything: bool, ledger: str | None, start: Path, **own: Any
    ) -> int:
        who = person(by, reason)
        opening = functools.cache(lambda: opened(ledger, start))
        return function(**own, deciding=Deciding(opening, who, start, yes=yes, everything=everything))

    return with_deciding


def _declared(function: Callable[..., Any], *options: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        function = option(function)
    return function


def person(by: str | None, reason: str | None) -> Person:
    """Find out who decides.

    Args:
        by: As typed, or None for the user of this machine.
        reason: Why.

    Returns:
        The person.

    Raises:
        FleetError: Nobody is named, and the machine does not know either; or a name or reason is empty.
    """
    for option, text in (("--by", by), ("--reason", reason)):
        if text is not None:
            require_text(option, text)
    try:
        return Person(by if by is not None else _user(), reason)
    except (OSError, KeyError, ImportError):
        raise FleetError("This machine does not know its user.", "Say who decides with --by NAME.") from None


def require_text(option: str, text: str) -> None:
    """Make sure that a text was given where one belongs.

    Args:
        option: The option, as it is typed.
        text: What was given.

    Raises:
        FleetError: It is empty, as a variable of a script may be.
    """
    if not text.strip():
        raise FleetError(f"{option} is empty.", "Give a text, or leave the option out.")


def _user() -> str:
    """The user of this process; not what a variable of the environment says."""
    if sys.platform == "win32":
        return getpass.getuser()
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def ledger_url(asked: str | None, start: Path) -> str:
    """Find out where the ledger is.

    Args:
        asked: As typed, or None for what the task repo says.
        start: A folder of the task repo.

    Returns:
        Its URL. A relative folder is meant from the working directory when it was typed, and refused in the file of
        the task repo, which lies elsewhere on each machine.

    Raises:
        FleetError: Nobody says where, or the file gives a relative folder.
    """
    if asked is not None:
        return asked if "://" in asked or not asked else os.path.abspath(asked)
    for folder in (start.absolute(), *start.absolute().parents):
        if git_directory(folder) is not None:
            found = Pyproject.read(folder).table("tool", "curricula").get("ledger")
            if isinstance(found, str) and found:
                return _whole_path(found, folder)
            break
    raise FleetError(
        "No ledger is named.",
        'Give --ledger URL, or write `ledger = "URL"` below [tool.curricula] in the pyproject.toml of the task repo.',
    )


def _whole_path(url: str, folder: Path) -> str:
    if "://" not in url and not Path(url).is_absolute():
        raise FleetError(
            f"The ledger {url!r} in {folder / 'pyproject.toml'} is a relative path.",
            f"Write the whole path, such as {os.path.abspath(folder / url)}.",
        )
    return url


def opened(asked: str | None, start: Path) -> Store:
    """Open the ledger.

    Args:
        asked: As typed, or None for what the task repo says.
        start: A folder of the task repo.

    Returns:
        The store.

    Raises:
        FleetError: As ``ledger_url``.
        CurriculumError: As ``open_store``.
    """
    return open_store(ledger_url(asked, start))


def curriculum_client(asked: str | None, start: Path, curriculum: str | None) -> Client:
    """Find the repo of a curriculum.

    Args:
        asked: Its name or folder as typed, or None.
        start: A folder of the task repo, or of the curriculum's own repo.
        curriculum: Name of the animal's curriculum, where it has one.

    Returns:
        A client for it.

    Raises:
        FleetError: There is none, or several fit.
    """
    if asked is not None and Pyproject.read(Path(asked)).curricula:
        return Client(Path(asked))
    root = task_repo(start)
    own = Pyproject.read(root).curricula
    if own and (asked in own if asked is not None else curriculum is None or curriculum in own):
        return Client(root)
    members = members_of(root, Children())
    if asked is not None:
        return Client(named(members, [asked])[0].path)
    fitting = [one for one in members.curricula if curriculum is None or curriculum in one.curricula]
    if len(fitting) == 1:
        return Client(fitting[0].path)
    known = ", ".join(one.name for one in fitting or members.curricula) or "none"
    message = "There are several curricula." if fitting else f"The curriculum {curriculum!r} is not in this task repo."
    raise FleetError(message, f"Say which with --repo NAME: {known}.", ExitCode.USAGE)
