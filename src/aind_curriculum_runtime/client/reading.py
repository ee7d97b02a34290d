"""What a finished command means: a suggestion, or one error of the right kind.

Owns the order of the checks: how it ended, its exit code, whether there is output, JSON, form, sense. Pure.

Source of the rules: the contract's sections "Success" and "Failure" (docs/contract.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..contract.errors import CONTRACT_VERSION, ERROR_PREFIX, ExitCode
from ..contract.strict_json import StrictJsonError, parse
from ..processes.call import GRACE, Ending, Finished, Order
from .errors import KIND_OF_EXIT, CurriculumError, Kind
from .semantics import other_curriculum, require_form, require_sense
from .suggestion import Suggestion

__all__ = ["read_json", "read_suggestion", "require_curriculum"]

_REPORT: Final = "Run the same command in a terminal to see what it does; `curriculum check` finds the usual causes."


def read_suggestion(finished: Finished, order: Order, *, allow_leftovers: bool, may_be_off: bool = False) -> Suggestion:
    """Read the output of ``curriculum run``.

    Args:
        finished: How the command ended and what it wrote.
        order: The command with its limits.
        allow_leftovers: Whether processes that it left running (they have been ended) are accepted.
        may_be_off: As for ``require_sense``.

    Returns:
        The suggestion.

    Raises:
        CurriculumError: Of any kind; a missing uv was reported before.
    """
    document = read_json(finished, order, allow_leftovers=allow_leftovers)
    stderr = _text(finished.stderr)
    try:
        form = require_form(document)
        require_sense(form, may_be_off=may_be_off)
    except CurriculumError as error:
        error.exit_code, error.stderr = finished.exit_code, stderr
        raise
    return Suggestion(**form, raw=finished.stdout, stderr=stderr)


def require_curriculum(suggestion: Suggestion, expected: str | None, formerly: Mapping[str, str]) -> None:
    """Check that a suggestion is of the curriculum that it was asked of.

    Args:
        suggestion: What ``read_suggestion`` returned.
        expected: Name of the curriculum that was asked or that wrote the input state; None where it is not known.
        formerly: Names that the repo's curricula had before, each with the one of today.

    Raises:
        CurriculumError: Of the kind ``semantic``.
    """
    if expected is None or suggestion.curriculum in (expected, formerly.get(expected)):
        return
    error = other_curriculum(suggestion.curriculum, expected)
    error.exit_code, error.stderr = 0, suggestion.stderr
    raise error


def read_json(finished: Finished, order: Order, *, allow_leftovers: bool) -> Any:
    """Read the output of a command that prints one JSON document.

    Args:
        finished: How the command ended and what it wrote.
        order: The command with its limits.
        allow_leftovers: As for ``read_suggestion``.

    Returns:
        The document.

    Raises:
        CurriculumError: The command failed, or stdout is not one document of strict ASCII JSON.
    """
    stderr = _text(finished.stderr)

    def wrong(kind: Kind, message: str, hint: str = _REPORT) -> CurriculumError:
        return CurriculumError(kind, message, hint, exit_code=finished.exit_code, stderr=stderr)

    if finished.ending is Ending.TIMEOUT:
        raise wrong(
            Kind.TIMEOUT,
            f"The curriculum gave no result within {order.timeout:g} s and was ended.",
            "The first run in a repo makes its environment: run `uv sync` there beforehand, or allow more time.",
        )
    if finished.ending is Ending.TOO_LARGE:
        raise wrong(Kind.TOO_LARGE, f"The curriculum printed more than {order.stdout_limit} bytes and was ended.")
    if finished.exit_code is None:
        raise wrong(
            Kind.CRASH,
            "The curriculum's exit code was lost, so its output cannot be trusted.",
            "The launcher ignores SIGCHLD or waits for any child process; it must leave this one to the client.",
        )
    if finished.exit_code != 0:
        raise _failure(finished.exit_code, stderr)
    if finished.ending is Ending.LEFT_RUNNING and not allow_leftovers:
        raise wrong(
            Kind.LEFT_RUNNING,
            f"The curriculum ended, but a process that it started was still running {GRACE:g} s later and was ended.",
            "Curriculum code must wait for what it starts.",
        )
    if not finished.stdout.strip():
        raise wrong(Kind.NO_OUTPUT, "The curriculum reported success and printed nothing.")
    if not finished.stdout.isascii():
        place = next(index for index, byte in enumerate(finished.stdout) if byte > 127)
        raise wrong(Kind.NOT_JSON, f"The curriculum's output is not ASCII at byte {place}.")
    try:
        return parse(finished.stdout)
    except StrictJsonError as error:
        raise wrong(Kind.NOT_JSON, f"The curriculum's output is not one JSON document: {error}.") from None


def _failure(exit_code: int, stderr: str) -> CurriculumError:
    """The exit code alone decides the kind; the error line says the rest, where there is one."""
    line = _error_line(stderr, exit_code)
    kind = KIND_OF_EXIT.get(exit_code)
    contract = line.get("contract")
    if isinstance(contract, int) and contract > CONTRACT_VERSION:
        kind = Kind.INCOMPATIBLE
    if kind is None:
        kind = Kind.NOT_STARTED if exit_code in (1, 2) else Kind.CRASH
    message, hint = _in_words(kind, exit_code, stderr)
    return CurriculumError(
        kind,
        _string(line, "message") or message,
        _string(line, "hint") if line else hint,
        exit_code=exit_code,
        code=_string(line, "code") or None,
        where=_string(line, "where") or None,
        stderr=stderr,
        curriculum=_string(line, "curriculum") or None,
        version=_string(line, "version") or None,
    )


def _in_words(kind: Kind, exit_code: int, stderr: str) -> tuple[str, str]:
    """Message and hint for a failure without an error line."""
    if kind is Kind.NOT_STARTED:
        said = next((line.strip() for line in stderr.splitlines() if line.strip()), "it said nothing")
        return (
            f"The command `curriculum` did not start (exit code {exit_code}: {said[:300]}).",
            "Run `uv sync` and then `uv run curriculum --help` in the curriculum's repo.",
        )
    if kind is Kind.CRASH:
        how = f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
        # Shells, and uv with them, report a signal as 128 and its number.
        how += f", which is signal {exit_code - 128}" if 128 < exit_code < 193 else ""
        return f"The curriculum's process died ({how}).", _REPORT
    meaning = ExitCode(exit_code).meaning if exit_code in KIND_OF_EXIT else kind.meaning
    return f"The curriculum failed with the exit code {exit_code}: {meaning}.", _REPORT


def _error_line(stderr: str, exit_code: int) -> dict[str, Any]:
    """The last error line of this exit code; processes that outlive the command may have written after it."""
    for line in reversed(stderr.splitlines()):
        if line.startswith(ERROR_PREFIX):
            try:
                found = parse(line.removeprefix(ERROR_PREFIX).encode("utf-8"))
            except StrictJsonError:
                continue
            if isinstance(found, dict) and found.get("exit") == exit_code:
                return found
    return {}


def _string(record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""


def _text(data: bytes) -> str:
    """Stderr as text; it may be in any encoding, so no byte of it is an error."""
    return data.decode("utf-8", "replace")
