"""The record of a session that is evaluated here, in the curriculum's own environment, for its metadata.

Owns which is believed, a suggestion that somebody kept or an evaluation now: the first is what the animal was given. An
evaluation that leads to the same tells which rule held.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ..client import CurriculumError as ClientError
from ..client.semantics import require_form
from ..contract.errors import CONTRACT_VERSION, CurriculumError
from ..contract.strict_json import StrictJsonError, parse
from ..curriculum.discovery import choose, find, installed, repo_directory
from ..ledger.entry import Session, digest_of_state
from ..metadata.code import Code, code_of, code_of_package
from ..metadata.reading import json_object
from ..metadata.record import Record, outcome_digest
from ..project.distributions import origin_of
from ..project.files import is_transient, read_at_most
from ..project.installed import dsl_version, runtime_version
from ..session.digest import session_digest
from ..session.evaluate import evaluate_session
from ..session.identity import identify
from ..session.layout import SUGGESTION, find_state, lookup, require_session, unreadable
from ..session.suggestion import suggestion
from ..session.with_ledger import NOT_HELD
from .explain import HELD, account
from .trace import watched

__all__ = ["code_here", "record_of_session"]

_LARGEST: Final = 1 << 26
_OWN_REPO: Final = "Call it in the repo of the curriculum that the suggestion is of."

Tell = Callable[[str], None]


def code_here(name: str | None, recorded: Mapping[str, Any] = MappingProxyType({})) -> Code:
    """Find out which code of a curriculum is installed here.

    Args:
        name: Name of the curriculum; None for the only one.
        recorded: As for ``metadata.code.code_of``.

    Returns:
        Its code; nothing known where it is not installed.

    Raises:
        CurriculumError: What is wrong with the curricula installed here.
    """
    curricula = installed()
    registered = find(curricula, name) if name is not None else choose(curricula, None)
    if registered is None:
        return Code()
    folder = repo_directory(registered)
    if folder is not None:
        return code_of(folder, recorded)
    return code_of_package(registered.distribution, registered.version, origin_of(registered.distribution))


def record_of_session(
    data_directory: Path,
    state: Path | None,
    *,
    curriculum: str | None = None,
    kept: Path | None = None,
    tell: Tell = lambda _: None,
) -> Record:
    """Say what is known of a session by its directory, its trainer state, and the suggestion that was kept.

    Args:
        data_directory: The session directory.
        state: The trainer state that it was run with, or None to look for it there.
        curriculum: Name of the curriculum, or None to go by the trainer state.
        kept: The suggestion's file, or None to look for it there.
        tell: Called with a sentence for a person as soon as there is one.

    Returns:
        The record. A session that cannot be evaluated, and of which no suggestion was kept, was held.

    Raises:
        CurriculumError: The session or the suggestion cannot be read; ``state.other_curriculum`` or
            ``state.other_version`` for the suggestion of another repo; what is wrong with the call, or may pass by
            itself.
    """
    directory = require_session(data_directory)
    suggested = _kept(directory, kept)
    given = _given(directory, state)
    named = ((suggested or {}).get("trainer_state") or given or {}).get("curriculum") or {}
    if suggested is None:
        tell("no suggestion of this session was kept, so it was evaluated now")
    else:
        _require_own(named.get("name"), suggested["version"])
    code = code_here(curriculum or named.get("name"))
    decision: dict[str, Any] = {}
    notes: dict[str, Any] = {}
    held, source = None, "suggestion" if suggested is not None else "evaluation"
    try:
        with watched() as calls:
            evaluated = evaluate_session(directory, state, curriculum=curriculum, tell=tell)
        told, now = account(evaluated, calls), parse(suggestion(evaluated))
        if suggested is not None and outcome_digest(suggested) != outcome_digest(now):
            code = replace(code, faults=(*code.faults, _differs(directory)))
        else:
            suggested, notes = suggested or now, evaluated.notes
            decision = next(
                (
                    {"rule": one["rule"], "read": one["read"]}
                    for one in told["stage_transitions"]
                    if one["outcome"] == HELD
                ),
                {},
            )
    except CurriculumError as error:
        if error.exit in NOT_HELD:
            raise
        if suggested is None:
            held = {"code": error.code, "exit": int(error.exit), "message": error.message, "hint": error.hint}
        tell(f"the session cannot be evaluated: {error.message}")
    subject, session = _identity(directory)
    return Record(
        code=code,
        given=given,
        suggestion=suggested,
        held=held,
        subject=subject,
        session=session,
        versions={
            "curriculum": suggested["version"] if suggested is not None else code.version,
            "runtime": runtime_version(),
            "contract": CONTRACT_VERSION,
            "dsl": suggested["dsl_version"] if suggested is not None else dsl_version(),
            "python": platform.python_version(),
        },
        hashes={
            "state": digest_of_state(given) if given is not None else None,
            "session": session_digest(directory),
            "suggestion": outcome_digest(suggested) if suggested is not None else None,
        },
        decision=decision,
        notes=notes,
        source=source,
    )


def _require_own(name: str | None, version: str) -> None:
    """Refuse a suggestion that the code here did not give: its commit would be told for that of another."""
    curricula = installed()
    registered = find(curricula, str(name))
    if registered is None:
        raise CurriculumError(
            "state.other_curriculum",
            f"The suggestion is of the curriculum {name!r}, which is not installed here.",
            f"Installed: {', '.join(one.name for one in curricula) or 'none'}. {_OWN_REPO}",
            where="$.trainer_state.curriculum.name",
        )
    if registered.version != version:
        raise CurriculumError(
            "state.other_version",
            f"The suggestion is of the version {version} of {name!r}, and {registered.version} is installed here.",
            "Check out the version that gave it, or give --ledger, which has its commit.",
            where="$.version",
        )


def _differs(directory: Path) -> CurriculumError:
    return CurriculumError(
        "metadata.differs",
        "This code makes something else of the session than the suggestion says, so which rule held is not known.",
        "Check out the commit that gave it; of a session that has a ledger give --ledger.",
        where=str(directory),
    )


def _kept(directory: Path, kept: Path | None) -> dict[str, Any] | None:
    """The suggestion that somebody kept; it is none of the rig's files, so what is wrong with it is told."""
    try:
        path = kept if kept is not None else lookup(directory, SUGGESTION)
        data = None if path is None else read_at_most(path, _LARGEST)
    except OSError as error:
        if kept is None:
            raise unreadable(directory, error) from error
        code = "transient.io" if is_transient(error) else "metadata.invalid"
        told = f"The suggestion {kept} could not be read: {error.strerror}."
        raise CurriculumError(code, told, "Give what `curriculum run` printed.", where=str(kept)) from error
    if path is None:
        return None
    try:
        found = require_form(parse(data or b""))
        state = found["trainer_state"]
        if state["curriculum"] is None or state["stage"] is None:
            raise StrictJsonError("it is of no curriculum, or of no stage")
        return found
    except (StrictJsonError, ClientError) as error:
        why = error.message if isinstance(error, ClientError) else f"{error}."
        raise CurriculumError(
            "metadata.invalid",
            f"The suggestion {path} is not what `curriculum run` prints: {why}",
            "Take the file that the launcher kept, or remove it to have the session evaluated.",
            where=str(path),
        ) from None


def _given(directory: Path, state: Path | None) -> dict[str, Any] | None:
    """The trainer state as it lies there; what is wrong with it the evaluation tells."""
    try:
        return json_object(state if state is not None else find_state(directory))
    except CurriculumError:
        return None


def _identity(directory: Path) -> tuple[str | None, Session | None]:
    """Whose session it is, where it says so."""
    try:
        return identify(directory)
    except CurriculumError:
        return None, None
