"""Strict JSON: what the contract calls JSON, and nothing that Python adds to it.

Owns parsing without NaN, Infinity or duplicate keys, and encoding to ASCII. Knows nothing of what
the JSON means.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

__all__ = ["StrictJsonError", "encode", "parse"]


class StrictJsonError(ValueError):
    """A text is not strict JSON; the message says why, in words for a person."""


def parse(data: bytes) -> Any:
    """Parse UTF-8 bytes as strict JSON.

    Args:
        data: UTF-8, with or without a byte order mark (Windows editors write one).

    Returns:
        The parsed value.

    Raises:
        StrictJsonError: Not UTF-8, not JSON, cut short, nested too deeply, or holding NaN, Infinity,
            a number too large for a float (Python reads 1e999 as Infinity) or a duplicate key.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise StrictJsonError("it is UTF-16 text, as PowerShell's `>` writes, and must be UTF-8") from None
        raise StrictJsonError(f"it is not UTF-8 text (byte {error.start})") from None
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite)
    except StrictJsonError:
        raise
    except json.JSONDecodeError as error:
        cut = " - the file looks cut short" if error.pos >= len(text.rstrip()) else ""
        raise StrictJsonError(f"line {error.lineno}, column {error.colno}: {error.msg}{cut}") from None
    except RecursionError:
        raise StrictJsonError("it is nested too deeply") from None
    except ValueError as error:  # an integer of more digits than Python converts
        raise StrictJsonError(str(error)) from None


def encode(value: Any) -> bytes:
    """Encode ``value`` as one line of ASCII JSON, without its newline.

    Args:
        value: Built of dict, list, str, int, float, bool and None.

    Returns:
        ASCII bytes; launchers decode with the machine's own locale, which on many rigs is cp1252.

    Raises:
        StrictJsonError: It is nested too deeply.
        ValueError: A float is not finite.
    """
    try:
        return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")
    except RecursionError:  # a value that `parse` could read may be one level too deep here
        raise StrictJsonError("it is nested too deeply") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise StrictJsonError(f"the key {key!r} stands twice in one object")
            seen.add(key)
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise StrictJsonError(f"it holds {name}, which JSON does not have")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise StrictJsonError(f"it holds {digits[:30]}, which is too large for a number")
    return number
