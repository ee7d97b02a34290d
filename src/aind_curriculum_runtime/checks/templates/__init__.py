"""The templates of the checks' pages, and what they do with a finding's text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from ...look import templates

__all__ = ["render"]


def render(template: str, **values: Any) -> str:
    """Fill in a template.

    Args:
        template: Its file name.
        values: What it is given.

    Returns:
        The text.
    """
    return templates.render(Path(__file__).with_name(template), {"code": _code}, **values)


def _code(text: str) -> Markup:
    """Escaped text in which `what stands in backticks` is code, as findings and fixes have it."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(text))))
