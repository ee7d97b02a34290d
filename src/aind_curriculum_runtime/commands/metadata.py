"""Print the facts of a session for its metadata: JSON for aind-data-schema's Acquisition.

They are what the ledger has of the session, or else what the suggestion says that was kept, or else what an evaluation
gives now. Nothing is written into the session. `--verify` goes the other way: from the metadata to the very code, and
from there to the same result.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from ..command.options import FILE, FOLDER, command
from ..contract.errors import CurriculumError
from .run import tell

EXAMPLES: Final = """\
  curriculum metadata --data-directory SESSION
  curriculum metadata --data-directory SESSION --ledger /share/ledger --exact
  curriculum metadata --protocol --ledger /share/ledger --subject 786543
  curriculum metadata --verify acquisition.json --data-directory SESSION"""


@command(__doc__, EXAMPLES)
@click.option(
    "--data-directory",
    "--path",
    "data_directory",
    type=FOLDER,
    metavar="D",
    help="the session directory, the one that holds the folder 'behavior'",
)
@click.option(
    "--input-trainer-state",
    type=FILE,
    metavar="S",
    help="the trainer state the session was run with (default: as for `run`)",
)
@click.option("--curriculum", metavar="NAME", help="the curriculum (default: the one that the trainer state names)")
@click.option(
    "--suggestion",
    type=FILE,
    metavar="FILE",
    help="what `run` printed of the session (default: D/behavior/Logs/suggestion.json)",
)
@click.option("--ledger", metavar="URL", help="the ledger that has the session: also who moved the animal, and why")
@click.option("--subject", metavar="ID", help="whose session (default: the subject in D/behavior/Logs/session*.json)")
@click.option("--session", metavar="NAME", help="the session's name in the ledger (default: that in the same file)")
@click.option("--exact", is_flag=True, help="refuse code that could not be had again, such as uncommitted changes")
@click.option("--flat", "is_flat", is_flag=True, help="one level of keys, for the lab metadata of NWB")
@click.option("--protocol", is_flag=True, help="print the animal's training protocols instead, one a curriculum")
@click.option("--verify", type=FILE, metavar="FILE", help="evaluate the session again as FILE says, and compare")
def execute(
    data_directory: Path | None,
    input_trainer_state: Path | None,
    curriculum: str | None,
    suggestion: Path | None,
    ledger: str | None,
    subject: str | None,
    session: str | None,
    exact: bool,
    is_flat: bool,
    protocol: bool,
    verify: Path | None,
) -> bytes:
    """Carry out the command.

    Args:
        data_directory: The session directory.
        input_trainer_state: The trainer state, or None to look for it in the session.
        curriculum: The curriculum, or None for the one that the trainer state names.
        suggestion: The suggestion that was kept, or None to look for it in the session.
        ledger: Where the ledger is, or None for none.
        subject: The subject, or None for the one that the session's own file names.
        session: The session's name, or None for that in the same file.
        exact: Whether code that could not be had again is refused.
        is_flat: Whether to print one level of keys.
        protocol: Whether to print the training protocols.
        verify: Metadata to compare with, or None.

    Returns:
        JSON; text for ``--verify``.

    Raises:
        CurriculumError: Whatever is wrong, by its code; ``metadata.differs`` where it does not say what is so.
    """
    from ..contract.strict_json import encode
    from ..ledger.opening import open_store

    if protocol:
        return encode(_protocols(ledger, subject)) + b"\n"
    if data_directory is None:
        raise CurriculumError("usage.invalid", "No session is named.", "Give --data-directory.")
    if ledger is None and (subject is not None or session is not None):
        raise CurriculumError(
            "usage.invalid", "--subject and --session say where in a ledger.", "Give --ledger too, or leave them out."
        )
    store = open_store(ledger) if ledger is not None else None
    if verify is not None:
        from ..versions.again import verified

        return verified(verify, data_directory, input_trainer_state, store, tell=tell).encode()

    from ..look.session_record import code_here, record_of_session
    from ..metadata.code import require_exact
    from ..metadata.flat import flat
    from ..metadata.record import acquisition
    from ..session.identity import identify
    from ..session.layout import require_session
    from ..session.ledger_record import record_of_ledger

    if store is not None:
        directory = require_session(data_directory)
        identity = identify(directory, subject=subject, name=session)
        record = record_of_ledger(store, identity, directory, lambda one: code_here(one.get("name"), one))
    else:
        record = record_of_session(
            data_directory, input_trainer_state, curriculum=curriculum, kept=suggestion, tell=tell
        )
    if exact:
        require_exact(record.code)
    for fault in record.code.faults:
        tell(fault.message.removesuffix("."))
    document = acquisition(record)
    return encode(flat(document) if is_flat else document) + b"\n"


def _protocols(ledger: str | None, subject: str | None) -> list[dict[str, Any]]:
    from ..curriculum.discovery import installed, repo_directory
    from ..ledger.opening import open_store
    from ..metadata.protocol import protocols

    if ledger is None or subject is None:
        raise CurriculumError(
            "usage.invalid", "A training protocol is of an animal in a ledger.", "Give --ledger and --subject."
        )
    folders = {one.name: repo_directory(one) for one in installed()}
    return protocols(open_store(ledger), subject, {name: one for name, one in folders.items() if one is not None})
