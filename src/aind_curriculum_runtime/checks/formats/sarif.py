"""SARIF 2.1.0, for code-scanning views.

Written by hand: it is one literal, and a test compares it with the published schema. sarif-om and sarif-pydantic are
models of that same literal, one more thing to keep up with; sarif-tools reads SARIF and needs matplotlib.
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

from ..report import Report
from .github import from_checkout

__all__ = ["sarif"]

_INFORMATION: Final = "https://github.com/AllenNeuralDynamics/aind-curriculum-runtime"


def sarif(report: Report) -> str:
    """Write the report as SARIF 2.1.0."""
    results: list[dict[str, Any]] = []
    for index, row in enumerate(report.rows):
        for finding in row.findings:
            path = from_checkout(report.root, finding.path or "pyproject.toml")
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
