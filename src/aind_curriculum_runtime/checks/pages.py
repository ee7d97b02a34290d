"""The documentation of the checks, one page for each family, written from the checks themselves.

Owns what the templates are given. The texts are in the checks, the layout is in ``templates``.

    python -m aind_curriculum_runtime.checks.pages docs/checks
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ..project.files import write_atomically
from .engine.check import Check, page
from .families import runtime
from .plugin import CHECKS, FAMILIES
from .templates import render

__all__ = ["pages"]


def pages() -> dict[str, str]:
    """Make the pages.

    Returns:
        Text by file name: ``index.md`` and one page for each family.
    """
    rows = [(family, page(family), about, _checks(family)) for family, about in FAMILIES.items()]
    index = render("index.md.jinja", families=rows, on_request=runtime.FAMILY)
    return {"index.md": index} | {name: _page(family, about, checks) for family, name, about, checks in rows}


def _checks(family: str) -> list[Check]:
    return [check for check in CHECKS.values() if check.family == family]


def _page(family: str, about: str, checks: list[Check]) -> str:
    def link(name: str) -> str:
        other = CHECKS[name].family
        return f"[{name}]({'' if other == family else page(other)}#{name.lower()})"

    def gated(name: str) -> list[str]:
        return [other for other, check in CHECKS.items() if name in check.requires]

    facts: dict[str, Any] = {"family": family, "about": about, "checks": checks, "examples": _examples()}
    return render("family.md.jinja", **facts, on_request=runtime.FAMILY, link=link, gated=gated)


def _examples() -> dict[str, dict[str, str]]:
    """What each check said of a real fault, as tests/record_examples.py recorded it."""
    recorded: dict[str, dict[str, str]] = json.loads(
        Path(__file__).with_name("examples.json").read_text(encoding="utf-8")
    )
    return recorded


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    written = pages()
    for old in folder.glob("*.md"):
        if old.name not in written:
            old.unlink()
    for file, text in written.items():
        write_atomically(folder / file, text.encode("utf-8"))
