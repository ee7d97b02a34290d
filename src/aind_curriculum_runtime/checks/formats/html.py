"""One HTML page that needs nothing else.

Owns what the page is given; its layout is in ``templates/report.html.jinja``.
"""

from __future__ import annotations

from ..plugin import FAMILIES
from ..report import Report
from ..templates import render
from .text import asides, summary

__all__ = ["html"]


def html(report: Report) -> str:
    """Write the report as a page, family by family."""
    rows = {family: [row for row in report.rows if row.family == family] for family in FAMILIES}
    return render(
        "report.html.jinja",
        name=report.root.name,
        summary=summary(report),
        asides=[*asides(report)],
        about=FAMILIES,
        families={family: found for family, found in rows.items() if found},
    )
