"""Which curricula an animal was trained with, for ``Procedures``: one ``TrainingProtocol`` a curriculum.

Owns when a protocol begins and ends. Dates are those of the ledger, in UTC. It begins with the entry that first sent
the animal to a stage of the curriculum, and ends with the one that sent it to another, or that took it off for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..contract.errors import CurriculumError
from ..ledger.entry import Entry
from ..ledger.known import entries_of
from ..ledger.standing import counting, stand
from ..ledger.store import Store
from ..project.checkout import Checkout
from .record import FORMAT

__all__ = ["protocols"]


def protocols(store: Store, subject: str, repos: Mapping[str, Path]) -> list[dict[str, Any]]:
    """Write the training protocols of an animal.

    Args:
        store: Where its ledger lies.
        subject: The animal.
        repos: The repos at hand by the names of their curricula: they know the commits of their releases.

    Returns:
        For each curriculum a ``TrainingProtocol`` as JSON, the first one first.

    Raises:
        CurriculumError: ``session.not_recorded`` for an animal that was never trained, or as the store raises it.
    """
    recorded = entries_of(store, subject)
    entries, late = counting(recorded), stand(recorded).late  # a late session moved nothing
    sent = [one for one in entries if _curriculum(one).get("name") is not None and one.place not in late]
    if not sent:
        raise CurriculumError(
            "session.not_recorded",
            f"The ledger {store.url} has no training of {subject}.",
            "`curricula subjects list` shows the animals that it has.",
        )
    names = dict.fromkeys(_curriculum(one)["name"] for one in sent)
    return [_protocol(name, entries, sent, repos.get(name)) for name in names]


def _curriculum(entry: Entry) -> dict[str, Any]:
    return (entry.state or {}).get("curriculum") or {}


def _protocol(name: str, entries: list[Entry], sent: list[Entry], repo: Path | None) -> dict[str, Any]:
    own = [one for one in sent if _curriculum(one)["name"] == name]
    after = [one for one in sent[sent.index(own[-1]) :] if one not in own]
    switches = [one.kind for one in entries if one.kind in ("enrolled", "moved", "on", "off")]
    if not after and switches[-1:] == ["off"]:
        after = [next(one for one in reversed(entries) if one.kind == "off")]
    found = {
        "training_name": name,
        "start_date": _date(own[0]),
        "end_date": _date(after[0]) if after else None,
        "curriculum_code": _code(own, repo),
        "notes": f"Last stage: {((own[-1].state or {}).get('stage') or {}).get('name')}.",
    }
    return {key: one for key, one in found.items() if one is not None}


def _date(entry: Entry) -> str:
    return (entry.session.start if entry.session is not None else entry.time)[:10]


def _code(own: list[Entry], repo: Path | None) -> dict[str, Any]:
    """The version that the animal had last, at the commit of its release where the repo knows that."""
    since: dict[str, str] = {}
    for entry in own:
        since.setdefault(str(_curriculum(entry).get("version")), _date(entry))
    version = _curriculum(own[-1]).get("version")
    recorded = [one.content.get("curriculum") or {} for one in own]
    last: Mapping[str, Any] = next((one for one in reversed(recorded) if one.get("version") == version), {})
    released = None if repo is None else Checkout(repo, f"refs/tags/v{version}")
    tagged = None if released is None else released.commit
    package = last.get("distribution") or _curriculum(own[-1])["name"]
    parameters = {
        "format": FORMAT,
        "is_released": tagged is not None,
        "versions": [{"version": one, "since": date} for one, date in since.items()],
    }
    code = {
        "url": (None if released is None else released.url) or f"pkg:generic/{package}@{version}",
        "name": package,
        "version": version,
        "commit_hash": tagged or last.get("commit"),
        "language": "aind-behavior-curriculum",
        "language_version": own[-1].content.get("dsl"),
        "parameters": parameters,
    }
    return {key: one for key, one in code.items() if one is not None}
