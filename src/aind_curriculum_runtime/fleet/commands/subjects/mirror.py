"""Bring the ledger's mirrors up to date, and say which animals they do not show.

A mirror is a copy of where each animal stands, for those who read something else than the ledger: CLABE's library
folder (Subjects/786543/trainer_state.json and task.json), or SLIMS. Every entry brings them up to date, from whichever
rig; one that was away then is behind, and is brought along by the next entry of any animal, or by this command. Nothing
is ever read from a mirror, so what is changed there by hand is written over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from ....ledger.mirror import Behind
from ....ledger.mirroring import Shown, bring_up, declare, mirrors_of, withdraw
from ....ledger.store import Store
from ....look.wording import counted
from ....subjects.history import require_there
from ...errors import SOME_FAILED, FleetError
from ...ledgers import command, opened

EXAMPLES: Final = """\
  curricula subjects mirror --to /share/library
  curricula subjects mirror --to slims+https://lab.example.org/slimsrest
  curricula subjects mirror
  curricula subjects mirror --end /share/library"""

_NAMED: Final = 5
"""Animals that are named of those that a mirror does not show."""


@command(__doc__, EXAMPLES)
@click.argument("subjects", nargs=-1, metavar="[SUBJECT]...", help="only these animals (default: all)")
@click.option(
    "--to", "new", metavar="URL", help="have one more: the whole path of CLABE's library folder, or slims+https://"
)
@click.option("--end", "ended", metavar="URL", help="have one no longer; what it shows stays as it is")
def execute(subjects: tuple[str, ...], new: str | None, ended: str | None, ledger: str | None, start: Path) -> int:
    """Carry out the command.

    Args:
        subjects: The animals, or none for all.
        new: A mirror to have from now on.
        ended: A mirror to have no longer.
        ledger: Where the ledger is, or None for where the task repo says.
        start: A folder of the task repo.

    Returns:
        1 when a mirror does not show one of the animals.

    Raises:
        FleetError: Nobody says where the ledger is, or a new mirror cannot be reached.
        CurriculumError: There is no such animal or mirror, or the ledger is away.
    """
    store = opened(ledger, start)
    for subject in subjects:
        require_there(store, subject)
    if ended is not None:
        withdraw(store, ended)
    if new is not None:
        try:
            declare(store, new)
        except Behind as error:
            raise FleetError(
                f"No mirror can be at {new}: {error}.", "The ledger does not have it. Fix that, and declare it again."
            ) from error
    urls = mirrors_of(store)
    if not urls:
        print("The ledger has no mirror.")
    names = dict.fromkeys(subjects or store.subjects())
    behind = [url for url in urls if _is_behind(store, url, names)]
    return SOME_FAILED if behind else 0


def _is_behind(store: Store, url: str, subjects: dict[str, None]) -> bool:
    """Bring the animals up to date in a mirror, and say what came of it."""
    shown = bring_up(store, url, subjects)
    print(f"{url} {_sentence(shown, len(subjects))}")
    return bool(shown.left)


def _sentence(shown: Shown, asked: int) -> str:
    if shown.is_away:
        return f"is behind: {next(reversed(shown.left.values()))}."
    if shown.left:
        named = [f"{subject} ({why})" for subject, why in shown.left.items()]
        more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        return f"is behind: it does not show {', '.join(named[:_NAMED])}{more}."
    written = f"; {len(shown.written)} had been behind" if shown.written else ""
    return f"shows {counted(asked, 'animal')}{written}."
