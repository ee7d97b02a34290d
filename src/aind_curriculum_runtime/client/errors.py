"""The one exception that a launcher gets, and the list of its kinds.

Owns ``Kind`` and ``CurriculumError``. This is not ``contract.errors.CurriculumError``, which is for the curriculum's
side and always has a code of the contract; this one also covers a curriculum that printed nothing.

Source of the rules: the contract's section "Failure" (docs/contract.md).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from ..contract.errors import CurriculumError as ContractError
from ..contract.errors import ExitCode

__all__ = ["KIND_OF_EXIT", "CurriculumError", "Kind"]


class Kind(StrEnum):
    """What went wrong, for programs. Kinds are added within a contract version, never removed.

    The first ten are the contract's exit codes; the others are found by the host.
    """

    USAGE = "usage"
    STATE = "state"
    MISSING = "missing"
    OFF_CURRICULUM = "off_curriculum"
    CODE = "code"
    OUTPUT = "output"
    TRANSIENT = "transient"
    CONTRACT = "contract"
    REFUSED = "refused"
    REPO = "repo"
    NOT_STARTED = "not_started"
    INCOMPATIBLE = "incompatible"
    TIMEOUT = "timeout"
    CRASH = "crash"
    LEFT_RUNNING = "left_running"
    NO_OUTPUT = "no_output"
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    SCHEMA = "schema"
    SEMANTIC = "semantic"

    @property
    def meaning(self) -> str:
        """One line for tables and logs."""
        return _MEANINGS[self]


KIND_OF_EXIT: Final[dict[int, Kind]] = {
    ExitCode.USAGE: Kind.USAGE,
    ExitCode.STATE: Kind.STATE,
    ExitCode.MISSING: Kind.MISSING,
    ExitCode.OFF_CURRICULUM: Kind.OFF_CURRICULUM,
    ExitCode.CURRICULUM_CODE: Kind.CODE,
    ExitCode.OUTPUT: Kind.OUTPUT,
    ExitCode.TRANSIENT: Kind.TRANSIENT,
    ExitCode.CONTRACT: Kind.CONTRACT,
    ExitCode.REFUSED: Kind.REFUSED,
    ExitCode.REPO: Kind.REPO,
}
"""The kind that each exit code of the contract stands for."""

_MEANINGS: Final[dict[Kind, str]] = {
    **{kind: ExitCode(code).meaning for code, kind in KIND_OF_EXIT.items()},
    Kind.NOT_STARTED: "uv, the environment or the command `curriculum` is missing or does not start",
    Kind.INCOMPATIBLE: "the repo speaks a newer contract than this client",
    Kind.TIMEOUT: "no result within the time allowed; everything the command started was ended",
    Kind.CRASH: "the process died, or ended with an exit code that the contract does not have",
    Kind.LEFT_RUNNING: "the command ended, but a process it started went on",
    Kind.NO_OUTPUT: "the command reported success and printed nothing",
    Kind.TOO_LARGE: "the command printed more than is allowed",
    Kind.NOT_JSON: "stdout is not one document of strict JSON in ASCII",
    Kind.SCHEMA: "the document does not have the contract's keys and types",
    Kind.SEMANTIC: "the document is well formed and cannot be meant",
}


class CurriculumError(Exception):
    """A curriculum gave no suggestion: skip the step and keep the previous trainer state.

    Args:
        kind: What went wrong, for programs.
        message: One clear sentence for a person.
        hint: What to do about it; may be empty.
        exit_code: Exit code of the command, negative for a signal; None when it never started, the client ended it, or
            the host lost the code.
        code: The contract's finer code (``state.rule_refused``), where the command reported one.
        where: JSON path or file that the message is about, where there is one.
        stderr: The last part of what the command wrote to stderr, error line included.
        curriculum: Name of the curriculum, where the command reported it.
        version: Its version, where the command reported it.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        hint: str = "",
        *,
        exit_code: int | None = None,
        code: str | None = None,
        where: str | None = None,
        stderr: str = "",
        curriculum: str | None = None,
        version: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
        self.code = code
        self.where = where
        self.stderr = stderr
        self.curriculum = curriculum
        self.version = version

    @classmethod
    def of(cls, error: ContractError) -> CurriculumError:
        """The same failure as launchers get it, for one that was found on their side.

        Args:
            error: A failure with a code of the contract.

        Returns:
            The failure, for the caller to raise.
        """
        return cls(KIND_OF_EXIT[error.exit], error.message, error.hint, code=error.code, where=error.where)

    @property
    def fault(self) -> dict[str, Any]:
        """Why there is no suggestion, as ledgers and metadata have it."""
        code = self.code or self.kind.value
        return {"code": code, "exit": self.exit_code, "message": self.message, "hint": self.hint}

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.message}" + (f" {self.hint}" if self.hint else "")

    def __reduce__(self) -> tuple[Any, ...]:
        # Launchers pass errors between processes; an exception with keyword arguments does not pickle by itself.
        return _restore, (dict(self.__dict__),)


def _restore(fields: dict[str, Any]) -> CurriculumError:
    return CurriculumError(**fields)
