"""Filling in Jinja2 templates, the same way for all: what goes into HTML is escaped; and the style that pages share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["render", "style"]


def style() -> str:
    """The style sheet of every page for a browser: light and dark, at any width, on paper."""
    return (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def render(
    template: Path,
    filters: Mapping[str, Callable[..., Any]],
    *,
    finalize: Callable[[Any], str] | None = None,
    **values: Any,
) -> str:
    """Fill in a template.

    Args:
        template: Its file; one that ends in ``.html.jinja`` escapes what it is given.
        filters: Filters that it uses, by name.
        finalize: What is done with every value before it is filled in.
        **values: What it is given; one that it asks for and is not given is an error.

    Returns:
        The text.

    Raises:
        ImportError: Jinja2 is not installed.
    """
    from jinja2 import (  # most commands fill in none
        Environment,
        FileSystemLoader,
        StrictUndefined,
    )

    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=template.name.endswith(".html.jinja"),
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(filters)
    return environment.get_template(template.name).render(values)
