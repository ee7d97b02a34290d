"""Show what the migrations of this version do to a trainer state, before and after, parameter by parameter.

Nothing is written, unless a file is named for the migrated state; `curriculum run` migrates the same way by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from ..command.options import FILE, all_option, command, curriculum_option, json_option
from ..command.output import OutputFile, planned
from ..contract.errors import CurriculumError
from ..curriculum.migration import declared
from ..session.admission import admit
from ..session.plain_state import read
from ..session.state import deserialise_or_move
from .run import tell

EXAMPLES: Final = """\
  curriculum migrate trainer_state.json
  curriculum migrate trainer_state.json --json
  curriculum migrate old.json --output new.json"""


@command(__doc__, EXAMPLES)
@click.argument("state", type=FILE, help="the trainer state file")
@click.option("--output", type=FILE, metavar="FILE", help="write the migrated state to FILE")
@click.option("--in-place", is_flag=True, help="write the migrated state over STATE itself")
@curriculum_option
@all_option("list every parameter (default: the first of many; json has all)")
@json_option()
def execute(
    state: Path, output: Path | None, in_place: bool, curriculum: str | None, everything: bool, as_json: bool
) -> bytes:
    """Carry out the command.

    Args:
        state: The trainer state file.
        output: A file to write the migrated state to, or None to write nothing.
        in_place: Whether to write it over the state file.
        curriculum: The curriculum, or None for the one that the state names.
        everything: Whether the text lists all parameters; JSON always does.
        as_json: Whether to print a JSON object.

    Returns:
        Text, or JSON.

    Raises:
        CurriculumError: What ``run`` raises for the same state; ``usage.invalid`` for an output that is the state
            itself; ``output.directory_missing`` or ``output.not_writable``.
    """
    target = _target(state, output, in_place=in_place)
    before, registered, loaded = admit(read(state), curriculum, tell=tell)

    from ..contract.strict_json import encode, parse
    from ..look.migration import account, as_text
    from ..session.suggestion import state_document
    from ..session.trainer import OrderedTrainer

    trainer = OrderedTrainer(loaded)
    arrived = deserialise_or_move(before, trainer, declared(registered.target))
    # The curriculum of a state is never read, so it has none yet.
    document = state_document(arrived.state.model_copy(update={"curriculum": trainer.curriculum}), trainer)
    told = account(before, arrived, parse(document))
    if target is not None:
        target.write(document)
    if as_json:
        return encode(told) + b"\n"
    return as_text(told, everything=everything).encode("utf-8", "backslashreplace")


def _target(state: Path, output: Path | None, *, in_place: bool) -> OutputFile | None:
    """Where the migrated state goes; over the old one only where that was said."""
    if output is not None and (in_place or _is_same(output, state)):
        raise CurriculumError(
            "usage.invalid",
            "--output and --in-place exclude each other."
            if in_place
            else f"--output {output} is the trainer state itself.",
            "Name another file, or say --in-place to write over the old state.",
        )
    if in_place:
        output = state
    return planned(output, "trainer state") if output is not None else None


def _is_same(output: Path, state: Path) -> bool:
    try:
        return output.samefile(state)
    except OSError:  # one of them is not there
        return False
