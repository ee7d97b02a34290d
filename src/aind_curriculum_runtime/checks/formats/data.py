"""JSON, for programs: everything in the report."""

from __future__ import annotations

import json

from ..report import Report

__all__ = ["as_json"]


def as_json(report: Report) -> str:
    """Write the report as JSON."""
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
                    "about": one.about,
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
    document = {"failed": report.failed, "counts": counts, **cost, "left_out": report.left_out, "checks": rows}
    return json.dumps(document, indent=2) + "\n"
