"""The formats that a report is written in, one module each.

Owns the table of them. Each knows only ``report.Report``; to add one, write its module and a row here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..report import Report
from .data import as_json
from .github import github
from .html import html
from .junit import junit
from .sarif import sarif
from .text import text

__all__ = ["FORMATS"]

FORMATS: Final[dict[str, Callable[[Report], str]]] = {
    "text": text,
    "json": as_json,
    "html": html,
    "github": github,
    "sarif": sarif,
    "junit": junit,
}
"""The formats by their names on the command line."""
