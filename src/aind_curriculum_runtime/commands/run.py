"""Evaluate the session that just ended and print the suggestion: one JSON document on stdout.

This is the command that launchers call; it must not print anything else.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any, Final

from ..arguments import Once, Parser, path
from ..discovery import Registered, choose, installed, load
from ..errors import CurriculumError
from ..files import is_transient, write_atomically
from ..reporting import About
from ..session import find_state, require_session
from ..trainer_state import deserialise, named_curriculum, read

EXAMPLES: Final = """\
  curriculum run --data-directory SESSION
  curriculum run --data-directory SESSION --input-trainer-state STATE.json
  curriculum run --data-directory SESSION --output-suggestion SESSION/behavior --mute-suggestion"""

_SUGGESTION_FILE: Final = "suggestion.json"


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
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
    parser.add_argument(
        "--output-suggestion",
        action=Once,
        type=path,
        metavar="DIR",
        help=f"also write DIR/{_SUGGESTION_FILE}",
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
    target = _suggestion_path(arguments.output_suggestion)
    document = suggest(
        data_directory=arguments.data_directory,
        state_file=arguments.input_trainer_state,
        curriculum=arguments.curriculum,
        about=about,
    )
    if target is not None:
        _write_suggestion(target, document)
    return b"" if arguments.mute_suggestion else document


def suggest(*, data_directory: Path, state_file: Path | None, curriculum: str | None, about: About) -> bytes:
    """Go the whole way from a session directory to the suggestion's bytes.

    Args:
        data_directory: The session directory.
        state_file: The trainer state, or None to look for it in the session directory.
        curriculum: Name of the curriculum, or None to go by the trainer state.
        about: Told which curriculum it is.

    Returns:
        The suggestion, with its newline.

    Raises:
        CurriculumError: Whatever is wrong, by its code.
    """
    data_directory = require_session(data_directory)
    plain = read(state_file if state_file is not None else find_state(data_directory))
    registered = registered_for(plain, curriculum)
    about.curriculum, about.version = registered.name, registered.version

    loaded = load(registered)
    about.version = loaded.version

    from ..evaluation import OrderedTrainer, compute_metrics, evaluate
    from ..suggestion import build

    trainer = OrderedTrainer(loaded)
    state = deserialise(plain, trainer)
    assert state.stage is not None  # `deserialise` refuses a state without one
    metrics = compute_metrics(state.stage, loaded, data_directory)
    return build(evaluate(trainer, state, metrics), metrics, trainer)


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
        raise CurriculumError(
            "state.other_curriculum",
            f"The trainer state is of the curriculum {named!r}, which is not installed here.",
            f"Installed: {', '.join(one.name for one in curricula)}. "
            "Check that the launcher calls the repo of the curriculum this subject is on.",
            where="$.curriculum.name",
        )
    return choose(curricula, asked if asked is not None else named)


def _suggestion_path(directory: Path | None) -> Path | None:
    """Look at the folder before the evaluation, which may take long."""
    if directory is None:
        return None
    absolute = Path(os.path.abspath(directory))
    if not absolute.is_dir():
        raise CurriculumError(
            "output.directory_missing",
            f"The folder for the suggestion, {absolute}, {'is a file' if absolute.exists() else 'is missing'}.",
            "Make the folder first; nothing was evaluated.",
            where=str(absolute),
        )
    return absolute / _SUGGESTION_FILE


def _write_suggestion(target: Path, document: bytes) -> None:
    try:
        write_atomically(target, document)
    except OSError as error:
        raise CurriculumError(
            "transient.io" if is_transient(error) else "output.not_writable",
            f"The suggestion could not be written to {target}: {error.strerror}.",
            "Check that this account may write there and that the disk is not full.",
            where=str(target),
        ) from error
