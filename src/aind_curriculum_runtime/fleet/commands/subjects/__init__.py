"""The commands of `curricula subjects`, one module each."""

from __future__ import annotations

from typing import Final

from ....command.grammar import Commands
from ...declared import SUBJECTS

__all__ = ["execute"]

execute: Final = Commands(
    "curricula subjects",
    SUBJECTS,
    """\
Look after animals: where each stands, what it runs next, who decided so and why.

Their ledger is named by --ledger, or once for all in the task repo's pyproject.toml:

  [tool.curricula]
  ledger = "/share/ledger"

A command that changes something shows first what would be different for the animal. At a terminal it asks; elsewhere
a change of one animal is written at once, and one of several only with --yes.

A session comes into the ledger by `curriculum run --ledger URL`, which the launcher calls after it.""",
    """\
  curricula subjects create --ledger /share/ledger
  curricula subjects list
  curricula subjects enroll 786543 --group pilot
  curricula subjects move 786543 --stage s_shaping --reason "licks on every trial"
  curricula subjects undo 786543""",
)
