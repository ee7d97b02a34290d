"""The one exception of the fleet's commands: an exit code, a sentence and a hint.

Not ``CurriculumError``, whose codes belong to the contract with launchers; ``curricula`` is for people. The exit codes
are the same.
"""

from __future__ import annotations

from typing import Final

from ..client import CurriculumError as NoAnswer
from ..client import Kind
from ..contract.errors import ExitCode

__all__ = ["INTERRUPTED", "SOME_FAILED", "FleetError", "no_answer"]

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


def no_answer(error: NoAnswer) -> FleetError:
    """Tell a person that a curriculum gave no answer.

    Args:
        error: The launcher's side of it.

    Returns:
        The same for the caller to raise, with the contract's exit code where there is one; otherwise the result is
        what is wrong, or its absence.
    """
    return FleetError(error.message, error.hint, _exit_code(error))


def _exit_code(error: NoAnswer) -> ExitCode:
    if error.exit_code is not None and error.exit_code in set(ExitCode):
        return ExitCode(error.exit_code)
    outside = {Kind.TIMEOUT: ExitCode.CURRICULUM_CODE, Kind.CRASH: ExitCode.CURRICULUM_CODE}
    own = {Kind.NOT_STARTED: ExitCode.REPO, Kind.REPO: ExitCode.REPO, Kind.USAGE: ExitCode.USAGE}
    return (outside | own).get(error.kind, ExitCode.CONTRACT)
