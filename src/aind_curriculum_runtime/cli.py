"""The console script ``curriculum``: guard, command, result or failure, in that order.

Owns the table of commands and the way out of the process. Each command is a module in ``commands``
that is imported only when it is called.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from .command.arguments import HelpRequested, Parser
from .command.guard import Guard
from .command.reporting import Output, report
from .contract.errors import CurriculumError

__all__ = ["COMMANDS", "main"]

COMMANDS: Final = {
    "run": "evaluate a session and print the suggestion",
    "init": "print a trainer state to start a subject from",
    "demo": "run the repo's sample session",
    "list": "list the curricula installed here",
    "version": "print the curriculum's version",
    "dsl-version": "print the version of aind-behavior-curriculum",
    "show": "print the curriculum, or one stage of it",
    "diagram": "draw the curriculum as a picture, a page or Markdown",
    "explain": "tell why a session leads where it does",
    "task": "print the task of a stage as the rig reads it",
    "check": "check whether a launcher can rely on this repo",
    "describe": "say what is installed here, for people and for launchers",
    "diff": "say what changed between two versions, and which bump that needs",
    "bump": "raise the version and open its changelog entry",
    "export": "write a bundle: all of this version, with checksums",
    "release": "check that a release can be made, and make it",
}
"""Commands in the order of the help text, each the name of a module in ``commands``."""

_WITH_CURRICULUM_CODE: Final = frozenset({"run", "init", "demo", "show", "diagram", "explain", "task"})
"""Commands that import the curriculum into this very process; the others are to start as quickly as they can."""

_EXAMPLES: Final = """\
  curriculum demo
  curriculum init --output trainer_state.json
  curriculum run --data-directory SESSION --input-trainer-state trainer_state.json"""


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
        if arguments and arguments[0] in _WITH_CURRICULUM_CODE:
            guard.refuse_c_exit(report(_exit_called("exit() of the C library")), 70)
        verbose = any(one in arguments for one in ("-v", "-vv", "--verbose"))
        guard.succeed(*_execute(arguments, guard.stdout_is_terminal))
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


def _execute(argv: Sequence[str], stdout_is_terminal: bool) -> Output:
    _settle_warnings()
    _settle_import_path()
    try:
        if not argv or argv[0] not in COMMANDS:
            return Output(_without_command(argv))
        import importlib

        command = importlib.import_module(f".commands.{argv[0].replace('-', '_')}", __package__)
        parser = Parser(f"curriculum {argv[0]}", str(command.__doc__), command.EXAMPLES)
        command.add_arguments(parser)
        parser.add_argument("-v", "--verbose", action="count", default=0, help="log more to stderr (-vv for all)")
        arguments = parser.parse_args(argv[1:])
        arguments.stdout_is_terminal = stdout_is_terminal
        if arguments.verbose:
            _log(arguments.verbose)
        result: bytes | Output = command.execute(arguments)
        return result if isinstance(result, Output) else Output(result)
    except HelpRequested as help_:
        return Output(help_.text.encode("utf-8"))


def _without_command(argv: Sequence[str]) -> bytes:
    width = max(map(len, COMMANDS)) + 2
    table = "\n".join(f"  {name:<{width}}{text}" for name, text in COMMANDS.items())
    parser = Parser(
        "curriculum",
        f"Evaluate a training curriculum after a session.\n\ncommands:\n{table}",
        f"{_EXAMPLES}\n\n`curriculum COMMAND --help` tells more of one.",
    )
    parser.usage = "curriculum COMMAND [options]"
    parser.add_argument("--version", action="store_true", help="print the runtime's version")
    known, rest = parser.parse_known_args(argv)
    if known.version and not rest:
        from .project.installed import runtime_version

        return f"aind-curriculum-runtime {runtime_version()}\n".encode()
    if not rest:
        raise CurriculumError("usage.invalid", "No command was given.", f"Commands: {', '.join(COMMANDS)}.")
    if rest[0].startswith("-"):
        raise CurriculumError(
            "usage.invalid",
            f"There is no option {rest[0]!r} without a command.",
            "Put the command first: `curriculum run`.",
        )
    import difflib

    close = difflib.get_close_matches(rest[0], COMMANDS, n=1)
    raise CurriculumError(
        "usage.invalid",
        f"There is no command {rest[0]!r}.",
        f"Did you mean `curriculum {close[0]}`?" if close else f"Commands: {', '.join(COMMANDS)}.",
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
