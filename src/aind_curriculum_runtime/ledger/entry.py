"""One entry of a subject's ledger: what happened, who did it, and where the animal was sent.

Owns the fields, the bytes and the chain: each entry names the hash of the one before it. An entry is never rewritten,
so fields that this version does not know are kept as they are, and one that is missing has its default.

A trainer state is kept without the graph of its curriculum, which is the same in hundreds of entries: ``state`` names
the graph by its hash, and the store keeps each once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from ..contract.strict_json import StrictJsonError, encode, parse

__all__ = [
    "FORMAT",
    "KINDS",
    "Damaged",
    "Entry",
    "Graph",
    "Newer",
    "Session",
    "at",
    "digest",
    "digest_of_state",
    "with_graph",
]

FORMAT: Final = 1
"""The form of an entry. Within one number fields are only added."""

KINDS: Final = (
    *("enrolled", "evaluated", "held", "moved", "off", "on"),
    *("pinned", "released", "migrated", "corrected", "grouped", "accepted"),
)


class Damaged(ValueError):
    """Bytes are no entry of the place at which they are; the message says why."""


class Newer(Damaged):
    """They are whole, and of a form that this runtime does not know."""


@dataclass(frozen=True)
class Session:
    """A session, as an entry names it."""

    name: str
    start: str
    """When it began, in UTC."""


@dataclass(frozen=True)
class Graph:
    """The graph of a curriculum that a trainer state was written with."""

    digest: str
    data: bytes


@dataclass(frozen=True)
class Entry:
    """One entry.

    Args:
        content: Its JSON object.
        digest: The hash of its bytes.
    """

    content: Mapping[str, Any]
    digest: str

    @classmethod
    def read(cls, data: bytes, subject: str, place: int) -> Entry:
        """Read the bytes of an entry.

        Args:
            data: What the store holds.
            subject: Whose entry it should be.
            place: Its number, from 1.

        Returns:
            The entry.

        Raises:
            Damaged: They are no entry, or that of another subject or place.
        """
        try:
            content = parse(data)
        except StrictJsonError as error:
            raise Damaged(str(error)) from None
        if not isinstance(content, dict) or not isinstance(content.get("ledger"), int):
            raise Damaged("it is not an entry of a ledger")
        if content["ledger"] > FORMAT:
            raise Newer(f"it has the form {content['ledger']} of a newer runtime; this one reads up to {FORMAT}")
        for key, expected in (("subject", subject), ("place", place)):
            if content.get(key) != expected:
                raise Damaged(f"it says {key} {content.get(key)!r} where {expected!r} belongs")
        for key in ("kind", "recorded"):
            if not isinstance(content.get(key), str):
                raise Damaged(f"its {key} is missing")
        return cls(content, digest(data))

    @property
    def subject(self) -> str:
        """Whose entry it is."""
        return str(self.content["subject"])

    @property
    def place(self) -> int:
        """Its number among the subject's entries, from 1."""
        return int(self.content["place"])

    @property
    def before(self) -> str | None:
        """The hash of the entry before it; None for the first."""
        return self.content.get("before")

    @property
    def kind(self) -> str:
        """What happened: one of ``KINDS``, or one that a newer runtime knows."""
        return str(self.content["kind"])

    @property
    def recorded(self) -> str:
        """When it was written, in UTC by the clock of the machine that wrote it."""
        return str(self.content["recorded"])

    @property
    def time(self) -> str:
        """When it took effect: ``at`` where somebody said when, else when it was written."""
        return str(self.content.get("at", self.recorded))

    @property
    def corrects(self) -> int | None:
        """The place of the entry that this one takes the place of, or takes away."""
        return self.content.get("corrects")

    @cached_property
    def session(self) -> Session | None:
        """The session that it is about."""
        found = self.content.get("session")
        return Session(found["name"], found["start"]) if found else None

    @property
    def state(self) -> dict[str, Any] | None:
        """The trainer state that it leads to, without its graph."""
        return self.content.get("state")

    @property
    def metrics(self) -> dict[str, Any] | None:
        """The metrics of its session."""
        return self.content.get("metrics")

    @property
    def given(self) -> str | None:
        """The hash of the trainer state that the session was run with."""
        return self.content.get("given")


def written(
    subject: str, place: int, before: str | None, kind: str, recorded: datetime, facts: Mapping[str, Any]
) -> bytes:
    """Write an entry.

    Args:
        subject: Whose.
        place: Its number among the subject's entries, from 1.
        before: The hash of the entry before it; None for the first.
        kind: One of ``KINDS``.
        recorded: Now.
        facts: Everything else, as JSON.

    Returns:
        One line of ASCII JSON with its newline.
    """
    head = {"ledger": FORMAT, "subject": subject, "place": place, "before": before}
    return encode({**head, "kind": kind, "recorded": at(recorded), **facts}) + b"\n"


def at(time: datetime) -> str:
    """Write a time as entries have it.

    Args:
        time: With a time zone.

    Returns:
        In UTC with microseconds, so that texts sort as times do.
    """
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def digest(data: bytes) -> str:
    """The hash by which bytes are known: SHA-256, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_of_state(state: Mapping[str, Any]) -> str:
    """The hash of a trainer state, whatever the order of its keys and with or without the graph of its curriculum."""
    curriculum = state.get("curriculum")
    named = {key: curriculum.get(key) for key in ("name", "version")} if isinstance(curriculum, Mapping) else None
    return digest(json.dumps({**state, "curriculum": named}, sort_keys=True).encode())


def without_graph(state: Mapping[str, Any]) -> tuple[dict[str, Any], Graph | None]:
    """Take the graph of its curriculum out of a trainer state.

    Args:
        state: A trainer state as JSON.

    Returns:
        The state, which names the graph by its hash, and the graph; None for a state of no curriculum.
    """
    curriculum = state.get("curriculum")
    if not isinstance(curriculum, Mapping):
        return dict(state), None
    data = encode(curriculum)
    named = {"name": curriculum.get("name"), "version": curriculum.get("version"), "graph": digest(data)}
    return {**state, "curriculum": named}, Graph(digest(data), data)


def with_graph(state: Mapping[str, Any], graph: bytes) -> dict[str, Any]:
    """Put the graph of its curriculum back into a trainer state.

    Args:
        state: As ``without_graph`` gave it.
        graph: The bytes of the graph.

    Returns:
        The state as it was.

    Raises:
        Damaged: The bytes are not those of the state's graph.
    """
    expected = state["curriculum"]["graph"]
    if digest(graph) != expected:
        raise Damaged(f"the graph {expected[:12]} does not have its hash")
    return {**state, "curriculum": parse(graph)}
