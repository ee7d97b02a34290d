"""Evaluate a session with one curriculum, as a launcher would, and print the suggestion.

It goes through the launcher's client: a curriculum that hangs is ended with all that it started, and what is printed
was checked. Nothing but the suggestion goes to stdout.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Final

from ...client import Client, Kind
from ...client import CurriculumError as NoSuggestion
from ...command.arguments import Once, Parser, path
from ...contract.errors import ExitCode
from ...processes.children import Children
from ...session.layout import find_state, require_session
from ..errors import FleetError
from ..members import members_of, named, task_repo

EXAMPLES: Final = """\
  curricula run my-curriculum --data-directory SESSION
  curricula run my-curriculum --data-directory SESSION --input-trainer-state trainer_state.json --timeout 60"""

_DEFAULT_TIMEOUT: Final = 300.0


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("name", metavar="NAME", help="a name or folder that `curricula list` shows")
    parser.add_argument(
        "--data-directory", action=Once, type=path, required=True, metavar="D", help="the session directory"
    )
    parser.add_argument(
        "--input-trainer-state",
        action=Once,
        type=path,
        metavar="S",
        help="the trainer state (default: D/behavior/trainer_state.json, then D/trainer_state.json)",
    )
    parser.add_argument(
        "--timeout",
        action=Once,
        type=_seconds,
        default=None,
        metavar="T",
        help=f"seconds until it is ended (default: {_DEFAULT_TIMEOUT:.0f})",
    )


def execute(arguments: argparse.Namespace, start: Path) -> int:
    """Carry out the command.

    Args:
        arguments: Parsed options.
        start: A folder of the task repo.

    Returns:
        0.

    Raises:
        FleetError: There is no suggestion, with the contract's exit code where the curriculum gave one.
        CurriculumError: The session directory is missing, or holds no trainer state and none was given.
    """
    (member,) = named(members_of(task_repo(start), Children()), [arguments.name])
    session = require_session(arguments.data_directory)
    state = arguments.input_trainer_state or find_state(session)
    client = Client(member.path, timeout=arguments.timeout or _DEFAULT_TIMEOUT)
    try:
        suggestion = client.suggest(session, state)
    except NoSuggestion as error:
        if error.kind is not Kind.TIMEOUT:
            print(error.stderr, end="", file=sys.stderr)
        raise FleetError(error.message, error.hint, _exit_code(error)) from error
    sys.stdout.flush()
    sys.stdout.buffer.write(suggestion.raw)
    return 0


def _exit_code(error: NoSuggestion) -> ExitCode:
    """The contract's code, where there is one; otherwise the result is what is wrong, or its absence."""
    if error.exit_code is not None and error.exit_code in set(ExitCode):
        return ExitCode(error.exit_code)
    outside = {Kind.TIMEOUT: ExitCode.CURRICULUM_CODE, Kind.CRASH: ExitCode.CURRICULUM_CODE}
    own = {Kind.NOT_STARTED: ExitCode.REPO, Kind.REPO: ExitCode.REPO, Kind.USAGE: ExitCode.USAGE}
    return (outside | own).get(error.kind, ExitCode.CONTRACT)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (seconds > 0 and math.isfinite(seconds)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds
