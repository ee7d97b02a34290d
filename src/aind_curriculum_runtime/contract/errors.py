"""Every way a command can fail: codes, exit codes, and the line a launcher reads.

Owns the table of error codes, the exception that carries one, and the wording of the
``CURRICULUM-ERROR`` line. Knows nothing of trainer states, curricula or descriptors, and imports
nothing but the standard library, so that it costs nothing at start-up.

Source of the rules: the contract's section "Failure" (docs/contract.md).
"""

from __future__ import annotations

import json
from enum import IntEnum
from typing import Any, Final

__all__ = [
    "CODES",
    "CONTRACT_VERSION",
    "ERROR_LINE_LIMIT",
    "ERROR_PREFIX",
    "CurriculumError",
    "ExitCode",
    "SessionError",
    "TransientError",
    "error_line",
]

CONTRACT_VERSION: Final = 1
"""The contract this runtime implements. Changes within one number are additive."""

ERROR_PREFIX: Final = "CURRICULUM-ERROR "
"""What the last line of stderr begins with when a command failed."""

ERROR_LINE_LIMIT: Final = 4096
"""Greatest length of the error line in bytes, prefix and newline included."""


class ExitCode(IntEnum):
    """Exit codes of the contract. 1 and 2 are left to uv and to the interpreter itself."""

    USAGE = 64
    STATE = 65
    MISSING = 66
    OFF_CURRICULUM = 69
    CURRICULUM_CODE = 70
    OUTPUT = 74
    TRANSIENT = 75
    CONTRACT = 76
    REFUSED = 77
    REPO = 78

    @property
    def meaning(self) -> str:
        """One line for tables and help texts."""
        return _MEANINGS[self]


_MEANINGS: Final = {
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.STATE: "the trainer state is unreadable, invalid, of another curriculum or of another major version",
    ExitCode.MISSING: "the state file or the session directory is missing or holds no session",
    ExitCode.OFF_CURRICULUM: "the subject is off curriculum: there is nothing to evaluate",
    ExitCode.CURRICULUM_CODE: "curriculum code raised an exception or called exit",
    ExitCode.OUTPUT: "the result could not be written",
    ExitCode.TRANSIENT: "a share is away or a device did not answer: may be tried again",
    ExitCode.CONTRACT: "the curriculum's result violates the contract",
    ExitCode.REFUSED: "a rule reference in the trainer state is refused",
    ExitCode.REPO: "the curriculum repo is misconfigured or does not import",
}

CODES: Final[dict[str, ExitCode]] = {
    "usage.invalid": ExitCode.USAGE,
    "usage.curriculum_needed": ExitCode.USAGE,
    "usage.unknown_curriculum": ExitCode.USAGE,
    "usage.unknown_stage": ExitCode.USAGE,
    "usage.extra_needed": ExitCode.USAGE,
    "usage.unknown_ref": ExitCode.USAGE,
    "usage.unknown_bundle": ExitCode.USAGE,
    "usage.bump_too_small": ExitCode.USAGE,
    "subject.name": ExitCode.USAGE,
    "state.unreadable": ExitCode.STATE,
    "state.too_large": ExitCode.STATE,
    "state.empty": ExitCode.STATE,
    "state.not_json": ExitCode.STATE,
    "state.invalid": ExitCode.STATE,
    "state.other_curriculum": ExitCode.STATE,
    "state.other_version": ExitCode.STATE,
    "state.unknown_stage": ExitCode.STATE,
    "state.unknown_policy": ExitCode.STATE,
    "state.other_parameters": ExitCode.STATE,
    "session.previous_metrics_invalid": ExitCode.STATE,
    "source.unreadable": ExitCode.STATE,
    "source.invalid": ExitCode.STATE,
    "source.other_schema": ExitCode.STATE,
    "source.rule_refused": ExitCode.STATE,
    "session.other_subject": ExitCode.STATE,
    "session.not_recorded": ExitCode.STATE,
    "metadata.invalid": ExitCode.STATE,
    "metadata.differs": ExitCode.STATE,
    "ledger.unreadable": ExitCode.STATE,
    "ledger.damaged": ExitCode.STATE,
    "bundle.invalid": ExitCode.STATE,
    "bundle.checksum": ExitCode.STATE,
    "state.missing": ExitCode.MISSING,
    "source.missing": ExitCode.MISSING,
    "session.missing": ExitCode.MISSING,
    "session.not_a_directory": ExitCode.MISSING,
    "session.unreadable": ExitCode.MISSING,
    "session.empty": ExitCode.MISSING,
    "session.incomplete": ExitCode.MISSING,
    "session.unidentified": ExitCode.MISSING,
    "state.off_curriculum": ExitCode.OFF_CURRICULUM,
    "code.raised": ExitCode.CURRICULUM_CODE,
    "code.exited": ExitCode.CURRICULUM_CODE,
    "code.interrupted": ExitCode.CURRICULUM_CODE,
    "runtime.internal": ExitCode.CURRICULUM_CODE,
    "output.stdout": ExitCode.OUTPUT,
    "output.directory_missing": ExitCode.OUTPUT,
    "output.not_writable": ExitCode.OUTPUT,
    "output.exists": ExitCode.OUTPUT,
    "output.refused": ExitCode.OUTPUT,
    "ledger.not_writable": ExitCode.OUTPUT,
    "transient.io": ExitCode.TRANSIENT,
    "result.no_answer": ExitCode.CONTRACT,
    "result.metrics_type": ExitCode.CONTRACT,
    "result.task_type": ExitCode.CONTRACT,
    "result.not_finite": ExitCode.CONTRACT,
    "result.not_serialisable": ExitCode.CONTRACT,
    "result.not_reloadable": ExitCode.CONTRACT,
    "state.rule_refused": ExitCode.REFUSED,
    "repo.no_curriculum": ExitCode.REPO,
    "repo.import_failed": ExitCode.REPO,
    "repo.not_a_curriculum": ExitCode.REPO,
    "repo.name_mismatch": ExitCode.REPO,
    "repo.duplicate_name": ExitCode.REPO,
    "repo.curriculum_invalid": ExitCode.REPO,
    "repo.version": ExitCode.REPO,
    "repo.rule_not_importable": ExitCode.REPO,
    "repo.no_metrics_provider": ExitCode.REPO,
    "repo.no_demo_session": ExitCode.REPO,
    "repo.no_git": ExitCode.REPO,
    "repo.git_failed": ExitCode.REPO,
    "repo.shallow": ExitCode.REPO,
    "repo.no_release": ExitCode.REPO,
    "repo.changelog": ExitCode.REPO,
    "repo.migration": ExitCode.REPO,
    "repo.formerly": ExitCode.REPO,
    "repo.not_releasable": ExitCode.REPO,
    "repo.uncommitted": ExitCode.REPO,
    "repo.not_fresh": ExitCode.REPO,
    "repo.no_remote": ExitCode.REPO,
    "repo.not_pushed": ExitCode.REPO,
    "repo.no_lock": ExitCode.REPO,
    "repo.no_checkout": ExitCode.REPO,
    "repo.wrapped": ExitCode.REPO,
    "repo.not_wrapped": ExitCode.REPO,
}
"""Every error code with its exit code. Codes are added within a contract version, never removed."""


class CurriculumError(Exception):
    """A failure with its code, one sentence for a person and a hint what to do.

    Args:
        code: A key of ``CODES``; it decides the exit code.
        message: One clear sentence: what is wrong.
        hint: What to do about it.
        where: JSON path (``$.stage.name``) or file that the message is about, where there is one.
    """

    def __init__(self, code: str, message: str, hint: str = "", *, where: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.exit = CODES[code]
        self.message = message
        self.hint = hint
        self.where = where

    @property
    def show_traceback(self) -> bool:
        """Whether curriculum code raised the exception behind this one, so that its traceback helps the author."""
        return self.__cause__ is not None and self.code in {"code.raised", "repo.import_failed"}


class SessionError(CurriculumError):
    """For curriculum code: this session cannot be evaluated (aborted, or without the data needed).

    Raise it in ``metrics_from_dataset``: the launcher then keeps the previous trainer state and a
    person reads the sentence, without a traceback. Exit code 66.

    Args:
        message: One sentence: what the session lacks.
        hint: What to do about it; a standard hint where none is given.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(
            "session.incomplete",
            message,
            hint or "The session looks aborted or incomplete; the previous trainer state stays in force.",
        )


class TransientError(CurriculumError):
    """For curriculum code: something outside does not answer now, and a later try may work. Exit code 75.

    Args:
        message: One sentence: what did not answer.
        hint: What to do about it; a standard hint where none is given.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__("transient.io", message, hint or "Check the network share and run the step again.")


def error_line(
    error: CurriculumError,
    *,
    curriculum: str | None = None,
    version: str | None = None,
    dsl_version: str | None = None,
) -> bytes:
    """Write the last line of stderr, which a launcher parses.

    Args:
        error: The failure.
        curriculum: Name of the curriculum, once it is known.
        version: Its semantic version, once it is known.
        dsl_version: Version of ``aind-behavior-curriculum``.

    Returns:
        One line of ASCII with its newline, at most ``ERROR_LINE_LIMIT`` bytes: texts are cut to fit.
    """
    record: dict[str, Any] = {
        "contract": CONTRACT_VERSION,
        "code": error.code,
        "exit": int(error.exit),
        "message": error.message,
        "hint": error.hint,
        "where": error.where,
        "curriculum": curriculum,
        "version": version,
        "dsl_version": dsl_version,
    }

    # Half a surrogate pair (from a file name that is not UTF-8) is not text: strict parsers refuse the line.
    record = {k: v.encode("utf-8", "backslashreplace").decode() if isinstance(v, str) else v for k, v in record.items()}

    def line() -> bytes:
        return (ERROR_PREFIX + json.dumps(record, ensure_ascii=True) + "\n").encode("ascii")

    # The longest text is halved until the line fits: an exception's own message may be a megabyte.
    while len(encoded := line()) > ERROR_LINE_LIMIT:
        longest = max((k for k, v in record.items() if isinstance(v, str)), key=lambda k: len(str(record[k])))
        record[longest] = str(record[longest])[: len(str(record[longest])) // 2 - 3] + "..."
    return encoded
