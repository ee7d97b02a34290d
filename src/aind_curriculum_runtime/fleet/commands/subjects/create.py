"""Make a new ledger: an empty folder becomes one. A ledger that is there stays as it is.

A ledger is made once, and then named by everybody who trains or decides: `curriculum run --ledger URL`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ....ledger.opening import create
from ...ledgers import command, ledger_url

EXAMPLES: Final = """\
  curricula subjects create --ledger /share/ledger"""


@command(__doc__, EXAMPLES)
def execute(ledger: str | None, start: Path) -> int:
    """Carry out the command.

    Args:
        ledger: Where it is to be, or None for where the task repo says.
        start: A folder of the task repo.

    Returns:
        0.

    Raises:
        FleetError: Nobody says where.
        CurriculumError: As ``ledger.opening.create``.
    """
    store = create(ledger_url(ledger, start))
    print(f"The ledger is at {store.url}.")
    return 0
