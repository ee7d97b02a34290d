"""Evaluate the session that just ended and print the suggestion: one JSON document on stdout.

This is the command that launchers call; it must not print anything else.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..command.arguments import Once, Parser, path
from ..command.output import Target, planned
from ..session.evaluate import evaluate_session
from ..session.suggestion import suggestion

if TYPE_CHECKING:
    from ..curriculum.migration import Move

EXAMPLES: Final = """\
  curriculum run --data-directory SESSION
  curriculum run --data-directory SESSION --input-trainer-state STATE.json
  curriculum run --data-directory SESSION --output-suggestion SESSION/behavior --mute-suggestion"""

_SUGGESTION_FILE: Final = "suggestion.json"
_NOTES_FILE: Final = "suggestion.notes.json"
"""Beside it, when the subject was migrated from an older major version: from where to where."""


def add_session_options(parser: Parser) -> None:
    """Declare what every command that evaluates a session takes: the session, the state, the curriculum."""
    parser.add_argument(
        "--data-directory",
        "--path",
        action=Once,
        type=path,
        required=True,
        metavar="D",
        help="the session directory, the one that holds the folder 'behavior'",
    )
    parser.add_argument(
        "--input-trainer-state",
        action=Once,
        type=path,
        metavar="S",
        help="the trainer state the session was run with "
        "(default: D/behavior/trainer_state.json, then D/trainer_state.json)",
    )
    parser.add_argument(
        "--curriculum",
        action=Once,
        metavar="NAME",
        help="the curriculum to evaluate (default: the one that the trainer state names)",
    )


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    add_session_options(parser)
    parser.add_argument(
        "--output-suggestion",
        action=Once,
        type=path,
        metavar="DIR",
        help=f"also write DIR/{_SUGGESTION_FILE} (and DIR/{_NOTES_FILE} where there is more to say)",
    )
    parser.add_argument("--mute-suggestion", action="store_true", help="leave stdout empty")


def tell(sentence: str) -> None:
    """Say something to the person at the rig, who reads stderr.

    Args:
        sentence: Without its full stop.
    """
    print(f"curriculum: {sentence}", file=sys.stderr)


def execute(arguments: argparse.Namespace) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.

    Returns:
        The suggestion, or nothing when muted.

    Raises:
        CurriculumError: Whatever is wrong, by its code.
    """
    folder: Path | None = arguments.output_suggestion
    target = planned(folder / _SUGGESTION_FILE, "suggestion") if folder is not None else None
    notes = planned(folder / _NOTES_FILE, "suggestion's notes") if folder is not None else None
    evaluated = evaluate_session(
        arguments.data_directory, arguments.input_trainer_state, curriculum=arguments.curriculum, tell=tell
    )
    document = suggestion(evaluated)
    if target is not None and notes is not None:
        _write_notes(notes, evaluated.moved)
        target.write(document)
    return b"" if arguments.mute_suggestion else document


def _write_notes(target: Target, moved: Move | None) -> None:
    """Write what there is to say beside the suggestion, or take away what another session left."""
    if moved is None:
        target.remove()
        return
    from ..contract.strict_json import encode

    target.write(encode(moved.document()) + b"\n")
