"""Workflow commands of GitHub Actions, which GitHub shows at the lines they are about."""

from __future__ import annotations

import os
from pathlib import Path

from ..report import Report
from .text import asides, summary

__all__ = ["from_checkout", "github"]


def github(report: Report) -> str:
    """Write the report as workflow commands."""

    def data(value: str) -> str:
        return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def value(text: str) -> str:
        return data(text).replace(":", "%3A").replace(",", "%2C")

    lines = []
    for row in report.rows:
        for finding in row.findings:
            properties = [f"title={value(f'{row.id} {row.title}')}"]
            properties += [f"file={value(from_checkout(report.root, finding.path))}"] if finding.path else []
            properties += [f"line={finding.line}"] if finding.line else []
            said = f"{finding.sentence} Fix: {finding.fix or row.fix} {row.url}"
            lines.append(f"::{row.level} {','.join(properties)}::{data(said)}")
    lines += list(asides(report))
    lines.append(summary(report))
    return "\n".join(lines) + "\n"


def from_checkout(root: Path, path: str) -> str:
    """A path of the repo, relative to the folder that CI checked out, in which the repo may be a folder."""
    checkout = os.environ.get("GITHUB_WORKSPACE")
    if not checkout or not root.is_relative_to(Path(checkout).resolve()):
        return path
    # The workflows of a larger repo are above this one, so the path may start with `..`.
    return Path(os.path.normpath(root.relative_to(Path(checkout).resolve()) / path)).as_posix()
