"""The pages' templates, and how they are filled in.

Owns escaping: what goes into HTML is escaped, what stands in backticks there is code.
"""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

__all__ = ["render"]


def render(template: str, **values: Any) -> str:
    """Fill in a template.

    Args:
        template: Its file name; one for HTML escapes what it is given.
        values: What it is given; one that it asks for and is not given is an error.

    Returns:
        The text.
    """
    environment = Environment(
        loader=PackageLoader(__name__, "."),
        autoescape=template.endswith(".html.jinja"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["code"] = _code
    return environment.get_template(template).render(values)


def _code(text: str) -> Markup:
    """Escaped text in which `what stands in backticks` is code, as findings and fixes have it."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(text))))
