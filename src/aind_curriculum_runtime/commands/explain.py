"""Tell why a session leads where it does: rules tried, metric values, and what changed by which policy.

The evaluation is that of `curriculum run` with the same options; it is watched, not done over.
"""

from __future__ import annotations

import argparse
import sys
from typing import Final

from ..command.arguments import Parser
from ..command.reporting import About
from ..curriculum.discovery import load
from ..session.layout import find_state, require_session
from ..session.state import deserialise_or_move, read
from .run import add_session_options, registered_for

EXAMPLES: Final = """\
  curriculum explain --data-directory SESSION
  curriculum explain --data-directory SESSION --input-trainer-state STATE.json --json"""


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    add_session_options(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON object")


def execute(arguments: argparse.Namespace, about: About) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.
        about: Told which curriculum it is.

    Returns:
        Text, or JSON.

    Raises:
        CurriculumError: What ``run`` raises for the same options.
    """
    data_directory = require_session(arguments.data_directory)
    given = arguments.input_trainer_state
    plain = read(given if given is not None else find_state(data_directory))
    registered = registered_for(plain, arguments.curriculum)
    about.curriculum, about.version = registered.name, registered.version
    loaded = load(registered)
    about.version = loaded.version

    from ..contract.strict_json import encode
    from ..look.explain import account, as_text
    from ..session.evaluation import OrderedTrainer, compute_metrics

    trainer = OrderedTrainer(loaded)
    state, moved = deserialise_or_move(plain, trainer, registered)
    if moved is not None:
        print(f"curriculum: {moved.sentence()}", file=sys.stderr)
    assert state.stage is not None  # a state without one is refused
    told = account(trainer, state, compute_metrics(state.stage, loaded, data_directory))
    if arguments.json:
        return encode(told) + b"\n"
    return as_text(told).encode("utf-8", "backslashreplace")
