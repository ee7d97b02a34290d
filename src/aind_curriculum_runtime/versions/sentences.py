"""A diff as text: for a terminal, for a pull request, for programs.

Owns the three formats. Knows nothing of how versions are compared.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..contract.leaves import ABSENT, Changed
from ..look.changes import LISTED, folded, in_lines, in_short, more, sides
from ..look.wording import escape_markdown
from .animals import Consequence
from .diff import Change, Diff
from .numbers import Level

__all__ = ["FORMATS", "because", "sentences"]

_TITLES: Final = {
    "stage": "Stages",
    "transition": "Transitions",
    "policy": "Policies",
    "parameter": "Parameters",
    "metrics": "Metrics",
    "code": "Code",
    "text": "Descriptions",
    "animals": "Animals in training",
}

_MANY: Final = ("parameter", "text", "animals")
"""Kinds of which there may be hundreds, and the same in many stages."""

_OF_A_PATH: Final = ("path", "within")
"""Keys that only the change of a parameter has."""

_NAMES: Final = ("Compute", "Drop", "Migration", "Rename", "Tombstone")
"""What the line of a migration may need."""

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
        for kind, entries in _entries(diff, everything=False).items()
        if kind != "animals"
        for line in [
            *(f"{one.where}: {one.text}" for one in _listed(entries, everything=False)),
            *(f"{where}: and {count} more" for where, count in _left_out(entries, everything=False)),
        ]
    ]


def because(diff: Diff) -> str:
    """Tell why no smaller bump is enough.

    Args:
        diff: What changed.

    Returns:
        What happens to animals that are refused, or else the first change that needs that bump; empty for none.
    """
    entries = _entries(diff, everything=False)
    animals = [one for one in entries.get("animals", []) if one.text.startswith(("refused", "stay"))]
    changed = [one for some in entries.values() for one in some if one.level == diff.needs]
    first = next(iter([*animals, *changed] if diff.needs == "major" else changed), None)
    return "" if first is None else f"{first.where}: {first.text}"


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """What is told in one line."""

    kind: str
    level: str
    text: str
    cells: tuple[str, str, str]
    """What changed, the value before and the one after."""

    places: tuple[str, ...]
    """The stages in which it is the same, or the rule or class."""

    @property
    def where(self) -> str:
        return _named(self.places)


def _named(places: Sequence[str]) -> str:
    named = ", ".join(places[:_NAMED])
    return named if len(places) <= _NAMED else f"{named} and {len(places) - _NAMED} more"


def _entries(diff: Diff, *, everything: bool) -> dict[str, list[_Entry]]:
    """Sort what is told by kind, in the order of the titles; what is the same in several stages is put together."""
    found: dict[str, dict[Any, _Entry]] = {kind: {} for kind in _TITLES}
    told = [*_values(diff, everything), *_others(diff), *_animals(diff, everything)]
    for number, (exactly, entry) in enumerate(told):
        key = (entry.level, exactly) if entry.kind in _MANY and not everything else number
        known = found[entry.kind].get(key)
        places = dict.fromkeys([*(known.places if known else ()), *entry.places])
        found[entry.kind][key] = dataclasses.replace(entry, places=tuple(places))
    return {kind: list(entries.values()) for kind, entries in found.items() if entries}


def _values(diff: Diff, everything: bool) -> Iterator[tuple[str, _Entry]]:
    """The values of parameters that changed, with all that must be the same to tell them once."""
    stages: dict[tuple[str, Level], list[Change]] = {}
    for change in diff.changes:
        if change.path is not None:
            stages.setdefault((change.where, change.level), []).append(change)
    for (stage, level), changes in stages.items():
        for line in in_lines(map(_leaf, changes), everything=everything):
            cells = line.path, line.before, line.after
            entry = _Entry(kind=changes[0].kind, level=level, text=line.text, cells=cells, places=(stage,))
            yield json.dumps([one.as_json() for one in line.changes]), entry


def _leaf(change: Change) -> Changed:
    assert change.path is not None
    return Changed(path=change.path, before=change.before, after=change.after, within=change.within)


def _others(diff: Diff) -> Iterator[tuple[str, _Entry]]:
    """The same of all other changes."""
    for change in diff.changes:
        if change.path is None:
            values = [None if one is ABSENT else one for one in (change.before, change.after)]
            told = ["" if one is None else in_short(one) for one in values] if None in values else sides(*values)
            cells = change.text, told[0], told[1]
            text = _told(change, cells)
            entry = _Entry(kind=change.kind, level=change.level, text=text, cells=cells, places=(change.where,))
            yield json.dumps([change.text, *values]), entry


def _animals(diff: Diff, everything: bool) -> Iterator[tuple[str, _Entry]]:
    """What happens to animals in training; what happens to several elements of a parameter is told once."""
    alike: dict[tuple[str, str, str], list[Consequence]] = {}
    for one in diff.animals:
        alike.setdefault((one.stage, one.begin, one.end), []).append(one)
    for (stage, begin, end), some in alike.items():
        paths = [Changed(path=one.path, before=False, after=True) for one in some if one.path is not None]
        lines = [
            f"{begin}{line.path}{end}" + (f" (in {len(line.changes)} places)" if len(line.changes) > 1 else "")
            for line in in_lines(paths, everything=everything)
        ]
        for text in lines or [begin + end]:
            yield text, _Entry(kind="animals", level="", text=text, cells=(text, "", ""), places=(stage,))


def _told(change: Change, cells: tuple[str, str, str]) -> str:
    text, before, after = cells
    if change.kind in {"stage", "text"} or not (before or after):
        return text
    if before and after:
        return f"{text} {before} -> {after}"
    if change.kind in {"policy", "transition"}:
        return text  # the name is in it
    return f"{text}, was {before}" if before else f"{text}, {after}"


def _listed(entries: Sequence[_Entry], everything: bool) -> Sequence[_Entry]:
    return entries if everything or entries[0].kind not in _MANY else entries[:LISTED]


def _left_out(entries: Sequence[_Entry], everything: bool) -> list[tuple[str, int]]:
    """Where changes are that are not listed, and how many."""
    rest = entries[len(_listed(entries, everything)) :]
    return [(_named(list(dict.fromkeys(place for one in rest for place in one.places))), len(rest))] if rest else []


def _headline(diff: Diff) -> str:
    versions = f"{diff.old} ({diff.old_version}) -> {diff.new} ({diff.new_version})"
    return f"{diff.name}: {versions}"


def _need(diff: Diff) -> str:
    return "nothing changed: no bump is needed" if not diff.changes else f"needs a {diff.needs} bump"


def _missing(diff: Diff) -> tuple[str, list[str]] | None:
    """The migration that is missing: what it is for, and the lines of code."""
    if diff.to_write is None:
        return None
    enough = "; with it a minor bump is enough" if diff.to_write == diff.missing.within else ""
    names = sorted({name for name in _NAMES if f"{name}(" in diff.to_write})
    imports = f"from aind_curriculum_runtime import {', '.join(names)}"
    return f"missing in {diff.module}{enough}:", [imports, diff.to_write]


def _text(diff: Diff, everything: bool) -> str:
    lines = [_headline(diff), ""]
    for kind, entries in _entries(diff, everything=everything).items():
        lines.append(_TITLES[kind].lower())
        margin = 2 if kind == "animals" else 9  # what happens to animals needs no bump of its own
        for one in _listed(entries, everything):
            lines += folded(f"{f'  {one.level}':<{margin}}{one.where}: {one.text}", " " * (margin + 4))
        lines += [f"{'':<{margin}}{where}: {more(count)}" for where, count in _left_out(entries, everything)]
        lines.append("")
    lines += [
        line for one in diff.renamed for line in [f"{one.old} looks renamed to {one.new} ({one.alike:.0%} alike)"]
    ]
    lines += [f"warning: {warning}" for warning in diff.warnings]
    if diff.renamed or diff.warnings:
        lines.append("")
    if missing := _missing(diff):
        lines += [missing[0], *(f"  {line}" for line in missing[1]), ""]
    return "\n".join([*lines, _need(diff), ""])


def _markdown(diff: Diff, everything: bool) -> str:
    lines = [f"### {diff.name}: {diff.old} ({diff.old_version}) to {diff.new} ({diff.new_version})", ""]
    lines += [f"**{_need(diff).capitalize()}.**", ""]
    for kind, entries in _entries(diff, everything=everything).items():
        lines += [f"| {_TITLES[kind]} | change | before | after | bump |", "|---|---|---|---|---|"]
        for one in _listed(entries, everything):
            cells = [one.where, *one.cells, one.level]
            lines.append(f"| {' | '.join(escape_markdown(cell) for cell in cells)} |")
        lines += [
            f"| {escape_markdown(where)} | {more(count)} | | | |" for where, count in _left_out(entries, everything)
        ]
        lines.append("")
    lines += [f"- `{one.old}` looks renamed to `{one.new}` ({one.alike:.0%} alike)" for one in diff.renamed]
    lines += [f"- **Warning:** {warning}" for warning in diff.warnings]
    if missing := _missing(diff):
        lines += [*([""] if lines[-1] else []), f"{missing[0][0].upper()}{missing[0][1:]}"]
        lines += ["", "```python", *missing[1], "```"]
    return "\n".join(lines).rstrip("\n") + "\n"


def _json(diff: Diff, everything: bool) -> str:  # it has all of it anyway
    document = {"needs": diff.needs, **dataclasses.asdict(diff)}
    document["animals"] = [dataclasses.asdict(one) | {"text": one.text} for one in diff.animals]
    document |= {"given": diff.given, "missing": diff.to_write, "because": because(diff)}
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
