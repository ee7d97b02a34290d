"""A diff as text: for a terminal, for a pull request, for programs.

Owns the three formats. Knows nothing of how versions are compared.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..contract.leaves import ABSENT, Changed
from ..look.changes import LISTED, change_text, folded, more, shortened, sides
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

_MANY: Final = ("parameter", "text")
"""Kinds of which there may be hundreds, and the same in many stages."""

_OF_A_PATH: Final = ("path", "within")
"""Keys that only the change of a parameter has."""

_NAMED: Final = 3
"""Stages that are named where a change is the same in several."""


def sentences(diff: Diff) -> list[str]:
    """Write what changed for a changelog.

    Args:
        diff: What changed.

    Returns:
        Texts such as ``s_shaping: reward_volume: 4.0 -> 5.0``; of many changed parameters the first.
    """
    return [
        line
        for entries in _entries(diff.changes, everything=False).values()
        for line in [
            *(f"{one.where}: {_told(one.changes)}" for one in _listed(entries, everything=False)),
            *(f"{where}: and {count} more" for where, count in _left_out(entries, everything=False)),
        ]
    ]


@dataclass(frozen=True)
class _Entry:
    """What is told in one line: a change, or parameters that were added or removed as a whole."""

    changes: tuple[Change, ...]
    places: tuple[str, ...]
    """All the stages in which it is the same, or the rule or class."""

    @property
    def where(self) -> str:
        named = ", ".join(self.places[:_NAMED])
        return named if len(self.places) <= _NAMED else f"{named} and {len(self.places) - _NAMED} more"


def _entries(changes: Iterable[Change], *, everything: bool) -> dict[str, list[_Entry]]:
    """Sort changes by their kinds, in the order of the titles."""
    wholes: dict[Any, tuple[Change, ...]] = {}
    for number, change in enumerate(changes):
        alone = everything or change.within is None
        whole = number if alone else (change.where, change.within, change.before is ABSENT)
        wholes[whole] = (*wholes.get(whole, ()), change)
    found: dict[str, dict[Any, _Entry]] = {kind: {} for kind in _TITLES}
    for number, together in enumerate(wholes.values()):
        kind, where = together[0].kind, together[0].where
        same = tuple(map(_without_place, together)) if kind in _MANY else number
        places = found[kind][same].places if same in found[kind] else ()
        found[kind][same] = _Entry(together, (*places, where))
    return {kind: list(entries.values()) for kind, entries in found.items() if entries}


def _without_place(change: Change) -> tuple[str, ...]:
    values = ("" if value is ABSENT else json.dumps(value) for value in (change.before, change.after))
    return (change.level, change.text, *values)


def _listed(entries: Sequence[_Entry], everything: bool) -> Sequence[_Entry]:
    return entries if everything or entries[0].changes[0].kind not in _MANY else entries[:LISTED]


def _left_out(entries: Sequence[_Entry], everything: bool) -> list[tuple[str, int]]:
    """Where changes are that are not listed, and how many."""
    rest = entries[len(_listed(entries, everything)) :]
    places = tuple(dict.fromkeys(place for entry in rest for place in entry.places))
    return [(_Entry((), places).where, len(rest))] if rest else []


def _told(together: Sequence[Change]) -> str:
    change = together[0]
    if change.path is not None:
        return change_text([_leaf(one) for one in together])
    before, after = (None if one is ABSENT else one for one in (change.before, change.after))
    if change.kind in {"stage", "text"} or (before is None and after is None):
        return change.text
    if before is None or after is None:
        if change.kind in {"policy", "transition"}:
            return change.text  # the name is in the text
        return f"{change.text}, {shortened(after)}" if before is None else f"{change.text}, was {shortened(before)}"
    return f"{change.text} {' -> '.join(sides(before, after))}"


def _leaf(change: Change) -> Changed:
    assert change.path is not None
    return Changed(path=change.path, before=change.before, after=change.after, within=change.within)


def _headline(diff: Diff) -> str:
    versions = f"{diff.old} ({diff.old_version}) -> {diff.new} ({diff.new_version})"
    return f"{diff.name}: {versions}"


def _need(diff: Diff) -> str:
    return "nothing changed: no bump is needed" if not diff.changes else f"needs a {diff.needs} bump"


def _text(diff: Diff, everything: bool) -> str:
    lines = [_headline(diff), ""]
    for kind, entries in _entries(diff.changes, everything=everything).items():
        lines.append(_TITLES[kind].lower())
        for one in _listed(entries, everything):
            lines += folded(f"  {one.changes[0].level:<5}  {one.where}: {_told(one.changes)}", " " * 13)
        lines += [f"  {'':<5}  {where}: {more(count)}" for where, count in _left_out(entries, everything)]
        lines.append("")
    lines += [
        line for one in diff.renamed for line in [f"{one.old} looks renamed to {one.new} ({one.alike:.0%} alike)"]
    ]
    lines += [f"warning: {warning}" for warning in diff.warnings]
    if diff.renamed or diff.warnings:
        lines.append("")
    return "\n".join([*lines, _need(diff), ""])


def _markdown(diff: Diff, everything: bool) -> str:
    lines = [f"### {diff.name}: {diff.old} ({diff.old_version}) to {diff.new} ({diff.new_version})", ""]
    lines += [f"**{_need(diff).capitalize()}.**", ""]
    for kind, entries in _entries(diff.changes, everything=everything).items():
        lines += [f"| {_TITLES[kind]} | change | before | after | bump |", "|---|---|---|---|---|"]
        for one in _listed(entries, everything):
            first = one.changes[0]
            told = [first.text, *_cells(first)] if len(one.changes) == 1 else [_told(one.changes), "", ""]
            cells = [one.where, *told, first.level]
            lines.append(f"| {' | '.join(_escaped(cell) for cell in cells)} |")
        lines += [f"| {_escaped(where)} | {more(count)} | | | |" for where, count in _left_out(entries, everything)]
        lines.append("")
    lines += [f"- `{one.old}` looks renamed to `{one.new}` ({one.alike:.0%} alike)" for one in diff.renamed]
    lines += [f"- **Warning:** {warning}" for warning in diff.warnings]
    return "\n".join(lines).rstrip("\n") + "\n"


def _cells(change: Change) -> tuple[str, str]:
    """The value before and the one after; None is a value of parameters only."""
    values = change.before, change.after
    there = [one is not ABSENT and (one is not None or change.path is not None) for one in values]
    if all(there):
        return sides(*values)
    before, after = (shortened(one) if is_there else "" for one, is_there in zip(values, there, strict=True))
    return before, after


def _escaped(cell: str) -> str:
    for character in "\\|*_<>`":
        cell = cell.replace(character, "\\" + character)
    return cell


def _json(diff: Diff, everything: bool) -> str:  # it has all of it anyway
    document = {"needs": diff.needs, **dataclasses.asdict(diff)}
    document["changes"] = [
        {
            name: value
            for name, value in change.items()
            if value is not ABSENT and (value is not None or name not in _OF_A_PATH)
        }
        for change in document["changes"]
    ]
    return json.dumps(document, indent=1) + "\n"


FORMATS: Final[dict[str, Callable[[Diff, bool], str]]] = {"text": _text, "json": _json, "md": _markdown}
"""The writer of each format, which is told whether to list everything, or of many parameters the first."""
