"""What a person and a launcher read on stderr when a command failed.

Owns the layout: the author's traceback if there is one, a sentence, a hint, and the error line as the
last line. Knows nothing of descriptors.

Source of the rules: the contract's section "Failure" (docs/contract.md).
"""

from __future__ import annotations

import contextlib
import locale
from typing import Final, NamedTuple

from ..contract.console_script import as_called
from ..contract.errors import CurriculumError, error_line
from ..curriculum.concerned import concerned

__all__ = ["DIFFERENT", "LEFT_OUT", "Output", "report"]

LEFT_OUT: Final = 3
"""The exit code of a command that went over many sessions, some of which it had to leave out."""

DIFFERENT: Final = 4
"""The exit code where more is different than may be."""


class Output(NamedTuple):
    """What stdout will hold, with an exit code: for commands whose result can be bad news."""

    document: bytes
    status: int = 0


def report(error: CurriculumError, *, verbose: bool = False) -> bytes:
    """Put a failure into words for stderr.

    Args:
        error: What went wrong.
        verbose: Whether the traceback behind it is shown, whoever's code raised it.

    Returns:
        Text in the machine's encoding, whose last line is the error line (ASCII).
    """
    error.message, error.hint = as_called(error.message), as_called(error.hint)
    text = ""
    if error.show_traceback or (verbose and error.__cause__ is not None):
        from ..curriculum.author_code import author_traceback

        if error.__cause__ is not None:
            text += author_traceback(error.__cause__)
    text += f"curriculum: {error.message}\n"
    if error.hint:
        text += f"  hint: {error.hint}\n"
    dsl_version = None
    with contextlib.suppress(Exception):
        from ..project.installed import dsl_version as installed_dsl_version

        dsl_version = installed_dsl_version()
    about = concerned()
    line = error_line(error, curriculum=about.name, version=about.version, dsl_version=dsl_version)
    # In the machine's own encoding, not UTF-8: a launcher decodes all of stderr with it, and strictly.
    return text.encode(locale.getpreferredencoding(False), "backslashreplace") + line
