"""The border to curriculum code: whatever it raises becomes a ``CurriculumError``.

Owns the translation of exceptions, ``SystemExit`` and ``KeyboardInterrupt`` included, and cutting a traceback to the
part that the code's author can act on. Knows nothing of what the code was called for.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from ..contract.errors import CurriculumError
from ..project.files import is_transient
from .validation import first_fault

__all__ = ["a_value", "author_traceback", "curriculum_code"]


@contextmanager
def curriculum_code(code: str, what: str, hint: str) -> Iterator[None]:
    """Run the body as curriculum code.

    Args:
        code: Error code for an exception (``code.raised`` or ``repo.import_failed``).
        what: Start of the sentence, such as "The metrics provider failed".
        hint: What to do about it.

    Raises:
        CurriculumError: For anything that the body raises, with that as the cause; a ``CurriculumError``, such as
            ``SessionError``, passes unchanged.
    """
    try:
        yield
    except CurriculumError:
        raise
    except SystemExit as error:
        raise CurriculumError(
            "code.exited",
            f"{what}: it called exit({error.code!r}){_at(error)}.",
            "Curriculum code must return or raise; take the exit call out.",
        ) from error
    except KeyboardInterrupt as error:
        raise CurriculumError(
            "code.interrupted", f"{what}: it was interrupted{_at(error)}.", "Run the step again."
        ) from error
    except BaseException as error:
        if is_transient(error):
            raise CurriculumError(
                "transient.io", f"{what}: {error}.", "A disk or share did not answer; run the step again."
            ) from error
        raise CurriculumError(code, f"{what}: {type(error).__name__}{_text(error)}{_at(error)}", hint) from error


def author_traceback(error: BaseException) -> str:
    """Format the traceback of ``error``, starting at the first frame of curriculum code.

    Args:
        error: What curriculum code raised.

    Returns:
        The traceback as Python prints it, without the frames of this package, of the library and of
        the import system that led there; the exceptions it was raised from are kept.
    """
    formatted = traceback.TracebackException(type(error), error, _author_frames(error), compact=True)
    return "".join(formatted.format())


def _author_frames(error: BaseException) -> TracebackType | None:
    frames = error.__traceback__
    while frames is not None and _is_ours(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    return frames


def _is_ours(filename: str) -> bool:
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    packages = os.path.dirname(here)
    library = os.path.join(packages, "aind_behavior_curriculum")
    # The runtime may be an editable install, apart from the library: recognise that by its folder.
    return (
        filename.startswith(("<frozen importlib", here + os.sep, library + os.sep))
        or f"{os.sep}aind_behavior_curriculum{os.sep}" in filename
        or filename.endswith(f"importlib{os.sep}__init__.py")
    )


def _is_installed(filename: str) -> bool:
    """Whether a file is part of Python or of an installed package, so not written by the reader of the message."""
    return filename.startswith((os.path.dirname(os.__file__), "<frozen")) or "site-packages" in filename


def _at(error: BaseException) -> str:
    frames = _author_frames(error)
    last = None
    while frames is not None:
        if last is None or not _is_installed(frames.tb_frame.f_code.co_filename):
            last = frames
        frames = frames.tb_next
    if last is None:
        return ""
    code = last.tb_frame.f_code
    return f" ({Path(code.co_filename).name}, line {last.tb_lineno}, in {code.co_name})"


def _text(error: BaseException) -> str:
    try:
        text = _validation_fault(error) or " ".join(str(error).split())
    except BaseException:
        text = "(its message could not be formed)"
    return f": {text}" if text else ""  # a bare assert has no message


def _validation_fault(error: BaseException) -> str | None:
    """Pydantic's first fault as a sentence; its own text is a list with types and a URL."""
    pydantic = sys.modules.get("pydantic")
    if pydantic is None or not isinstance(error, pydantic.ValidationError):
        return None
    fault, others = first_fault(error), error.error_count() - 1
    place = ".".join(map(str, (error.title, *fault.path)))
    found = repr(fault.found)
    shown = f", not {found}" if fault.kind != "missing" and len(found) <= 80 else ""
    return f"{place}: {fault.message}{shown}{f' (and {others} more)' if others else ''}"


def a_value(value: object) -> str:
    """Words for a value that curriculum code returned: ``a float``, or ``nothing (None)``.

    Args:
        value: The value.

    Returns:
        The words.
    """
    return "nothing (None)" if value is None else f"a {type(value).__name__}"
