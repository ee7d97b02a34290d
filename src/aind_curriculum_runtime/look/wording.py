"""How a value, a rule and a parameter are written for a reader, the same in every view.

Knows no format's syntax but for escaping.
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
"""What the views write at a manual transition."""

_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def shown(value: Any) -> str:
    """Put a parameter's value into words.

    Args:
        value: As JSON.

    Returns:
        Strings as they are, everything else as JSON; on one line.
    """
    if type(value) in (float, int):  # as JSON has them, without the way through it: most values are numbers
        return repr(value)
    return " ".join((value if isinstance(value, str) and value.strip() else _encode(value)).split())


_encode = json.JSONEncoder(ensure_ascii=False).encode


def explained(rule: Rule) -> str:
    """What a rule decides by, in its author's words.

    Args:
        rule: The rule.

    Returns:
        The first paragraph of its docstring, or its name.
    """
    return rule.summary or rule.name


def about(parameter: Parameter) -> str:
    """What a parameter is: description, unit, type and limits.

    Args:
        parameter: The parameter.

    Returns:
        One line a fact.
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
        lines: Lines at the most; what is left out is told by three dots.

    Returns:
        The lines.
    """
    if len(text) <= width:  # most are short, and textwrap takes its time
        return [text]
    return textwrap.wrap(text, width, max_lines=lines, placeholder=" ...") or [""]


@lru_cache(maxsize=4096)
def escape(text: str) -> str:
    """Make text fit for XML and HTML.

    Args:
        text: Any text.

    Returns:
        The text without characters that XML does not have, with the others escaped.
    """
    return html.escape(clean(text))


def clean(text: str) -> str:
    """Replace the characters that XML does not have.

    Args:
        text: Any text.

    Returns:
        Text that can stand in every format, once it is escaped.
    """
    return _NOT_IN_XML.sub("\ufffd", text)
