"""The formats a report is written in: for people, and for the tools that show findings.

Owns the wording and the mapping; knows only ``report.Report``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from typing import Any, Final
from xml.etree import ElementTree

from .report import Report, Row

__all__ = ["FORMATS", "table"]


def text(report: Report) -> str:
    """One line a finding, then what was skipped and why, then a count."""
    lines = []
    for row in report.rows:
        for finding in row.findings:
            place = f" {finding.where}:" if finding.where else ""
            lines.append(f"{row.id} {row.level}:{place} {finding.message} Mend: {row.mend} ({row.url})")
    apart: dict[tuple[str, str], list[str]] = {}
    for row in report.rows:
        if row.status in {"skipped", "ignored"}:
            apart.setdefault((row.status, row.reason), []).append(row.id)
        lines += [f"{row.id} note: {note}." for note in row.notes]
    lines += [f"{status}: {', '.join(ids)} - {reason}" for (status, reason), ids in apart.items()]
    if lines:
        lines.append("")
    lines.append(summary(report))
    return "\n".join(lines) + "\n"


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
            "mend": row.mend,
            "url": row.url,
            "findings": [{"message": one.message, "path": one.path, "line": one.line} for one in row.findings],
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
    return json.dumps({"failed": report.failed, "counts": counts, "checks": rows}, indent=2) + "\n"


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

    lines = []
    for row in report.rows:
        for finding in row.findings:
            properties = [f"title={row.id}"]
            properties += [f"file={data(finding.path)}"] if finding.path else []
            properties += [f"line={finding.line}"] if finding.line else []
            lines.append(f"::{row.level} {','.join(properties)}::{data(f'{finding.message} Mend: {row.mend}')}")
        lines += [f"::notice title={row.id}::{data(row.reason)}" for _ in [0] if row.status == "ignored"]
    lines.append(summary(report))
    return "\n".join(lines) + "\n"


def sarif(report: Report) -> str:
    """SARIF 2.1.0, for code-scanning views."""
    results: list[dict[str, Any]] = []
    for index, row in enumerate(report.rows):
        for finding in row.findings:
            location: dict[str, Any] = {"artifactLocation": {"uri": finding.path or "pyproject.toml"}}
            if finding.line:
                location["region"] = {"startLine": finding.line}
            results.append(
                {
                    "ruleId": row.id,
                    "ruleIndex": index,
                    "level": row.level,
                    "message": {"text": f"{finding.message} {row.mend}"},
                    "locations": [{"physicalLocation": location}],
                }
            )
    rules = [
        {
            "id": row.id,
            "shortDescription": {"text": row.title},
            "help": {"text": row.mend},
            "helpUri": row.url,
            "defaultConfiguration": {"level": row.level},
        }
        for row in report.rows
    ]
    driver = {"name": "curriculum check", "informationUri": _INFORMATION, "rules": rules}
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(document, indent=2) + "\n"


_INFORMATION: Final = "https://github.com/AllenNeuralDynamics/aind-curriculum-runtime"


def junit(report: Report) -> str:
    """JUnit XML, for CI servers: one test case a check."""
    suite = ElementTree.Element(
        "testsuite",
        name="curriculum check",
        tests=str(len(report.rows)),
        failures=str(report.count("failed", "error")),
        skipped=str(report.count("skipped") + report.count("ignored")),
        time=f"{report.seconds:.3f}",
    )
    for row in report.rows:
        case = ElementTree.SubElement(suite, "testcase", classname=row.family, name=f"{row.id} {row.title}")
        message = "\n".join(f"{one.where + ': ' if one.where else ''}{one.message}" for one in row.findings)
        if row.status == "failed" and row.level == "error":
            ElementTree.SubElement(case, "failure", message=message).text = f"{message}\n{row.mend}\n{row.url}"
        elif row.status == "failed":
            ElementTree.SubElement(case, "system-err").text = f"warning: {message}\n{row.mend}\n{row.url}"
        elif row.status in {"skipped", "ignored"}:
            ElementTree.SubElement(case, "skipped", message=row.reason)
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


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
