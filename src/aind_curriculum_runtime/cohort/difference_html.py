"""A report as one page for a browser, with nothing from a network; its markup is ``difference.html.jinja``."""

from __future__ import annotations

from pathlib import Path

from ..look.templates import render, style
from ..look.wording import clean
from .difference_report import Report

__all__ = ["html"]


def html(report: Report) -> str:
    """Write the report.

    Args:
        report: What is told.

    Returns:
        An HTML document.

    Raises:
        ImportError: Jinja2 is not installed.
    """
    return clean(render(Path(__file__).parent / "difference.html.jinja", {}, report=report, style=style()))
