"""Tell why a session leads where it does: rules tried, metric values, and what changed by which policy.

The evaluation is that of `curriculum run` with the same options; it is watched, not done over.
"""

from __future__ import annotations

import argparse
from typing import Final

from ..command.arguments import Parser
from ..session.evaluate import evaluate_session
from .run import add_session_options, tell

EXAMPLES: Final = """\
  curriculum explain --data-directory SESSION
  curriculum explain --data-directory SESSION --input-trainer-state STATE.json --json"""


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    add_session_options(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON object")


def execute(arguments: argparse.Namespace) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.

    Returns:
        Text, or JSON.

    Raises:
        CurriculumError: What ``run`` raises for the same options.
    """
    from ..contract.strict_json import encode
    from ..look.explain import account, as_text
    from ..look.trace import watched

    with watched() as calls:
        evaluated = evaluate_session(
            arguments.data_directory, arguments.input_trainer_state, curriculum=arguments.curriculum, tell=tell
        )
    told = account(evaluated, calls)
    if arguments.json:
        return encode(told) + b"\n"
    return as_text(told).encode("utf-8", "backslashreplace")
