"""Evaluate a session with one curriculum, as a launcher would, and print the suggestion.

It goes through the launcher's client: a curriculum that hangs is ended with all that it started, and what is printed
was checked. Nothing but the suggestion goes to stdout.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Final

import click

from ...client import Client, Kind
from ...client import CurriculumError as NoSuggestion
from ...command.options import FILE, FOLDER
from ...processes.children import Children
from ...session.layout import find_state, require_session
from ..errors import no_answer
from ..members import members_of, named, task_repo
from ..options import command

EXAMPLES: Final = """\
  curricula run my-curriculum --data-directory SESSION
  curricula run my-curriculum --data-directory SESSION --input-trainer-state trainer_state.json --timeout 60"""

_DEFAULT_TIMEOUT: Final = 300.0


def _seconds(text: str | float) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (seconds > 0 and math.isfinite(seconds)):
        raise click.BadParameter(f"{text!r} is not a number of seconds.")
    return seconds


@command(__doc__, EXAMPLES)
@click.argument("name", metavar="NAME", help="a name or folder that `curricula list` shows")
@click.option("--data-directory", type=FOLDER, required=True, metavar="D", help="the session directory")
@click.option(
    "--input-trainer-state",
    type=FILE,
    metavar="S",
    help="the trainer state (default: D/behavior/trainer_state.json, then D/trainer_state.json)",
)
@click.option(
    "--timeout",
    type=_seconds,
    default=_DEFAULT_TIMEOUT,
    metavar="T",
    help=f"seconds until it is ended (default: {_DEFAULT_TIMEOUT:.0f})",
)
def execute(name: str, data_directory: Path, input_trainer_state: Path | None, timeout: float, start: Path) -> int:
    """Carry out the command.

    Args:
        name: The curriculum.
        data_directory: The session directory.
        input_trainer_state: The trainer state, or None to look for it in the session.
        timeout: Seconds until it is ended.
        start: A folder of the task repo.

    Returns:
        0.

    Raises:
        FleetError: There is no suggestion, with the contract's exit code where the curriculum gave one.
        CurriculumError: The session directory is missing, or holds no trainer state and none was given.
    """
    (member,) = named(members_of(task_repo(start), Children()), [name])
    session = require_session(data_directory)
    state = input_trainer_state or find_state(session)
    client = Client(member.path, timeout=timeout)
    try:
        suggestion = client.suggest(session, state)
    except NoSuggestion as error:
        if error.kind is not Kind.TIMEOUT:
            print(error.stderr, end="", file=sys.stderr)
        raise no_answer(error) from error
    sys.stdout.flush()
    sys.stdout.buffer.write(suggestion.raw)
    return 0
