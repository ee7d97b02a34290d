"""Fields of a source's plain data, which anybody may have written: each is checked before it is used.

Owns the sentences for a field that is missing, of another type or not known. Knows no format.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .imported import SourceFault

__all__ = ["checked", "only", "table", "text"]


def only(found: Mapping[str, Any], where: str, known: Collection[str]) -> None:
    """Refuse keys that nobody knows: what they ask for would be lost.

    Args:
        found: An object of the source.
        where: Its path.
        known: The keys that it may have.

    Raises:
        SourceFault: It has another.
    """
    for key in found:
        if key not in known:
            raise SourceFault(where, f"the key {key!r} is not known")


def checked(value: Any, where: str, kind: type, called: str) -> Any:
    """Make sure of a value's type.

    Args:
        value: The value; None where it is missing.
        where: Its path.
        kind: The type that it must have.
        called: The type in words, with its article.

    Returns:
        The value.

    Raises:
        SourceFault: It is missing or of another type.
    """
    if not isinstance(value, kind):
        raise SourceFault(where, "it is missing" if value is None else f"it is not {called}")
    return value


def table(document: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    """Find an object.

    Args:
        document: The object that holds it.
        key: Its key there.
        where: The path of ``document``.

    Returns:
        The object.

    Raises:
        SourceFault: It is missing or of another type.
    """
    place = f"{where}.{key}" if key.isidentifier() else f"{where}[{key!r}]"
    found: dict[str, Any] = checked(document.get(key), place, dict, "an object")
    return found


def text(document: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    """Find a text.

    Args:
        document: The object that holds it.
        key: Its key there.
        where: The path of ``document``.
        default: What a missing one is taken for; None where it must be there.

    Returns:
        The text.

    Raises:
        SourceFault: It is missing or of another type.
    """
    found: str = checked(document.get(key, default), f"{where}.{key}", str, "a text")
    return found
