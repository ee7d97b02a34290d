"""The console script ``curriculum``: guard, command, result or failure, in that order.

Owns the order and the way out of the process. Nothing but the standard library is imported before the guard stands and
what the environment says of imports is undone: click is not either.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from .command.guard import Guard
from .command.reporting import Output, report
from .contract.console_script import as_called
from .contract.errors import CurriculumError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and end the process.

    Args:
        argv: Arguments after the program's name; those of the process by default.
    """
    guard = Guard()
    verbose = False

    def fail(error: CurriculumError) -> NoReturn:
        guard.fail(report(error, verbose=verbose), error.exit)

    def exit_was_called(call: str) -> NoReturn:
        fail(_exit_called(call))

    guard.on_exit_call(exit_was_called)
    arguments = sys.argv[1:] if argv is None else argv
    try:
        if not guard.stdout_is_open:
            raise CurriculumError(
                "output.stdout",
                "stdout is closed, so the result has nowhere to go.",
                "Start the command with a stdout.",
            )
        _settle_warnings()
        _settle_import_path()
        from .command.grammar import Answered, ProcessFacts, read
        from .commands.program import PROGRAM

        try:
            call = read(PROGRAM, arguments, ProcessFacts(guard.stdout_is_terminal))
        except Answered as answered:
            guard.succeed(as_called(answered.text).encode("utf-8"))
        verbose = call.verbosity > 0
        if verbose:
            _log(call.verbosity)
        if PROGRAM.table[call.name].imports_curriculum:
            guard.refuse_c_exit(report(_exit_called("exit() of the C library")), 70)
        result: bytes | Output = call.carry_out()
        guard.succeed(*(result if isinstance(result, Output) else Output(result)))
    except CurriculumError as error:
        fail(error)
    except KeyboardInterrupt as error:
        interrupted = CurriculumError("code.interrupted", "The command was interrupted.", "Run the step again.")
        interrupted.__cause__ = error
        fail(interrupted)
    except BaseException as error:
        fail(_internal(error))


def _exit_called(call: str) -> CurriculumError:
    return CurriculumError(
        "code.exited",
        f"Curriculum code ended the process by {call}.",
        "Curriculum code must return or raise; take the exit call out.",
    )


def _settle_warnings() -> None:
    """Undo what PYTHONWARNINGS says: ``error`` would turn a library's warning into a failure."""
    if sys.warnoptions:
        import warnings

        warnings.resetwarnings()
        warnings.simplefilter("ignore", DeprecationWarning)


def _settle_import_path() -> None:
    """Put last what PYTHONPATH names: other software of a rig sets it, and its packages are not the repo's."""
    if named := os.environ.get("PYTHONPATH"):
        # An empty entry is the working directory. Taken out, an entry that the environment has too would be gone.
        folders = {os.path.normcase(os.path.abspath(entry)) for entry in named.split(os.pathsep)}
        sys.path.sort(key=lambda entry: os.path.normcase(os.path.abspath(entry)) in folders)


def _log(verbosity: int) -> None:
    import logging

    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbosity == 1 else logging.DEBUG,
        format="%(levelname)s %(name)s: %(message)s",
    )


def _internal(error: BaseException) -> CurriculumError:
    failure = CurriculumError(
        "runtime.internal",
        f"The runtime itself failed ({type(error).__name__}: {' '.join(str(error).split())}).",
        "This is a fault of aind-curriculum-runtime: run it again with -v and report what it prints.",
    )
    failure.__cause__ = error
    return failure


if __name__ == "__main__":
    main()
