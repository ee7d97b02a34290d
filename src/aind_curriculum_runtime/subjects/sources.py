"""Where animals come in from: a library of CLABE, session directories with their suggestions, or a table.

Owns telling the three apart, and reading the first two. What cannot be read is left out with its reason, and the rest
is read. States are read as JSON; nothing that they name is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from ..contract.errors import CurriculumError
from ..contract.strict_json import StrictJsonError, encode, parse
from ..ledger.entry import digest, digest_of_state, without_graph
from ..project.files import is_transient, read_at_most
from ..session.identity import identify
from ..session.layout import find_state, lookup
from ..session.plain_state import SIZE_LIMIT, checked
from ..tables.form import FORMS
from .incoming import Animal, Incoming, IncomingSession, State, why_left_out
from .repo import state_in_file
from .table_source import Curriculum, read_table

__all__ = ["Watch", "read_source"]


Watch = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Shows how much is done: called with what that is and how much there is, it gives what is called with each step."""


def read_source(source: Path, existing: Iterable[str], curriculum: Callable[[], Curriculum], watch: Watch) -> Incoming:
    """Read what a source tells of animals.

    Args:
        source: A table; a library of CLABE, which has the folder ``Subjects``; or a folder of session directories.
        existing: Names of the animals that the ledger has.
        curriculum: Gives the curriculum of a table; asked for nothing else.
        watch: Shows a person how much of a folder is read.

    Returns:
        All of it.

    Raises:
        CurriculumError: ``source.missing``, ``source.unreadable``, ``transient.io``; ``source.invalid`` for a folder
            without any of these; as ``read_table`` and ``curriculum`` raise it.
    """
    existing = list(existing)
    if not source.is_dir():
        if source.exists() or source.suffix.casefold() in FORMS:
            return read_table(source, existing, curriculum)
        raise CurriculumError("source.missing", f"There is nothing at {source}.", "Check the path.", where=str(source))
    library = source if source.name == _LIBRARY else source / _LIBRARY
    found = _library(library, existing, watch) if library.is_dir() else _sessions(source, existing, watch)
    if not found.animals and not found.left_out:
        raise CurriculumError(
            "source.invalid",
            f"{source} holds neither a library of CLABE nor session directories.",
            "A library has the folder Subjects, with a trainer_state.json for each animal; a session directory has the "
            "folder behavior.",
            where=str(source),
        )
    return found


_LIBRARY: Final = "Subjects"
_STATE: Final = "trainer_state.json"


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))
    except OSError as error:
        raise _unreadable(folder, error) from error


def _unreadable(path: Path, error: OSError) -> CurriculumError:
    return CurriculumError(
        "transient.io" if is_transient(error) else "source.unreadable",
        f"{path} cannot be read: {error.strerror}.",
        "Check that the share is mounted and that this account may read it.",
        where=str(path),
    )


# A library of CLABE


def _library(library: Path, existing: list[str], watch: Watch) -> Incoming:
    found, graphs = Incoming(source=library.parent.name), _Graphs()
    folders = _folders(library)
    with watch("animals are read", len(folders)) as advance:
        for folder in folders:
            if found.named(folder.name, existing, ""):
                try:
                    state = graphs.shared(state_in_file(folder / _STATE, or_off=True))
                except CurriculumError as error:
                    found.leave_out(folder.name, why_left_out(error))
                else:
                    is_on = bool(state.get("is_on_curriculum", True))
                    first = state | {"is_on_curriculum": True}
                    found.animals[folder.name] = Animal(subject=folder.name, first=first, is_on=is_on)
            advance(1)
    return found


class _Graphs:
    """Curricula of trainer states, of which each is held once: a state is small beside its graph."""

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}

    def shared(self, state: State) -> State:
        """The same state with the curriculum that others have too."""
        curriculum = state["curriculum"]
        return state | {"curriculum": self._held.setdefault(digest(encode(curriculum)), curriculum)}


# A folder of session directories

_BEHAVIOR: Final = "behavior"
_DEEPEST: Final = 4
"""Folders between the source and a session directory."""

_SUGGESTIONS: Final = (("suggestion.json",), (_BEHAVIOR, "suggestion.json"), (_BEHAVIOR, "logs", "suggestion.json"))


def _sessions(source: Path, existing: list[str], watch: Watch) -> Incoming:
    found, graphs = Incoming(source=source.name), _Graphs()
    directories = list(_session_directories(source, _folders(source), _DEEPEST, found))
    with watch("sessions are read", len(directories)) as advance:
        for directory in directories:
            where = directory.relative_to(source).as_posix()
            try:
                subject, one = _session_of(directory, where, graphs)
            except CurriculumError as error:
                found.leave_out(where, why_left_out(error))
            else:
                if subject in found.animals or found.named(subject, existing, where):
                    found.animals.setdefault(subject, Animal(subject=subject, first=one.run)).sessions.append(one)
            advance(1)
    for animal in found.animals.values():
        animal.sessions.sort(key=lambda one: one.session.start)
        animal.first = animal.sessions[0].run
    return found


def _session_directories(folder: Path, inside: list[Path], depth: int, found: Incoming) -> Iterator[Path]:
    if any(one.name.casefold() == _BEHAVIOR for one in inside):
        yield folder
        return
    for one in inside if depth else ():
        try:
            within = _folders(one)
        except CurriculumError as error:
            found.leave_out(one.name, why_left_out(error))
        else:
            yield from _session_directories(one, within, depth - 1, found)


def _session_of(directory: Path, where: str, graphs: _Graphs) -> tuple[str, IncomingSession]:
    subject, session = identify(directory)
    run = graphs.shared(state_in_file(find_state(directory)))
    document = _suggestion(directory)
    after = graphs.shared(document["trainer_state"])
    kept, _ = without_graph(after)
    metrics = document["metrics"]
    return subject, IncomingSession(
        where=where,
        session=session,
        run=run,
        after=after,
        facts={
            "metrics": metrics,
            "curriculum": {key: after["curriculum"][key] for key in ("name", "version")},
            "outcome": digest_of_state({**kept, "metrics": metrics}),
        },
    )


def _suggestion(directory: Path) -> dict[str, Any]:
    path = next((one for parts in _SUGGESTIONS if (one := lookup(directory, parts)) is not None), None)
    if path is None:
        raise CurriculumError("source.invalid", "There is no suggestion.json.", where=str(directory))
    try:
        document = parse(read_at_most(path, SIZE_LIMIT) or b"")
        state = checked(document["trainer_state"])
        is_whole = isinstance(document["metrics"], dict | None)
    except OSError as error:
        raise _unreadable(path, error) from error
    except StrictJsonError as error:
        raise CurriculumError("source.invalid", f"{path.name} is no JSON: {error}.") from None
    except (KeyError, TypeError, AttributeError):
        is_whole = False
    if not is_whole:
        raise CurriculumError("source.invalid", f"{path.name} is not what `curriculum run` prints.")
    if state.written_by is None or state.content.get("stage") is None:
        raise CurriculumError("state.off_curriculum", f"{path.name} leads off curriculum, to no stage.")
    suggestion: dict[str, Any] = document
    return suggestion
