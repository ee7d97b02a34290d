"""The console script ``curricula``: a task repo's curricula, all at once.

Owns the table of commands and the way out of the process. Each command is a module in ``commands`` that is imported
only when it is called.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from ..command.arguments import HelpRequested, Once, Parser, path
from ..contract.errors import CurriculumError, ExitCode
from ..project.git import GitFailed
from .errors import INTERRUPTED, FleetError

__all__ = ["COMMANDS", "main"]

COMMANDS: Final = {
    "add": "add a curriculum repo as a submodule",
    "list": "list the curricula and their state",
    "sync": "make every curriculum's environment",
    "check": "run every curriculum's own checks",
    "run": "evaluate a session with one of them",
    "outdated": "list the curricula whose template has a newer version",
    "update": "update curricula from their template",
    "catalog": "list the released curricula at a URL",
    "fetch": "bring one of them, with its checksums verified",
}
"""Commands in the order of the help text, each the name of a module in ``commands``."""

_EXTRA: Final = ("copier", "rich")


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and end the process.

    Args:
        argv: Arguments after the program's name; those of the process by default.
    """
    # A scheduler's stop is treated as Ctrl-C, so that it leaves nothing half done either.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _execute(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except HelpRequested as help_:
        print(help_.text, end="")
        status = 0
    except GitFailed as error:
        status = _fail(f"Git failed in the task repo: {error.why}.", "`git status` there tells more.", int(error.exit))
    except (FleetError, CurriculumError) as error:
        status = _fail(error.message, error.hint, int(error.exit))
    except KeyboardInterrupt:
        status = _fail("The command was interrupted.", "Run it again; it begins where it stopped.", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read the output stopped early, as `head` does.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = int(ExitCode.OUTPUT)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        status = _fail(f"{error.strerror or error}{where}.", "Fix that, and run it again.", int(ExitCode.OUTPUT))
    sys.exit(status)


def _execute(argv: Sequence[str]) -> int:
    if not argv or argv[0] not in COMMANDS:
        _without_command(argv)
    command = importlib.import_module(f"{__package__}.commands.{argv[0]}")
    parser = Parser(f"curricula {argv[0]}", str(command.__doc__), command.EXAMPLES)
    command.add_arguments(parser)
    parser.add_argument(
        *("-C", "--task-repo"),
        action=Once,
        type=path,
        default=None,
        metavar="DIR",
        help="the task repo (default: the git repo around the working directory)",
    )
    arguments = parser.parse_args(argv[1:])
    missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise FleetError(
            f"The extra 'fleet' is not installed: without {' and '.join(missing)} `curricula` does nothing.",
            'Install "aind-curriculum-runtime[fleet]".',
        )
    status: int = command.execute(arguments, arguments.task_repo or Path())
    return status


def _without_command(argv: Sequence[str]) -> NoReturn:
    width = max(map(len, COMMANDS)) + 2
    table = "\n".join(f"  {name:<{width}}{text}" for name, text in COMMANDS.items())
    parser = Parser(
        "curricula",
        f"Look after the curricula of a task repo: its submodules and the members of its uv workspace.\n\n"
        f"commands:\n{table}",
        "  curricula add https://github.com/owner/my-curriculum\n"
        "  curricula list\n"
        "  curricula update --all\n\n"
        "`curricula COMMAND --help` tells more of one.",
    )
    parser.usage = "curricula COMMAND [options]"
    _, rest = parser.parse_known_args(argv)
    if not rest:
        raise FleetError("No command was given.", f"Commands: {', '.join(COMMANDS)}.")
    import difflib

    close = difflib.get_close_matches(rest[0], COMMANDS, n=1)
    raise FleetError(
        f"There is no command {rest[0]!r}.",
        f"Did you mean `curricula {close[0]}`?" if close else f"Commands: {', '.join(COMMANDS)}.",
    )


def _fail(message: str, hint: str, status: int) -> int:
    sys.stdout.flush()
    print(f"curricula: {message}", file=sys.stderr)
    if hint:
        print(f"  hint: {hint}", file=sys.stderr)
    return status


if __name__ == "__main__":
    main()
