"""The formats a report is written in: for people, and for the tools that show findings.

Owns the wording and the mapping; knows only ``report.Report``.
"""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from xml.etree import ElementTree

from .report import Report, Row

__all__ = ["FORMATS", "table", "terminal"]


def text(report: Report) -> str:
    """One line a finding, then what was skipped and why, then a count."""
    lines = []
    for row in report.rows:
        for finding in row.findings:
            place = f" {finding.where}:" if finding.where else ""
            fix = finding.fix or row.fix
            lines.append(f"{row.id} {row.level}:{place} {finding.sentence} Fix: {fix} ({row.url})")
    lines += _asides(report)
    return "".join(f"{line}\n" for line in [*lines, *[""] * bool(lines), summary(report)])


def terminal(report: Report, *, width: int, colour: bool) -> str:
    """The same for a person at a terminal: wrapped, each finding with its fix and its page on lines of their own.

    Args:
        report: What the checks said.
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
        for finding in row.findings:
            head = f"{paint(row.id, 'bold')} {paint(row.level, row.level)}"
            lines += [f"{head}  {finding.where}".rstrip(), *wrapped(finding.sentence, "  ")]
            lines += wrapped(f"Fix: {finding.fix or row.fix}", "  ")
            lines += [paint(f"  {row.url}", "dim"), ""]
    for aside in _asides(report):
        lines += [paint(line, "dim") for line in wrapped(aside, "")]
    state = "error" if report.failed else "warning" if report.count("failed") else "passed"
    return "".join(f"{line}\n" for line in [*lines, paint(summary(report), state)])


def _asides(report: Report) -> Iterator[str]:
    """Notes, and what was skipped or ignored with the reason, each reason once."""
    for row in report.rows:
        for note in row.notes:
            yield f"{row.id} note: {note}."
    apart: dict[tuple[str, str], list[str]] = {}
    for row in report.rows:
        if row.status in {"skipped", "ignored"}:
            apart.setdefault((row.status, row.reason), []).append(row.id)
    for (status, reason), ids in apart.items():
        yield f"{status}: {', '.join(ids)} - {reason}"


def summary(report: Report) -> str:
    """The counts in one line."""
    parts = [f"{report.count('passed')} passed"]
    errors, warnings = report.count("failed", "error"), report.count("failed", "warning")
    parts += [f"{errors} failed"] if errors else []
    parts += [f"{warnings} warned"] if warnings else []
    parts += [f"{report.count(status)} {status}" for status in ("skipped", "ignored") if report.count(status)]
    return f"{', '.join(parts)} in {report.seconds:.1f} s"


def as_json(report: Report) -> str:
    """Everything, for programs."""
    rows = [
        {
            "id": row.id,
            "family": row.family,
            "level": row.level,
            "title": row.title,
            "status": row.status,
            "reason": row.reason or None,
            "url": row.url,
            "findings": [
                {
                    "message": one.message,
                    "fix": one.fix or row.fix,
                    "path": one.path,
                    "line": one.line,
                    "curriculum": one.curriculum,
                }
                for one in row.findings
            ],
            "notes": list(row.notes),
        }
        for row in report.rows
    ]
    counts = {
        "passed": report.count("passed"),
        "errors": report.count("failed", "error"),
        "warnings": report.count("failed", "warning"),
        "skipped": report.count("skipped"),
        "ignored": report.count("ignored"),
    }
    cost = {"seconds": round(report.seconds, 3), "processes": report.processes}
    return json.dumps({"failed": report.failed, "counts": counts, **cost, "checks": rows}, indent=2) + "\n"


_PAGE: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Contract checks of {name}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #8884; }}
tr {{ color: inherit !important; }}
h3 {{ margin: 1.5rem 0 0; }}
h3 + p {{ margin-top: 0; opacity: .7; }}
</style>
<h1>Contract checks of {name}</h1>
<p>{summary}</p>
{body}
</html>
"""


def html(report: Report) -> str:
    """One page that needs nothing else; the tables are repo-review's."""
    from dataclasses import replace

    from repo_review.html import to_html

    titles = {row.id: row for row in report.rows}
    short = [
        replace(
            result,
            description=titles[result.name].title,
            skip_reason=titles[result.name].reason if titles[result.name].status in {"skipped", "ignored"} else "",
        )
        for result in report.results
    ]
    body = to_html(report.families, short)  # type: ignore[arg-type]
    return _PAGE.format(name=escape(report.root.name), summary=escape(summary(report)), body=body)


def github(report: Report) -> str:
    """Workflow commands: GitHub shows them at the lines they are about."""

    def data(value: str) -> str:
        return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def value(text: str) -> str:
        return data(text).replace(":", "%3A").replace(",", "%2C")

    lines = []
    for row in report.rows:
        for finding in row.findings:
            properties = [f"title={value(f'{row.id} {row.title}')}"]
            properties += [f"file={value(_from_checkout(report.root, finding.path))}"] if finding.path else []
            properties += [f"line={finding.line}"] if finding.line else []
            said = f"{finding.sentence} Fix: {finding.fix or row.fix} {row.url}"
            lines.append(f"::{row.level} {','.join(properties)}::{data(said)}")
    lines += list(_asides(report))
    lines.append(summary(report))
    return "\n".join(lines) + "\n"


def _from_checkout(root: Path, path: str) -> str:
    """A path as the CI server has it: from the folder that was checked out, of which the repo may be a part."""
    checkout = os.environ.get("GITHUB_WORKSPACE")
    if not checkout or not root.is_relative_to(Path(checkout).resolve()):
        return path
    # A workflow stands above a repo that is a folder of a larger one.
    return Path(os.path.normpath(root.relative_to(Path(checkout).resolve()) / path)).as_posix()


def sarif(report: Report) -> str:
    """SARIF 2.1.0, for code-scanning views."""
    results: list[dict[str, Any]] = []
    for index, row in enumerate(report.rows):
        for finding in row.findings:
            path = _from_checkout(report.root, finding.path or "pyproject.toml")
            location: dict[str, Any] = {"artifactLocation": {"uri": quote(path)}}
            if finding.line:
                location["region"] = {"startLine": finding.line}
            results.append(
                {
                    "ruleId": row.id,
                    "ruleIndex": index,
                    "level": row.level,
                    "message": {"text": f"{finding.sentence} {finding.fix or row.fix}"},
                    "locations": [{"physicalLocation": location}],
                }
            )
    rules = [
        {
            "id": row.id,
            "shortDescription": {"text": row.title},
            "help": {"text": row.fix},
            "helpUri": row.url,
            "defaultConfiguration": {"level": row.level},
        }
        for row in report.rows
    ]
    driver = {"name": "curriculum check", "informationUri": _INFORMATION, "rules": rules}
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}],
    }
    return json.dumps(document, indent=2) + "\n"


_INFORMATION: Final = "https://github.com/AllenNeuralDynamics/aind-curriculum-runtime"


def junit(report: Report) -> str:
    """JUnit XML, for CI servers: one test case a check."""
    skipped = report.count("skipped") + report.count("ignored")
    counts = {"tests": len(report.rows), "failures": report.count("failed", "error"), "errors": 0, "skipped": skipped}
    totals = {name: str(count) for name, count in counts.items()} | {"time": f"{report.seconds:.3f}"}
    totals["name"] = "curriculum check"
    suites = ElementTree.Element("testsuites", totals)
    suite = ElementTree.SubElement(suites, "testsuite", totals)
    for row in report.rows:
        classname = f"contract.{row.family.replace(' ', '_')}"
        case = ElementTree.SubElement(suite, "testcase", classname=classname, name=f"{row.id} {row.title}", time="0")
        if row.status == "failed":
            told = "\n".join(f"{one.where + ': ' if one.where else ''}{one.sentence}" for one in row.findings)
            fixes = "\n".join(dict.fromkeys(one.fix or row.fix for one in row.findings))
            if row.level == "error":
                failure = ElementTree.SubElement(case, "failure", message=told.partition("\n")[0], type=row.id)
                failure.text = f"{told}\n{fixes}\n{row.url}"
            else:
                ElementTree.SubElement(case, "system-err").text = f"warning: {told}\n{fixes}\n{row.url}"
        elif row.status in {"skipped", "ignored"}:
            ElementTree.SubElement(case, "skipped", message=row.reason)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


FORMATS: Final[dict[str, Callable[[Report], str]]] = {
    "text": text,
    "json": as_json,
    "html": html,
    "github": github,
    "sarif": sarif,
    "junit": junit,
}
"""The formats by the name they are asked for by."""


def table(rows: list[Row]) -> str:
    """The checks themselves, for ``--list``."""
    width = max(len(row.family) for row in rows)
    return "".join(f"{row.id}  {row.level:<7}  {row.family:<{width}}  {row.title}\n" for row in rows)
