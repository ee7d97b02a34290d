"""The forms that a cohort difference is written in.

Owns the table of them. Each but JSON knows only ``difference_report.Report``.
"""

from __future__ import annotations

import json

from .difference import Difference
from .difference_report import Provenance, document, report

__all__ = ["written"]


def written(found: Difference, about: Provenance, form: str, *, everything: bool) -> bytes:
    """Write a difference.

    Args:
        found: The difference.
        about: What was compared.
        form: ``text``, ``json``, ``md``, ``html``, or ``github``, a comment that the step's summary gets too.
        everything: Whether text and Markdown list all of many.

    Returns:
        The document.

    Raises:
        CurriculumError: ``usage.extra_needed`` for a page without Jinja2; ``output.not_writable``.
    """
    if form == "json":
        return (json.dumps(document(found, about), indent=1) + "\n").encode("utf-8")
    told = report(found, about, everything=everything or form == "html")
    if form == "text":
        from .difference_text import text

        return text(told).encode("utf-8")
    if form == "html":
        from .difference_html import html

        return html(told).encode("utf-8")
    from .difference_markdown import add_to_summary, comment, markdown

    body = markdown(told)
    if form == "github":
        add_to_summary(body)
        body = comment(body, about.curriculum)
    return body.encode("utf-8")
