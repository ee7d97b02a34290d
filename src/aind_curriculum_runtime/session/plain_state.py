"""A trainer state as plain JSON: read from a file that anybody may have edited, and believed in nothing but its shape.

Owns size, JSON and shape. What its curriculum makes of it is ``state``'s; nothing that it names is imported here.

Source of the rules: the contract's section "Trust" (docs/contract.md).
"""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..contract.errors import CurriculumError
from ..contract.strict_json import StrictJsonError, parse
from ..curriculum.references import require_shape
from ..project.files import is_transient, read_at_most
from .layout import missing

if TYPE_CHECKING:
    from .migrating import Move

__all__ = ["SIZE_LIMIT", "PlainState", "WrittenBy", "checked", "invalid", "parsed", "read"]

SIZE_LIMIT: Final = 64 * 1024 * 1024
"""Largest state file that is read, in bytes; one of 200 stages has about half a megabyte."""

_RECOVER: Final = "Take the last trainer state that worked, or make a new one with `curriculum init`."


class WrittenBy(NamedTuple):
    """The curriculum that wrote a trainer state."""

    name: str
    version: str


class PlainState(NamedTuple):
    """A trainer state as JSON of the right shape; nothing that it names was imported."""

    content: dict[str, Any]
    """All of it except ``curriculum``, whose graph is never read."""

    written_by: WrittenBy | None
    """None for a state that names no curriculum (a subject never enrolled)."""

    moved: Move | None = None
    """How it came into the form of this version, where an older one wrote it."""

    @property
    def is_off(self) -> bool:
        """Whether the subject is off curriculum."""
        return not self.content.get("is_on_curriculum", True) or self.content.get("stage") is None

    @property
    def active_policies(self) -> list[str]:
        """Dotted paths of the active policies."""
        return self.content.get("active_policies") or []


def read(path: Path) -> PlainState:
    """Read a trainer state file as plain JSON.

    Args:
        path: The file as it was named on the command line.

    Returns:
        The state, in the contract's form.

    Raises:
        CurriculumError: ``state.missing``, ``state.unreadable``, ``state.too_large``, ``state.empty``,
            ``state.not_json``, ``state.invalid`` or ``transient.io``.
    """
    shown = os.path.abspath(path)
    try:
        data = read_at_most(path, SIZE_LIMIT)
    except (FileNotFoundError, NotADirectoryError):
        raise missing("state.missing", "trainer state", path) from None
    except OSError as error:
        code = "transient.io" if is_transient(error) else "state.unreadable"
        why = "it is a directory" if path.is_dir() else error.strerror
        raise CurriculumError(
            code, f"The trainer state {shown} could not be read: {why}.", "Check the path and its permissions.",
            where=shown,
        ) from error  # fmt: skip
    if data is None:
        raise CurriculumError(
            "state.too_large",
            f"The trainer state {shown} is larger than {SIZE_LIMIT // 2**20} MiB.",
            f"This is not a trainer state. {_RECOVER}",
            where=shown,
        )
    if not data.removeprefix(BOM_UTF8).strip():
        raise CurriculumError("state.empty", f"The trainer state {shown} is empty.", _RECOVER, where=shown)
    return parsed(data, f"The trainer state {shown}", where=shown)


def parsed(data: bytes, what: str = "The trainer state", *, where: str = "$") -> PlainState:
    """Read a trainer state's bytes as plain JSON.

    Args:
        data: UTF-8 JSON.
        what: What to call it in messages.
        where: Where it is, for the error line.

    Returns:
        The state, in the contract's form.

    Raises:
        CurriculumError: ``state.not_json`` or ``state.invalid``.
    """
    try:
        state = parse(data)
    except StrictJsonError as error:
        raise CurriculumError("state.not_json", f"{what} is not valid JSON: {error}.", _RECOVER, where=where) from None
    if not isinstance(state, dict):
        raise CurriculumError("state.invalid", f"{what} is not a JSON object.", _RECOVER, where="$")
    return checked(state)


def checked(state: dict[str, Any]) -> PlainState:
    """Make sure that a JSON object has the form of a trainer state.

    Args:
        state: The object.

    Returns:
        The state, without the graph of its curriculum.

    Raises:
        CurriculumError: ``state.invalid``.
    """
    require_shape(state)
    origin = _origin(state)
    if not isinstance(state.get("is_on_curriculum", True), bool):
        raise invalid("$.is_on_curriculum", "it is not true or false")
    return PlainState({**state, "curriculum": None}, origin)


def _origin(state: dict[str, Any]) -> WrittenBy | None:
    curriculum = state.get("curriculum")
    if curriculum is not None:
        if not isinstance(curriculum, dict):
            raise invalid("$.curriculum", "it is not an object")
        for key in ("name", "version"):
            if not isinstance(curriculum.get(key), str):
                raise invalid(f"$.curriculum.{key}", "it is missing or not a string")
        return WrittenBy(curriculum["name"], curriculum["version"])
    if "trainer_state" in state and "curriculum" not in state:
        raise CurriculumError(
            "state.invalid",
            "The trainer state is a whole suggestion, of which the trainer state is a part.",
            "Make a file of what stands under its key trainer_state, and give that.",
            where="$.trainer_state",
        )
    if "curriculum" not in state:
        raise invalid("$.curriculum", "it is missing")
    return None


def invalid(where: str, why: str) -> CurriculumError:
    """The failure for a state that has not the form of one.

    Args:
        where: JSON path of the fault.
        why: What is wrong there.

    Returns:
        ``state.invalid``, for the caller to raise.
    """
    return CurriculumError("state.invalid", f"The trainer state is not valid at {where}: {why}.", _RECOVER, where=where)
