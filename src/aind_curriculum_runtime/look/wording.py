"""How values, rules and parameters are written for a reader: the same in every view.

Knows the syntax of no format, but how to escape text for XML and HTML.
"""

from __future__ import annotations

import html
import json
import re
from functools import lru_cache
from typing import Any, Final

from .model import Parameter, Rule

__all__ = [
    "BY_A_PERSON",
    "about",
    "clean",
    "counted",
    "escape",
    "escape_markdown",
    "explained",
    "shortened",
    "shown",
    "wrapped",
]

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


def counted(count: int, thing: str) -> str:
    """Say how many there are.

    Args:
        count: The number.
        thing: What is counted, as one of it is called.

    Returns:
        The number and the word.
    """
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


@lru_cache(maxsize=1024)
def _about(description: str, unit: str | None, type_: str, bounds: tuple[str, ...]) -> str:
    facts = [description, f"unit: {unit}" if unit is not None else "", f"type: {type_}" if type_ else ""]
    return "\n".join(filter(None, [*facts, ", ".join(bounds)]))


def wrapped(text: str, width: int, lines: int | None = None) -> list[str]:
    """Break a text into lines.

    Args:
        text: One line.
        width: Characters of a line; a word that is longer is broken, at its underscores if it has any.
        lines: Lines at most, or None for as many as it needs; three dots stand for what is left out.

    Returns:
        The lines.
    """
    if len(text) <= width:  # most are short
        return [text]
    found = [""]
    for word in text.split():
        glue = " " if found[-1] else ""
        for piece in _pieces(word, width):
            if len(found[-1]) + len(glue) + len(piece) <= width:
                found[-1] += glue + piece
            else:
                found.append(piece)
            glue = ""
    if lines is not None and len(found) > lines:
        last = found[lines - 1]
        found = [
            *found[: lines - 1],
            (last if len(last) + 4 <= width else last[: width - 4].rpartition(" ")[0]) + " ...",
        ]
    return found


def _pieces(word: str, width: int) -> list[str]:
    """Break a word that is too long for a line: a path after its steps, a name after underscores, or else anywhere."""
    pieces = [word]
    for joint in _JOINTS:
        pieces = [part for piece in pieces for part in (joint.split(piece) if len(piece) > width else [piece])]
    return [piece[start : start + width] for piece in pieces for start in range(0, len(piece), width)]


_JOINTS: Final = (re.compile(r"(?<=[./])(?=[^./\d])"), re.compile(r"(?<=[_-])(?=[^_-])"))


def shortened(text: str, width: int) -> str:
    """Cut a text that is too long for its place.

    Args:
        text: One line.
        width: Characters at most.

    Returns:
        The text, or its beginning with three dots in place of the rest.
    """
    return text if len(text) <= width else text[: width - 3].rstrip() + "..."


@lru_cache(maxsize=4096)
def escape(text: str) -> str:
    """Escape text for XML and HTML.

    Args:
        text: Any text.

    Returns:
        The text, escaped, with characters that XML does not have replaced.
    """
    return html.escape(clean(text))


def escape_markdown(text: str) -> str:
    """Escape text for a cell of a table, or a line, in Markdown.

    Args:
        text: Any text.

    Returns:
        The text on one line, as it is read.
    """
    text = " ".join(text.split())
    for character in "\\|*_<>`":
        text = text.replace(character, "\\" + character)
    return text


def clean(text: str) -> str:
    """Replace the characters that XML does not have.

    Args:
        text: Any text.

    Returns:
        Text that every format can hold, once it is escaped.
    """
    return _NOT_IN_XML.sub("\ufffd", text)
