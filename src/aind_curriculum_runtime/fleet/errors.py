"""The one exception of the fleet's commands: an exit code, a sentence and a hint.

Not ``CurriculumError``, whose codes belong to the contract with launchers; ``curricula`` is for people. The exit codes
are the same.
"""

from __future__ import annotations

from typing import Final

from ..contract.errors import ExitCode

__all__ = ["INTERRUPTED", "SOME_FAILED", "FleetError"]

SOME_FAILED: Final = 1
"""The command ran to its end, and at least one curriculum failed."""

INTERRUPTED: Final = 130
"""Ctrl-C, as a shell reports it."""


class FleetError(Exception):
    """A failure of a whole command.

    Args:
        message: One clear sentence: what is wrong.
        hint: What to do about it.
        exit_code: Exit code of the command.
    """

    def __init__(self, message: str, hint: str, exit_code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit = exit_code
