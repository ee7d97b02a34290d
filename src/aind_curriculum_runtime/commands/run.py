"""Evaluate the session that just ended and print the suggestion: one JSON document on stdout.

This is the command that launchers call; it must not print anything else.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..command.arguments import Once, Parser, path
from ..command.output import Target, planned
from ..command.reporting import About
from ..contract.errors import CurriculumError
from ..curriculum.discovery import Registered, choose, installed, load
from ..session.layout import find_state, require_session
from ..session.state import deserialise_or_move, named_curriculum, read

if TYPE_CHECKING:
    from ..curriculum.migration import Move

EXAMPLES: Final = """\
  curriculum run --data-directory SESSION
  curriculum run --data-directory SESSION --input-trainer-state STATE.json
  curriculum run --data-directory SESSION --output-suggestion SESSION/behavior --mute-suggestion"""

_SUGGESTION_FILE: Final = "suggestion.json"
_NOTES_FILE: Final = "suggestion.notes.json"
"""Beside it, when the subject was migrated from an older major version: from where to where."""


class Suggested(NamedTuple):
    """A suggestion, and how the subject was migrated to this version, if it was."""

    document: bytes
    moved: Move | None


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


def execute(arguments: argparse.Namespace, about: About) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.
        about: Told which curriculum it is.

    Returns:
        The suggestion, or nothing when muted.

    Raises:
        CurriculumError: Whatever is wrong, by its code.
    """
    folder: Path | None = arguments.output_suggestion
    target = planned(folder / _SUGGESTION_FILE, "suggestion") if folder is not None else None
    notes = planned(folder / _NOTES_FILE, "suggestion's notes") if folder is not None else None
    document, moved = suggest(
        data_directory=arguments.data_directory,
        state_file=arguments.input_trainer_state,
        curriculum=arguments.curriculum,
        about=about,
    )
    if target is not None and notes is not None:
        _write_notes(notes, moved)
        target.write(document)
    return b"" if arguments.mute_suggestion else document


def suggest(*, data_directory: Path, state_file: Path | None, curriculum: str | None, about: About) -> Suggested:
    """Go the whole way from a session directory to the suggestion's bytes.

    Args:
        data_directory: The session directory.
        state_file: The trainer state, or None to look for it in the session directory.
        curriculum: Name of the curriculum, or None to go by the trainer state.
        about: Told which curriculum it is.

    Returns:
        The suggestion, with its newline; a migration is told on stderr too.

    Raises:
        CurriculumError: Whatever is wrong, by its code.
    """
    data_directory = require_session(data_directory)
    plain = read(state_file if state_file is not None else find_state(data_directory))
    registered = registered_for(plain, curriculum)
    about.curriculum, about.version = registered.name, registered.version

    loaded = load(registered)
    about.version = loaded.version

    from ..session.evaluation import OrderedTrainer, compute_metrics, evaluate
    from ..session.suggestion import build

    trainer = OrderedTrainer(loaded)
    state, moved = deserialise_or_move(plain, trainer, registered)
    if moved is not None:
        print(f"curriculum: {moved.sentence()}", file=sys.stderr)
    assert state.stage is not None  # `deserialise` refuses a state without one
    metrics = compute_metrics(state.stage, loaded, data_directory)
    return Suggested(build(evaluate(trainer, state, metrics), metrics, trainer), moved)


def registered_for(plain: dict[str, Any], asked: str | None) -> Registered:
    """Pick the curriculum to evaluate a trainer state with.

    Args:
        plain: The state, as ``trainer_state.read`` gave it.
        asked: The name asked for, or None to go by the state.

    Returns:
        The one curriculum.

    Raises:
        CurriculumError: ``state.other_curriculum``; whatever ``discovery.choose`` raises.
    """
    curricula = installed()
    named = named_curriculum(plain)
    if asked is None and named is not None and curricula and named not in {one.name for one in curricula}:
        from ..curriculum.migration import tombstone

        raise CurriculumError(
            "state.other_curriculum",
            f"The trainer state is of the curriculum {named!r}, which is not installed here.",
            tombstone(named)
            or f"Installed: {', '.join(one.name for one in curricula)}. "
            "Check that the launcher calls the repo of the curriculum this subject is on.",
            where="$.curriculum.name",
        )
    return choose(curricula, asked if asked is not None else named)


def _write_notes(target: Target, moved: Move | None) -> None:
    """Write what there is to say beside the suggestion, or take away what another session left."""
    if moved is None:
        target.remove()
        return
    from ..contract.strict_json import encode

    target.write(encode(moved.document()) + b"\n")
