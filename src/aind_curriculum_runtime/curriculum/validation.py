"""What pydantic says of a class: the first fault of a ``ValidationError``, and the names by which fields come in.

Does not import pydantic: the code that caught the error already did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pydantic import ValidationError

__all__ = ["Fault", "first_fault", "input_name"]


class Fault(NamedTuple):
    """One fault of a value, as pydantic reports it."""

    path: tuple[int | str, ...]
    """Keys and indices to it, with the names of union members in between."""

    message: str
    found: Any
    """The wrong value; for a missing field, the object that lacks it."""

    kind: str
    """Pydantic's name for such faults (``missing``, ``extra_forbidden`` ...)."""

    context: dict[str, Any]
    """More about it, depending on the kind."""

    @property
    def place(self) -> str:
        """The path with dots."""
        return ".".join(map(str, self.path))


def first_fault(error: ValidationError) -> Fault:
    """The first fault of a validation error.

    Args:
        error: As a model raised it.

    Returns:
        The fault.
    """
    first = error.errors(include_url=False)[0]
    return Fault(first["loc"], first["msg"], first["input"], first["type"], first.get("ctx", {}))


def input_name(name: str, field: Any) -> str:
    """The name by which a model's class takes in a field.

    Args:
        name: The field's own name.
        field: pydantic's description of it.

    Returns:
        Its alias, where it has one.
    """
    return next((one for one in (field.validation_alias, field.alias) if isinstance(one, str)), name)
