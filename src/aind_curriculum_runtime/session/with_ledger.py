"""The one road with a ledger: what a session led to is recorded before it is told.

Owns what a ledger adds to an evaluation: previous metrics from it, the entry of the suggestion or of the failure, and
the trainer state of where the animal stands, which is the Trainer's with what people did on top.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ..contract.errors import CONTRACT_VERSION, CurriculumError, ExitCode
from ..contract.strict_json import encode, parse
from ..curriculum.bounds import stuck_after
from ..curriculum.discovery import find, installed, repo_directory
from ..ledger.entry import at, digest_of_state, without_graph
from ..ledger.known import Known, known, next_state, previous_metrics
from ..ledger.recording import Draft, add, evaluation, hold
from ..ledger.store import Store
from ..ledger.stuck import stuck
from ..project.checkout import Checkout
from ..project.installed import dsl_version, runtime_version
from .evaluate import Evaluated, evaluate_session
from .identity import Identity
from .layout import find_state, require_session
from .plain_state import PlainState, read
from .previous_metrics import from_ledger
from .suggestion import suggestion

__all__ = ["NOT_HELD", "evaluate_with_ledger"]

NOT_HELD: Final = {ExitCode.USAGE, ExitCode.TRANSIENT}
"""Failures that say nothing of the session: the same call may work in a minute, or with another option."""


def evaluate_with_ledger(
    data_directory: Path,
    state: Path | None,
    store: Store,
    identity: Identity,
    *,
    curriculum: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Evaluated, bytes]:
    """Evaluate the session that just ended, and record what it led to.

    Args:
        data_directory: The session directory.
        state: The trainer state that the session was run with, or None to look for the file in the session directory.
        store: Where the ledger is.
        identity: Whose session it is.
        curriculum: Name of the curriculum, or None to go by the trainer state.
        tell: Called with a sentence for the person at the rig as soon as there is one.

    Returns:
        The evaluation, and the suggestion's bytes; its trainer state is where the animal stands now.

    Raises:
        CurriculumError: Anything that is wrong. What is wrong with the session is recorded first.
    """
    directory = require_session(data_directory)
    before = known(store, identity.subject)
    plain = read(state if state is not None else _found_state(directory, identity))
    given = {"given": digest_of_state(_named(plain)), "stage_run": (plain.content.get("stage") or {}).get("name")}
    place = f"the ledger {store.url}"
    try:
        with from_ledger(previous_metrics(store, before, identity.session.start), place):
            evaluated = evaluate_session(directory, plain, curriculum=curriculum, tell=tell)
        document = suggestion(evaluated)
    except CurriculumError as error:
        if error.exit not in NOT_HELD:
            fault = {"code": error.code, "exit": int(error.exit), "message": error.message, "hint": error.hint}
            held = _add(store, identity, hold(identity.session, {**given, **_versions(plain), "error": fault}), tell)
            if why := stuck(held.standing):
                tell(f"{identity.subject} is stuck: {why}")
        raise
    content = parse(document)
    after, graph = without_graph(content["trainer_state"])
    if not before.standing.place:
        first = _named(plain)
        first["curriculum"] = {**first["curriculum"], "graph": after["curriculum"]["graph"]}
        enrolled = {"state": first, "by": "run", "at": identity.session.start, **_versions(plain)}
        add(store, identity.subject, lambda now: None if now.standing.place else Draft("enrolled", enrolled, graph))
    facts = {**given, "state": after, "metrics": content["metrics"], **evaluated.decision, **_versions(plain)}
    if bound := _bound(evaluated):
        facts["stuck_after"] = bound
    facts["outcome"] = digest_of_state({**after, "metrics": content["metrics"]})
    if notes := evaluated.notes:
        facts["notes"] = notes
    now = _add(store, identity, evaluation(identity.session, facts, graph), tell)
    if why := stuck(now.standing):
        tell(f"{identity.subject} is stuck: {why}")
        evaluated = replace(evaluated, stuck=why)
    stands = next_state(store, now, graph)
    if why := _why(now, identity, is_other=stands != content["trainer_state"]):
        tell(why)
    if stands != content["trainer_state"]:
        document = encode({**content, "trainer_state": stands}) + b"\n"
    return evaluated, document


def _found_state(directory: Path, identity: Identity) -> Path:
    try:
        return find_state(directory)
    except CurriculumError as error:
        if error.code != "state.missing":
            raise
        by_ledger = f"`curricula subjects next {identity.subject} -o FILE` writes the one that the animal runs next."
        raise CurriculumError(error.code, error.message, f"{error.hint} {by_ledger}", where=error.where) from None


def _add(
    store: Store, identity: Identity, decide: Callable[[Known], Draft | None], tell: Callable[[str], None]
) -> Known:
    corrected: list[int] = []

    def deciding(before: Known) -> Draft | None:
        draft = decide(before)
        corrected[:] = [] if draft is None else [one for one in [draft.facts.get("corrects")] if one is not None]
        return draft

    now = add(store, identity.subject, deciding, tell=tell)
    for place in corrected:
        tell(f"this session was concluded before, otherwise (entry {place}); the ledger has both")
    return now


def _bound(evaluated: Evaluated) -> int | None:
    """From how many sessions on the curriculum calls an animal stuck at the stage that it comes to."""
    curriculum, stage = evaluated.trainer.curriculum, evaluated.after.stage
    registered = next(one for one in installed() if one.name == curriculum.name)
    return stuck_after(registered.target, curriculum).get(stage.name) if stage is not None else None


def _named(plain: PlainState) -> dict[str, Any]:
    """A trainer state with the name and version of its curriculum, as entries have it."""
    by = plain.written_by
    return {**plain.content, "curriculum": None if by is None else {"name": by.name, "version": by.version}}


def _why(now: Known, identity: Identity, *, is_other: bool) -> str | None:
    """Why the session moved nothing, or why the printed trainer state is another than the Trainer's."""
    subject, standing = identity.subject, now.standing
    own = now.sessions.get(identity.session)
    if own is not None and own.place in standing.late:
        if standing.moment > at(datetime.now(UTC)):
            return (
                f"this session moved nothing: the ledger of {subject} goes up to {standing.moment}, which is in the "
                f"future by this machine's clock; one of the clocks is wrong (see `curricula subjects show {subject}`)"
            )
        return (
            f"this session moved nothing: a later session or a person's change came after it, and {subject} stays at "
            f"the stage {standing.stage}"
        )
    if not is_other:
        return None
    if standing.pins:
        return f"pinned for {subject}: {', '.join(standing.pins)}"
    return f"the trainer state is where {subject} stands by the ledger"


def _versions(plain: PlainState) -> dict[str, Any]:
    """What code gave this: the curriculum with its commit and lock, the runtime, the contract, the library, Python."""
    name = plain.written_by.name if plain.written_by is not None else None
    registered = find(installed(), name) if name is not None else None
    code: dict[str, Any] = {"name": name}
    if registered is not None:
        code = {"name": registered.name, "version": registered.version, "distribution": registered.distribution}
        repo = repo_directory(registered)
        here = Checkout(repo) if repo is not None else None
        if here is not None and here.commit is not None:  # a rig need not have git
            code |= {"commit": here.commit, "dirty": here.is_dirty, "lock": here.lock}
    versions = {"runtime": runtime_version(), "contract": CONTRACT_VERSION, "dsl": dsl_version()}
    return {"curriculum": code, **versions, "python": platform.python_version()}
