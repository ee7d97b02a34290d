"""The console script ``curricula``: a task repo's curricula, all at once.

Owns the way out of the process.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from ..command.grammar import Answered, Commands, read
from ..contract.errors import CurriculumError, ExitCode
from ..project.git import GitFailed
from .declared import CURRICULA
from .errors import INTERRUPTED, FleetError

__all__ = ["main"]

_PROGRAM: Final = Commands(
    "curricula",
    CURRICULA,
    "Look after the curricula of a task repo: its submodules and the members of its uv workspace.",
    """\
  curricula add https://github.com/owner/my-curriculum
  curricula list
  curricula update --all""",
)
_EXTRA: Final = ("copier", "rich")


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and end the process.

    Args:
        argv: Arguments after the program's name; those of the process by default.
    """
    # A scheduler's stop is treated as Ctrl-C, so that it leaves nothing half done either.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _execute(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except Answered as answered:
        print(answered.text, end="")
        status = 0
    except GitFailed as error:
        status = _fail(f"Git failed in the task repo: {error.why}.", "`git status` there tells more.", int(error.exit))
    except (FleetError, CurriculumError) as error:
        status = _fail(error.message, error.hint, int(error.exit))
    except KeyboardInterrupt:
        status = _fail("The command was interrupted.", "Run it again; it begins where it stopped.", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read the output stopped early, as `head` does.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = int(ExitCode.OUTPUT)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        status = _fail(f"{error.strerror or error}{where}.", "Fix that, and run it again.", int(ExitCode.OUTPUT))
    sys.exit(status)


def _execute(argv: Sequence[str]) -> int:
    call = read(_PROGRAM, argv)
    missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise FleetError(
            f"The extra 'fleet' is not installed: without {' and '.join(missing)} `curricula` does nothing.",
            'Install "aind-curriculum-runtime[fleet]".',
        )
    status: int = call.carry_out()
    return status


def _fail(message: str, hint: str, status: int) -> int:
    sys.stdout.flush()
    print(f"curricula: {message}", file=sys.stderr)
    if hint:
        print(f"  hint: {hint}", file=sys.stderr)
    return status


if __name__ == "__main__":
    main()
