"""What people do to an animal, one function each: from its history to the entry that says so.

Owns what can be done and what cannot, with the sentence for each. Pure: nothing is read or written here.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from ..contract.errors import CurriculumError
from ..contract.leaves import Leaf, located
from ..contract.strict_json import StrictJsonError, parse
from ..ledger.entry import Entry, digest_of_state, without_graph
from ..ledger.recording import Draft
from .history import SESSIONS, History

__all__ = [
    "Person",
    "accepted",
    "assigned",
    "enrolled",
    "grouped",
    "last_change",
    "moved",
    "pinned",
    "released",
    "require_enrolled",
    "require_new",
    "session_entry",
    "switched",
    "taken_away",
    "undone",
    "with_state",
]


class Person(NamedTuple):
    """Who does something, and why."""

    by: str
    reason: str | None

    @property
    def facts(self) -> dict[str, str]:
        """The same as an entry has it."""
        return {"by": self.by} | ({} if self.reason is None else {"reason": self.reason})


def enrolled(history: History, state: Mapping[str, Any], groups: Sequence[str], person: Person) -> Draft | None:
    """Enroll an animal that is not enrolled.

    Args:
        history: Its history, which may be empty.
        state: The trainer state that it starts with, with the graph of its curriculum.
        groups: Groups that it belongs to; without any it keeps those it has.
        person: Who does it.

    Returns:
        The entry; None for one that was enrolled just so and left alone since, as by a call that was cut short.

    Raises:
        CurriculumError: ``usage.invalid`` for any other that is enrolled.
    """
    if history.entries and history.standing.enrolled == history.entries[-1].place:
        is_in = set(groups) <= set(history.standing.groups)
        if is_in and digest_of_state(history.standing.state or {}) == digest_of_state(state):
            return None
    require_new(history)
    facts = {"groups": list(groups)} if groups else {}
    return with_state("enrolled", state, facts | person.facts)


def moved(history: History, state: Mapping[str, Any], person: Person, *, kind: str = "moved") -> Draft:
    """Send an animal to another trainer state.

    Args:
        history: Its history.
        state: The state, with the graph of its curriculum.
        person: Who does it.
        kind: ``moved``, or ``migrated`` for the same stage in another version.

    Returns:
        The entry.

    Raises:
        CurriculumError: ``usage.invalid`` for an animal that is not enrolled.
    """
    require_enrolled(history)
    return with_state(kind, state, person.facts)


def switched(history: History, person: Person, *, on: bool) -> Draft | None:
    """Take an animal off its curriculum, or put it back on.

    Args:
        history: Its history.
        person: Who does it.
        on: Whether it is to be on.

    Returns:
        The entry; None for one that is so already.

    Raises:
        CurriculumError: ``usage.invalid`` for an animal that is not enrolled.
    """
    require_enrolled(history)
    return None if history.standing.is_on == on else Draft("on" if on else "off", person.facts)


def grouped(history: History, groups: Sequence[str], person: Person) -> Draft | None:
    """Put an animal into groups, in place of those that it is in.

    Args:
        history: Its history.
        groups: Names of the groups.
        person: Who does it.

    Returns:
        The entry; None for one that is in just those.

    Raises:
        CurriculumError: ``usage.invalid`` for an animal that is not enrolled.
    """
    require_enrolled(history)
    return None if history.standing.groups == tuple(groups) else Draft("grouped", {"groups": [*groups], **person.facts})


def accepted(history: History, entry: Entry, person: Person) -> Draft:
    """Say that a person looked at what a session led to, and agrees.

    Args:
        history: Its history.
        entry: The session's entry.
        person: Who does it.

    Returns:
        The entry, which moves nothing.
    """
    return Draft("accepted", {"accepts": entry.place, **person.facts})


_ASSIGNMENT: Final = re.compile(r'(?P<path>(?:[^\[\]=]|\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)=(?P<value>.*)', re.DOTALL)


def pinned(history: History, assignment: str, person: Person) -> Draft | None:
    """Set a task parameter by hand, on top of every suggestion until it is released.

    Args:
        history: The animal's history.
        assignment: The path of a leaf (``contract.leaves``), ``=``, and its value as JSON.
        person: Who does it.

    Returns:
        The entry; None where it is pinned to that value already.

    Raises:
        CurriculumError: ``usage.invalid`` for an animal that is not enrolled, a path that is no parameter of its
            stage, or a value of another type.
    """
    require_enrolled(history)
    typed = _ASSIGNMENT.fullmatch(assignment)
    if typed is None:
        raise CurriculumError(
            "usage.invalid",
            f"{assignment!r} is not of the form PATH=VALUE.",
            f"Such as {leaf.path}={json.dumps(leaf.value)}."
            if (leaf := next((one for one in located(_parameters(history)) if one.path == assignment), None))
            else f"Such as reward.volume=2.5. {_all_leaves(history)}",
        )
    leaf = _leaf(history, typed["path"].strip())
    value = _value(leaf, typed["value"].strip())
    pins = history.standing.pins
    if leaf.path in pins and pins[leaf.path] == value:
        return None
    return Draft("pinned", {"path": leaf.path, "value": value, **person.facts})


def released(history: History, path: str, person: Person) -> Draft:
    """Leave a task parameter to the curriculum again.

    Args:
        history: The animal's history.
        path: The path that was pinned.
        person: Who does it.

    Returns:
        The entry.

    Raises:
        CurriculumError: ``usage.invalid`` for a path that is not pinned.
    """
    require_enrolled(history)
    if path not in history.standing.pins:
        raise CurriculumError(
            "usage.invalid",
            f"{path!r} is not pinned for {history.subject}.",
            f"Pinned: {', '.join(history.standing.pins) or 'nothing'}.",
        )
    return Draft("released", {"path": path, **person.facts})


def last_change(history: History) -> int:
    """Find the last thing that a person did to an animal.

    Args:
        history: The animal's history.

    Returns:
        The place of its entry.

    Raises:
        CurriculumError: ``usage.invalid`` when there is none that counts, or only the enrollment, with sessions since.
    """
    last = max((one for one in history.entries if _is_persons(one, history)), key=lambda one: one.place, default=None)
    if last is None:
        raise CurriculumError(
            "usage.invalid",
            f"Nobody changed anything for {history.subject} that could be undone.",
            "A session is undone by its number: `curricula subjects show` lists them, then --entry N.",
        )
    if last.kind == "enrolled" and history.standing.session is not None:  # undo, typed once too often
        raise CurriculumError(
            "usage.invalid",
            f"Nothing is left to undo for {history.subject} but that it was enrolled, and it has sessions since.",
            f"Undo that by its number: --entry {last.place}; or a session: `curricula subjects show` lists them.",
        )
    return last.place


def undone(history: History, place: int, person: Person) -> Draft:
    """Take an entry back, as if it had not been written.

    Args:
        history: The animal's history.
        place: Its number.
        person: Who does it.

    Returns:
        The entry that does so.

    Raises:
        CurriculumError: ``usage.invalid`` when there is no such entry, or it was undone before.
    """
    if not 1 <= place <= len(history.entries):
        raise CurriculumError(
            "usage.invalid",
            f"{history.subject} has no entry {place}.",
            f"It has the entries 1 to {len(history.entries)}; `curricula subjects show {history.subject}` lists them.",
        )
    if place in history.undone:
        other = history.undone[place]
        by = history.entries[other - 1]
        what = "was undone by" if by.kind == "corrected" else "was replaced by"
        raise CurriculumError(
            "usage.invalid",
            f"Entry {place} of {history.subject} {what} entry {other} already.",
            f"To bring it back, undo that one: --entry {other}.",
        )
    return taken_away(history.entries[place - 1], person)


def taken_away(entry: Entry, person: Person, **facts: Any) -> Draft:
    """The entry that takes another one away.

    Args:
        entry: The other one.
        person: Who does it.
        **facts: What else there is to say.

    Returns:
        The entry.
    """
    return Draft("corrected", {"corrects": entry.place, **facts, **person.facts})


def session_entry(history: History, session: str) -> Entry:
    """Find the entry by which a session counts.

    Args:
        history: The animal's history.
        session: The session's name.

    Returns:
        Its entry.

    Raises:
        CurriculumError: ``usage.invalid``, with names that are near.
    """
    counted = [
        one for one in history.entries if one.session is not None and one.place not in history.undone
        if one.kind in SESSIONS
    ]  # fmt: skip
    found = [one for one in counted if one.session is not None and one.session.name == session]
    if found:
        return found[-1]
    names = [one.session.name for one in counted if one.session is not None]
    near = difflib.get_close_matches(session, names, n=3) or names[-3:]
    raise CurriculumError(
        "usage.invalid",
        f"{history.subject} has no session {session!r}.",
        f"It has {', '.join(near)}{' and more' if len(names) > len(near) else ''}." if near else "It has none.",
    )


def assigned(history: History, source: str, entry: Entry, person: Person) -> Draft | None:
    """Record a session that was recorded under another animal.

    Args:
        history: The history of the animal that it is of.
        source: The animal under which it was recorded.
        entry: Its entry there.
        person: Who does it.

    Returns:
        The entry; None where that session is recorded already.

    Raises:
        CurriculumError: ``usage.invalid`` for an animal that is not enrolled.
    """
    require_enrolled(history)
    there = {one.session for one in history.entries if one.place not in history.undone and one.kind in SESSIONS}
    if entry.session in there:
        return None
    kept = {key: value for key, value in entry.content.items() if key not in _OF_ITS_PLACE}
    return Draft(entry.kind, {**kept, "reassigned_from": source, **person.facts})


_OF_ITS_PLACE: Final = {"ledger", "subject", "place", "before", "kind", "recorded", "corrects", "by", "reason"}


def require_enrolled(history: History) -> None:
    """Make sure that an animal is enrolled.

    Args:
        history: Its history.

    Raises:
        CurriculumError: ``usage.invalid``.
    """
    if history.standing.state is None:
        raise CurriculumError(
            "usage.invalid",
            f"{history.subject} is not enrolled.",
            f"`curricula subjects enroll {history.subject}` enrolls it.",
        )


def require_new(history: History) -> None:
    """Make sure that an animal is not enrolled.

    Args:
        history: Its history.

    Raises:
        CurriculumError: ``usage.invalid``, with the stage where it is.
    """
    stage = history.standing.stage
    if stage is not None:
        raise CurriculumError(
            "usage.invalid",
            f"{history.subject} is enrolled already, at the stage {stage}.",
            f"`curricula subjects move {history.subject} --stage NAME` moves it; "
            f"`curricula subjects on {history.subject}` puts it back on curriculum.",
        )


def with_state(kind: str, state: Mapping[str, Any], facts: Mapping[str, Any]) -> Draft:
    """The entry that sends an animal to a trainer state.

    Args:
        kind: ``enrolled``, ``moved`` or ``migrated``.
        state: The state, with the graph of its curriculum.
        facts: What else there is to say.

    Returns:
        The entry.
    """
    kept, graph = without_graph(state)
    by = {key: kept["curriculum"][key] for key in ("name", "version")}
    return Draft(kind, {"state": kept, "curriculum": by, **facts}, graph)


def _is_persons(entry: Entry, history: History) -> bool:
    """Whether it is something that a person did, and that counts."""
    is_other = entry.kind in (*SESSIONS, "corrected") or entry.content.get("by") == "run"
    return not is_other and entry.place not in history.undone


def _leaf(history: History, path: str) -> Leaf:
    parameters = _parameters(history)
    there = {one.path: one for one in located(parameters)}
    if path in there and _at(parameters, there[path].place) == there[path].value:
        return there[path]
    if path in there:  # the names of a list stand in its elements
        raise CurriculumError(
            "usage.invalid",
            f"{path} is the names of a list, which cannot be pinned.",
            "Pin a parameter of one of its elements.",
        )
    within = [one for one in there if one.startswith((f"{path}.", f"{path}["))]
    near = within[:3] or difflib.get_close_matches(path, there, n=3, cutoff=0.4)
    near = near or [one for one in there if path.rpartition(".")[2].casefold() in one.casefold()][:3]
    what = "holds several parameters" if within else "is no parameter"
    raise CurriculumError(
        "usage.invalid",
        f"{path!r} {what} of the stage {history.standing.stage}.",
        f"{'It holds' if within else 'Near it'}: {', '.join(near)}{' ...' if len(within) > 3 else ''}."
        if near
        else _all_leaves(history),
    )


_FEW: Final = 12
"""Parameters that a hint can name."""


def _all_leaves(history: History) -> str:
    """A sentence by which a person finds the parameters of an animal's stage."""
    paths = [one.path for one in located(_parameters(history))]
    if 0 < len(paths) <= _FEW:
        return f"Its parameters: {', '.join(paths)}."
    return f"`curricula subjects next {history.subject}` shows all parameters."


def _parameters(history: History) -> Any:
    """The task parameters that an animal's next session is run with."""
    return (history.standing.next_state or {})["stage"]["task"]["task_parameters"]


def _at(value: Any, place: Sequence[str | int]) -> Any:
    for step in place:
        value = value[step]
    return value


def _value(leaf: Leaf, text: str) -> Any:
    try:
        value = parse(text.encode())
    except StrictJsonError:
        hint = f"A text needs quotes: {leaf.path}='\"{text}\"'." if isinstance(leaf.value, str) else _is_now(leaf)
        raise CurriculumError("usage.invalid", f"{text!r} is not a value in JSON.", hint) from None
    if not _fits(value, leaf.value):
        raise CurriculumError(
            "usage.invalid", f"{leaf.path} is {_kind(leaf.value)}, and {text} is {_kind(value)}.", _is_now(leaf)
        )
    return float(value) if isinstance(leaf.value, float) else value


def _is_now(leaf: Leaf) -> str:
    wanted = "write true or false" if isinstance(leaf.value, bool) else "give a value of the same type"
    return f"It is {json.dumps(leaf.value)} now; {wanted}."


def _fits(value: Any, now: Any) -> bool:
    """Whether a value is of the type of another; of what is null nobody knows the type."""
    if now is None:
        return not isinstance(value, dict | list)
    if isinstance(now, list):
        return isinstance(value, list) and (not now or all(any(_fits(one, old) for old in now) for one in value))
    return _kind(value) == _kind(now) or (isinstance(now, float) and type(value) is int)


def _kind(value: Any) -> str:
    return _KINDS[type(value)]


_KINDS: Final = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
