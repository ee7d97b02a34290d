"""Filling in the Jinja2 templates of pages, the same way for every page: what goes into HTML is escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["render"]


def render(template: Path, filters: Mapping[str, Callable[..., Any]], **values: Any) -> str:
    """Fill in a template.

    Args:
        template: Its file; one that ends in ``.html.jinja`` escapes what it is given.
        filters: Filters that it uses, by name.
        values: What it is given; one that it asks for and is not given is an error.

    Returns:
        The text.

    Raises:
        ImportError: Jinja2 is not installed.
    """
    from jinja2 import (  # only pages need it, and most commands write none
        Environment,
        FileSystemLoader,
        StrictUndefined,
    )

    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=template.name.endswith(".html.jinja"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(filters)
    return environment.get_template(template.name).render(values)
