"""How values, rules and parameters are written for a reader: the same in every view.

Knows the syntax of no format, but how to escape text for XML and HTML.
"""

from __future__ import annotations

import html
import json
import re
import textwrap
from functools import lru_cache
from typing import Any, Final

from .model import Parameter, Rule

__all__ = ["BY_A_PERSON", "about", "clean", "escape", "explained", "shown", "wrapped"]

BY_A_PERSON: Final = "by a person"
"""What every view says of a manual transition."""

_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def shown(value: Any) -> str:
    """Write a value on one line.

    Args:
        value: A JSON value.

    Returns:
        A string as it is, anything else as JSON.
    """
    if type(value) in (float, int):  # the same as JSON and faster: most values are numbers
        return repr(value)
    return " ".join((value if isinstance(value, str) and value.strip() else _encode(value)).split())


_encode = json.JSONEncoder(ensure_ascii=False).encode


def explained(rule: Rule) -> str:
    """Say what a rule does, in its author's words.

    Args:
        rule: The rule.

    Returns:
        The first paragraph of its docstring, or its name if it has none.
    """
    return rule.summary or rule.name


def about(parameter: Parameter) -> str:
    """Describe a parameter: description, unit, type and limits.

    Args:
        parameter: The parameter.

    Returns:
        A line for each of them that is known.
    """
    return _about(parameter.description, parameter.unit, parameter.type, parameter.bounds)


@lru_cache(maxsize=1024)
def _about(description: str, unit: str | None, type_: str, bounds: tuple[str, ...]) -> str:
    facts = [description, f"unit: {unit}" if unit is not None else "", f"type: {type_}" if type_ else ""]
    return "\n".join(filter(None, [*facts, ", ".join(bounds)]))


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """Break a text into lines.

    Args:
        text: One line.
        width: Characters of a line; a longer word is broken.
        lines: Lines at most; three dots stand for what is left out.

    Returns:
        The lines.
    """
    if len(text) <= width:  # most are short, and textwrap is slow
        return [text]
    return textwrap.wrap(text, width, max_lines=lines, placeholder=" ...") or [""]


@lru_cache(maxsize=4096)
def escape(text: str) -> str:
    """Escape text for XML and HTML.

    Args:
        text: Any text.

    Returns:
        The text, escaped, with characters that XML does not have replaced.
    """
    return html.escape(clean(text))


def clean(text: str) -> str:
    """Replace the characters that XML does not have.

    Args:
        text: Any text.

    Returns:
        Text that every format can hold, once it is escaped.
    """
    return _NOT_IN_XML.sub("\ufffd", text)
