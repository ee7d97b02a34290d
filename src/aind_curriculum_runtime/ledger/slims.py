"""The mirror in SLIMS: one event of the kind "Behavior Session" for each entry that says what an animal runs next.

Owns what such an event says. Those who read SLIMS take the one with the latest date and its attachment
``TrainerState``, so dates follow the order of entries. Events bear the place and the hash of their entry in their
notes: that is how one is found again, and never written twice. SLIMS has no write that only one of two can do. So of
two rigs that add the same event at once, both look again and remove all but the first.

``aind-slims-api`` is imported when it is needed. User and password are those that it reads: ``SLIMS_USERNAME`` and
``SLIMS_PASSWORD`` in the environment. They are never in the ledger.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from ..contract.errors import CurriculumError
from ..contract.strict_json import encode
from .entry import Entry
from .known import Known, entries_of, next_state
from .mirror import Away, Behind
from .standing import Standing, stand, stand_of
from .store import Store

__all__ = ["Slims"]

_EVENT: Final = "ContentEvent"
_ATTACHMENT: Final = "TrainerState"
_SECONDS: Final = (5, 10)
"""For SLIMS to take a call, and to answer it: a launcher waits for as long."""

_MARK: Final = re.compile(r"\[ledger entry (\d+) ([0-9a-f]{16})\]")


class Slims:
    """A SLIMS.

    Args:
        url: ``slims+https://`` and the rest of the address of its REST interface.

    Raises:
        CurriculumError: ``usage.invalid`` for a URL that holds a user or password, which anybody could read there.
    """

    def __init__(self, url: str) -> None:
        self._url = url.removeprefix("slims+")
        if "@" in urlsplit(self._url).netloc:
            raise CurriculumError(
                "usage.invalid",
                "The URL of SLIMS holds a user.",
                "Set SLIMS_USERNAME and SLIMS_PASSWORD in the environment of each rig instead.",
            )

    def prepare(self) -> None:
        """Ask SLIMS for something, with this machine's user and password."""
        with _told(Away):
            _connected(self._url).fetch("Content", cntp_name="Mouse", start=0, end=1)

    def show(self, store: Store, found: Known) -> bool:
        """Add the events that are missing, in the order of their entries."""
        with _told(Away):
            slims = _connected(self._url)
            mice = slims.fetch("Content", cntn_barCode=found.subject, cntp_name="Mouse", start=0, end=1)
        if not mice:
            raise Behind(f"SLIMS knows no mouse {found.subject}")
        with _told(Behind):
            mouse = mice[0].pk()
            there = _events(slims, mouse)
            head = found.standing.head or ""
            wanted = [] if (found.standing.place, head[:16]) in there else list(_wanted(store, found.subject))
            missing = [one for one in wanted if one.key not in there]
            if there:  # whoever added the last one may have been stopped before its attachment
                self._complete(slims, store, found.subject, there)
            for one in missing:
                _attach(slims, _add(slims, mouse, one), one.state(store, found.subject))
            if missing:
                _events(slims, mouse)  # somebody else may have added them at the same time
        return bool(missing)

    def _complete(self, slims: Any, store: Store, subject: str, there: dict[tuple[int, str], Any]) -> None:
        from aind_slims_api.models import SlimsBehaviorSession

        last = max(there)
        event = SlimsBehaviorSession(pk=there[last].pk())
        if not any(one.name == _ATTACHMENT for one in slims.fetch_attachments(event)):
            for one in (one for one in _wanted(store, subject) if one.key == last):
                _attach(slims, event, one.state(store, subject))


@dataclass(frozen=True)
class _Wanted:
    """An event that should be there."""

    entry: Entry
    standing: Standing
    date: datetime

    @property
    def key(self) -> tuple[int, str]:
        """Place and hash of its entry."""
        return self.entry.place, self.entry.digest[:16]

    @property
    def notes(self) -> str:
        """What a person reads, and how it is found again."""
        content = self.entry.content
        who = f" by {content['by']}" if "by" in content else ""
        why = f": {content['reason']}" if "reason" in content else ""
        pinned = f" (pinned: {', '.join(self.standing.pins)})" if self.standing.pins else ""
        return f"{self.entry.kind}{who}{why}{pinned} [ledger entry {self.entry.place} {self.entry.digest[:16]}]"

    def state(self, store: Store, subject: str) -> bytes:
        """The trainer state that the animal runs next."""
        return encode(next_state(store, Known(subject, self.standing)))


def _wanted(store: Store, subject: str) -> Iterator[_Wanted]:
    """An event for each session that counts, and for each change of what the animal runs next."""
    before, date = Standing(), datetime.min
    entries = entries_of(store, subject)
    for number, entry in enumerate(entries, 1):
        after = stand_of(before, entry) or stand(entries[:number])
        counts = entry.kind == "evaluated" and entry.place not in after.late
        if after.state is not None and (counts or after.next_state != before.next_state):
            time = datetime.fromisoformat(entry.session.start if entry.session is not None else entry.time)
            date = time if date == datetime.min else max(time, date + timedelta(milliseconds=1))
            yield _Wanted(entry, after, date)
        before = after


def _events(slims: Any, mouse: int) -> dict[tuple[int, str], Any]:
    """The first event of each entry, by its place and hash; a second one of the same is removed."""
    found: dict[tuple[int, str], Any] = {}
    records = slims.fetch(_EVENT, cnvn_fk_content=mouse, cnvt_name="Behavior Session")
    for record in sorted(records, key=lambda one: int(one.pk())):
        notes = getattr(record, "cnvn_cf_notes", None)
        mark = _MARK.search(str(notes.value)) if notes is not None else None
        if mark is not None and found.setdefault((int(mark[1]), mark[2]), record) is not record:
            record.remove()
    return found


def _add(slims: Any, mouse: int, one: _Wanted) -> Any:
    from aind_slims_api.models import SlimsBehaviorSession

    state = one.standing.next_state or {}
    curriculum = one.standing.curriculum
    return slims.add_model(
        SlimsBehaviorSession(
            mouse_pk=mouse,
            task_stage=one.standing.stage,
            task=curriculum.get("name"),
            task_schema_version=curriculum.get("version"),
            is_curriculum_suggestion=state.get("is_on_curriculum"),
            software_version=one.entry.content.get("runtime"),
            date=one.date,
            notes=one.notes,
        )
    )


def _attach(slims: Any, event: Any, state: bytes) -> None:
    slims.add_attachment_content(event, _ATTACHMENT, state)


def _connected(url: str) -> Any:
    """A client of SLIMS that waits for no call without end."""
    with _logging_as_it_is():
        from aind_slims_api import SlimsClient, config

    if not config.slims_username:
        raise Away("SLIMS_USERNAME and SLIMS_PASSWORD are not set")
    client = SlimsClient(url=url)
    client.db.slims_api.request_params["timeout"] = _SECONDS
    return client


@contextlib.contextmanager
def _logging_as_it_is() -> Iterator[None]:
    """Undo that the package of SLIMS, when it is imported, sends every message of a process to stderr."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


@contextlib.contextmanager
def _told(refused: type[Behind]) -> Iterator[None]:
    """Turn what the packages of SLIMS raise into ours: a refusal is of one animal or of all, no answer is of all."""
    try:
        yield
    except (Behind, CurriculumError):
        raise
    except ImportError as error:
        raise Away(f'{error.name} is not installed: depend on "aind-curriculum-runtime[slims]"') from None
    except OSError as error:  # those of requests are, with the whole of a pool in their message
        raise Away(f"SLIMS did not answer ({type(error).__name__})") from error
    except Exception as error:
        lines = (line.strip() for line in str(error).splitlines())
        raise refused(f"SLIMS said {next(filter(None, lines), type(error).__name__)[:200]}") from error
