"""A session once more: from its metadata to the very code, and from there to the same result, or where it differs.

Owns how the code of a commit is had again: from the repo that the command is called in where it is checked out there,
else from a clone in a folder of its own, with the environment that its lock gives. What was written and what is found
are compared by ``metadata.reading``. Nothing is written into the session, the repo or the ledger.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from ..client import Client, Hold, Kind
from ..contract.errors import CurriculumError
from ..contract.leaves import ABSENT
from ..contract.strict_json import encode
from ..curriculum.discovery import installed, repo_directory
from ..ledger.copying import copy_before
from ..ledger.entry import digest_of_state
from ..ledger.folder import FolderStore
from ..ledger.store import Store
from ..metadata.code import Code
from ..metadata.history import Concluded, concluded
from ..metadata.reading import Difference, Written, differences, json_object, read_written, written_of
from ..metadata.record import Record, acquisition
from ..project.checkout import Checkout
from ..project.git import Git, GitFailed
from ..project.uv_lock import NAME as LOCK
from ..session.digest import session_digest
from ..session.layout import find_state, require_session

__all__ = ["verified"]

Tell = Callable[[str], None]

_HINT: Final = "Find out which is right: what was written, or what is there now."


def verified(file: Path, data_directory: Path, state: Path | None, store: Store | None, *, tell: Tell) -> str:
    """Evaluate a session again as its metadata says, and compare.

    Args:
        file: What ``curriculum metadata`` printed, or the ``Acquisition`` that it was merged into.
        data_directory: The session directory.
        state: The trainer state that it was run with, or None to look for it there.
        store: The ledger that has the session, or None for none.
        tell: Called with each thing that differs.

    Returns:
        A line that says that all is equal.

    Raises:
        CurriculumError: ``metadata.differs``; ``metadata.invalid``; or the session, the state or the ledger cannot be
            read.
    """
    written = read_written(file)
    directory = require_session(data_directory)
    own = None if store is None else _in_ledger(store, written, file)
    found = [*_inputs(written, directory, state, own)]
    if own is not None:
        found += _against_ledger(written, own)
    with _very_code(written, found, tell) as folder:
        if folder is not None:
            found += differences(written, _again(written, folder, directory, state, store, own, tell))
    if found:
        told = list(dict.fromkeys(one.sentence for one in found))
        for one in told[1:]:
            tell(one)
        more = f", and {len(told) - 1} more above" if len(told) > 1 else ""
        raise CurriculumError("metadata.differs", f"It is not as {file} says: {told[0]}{more}.", _HINT, where=str(file))
    commit = written.code.get("commit_hash")
    return f"equal: {directory} gives the same with the code of {commit} ({written.code['url']})\n"


def _in_ledger(store: Store, written: Written, file: Path) -> Concluded:
    subject, session = written.parameters.get("subject"), (written.parameters.get("session") or {}).get("name")
    if not isinstance(subject, str) or not isinstance(session, str):
        told = f"The metadata {file} does not say whose session it is."
        raise CurriculumError("metadata.invalid", told, "Leave out --ledger.", where=str(file))
    return concluded(store, subject, session)


def _inputs(written: Written, directory: Path, state: Path | None, own: Concluded | None) -> Iterator[Difference]:
    """Whether the session and its trainer state are as they were."""
    hashes = written.parameters["hashes"]
    was, now = hashes.get("session"), session_digest(directory)
    if was is not None and was != now:
        yield Difference("the session", _counted(was), _counted(now))
    if own is not None:
        given = own.entry.given
    else:
        content = json_object(state if state is not None else find_state(directory))
        given = None if content is None else digest_of_state(content)
    if hashes.get("state") != given:
        yield Difference("the trainer state's hash", _short(hashes.get("state")), _short(given))


def _counted(digest: dict[str, Any]) -> str:
    return f"{digest.get('files')} files of {digest.get('bytes')} bytes with the hash {_short(digest.get('sha256'))}"


def _short(digest: Any) -> Any:
    return digest[:12] if isinstance(digest, str) else ABSENT if digest is None else digest


def _against_ledger(written: Written, own: Concluded) -> Iterator[Difference]:
    """Whether the ledger has it as it was written."""
    recorded = own.entry.content.get("curriculum") or {}
    commit, lock = written.code.get("commit_hash"), written.parameters["code"].get("lock_sha256")
    for what, was, now in (("the commit", commit, recorded.get("commit")), ("the lock", lock, recorded.get("lock"))):
        if was != now:
            yield Difference(what, _short(was), _short(now))
    yield from differences(written, written_of(acquisition(own.record(Code()))))


@contextlib.contextmanager
def _very_code(written: Written, found: list[Difference], tell: Tell) -> Iterator[Path | None]:
    """The folder of the repo at its commit, with its lock; what is not so is added to what was found."""
    code, details = written.code, written.parameters["code"]
    commit, lock = code.get("commit_hash"), details.get("lock_sha256")
    if details.get("is_dirty"):
        tell("the code had changes that were not committed, and only its commit can be had again")
    here = _here(details.get("distribution"))
    if here is not None and (here.commit, here.lock, here.is_dirty) == (commit, lock, False):
        found += _tree(here, details)
        yield here.folder
        return
    if here is not None and here.commit is not None and here.commit != commit:
        tell(f"{here.folder} is at {_short(here.commit)}, so {_short(commit)} is taken from a clone")
    if commit is None:
        found.append(Difference("the commit", ABSENT, ABSENT if here is None else _short(here.commit)))
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="curriculum-again-", ignore_cleanup_errors=True) as scratch:
        there = _cloned(str(code["url"]), commit, here, Path(scratch) / "repo")
        if there is None:
            found.append(Difference("the commit", _short(commit), "none that can be had"))
            yield None
            return
        within = Checkout(there / str(details.get("folder", "")), commit)
        found += _tree(within, details)
        if within.lock is None and here is not None and here.lock_file is not None:
            shutil.copy2(here.lock_file, within.folder / LOCK)  # it need not be committed
            within = Checkout(within.folder, commit)
        if within.lock != lock:
            found.append(Difference("the lock", _short(lock), _short(within.lock)))
        yield within.folder


def _here(distribution: str | None) -> Checkout | None:
    folders = (repo_directory(one) for one in installed() if one.distribution == distribution)
    return next((Checkout(folder) for folder in folders if folder is not None), None)


def _tree(there: Checkout, details: dict[str, Any]) -> list[Difference]:
    was = details.get("tree")
    return [] if was in (None, there.tree) else [Difference("the commit's tree", _short(was), _short(there.tree))]


def _cloned(url: str, commit: str, here: Checkout | None, target: Path) -> Path | None:
    """Clone a repo at a commit, from this disk where it is there; None where it cannot be had."""
    local = None if here is None or here.url not in (None, url) else Checkout(here.folder, commit)
    top = Git(local.folder).ask("rev-parse", "--show-toplevel") if local is not None and local.commit else None
    git = Git(target.parent)
    try:
        git.do("clone", "--quiet", "--no-checkout", "--", top if top is not None else url, str(target))
        Git(target).do("checkout", "--quiet", "--detach", commit)
    except GitFailed:
        return None
    return target


def _again(
    written: Written,
    folder: Path,
    directory: Path,
    state: Path | None,
    store: Store | None,
    own: Concluded | None,
    tell: Tell,
) -> Written:
    """Evaluate the session by the command that launchers call, which every version has."""
    client = Client(folder)
    with tempfile.TemporaryDirectory(prefix="curriculum-again-", ignore_cleanup_errors=True) as scratch:
        if store is not None and own is not None:
            before = FolderStore.create(Path(scratch) / "ledger")
            copy_before(store, before, own.subject, own.entry.place)
            client = Client(folder, ledger=before.url)
            if own.given is not None:
                state = Path(scratch) / "trainer_state.json"
                state.write_bytes(encode(own.given))
        given = Path(os.path.abspath(state)) if state is not None else find_state(directory)
        outcome = client.suggest_or_hold(directory, given)
        if isinstance(outcome, Hold):
            if outcome.reason.kind is Kind.TRANSIENT:
                raise CurriculumError("transient.io", outcome.reason.message, outcome.reason.hint)
            tell(str(outcome.reason))
        if store is not None and own is not None and own.entry.session is not None:
            again = concluded(before, own.subject, own.entry.session)
            return written_of(acquisition(again.record(Code())))
    if isinstance(outcome, Hold):
        record = Record(code=Code(), given=json_object(given), held=outcome.reason.fault)
    else:
        document = {"trainer_state": outcome.trainer_state, "metrics": outcome.metrics, "version": outcome.version}
        record = Record(code=Code(), given=json_object(given), suggestion=document)
    return written_of(acquisition(record))
