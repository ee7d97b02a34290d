"""What pydantic complains of, for one sentence.

Owns the way from a ``ValidationError`` to its first fault. Imports no pydantic, which whoever caught one has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pydantic import ValidationError

__all__ = ["Fault", "first_fault"]


class Fault(NamedTuple):
    """One fault of a value, as pydantic tells it."""

    path: tuple[int | str, ...]
    """Keys and indices to it, with the names of union members in between."""

    message: str
    found: Any
    """The value at fault; of a missing field, what lacks it."""

    kind: str
    """Pydantic's name for such faults (``missing``, ``extra_forbidden`` ...)."""

    context: dict[str, Any]
    """More about it, depending on the kind."""

    @property
    def place(self) -> str:
        """The path with dots."""
        return ".".join(map(str, self.path))


def first_fault(error: ValidationError) -> Fault:
    """Pick the first of a validation error's faults.

    Args:
        error: As a model raised it.

    Returns:
        The fault.
    """
    first = error.errors(include_url=False)[0]
    return Fault(first["loc"], first["msg"], first["input"], first["type"], first.get("ctx", {}))
