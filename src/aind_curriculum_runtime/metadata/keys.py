"""Keys that a database can be asked for: without a point or a dollar sign, and turned back into what they were.

MongoDB takes both for its own. They are written as in a URL (``%2E``, ``%24``), and so is the percent sign itself:
``urllib.parse.unquote`` turns a key back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

__all__ = ["restored", "storable"]


def storable(value: Any) -> Any:
    """Write the keys of all objects in a JSON value without a point or a dollar sign.

    Args:
        value: A JSON value; it is left as it is.

    Returns:
        The same with other keys, where need be.
    """
    return _with_keys(value, lambda key: re.sub(r"[%.$]", lambda found: f"%{ord(found[0]):02X}", key))


def restored(value: Any) -> Any:
    """Undo ``storable``.

    Args:
        value: What it returned.

    Returns:
        What it was given.
    """
    return _with_keys(value, unquote)


def _with_keys(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {change(key): _with_keys(one, change) for key, one in value.items()}
    return [_with_keys(one, change) for one in value] if isinstance(value, list) else value
