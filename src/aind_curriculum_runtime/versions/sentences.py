"""A diff as text: for a terminal, for a pull request, for programs.

Owns the three formats. Knows nothing of how versions are compared.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from .diff import Change, Diff

__all__ = ["FORMATS", "sentences"]

_TITLES: Final = {
    "stage": "Stages",
    "transition": "Transitions",
    "policy": "Policies",
    "parameter": "Parameters",
    "metrics": "Metrics",
    "code": "Code",
    "text": "Descriptions",
}


def sentences(diff: Diff) -> list[str]:
    """Write every change on one line.

    Args:
        diff: What changed.

    Returns:
        Lines such as ``s_shaping: reward_volume 4.0 -> 5.0``.
    """
    return [f"{change.where}: {_told(change)}" for change in diff.changes]


def _told(change: Change) -> str:
    if _has_both_values(change):
        return f"{change.text} {_value(change.old)} -> {_value(change.new)}"
    if change.kind in {"policy", "transition", "stage"} and (change.old is None or change.new is None):
        return change.text  # the name is in the text
    if change.kind == "stage" or change.kind == "text":
        return change.text
    if change.old is None and change.new is None:
        return change.text
    if change.old is None:
        return f"{change.text}, {_value(change.new)}"
    if change.new is None:
        return f"{change.text}, was {_value(change.old)}"
    return f"{change.text} {_value(change.old)} -> {_value(change.new)}"


def _has_both_values(change: Change) -> bool:
    """Whether both versions have the parameter, so that None means its value is null."""
    return change.kind == "parameter" and not change.text.endswith((" added", " removed"))


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _headline(diff: Diff) -> str:
    versions = f"{diff.old} ({diff.old_version}) -> {diff.new} ({diff.new_version})"
    return f"{diff.name}: {versions}"


def _need(diff: Diff) -> str:
    return "nothing changed: no bump is needed" if not diff.changes else f"needs a {diff.needs} bump"


def _grouped(changes: Iterable[Change]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    for kind in _TITLES:
        some = [change for change in changes if change.kind == kind]
        if some:
            found[kind] = some
    return found


def _text(diff: Diff) -> str:
    lines = [_headline(diff), ""]
    for kind, changes in _grouped(diff.changes).items():
        lines.append(_TITLES[kind].lower())
        lines += [f"  {change.level:<5}  {change.where}: {_told(change)}" for change in changes]
        lines.append("")
    lines += [
        line for one in diff.renamed for line in [f"{one.old} looks renamed to {one.new} ({one.alike:.0%} alike)"]
    ]
    lines += [f"warning: {warning}" for warning in diff.warnings]
    if diff.renamed or diff.warnings:
        lines.append("")
    return "\n".join([*lines, _need(diff), ""])


def _markdown(diff: Diff) -> str:
    lines = [f"### {diff.name}: {diff.old} ({diff.old_version}) to {diff.new} ({diff.new_version})", ""]
    lines += [f"**{_need(diff).capitalize()}.**", ""]
    for kind, changes in _grouped(diff.changes).items():
        lines += [f"| {_TITLES[kind]} | change | before | after | bump |", "|---|---|---|---|---|"]
        for change in changes:
            put = _value if _has_both_values(change) else _cell
            cells = [change.where, change.text, put(change.old), put(change.new), change.level]
            lines.append(f"| {' | '.join(_escaped(cell) for cell in cells)} |")
        lines.append("")
    lines += [f"- `{one.old}` looks renamed to `{one.new}` ({one.alike:.0%} alike)" for one in diff.renamed]
    lines += [f"- **Warning:** {warning}" for warning in diff.warnings]
    return "\n".join(lines).rstrip("\n") + "\n"


def _cell(value: Any) -> str:
    return "" if value is None else _value(value)


def _escaped(cell: str) -> str:
    for character in "\\|*_<>`":
        cell = cell.replace(character, "\\" + character)
    return cell


def _json(diff: Diff) -> str:
    document = {"needs": diff.needs, **dataclasses.asdict(diff)}
    return json.dumps(document, indent=1) + "\n"


FORMATS: Final[dict[str, Callable[[Diff], str]]] = {"text": _text, "json": _json, "md": _markdown}
"""The writer of each format."""
