"""Options and types that several commands share.

Owns how they are spelled and explained. Knows nothing of what a command does with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from . import grammar

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = [
    "FILE",
    "FOLDER",
    "PathType",
    "all_option",
    "command",
    "curriculum_option",
    "json_option",
    "output_option",
    "repo_option",
    "session_options",
]

_Function = Callable[..., Any]
_Decorator = Callable[[_Function], _Function]


class PathType(click.ParamType[Path]):
    """A path as it was typed: relative as it may be, whether there is something or not.

    Empty ones are refused: an unset variable in a script, which would otherwise mean the working directory.

    Args:
        kind: What the shell completes it with.
    """

    name = "path"

    def __init__(self, kind: Literal["file", "dir"]) -> None:
        self.kind = kind

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Read a path, as click asks for."""
        if not value.strip():
            self.fail("the path is empty.", param, ctx)
        return Path(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Leave it to the shell, which knows the files."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=self.kind)]


FILE: Final = PathType("file")
FOLDER: Final = PathType("dir")


def command(help: str | None, examples: str) -> Callable[[_Function], click.Command]:
    """Make a function the command of its module in ``commands``.

    Args:
        help: What it does; the module's docstring.
        examples: Lines to try, shown below the options.

    Returns:
        A decorator, above those of click's options and arguments.
    """
    return grammar.command(help, examples, _VERBOSE)


_VERBOSE: Final = click.Option(["-v", "--verbose"], count=True, help="log more to stderr (-vv for all)")

curriculum_option: Final = click.option("--curriculum", metavar="NAME", help="the curriculum, where there are several")


def json_option(help: str = "print a JSON object") -> _Decorator:
    """Declare ``--json``.

    Args:
        help: What it makes the command print.
    """
    return click.option("--json", "as_json", is_flag=True, help=help)


def all_option(help: str) -> _Decorator:
    """Declare ``--all``, for what lists only the first of many.

    Args:
        help: What it makes the command list.
    """
    return click.option("--all", "everything", is_flag=True, help=help)


def output_option(suffixes: Iterable[str]) -> _Decorator:
    """Declare ``-o FILE`` of a command that draws, which must be given.

    Args:
        suffixes: Those of the formats that it can write.
    """
    told = f"the file to write; its suffix says what: {', '.join(suffixes)}"
    return click.option("-o", "--output", type=FILE, required=True, metavar="FILE", help=told)


def repo_option(help: str = "the curriculum repo (default: here)") -> _Decorator:
    """Declare ``--repo``.

    Args:
        help: Which repo is meant.
    """
    return click.option("--repo", type=FOLDER, metavar="DIR", help=help)


def session_options(function: _Function) -> _Function:
    """Declare what every command that evaluates a session takes: the session, the state, the curriculum."""
    for option in (
        click.option(
            "--curriculum",
            metavar="NAME",
            help="the curriculum to evaluate (default: the one that the trainer state names)",
        ),
        click.option(
            "--input-trainer-state",
            type=FILE,
            metavar="S",
            help="the trainer state the session was run with "
            "(default: D/behavior/trainer_state.json, then D/trainer_state.json)",
        ),
        click.option(
            "--data-directory",
            "--path",
            "data_directory",
            type=FOLDER,
            required=True,
            metavar="D",
            help="the session directory, the one that holds the folder 'behavior'",
        ),
    ):
        function = option(function)
    return function
