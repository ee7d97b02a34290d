"""Evaluate the session that just ended and print the suggestion: one JSON document on stdout.

This is the command that launchers call; it must not print anything else.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any, Final

import click

from ..command.options import FOLDER, command, session_options
from ..command.output import OutputFile, planned
from ..contract.errors import CurriculumError
from ..session.evaluate import evaluate_session
from ..session.layout import require_session
from ..session.suggestion import suggestion

EXAMPLES: Final = """\
  curriculum run --data-directory SESSION
  curriculum run --data-directory SESSION --input-trainer-state STATE.json
  curriculum run --data-directory SESSION --output-suggestion SESSION/behavior --mute-suggestion
  curriculum run --data-directory SESSION --ledger /share/ledger"""

_SUGGESTION_FILE: Final = "suggestion.json"
_NOTES_FILE: Final = "suggestion.notes.json"
"""Beside it, when the subject came from another version: from where to where, and which parameters are new."""


def tell(sentence: str) -> None:
    """Say something to the person at the rig, who reads stderr.

    Args:
        sentence: Without its full stop.
    """
    with contextlib.suppress(OSError, ValueError):  # curriculum code closed stderr: then nobody reads it
        print(f"curriculum: {sentence}", file=sys.stderr)


@command(__doc__, EXAMPLES)
@session_options
@click.option(
    "--output-suggestion",
    type=FOLDER,
    metavar="DIR",
    help=f"also write DIR/{_SUGGESTION_FILE} (and DIR/{_NOTES_FILE} where there is more to say)",
)
@click.option("--mute-suggestion", is_flag=True, help="leave stdout empty")
@click.option(
    "--ledger",
    metavar="URL",
    help="record what the session led to in the subject's ledger: a folder, s3://, sqlite:// or postgresql://",
)
@click.option("--subject", metavar="ID", help="whose ledger (default: the subject in D/behavior/Logs/session*.json)")
@click.option("--session", metavar="NAME", help="the session's name in the ledger (default: that in the same file)")
def execute(
    data_directory: Path,
    input_trainer_state: Path | None,
    curriculum: str | None,
    output_suggestion: Path | None,
    mute_suggestion: bool,
    ledger: str | None,
    subject: str | None,
    session: str | None,
) -> bytes:
    """Carry out the command.

    Args:
        data_directory: The session directory.
        input_trainer_state: The trainer state, or None to look for it in the session.
        curriculum: The curriculum, or None for the one that the trainer state names.
        output_suggestion: A folder to write the suggestion to as well.
        mute_suggestion: Whether to leave stdout empty.
        ledger: Where the ledger is, or None for none.
        subject: The subject, or None for the one that the session's own file names.
        session: The session's name, or None for that in the same file.

    Returns:
        The suggestion, or nothing when muted.

    Raises:
        CurriculumError: Whatever is wrong, by its code.
    """
    folder: Path | None = output_suggestion
    target = planned(folder / _SUGGESTION_FILE, "suggestion") if folder is not None else None
    notes = planned(folder / _NOTES_FILE, "suggestion's notes") if folder is not None else None
    if ledger is None:
        if subject is not None or session is not None:
            raise CurriculumError(
                "usage.invalid",
                "--subject and --session say where in a ledger.",
                "Give --ledger too, or leave them out.",
            )
        evaluated = evaluate_session(data_directory, input_trainer_state, curriculum=curriculum, tell=tell)
        document = suggestion(evaluated)
    else:
        from ..ledger.opening import open_store
        from ..session.identity import identify
        from ..session.with_ledger import evaluate_with_ledger

        store = open_store(ledger)
        identity = identify(require_session(data_directory), subject=subject, name=session)
        evaluated, document = evaluate_with_ledger(
            data_directory, input_trainer_state, store, identity, curriculum=curriculum, tell=tell
        )
    if target is not None and notes is not None:
        _write_notes(notes, evaluated.notes)
        target.write(document)
    return b"" if mute_suggestion else document


def _write_notes(target: OutputFile, notes: dict[str, Any]) -> None:
    """Write what there is to say beside the suggestion, or take away what another session left."""
    if not notes:
        target.remove()
        return
    from ..contract.strict_json import encode

    target.write(encode(notes) + b"\n")
