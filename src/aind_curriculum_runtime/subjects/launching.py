"""What a launcher does around a session of an animal that has a ledger: prepare it, and conclude it.

Owns the files that a session begins with, and the holds that the curriculum's own process cannot record: it hung, died,
or never started. What a session leads to is recorded by ``curriculum run --ledger`` in the curriculum's environment, as
under any other launcher; nothing of a curriculum is imported here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ..client import Client, CurriculumError, Hold, Kind, Suggestion
from ..contract.errors import CurriculumError as ContractError
from ..contract.strict_json import encode
from ..ledger.entry import digest_of_state
from ..ledger.known import Known, known, next_state, previous_metrics
from ..ledger.opening import open_store
from ..ledger.recording import Draft, add, hold
from ..project.files import write_together
from ..session.identity import Identity, identify
from ..session.layout import (
    METADATA,
    METRICS,
    PREVIOUS_METRICS,
    SUGGESTION,
    TRAINER_STATE,
    find_state,
    lookup,
    place_of,
    require_session,
    unreadable,
)
from .changes import require_enrolled
from .history import read_history

__all__ = ["Prepared", "Subjects", "told_to_launchers"]

StrPath = str | os.PathLike[str]

_NOT_HELD: Final = {Kind.USAGE, Kind.TRANSIENT}
"""Failures that say nothing of the session: the same call may work in a minute, or with another option."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What a session begins with."""

    trainer_state: dict[str, Any]
    """Where the animal stands, with what is pinned; off curriculum where people took it off."""

    path: Path
    """The file of that state in the session directory."""

    previous_metrics: dict[str, Any] | None
    """The metrics of the session before; None where there is none."""

    @property
    def stage(self) -> str:
        """Name of the stage to run."""
        name: str = self.trainer_state["stage"]["name"]
        return name

    @property
    def is_on_curriculum(self) -> bool:
        """Whether the session will be evaluated; one of an animal that is off is held."""
        return bool(self.trainer_state["is_on_curriculum"])


@dataclass(frozen=True)
class Subjects:
    """The animals of a ledger, for a launcher.

    Args:
        url: Where the ledger is: the path of a folder, or a URL as ``curriculum run --ledger`` takes it.
    """

    url: str

    def prepare(self, subject: str, session_directory: StrPath) -> Prepared:
        """Write what a session begins with: the trainer state, and the metrics of the session before.

        Args:
            subject: The animal.
            session_directory: The directory of the session that begins; it is made where there is none.

        Returns:
            What was written. Every file is there whole, or all are as they were.

        Raises:
            CurriculumError: The animal is not there or not enrolled (``usage``), the ledger is away (``transient``) or
                cannot be read (``state``), or the files cannot be written (``output``).
        """
        directory = Path(os.path.abspath(session_directory))
        with told_to_launchers():
            store = open_store(self.url)
            found = known(store, subject)
            state = next_state(store, found)
            if state is None:
                require_enrolled(read_history(store, subject))
                return self.prepare(subject, directory)  # it was enrolled this moment
            metrics = found.standing.metrics
            path, beside = (_place(directory, one) for one in (TRAINER_STATE, PREVIOUS_METRICS))
            write_together({path: _file(state), beside: None if metrics is None else _file(metrics)})
        return Prepared(trainer_state=state, path=path, previous_metrics=metrics)

    def conclude(
        self, subject: str, session_directory: StrPath, repo: StrPath | Client, *, files: bool = False
    ) -> Suggestion | Hold:
        """Ask the curriculum what a session leads to, and have that recorded; never raises for what may go wrong.

        Calling it again for the same session adds nothing to the ledger and gives the same.

        Args:
            subject: The animal.
            session_directory: The directory of the session that ended, as ``prepare`` and the rig left it.
            repo: The curriculum's repo, or a client for it with settings of its own.
            files: Whether to leave in the session what others read: ``behavior/metrics.json``,
                ``behavior/Logs/suggestion.json`` and ``behavior/Logs/curriculum_metadata.json``; the last alone, with
                the reason, for a session that is held. If they cannot be written, the outcome's ``stderr`` or hint
                says so.

        Returns:
            The suggestion, whose trainer state is where the animal stands now; or ``Hold``, which is recorded too
            unless the ledger is away (``transient``) or the call was wrong (``usage``). In both cases the next
            ``prepare`` knows what to run.
        """
        directory = Path(os.path.abspath(session_directory))
        client = replace(repo if isinstance(repo, Client) else Client(repo), ledger=self.url)
        state, identity = directory.joinpath(*TRAINER_STATE), None
        try:
            with told_to_launchers():
                identity = identify(require_session(directory), subject=subject)
                state = find_state(directory)
                self._renew_previous_metrics(identity, directory)
            outcome: Suggestion | Hold = client.suggest(directory, state)
        except CurriculumError as error:
            if identity is None or error.kind in _NOT_HELD:
                return Hold(reason=error, state=state)
            self._record(identity, state, error)
            outcome = Hold(reason=error, state=state)
        return self._leave(subject, directory, client, outcome) if files else outcome

    def metadata(
        self, subject: str, session_directory: StrPath, repo: StrPath | Client, *, exact: bool = False
    ) -> dict[str, Any]:
        """Write the facts of a session that was concluded, for its metadata.

        Args:
            subject: The animal.
            session_directory: The directory of the session.
            repo: As for ``conclude``.
            exact: Whether code that could not be had again is refused, such as changes that are not committed.

        Returns:
            What ``curriculum metadata --ledger`` prints: ``code``, ``stimulus_epoch`` and ``output_parameters``.

        Raises:
            CurriculumError: The session is not in the ledger or cannot be read, the ledger is away, or the code is
                refused (``repo``).
        """
        # Here, so that a launcher starts without what reads git and TOML.
        from ..metadata.code import code_of, require_exact
        from ..metadata.record import acquisition
        from ..session.ledger_record import record_of_ledger

        folder = Path(os.path.abspath(repo.repo if isinstance(repo, Client) else repo))
        with told_to_launchers():
            directory = require_session(Path(session_directory))
            identity = identify(directory, subject=subject)
            store = open_store(self.url)
            record = record_of_ledger(store, identity, directory, lambda recorded: code_of(folder, recorded))
            if exact:
                require_exact(record.code)
            return acquisition(record)

    def _leave(self, subject: str, directory: Path, client: Client, outcome: Suggestion | Hold) -> Suggestion | Hold:
        """Leave in the session what others read."""
        suggestion = outcome if isinstance(outcome, Suggestion) else None
        files = {
            METRICS: None if suggestion is None else _file(suggestion.metrics),
            SUGGESTION: None if suggestion is None else suggestion.raw,
        }
        try:
            metadata = self.metadata(subject, directory, client)
            with told_to_launchers():
                written = {**files, METADATA: _file(metadata)}
                write_together({_place(directory, parts): data for parts, data in written.items()})
        except CurriculumError as error:
            told = f"The session's files could not be written: {error.message}"
            if isinstance(outcome, Suggestion):
                return replace(outcome, stderr=f"{outcome.stderr}curriculum: {told}\n")
            outcome.reason.hint = f"{outcome.reason.hint} {told}".strip()
        return outcome

    def _renew_previous_metrics(self, identity: Identity, directory: Path) -> None:
        """Bring what ``prepare`` wrote up to date: a session before this one may have been concluded since."""
        store, path = open_store(self.url), _place(directory, PREVIOUS_METRICS)
        metrics = previous_metrics(store, known(store, identity.subject), identity.session.start)
        data = None if metrics is None else _file(metrics)
        try:
            is_old = path.exists() and path.read_bytes() != data
        except OSError as error:
            raise unreadable(directory, error) from error
        if is_old:
            write_together({path: data})

    def _record(self, identity: Identity, state: Path, error: CurriculumError) -> None:
        """Record a hold, unless the curriculum's own process did."""
        decide = hold(identity.session, {**_given(state), "error": error.fault})

        def unless_there(before: Known) -> Draft | None:
            was_there_to_record = error.code is not None
            return None if was_there_to_record and identity.session in before.sessions else decide(before)

        try:
            add(open_store(self.url), identity.subject, unless_there)
        except ContractError as failure:
            error.hint = f"{error.hint} The ledger does not have it: {failure.message}".strip()


@contextmanager
def told_to_launchers() -> Iterator[None]:
    """Give launchers the one class of error that they know.

    Yields:
        While something may fail with a code of the contract.

    Raises:
        CurriculumError: The client's, for the contract's.
    """
    try:
        yield
    except ContractError as error:
        raise CurriculumError.of(error) from error


def _place(directory: Path, parts: tuple[str, ...]) -> Path:
    """Where a file of the session is, or else where it goes."""
    try:
        return lookup(directory, parts) or place_of(directory, parts)
    except OSError as error:
        raise unreadable(directory, error) from error


def _file(content: dict[str, Any]) -> bytes:
    return encode(content) + b"\n"


def _given(state: Path) -> dict[str, Any]:
    """What the session was run with, as far as it can be read."""
    from ..metadata.reading import json_object

    content = json_object(state)
    if content is None:
        return {"given": None}
    stage = content.get("stage")
    return {"given": digest_of_state(content), "stage_run": stage.get("name") if isinstance(stage, dict) else None}
