"""A report as Markdown: for a pull request, and for the summary of a step of GitHub Actions.

Owns the mark by which a workflow finds its comment again, and how long a comment may be.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ..look.changes import more
from ..look.wording import escape_markdown
from .difference_report import Part, Report

__all__ = ["add_to_summary", "comment", "markdown"]

_MARK: Final = "<!-- curriculum diff --cohort: {} -->"
"""The first line of a comment; GitHub does not show it. ``.github/cohort_comment.py`` looks for it."""

_LONGEST: Final = 65_000
"""Characters of a comment; GitHub takes 65,536."""


def markdown(report: Report) -> str:
    """Write the report.

    Args:
        report: What is told.

    Returns:
        Markdown as GitHub reads it.
    """
    lines = [f"### {escape_markdown(report.title)}", "", f"**{escape_markdown(report.sentence)}**"]
    for part in report.parts:
        lines += ["", f"#### {part.title}", *([escape_markdown(part.says)] if part.says else []), *_table(part)]
    return "\n".join(lines) + "\n"


def comment(body: str, name: str) -> str:
    """Make Markdown a comment that a workflow can find again.

    Args:
        body: Markdown.
        name: The curriculum, or the task repo: what tells the comments of a pull request apart.

    Returns:
        Markdown with the hidden mark in its first line; of what is too long for a comment the beginning.
    """
    if len(body) > _LONGEST:
        whole = body[:_LONGEST].rpartition("\n")[0]
        body = f"{whole}\n\n...and more than a comment can hold; the log and `--format md --all` have it.\n"
    return f"{_MARK.format(name)}\n{body}"


def add_to_summary(text: str, environment: Mapping[str, str] = os.environ) -> None:
    """Add Markdown to the summary of the step that runs, if one does.

    Args:
        text: Markdown.
        environment: Where ``GITHUB_STEP_SUMMARY`` names the file.

    Raises:
        OSError: The file cannot be written.
    """
    if path := environment.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)


def _table(part: Part) -> Iterator[str]:
    if not part.rows:
        return
    yield ""
    for row in (part.header, ("---",) * len(part.header), *part.rows):
        yield f"| {' | '.join(row if row[0] == '---' else map(escape_markdown, row))} |"
    if part.more:
        yield ""
        yield more(part.more)
