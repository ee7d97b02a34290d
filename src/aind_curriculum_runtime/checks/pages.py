"""The documentation of the checks, one page each, written from the checks themselves.

Owns the pages' layout. What they say stands in the checks: the docstring, the fix, the gates and the runs.

    python -m aind_curriculum_runtime.checks.pages docs/checks
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Final

from ..project.files import write_atomically
from .engine.check import Check
from .plugin import CHECKS, FAMILIES

__all__ = ["pages"]

_INTRODUCTION: Final = """\
# The contract checks

`curriculum check` runs them; each finding ends with a link to its page here. They are grouped in families, whose
two letters start the id. An **error** makes the command fail; a **warning** does so with `--strict` only.

To leave a check out for good, say so with the reason in the repo's `pyproject.toml`:

```toml
[tool.repo-review.ignore]
GR009 = "names are fixed by trainer states of 2024"
```
"""


def pages() -> dict[str, str]:
    """Write the pages.

    Returns:
        Text by file name: ``index.md`` and one page a check.
    """
    return {"index.md": _index()} | {f"{name}.md": _page(name, check) for name, check in CHECKS.items()}


def _index() -> str:
    parts = [_INTRODUCTION]
    for family, about in FAMILIES.items():
        rows = [
            f"| [{name}]({name}.md) | {check.level} | {_title(check)} |"
            for name, check in CHECKS.items()
            if check.family == family
        ]
        head = f"## {family[:1].upper()}{family[1:]}\n\n{about[:1].upper()}{about[1:]}.\n"
        parts.append("\n".join([head, "| | | what holds |", "|---|---|---|", *rows, ""]))
    return "\n".join(parts)


def _page(name: str, check: type[Check]) -> str:
    doc = inspect.cleandoc(check.__doc__ or "")
    _, _, why = doc.partition("\n\n")
    parts = [
        f"# {name}: {_title(check)}\n",
        f"[All checks](index.md) · {check.family} · **{check.level}**\n",
        f"{why}\n",
        f"## How to fix it\n\n{check.fix}\n",
    ]
    if example := _example(name):
        parts.append(f"## What it says\n\n{example}\n")
    needs = []
    if check.requires:
        gates = ", ".join(f"[{gate}]({gate}.md)" for gate in sorted(check.requires))
        needs.append(f"It is tried only when {gates} {'passes' if len(check.requires) == 1 else 'pass'}.")
    if check.runs:
        runs = ", ".join(f"*{run}*" for run in check.runs)
        needs.append(f"It looks at real processes ({runs}; `checks/engine/scenarios.py` says what each is).")
    else:
        needs.append("It reads files only.")
    gated = [other for other, one in CHECKS.items() if name in one.requires]
    if gated:
        needs.append(f"Gated by it: {', '.join(f'[{other}]({other}.md)' for other in gated)}.")
    parts.append("## What it needs\n\n" + " ".join(needs) + "\n")
    return "\n".join(parts)


def _title(check: type[Check]) -> str:
    return (check.__doc__ or "").partition("\n")[0]


def _example(name: str) -> str:
    """What a real fault looked like: recorded by the tests that seed one (tests/mutations.py)."""
    recorded: dict[str, dict[str, str]] = json.loads(
        Path(__file__).with_name("examples.json").read_text(encoding="utf-8")
    )
    if name not in recorded:
        return ""
    one = recorded[name]
    return f"When {one['fault']}:\n\n```text\n{one['said']}\n```"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    written = pages()
    for old in folder.glob("*.md"):
        if old.name not in written:
            old.unlink()
    for file, text in written.items():
        write_atomically(folder / file, text.encode("utf-8"))
