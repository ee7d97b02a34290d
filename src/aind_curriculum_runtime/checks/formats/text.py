"""Text for people: on a terminal, in a log, and the list of checks.

Owns the wording around findings and the line of counts, which other formats show too.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ..plugin import BY_DEFAULT
from ..report import Report, Row

__all__ = ["asides", "summary", "table", "terminal", "text"]


def text(report: Report) -> str:
    """One line for each finding, more than three of one kind folded, then what was skipped and why, then the counts."""
    lines = []
    for row in report.rows:
        for finding in row.folded:
            place = f" {finding.where}:" if finding.where else ""
            fix = finding.fix or row.fix
            lines.append(f"{row.id} {row.level}:{place} {finding.sentence} Fix: {fix} ({row.url})")
    lines += asides(report)
    return "".join(f"{line}\n" for line in [*lines, *[""] * bool(lines), summary(report)])


def terminal(report: Report, *, width: int, colour: bool) -> str:
    """The same for a person at a terminal: wrapped, with the fix and the link of each finding on lines of their own.

    Args:
        report: What the checks found.
        width: Columns of the terminal.
        colour: Whether it shows colours.

    Returns:
        The text.
    """
    paints = {"error": "31", "warning": "33", "passed": "32", "dim": "2", "bold": "1"}

    def paint(words: str, how: str) -> str:
        return f"\x1b[{paints[how]}m{words}\x1b[0m" if colour and words else words

    def wrapped(words: str, indent: str) -> list[str]:
        # Neither paths nor commands are broken: they are copied from here.
        room = max(width, 40)
        return textwrap.wrap(
            words,
            room,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )

    lines: list[str] = []
    for row in report.rows:
        for finding in row.folded:
            head = f"{paint(row.id, 'bold')} {paint(row.level, row.level)}"
            lines += [f"{head}  {finding.where}".rstrip(), *wrapped(finding.sentence, "  ")]
            lines += wrapped(f"Fix: {finding.fix or row.fix}", "  ")
            lines += [paint(f"  {row.url}", "dim"), ""]
    for aside in asides(report):
        lines += [paint(line, "dim") for line in wrapped(aside, "")]
    state = "error" if report.failed else "warning" if report.count("failed") else "passed"
    return "".join(f"{line}\n" for line in [*lines, paint(summary(report), state)])


def asides(report: Report) -> Iterator[str]:
    """Notes, then what was skipped, ignored or left out with the reason, each reason once."""
    for row in report.rows:
        for note in row.notes:
            yield f"{row.id} note: {note}."
    apart: dict[tuple[str, str], list[str]] = {}
    for row in report.rows:
        if row.status in {"skipped", "ignored"}:
            apart.setdefault((row.status, row.reason), []).append(row.id)
    for (status, reason), ids in apart.items():
        yield f"{status}: {', '.join(ids)} - {reason}"
    slow = [name for name in report.left_out if name in BY_DEFAULT]
    if slow:
        yield f"left out: {len(slow)} checks that need more runs than the launcher's own - `--fast` leaves them out"
    if of_the_runtime := len(report.left_out) - len(slow):
        yield f"left out: {of_the_runtime} checks that only an edited runtime fails - `--all` runs them too"


def summary(report: Report) -> str:
    """The counts in one line."""
    parts = [f"{report.count('passed')} passed"]
    errors, warnings = report.count("failed", "error"), report.count("failed", "warning")
    parts += [f"{errors} failed"] if errors else []
    parts += [f"{warnings} warned"] if warnings else []
    parts += [f"{report.count(status)} {status}" for status in ("skipped", "ignored") if report.count(status)]
    return f"{', '.join(parts)} in {report.seconds:.1f} s"


def table(rows: list[Row]) -> str:
    """The checks themselves, for ``--list``; a family that runs only on request is marked ``(--all)``."""
    families = {row.id: row.family if row.id in BY_DEFAULT else f"{row.family} (--all)" for row in rows}
    width = max(map(len, families.values()))
    return "".join(f"{row.id}  {row.level:<7}  {families[row.id]:<{width}}  {row.title}\n" for row in rows)
