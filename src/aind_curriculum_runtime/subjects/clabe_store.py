"""The ledger as a store of trainer states for CLABE from 0.13 on: the four methods of ``clabe.stores.Store``.

Owns what these mean on a ledger. CLABE is not imported, nor anything that a trainer state names; the launcher's script
makes the store and says what goes there::

    CompositeStore(default=..., routes={"trainer_state": ClabeStore("/share/ledger")})
"""

from __future__ import annotations

import builtins
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ..client import CurriculumError, Kind
from ..contract.strict_json import encode, parse
from ..ledger.known import Known, known, next_state
from ..ledger.opening import open_store
from ..ledger.recording import Draft, add
from ..ledger.store import Store
from .changes import Person, enrolled, moved, switched
from .history import read_history
from .launching import told_to_launchers

__all__ = ["ClabeStore"]

_KIND: Final = "trainer_state"
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClabeStore:
    """Trainer states of the animals of a ledger.

    Args:
        url: Where the ledger is: the path of a folder, or a URL as ``curriculum run --ledger`` takes it.
        by: Who a state that is written here is said to come from.
        scope: What every call is narrowed by; of it only ``subject`` counts here.
    """

    url: str
    by: str = field(default="clabe", kw_only=True)
    scope: Mapping[str, str] = field(default_factory=dict, kw_only=True)

    def scoped(self, **scope: str) -> ClabeStore:
        """Narrow the store, such as to one subject.

        Args:
            scope: What to narrow by; ``subject`` is the animal.

        Returns:
            The same ledger, narrowed.
        """
        return replace(self, scope={**self.scope, **scope})

    def resolve(self, kind: Any, *, scope: Mapping[str, str] | None = None, pick_kwargs: Any = None) -> Any:
        """Read the trainer state that an animal runs next.

        Args:
            kind: CLABE's kind of trainer states, or the class ``TrainerState``.
            scope: Narrows this call.
            pick_kwargs: Not used: nobody is asked.

        Returns:
            The trainer state, as the kind has it.

        Raises:
            LookupError: Another kind, an animal that is not enrolled, or no ``subject`` where there are several.
            CurriculumError: The ledger is away or cannot be read.
        """
        found = self.list(kind, scope=scope)
        if not found:
            whom = self._subject(scope) or "an animal"
            raise LookupError(f"{self.url} has no trainer state of {whom}: `curricula subjects enroll` makes one.")
        if len(found) > 1:
            raise LookupError(f"{self.url} has {len(found)} animals: say which one by scoped(subject=...).")
        return found[0]

    def list(self, kind: Any, *, scope: Mapping[str, str] | None = None) -> builtins.list[Any]:
        """Read the trainer states that animals run next.

        Args:
            kind: CLABE's kind of trainer states, or the class ``TrainerState``.
            scope: Narrows this call.

        Returns:
            The trainer states, of one animal or of all by name; without those that are not enrolled.

        Raises:
            LookupError: Another kind.
            CurriculumError: The ledger is away or cannot be read.
        """
        model, subject = _model(kind), self._subject(scope)
        with told_to_launchers():
            states = builtins.list(_states(open_store(self.url), subject))
        found = [model.model_validate_json(encode(state)) for state in states]
        for check in getattr(kind, "validators", ()):
            found = [check(one) for one in found]
        return found

    def write(self, kind: Any, value: Any, *, scope: Mapping[str, str] | None = None) -> None:
        """Send an animal to a trainer state, which enrolls one that is new.

        Nothing is written where it stands there already, as after ``curriculum run --ledger``. Otherwise it is a move
        by whom the store was made for.

        Args:
            kind: CLABE's kind of trainer states, or the class ``TrainerState``.
            value: The trainer state.
            scope: Narrows this call.

        Raises:
            LookupError: Another kind, or no ``subject``.
            CurriculumError: The state has no stage (``off_curriculum``), or the ledger is away or cannot be written.
        """
        model, subject = _model(kind), self._subject(scope)
        if subject is None:
            raise LookupError("A trainer state is of one animal: say which one by scoped(subject=...).")
        state = _plain(value)
        if state.get("stage") is None or state.get("curriculum") is None:
            raise CurriculumError(
                Kind.OFF_CURRICULUM,
                f"The trainer state that was written for {subject} has no stage.",
                "An animal that is off curriculum keeps its stage, with is_on_curriculum false.",
            )
        is_on, person = bool(state["is_on_curriculum"]), Person(self.by, "written by the launcher")
        with told_to_launchers():
            store = open_store(self.url)

            def decide(now: Known) -> Draft | None:
                history, there = read_history(store, subject, new=True), next_state(store, now)
                on_curriculum = {**state, "is_on_curriculum": True}
                if there is None:
                    return enrolled(history, on_curriculum, (), person)
                stands = _plain(model.model_validate_json(encode(there)))
                if {**stands, "is_on_curriculum": True} != on_curriculum:
                    return moved(history, on_curriculum, person)
                return switched(history, person, on=is_on)

            add(store, subject, decide, tell=_LOG.warning)
            if not is_on:  # after a move, which puts it on
                add(store, subject, decide, tell=_LOG.warning)

    def _subject(self, scope: Mapping[str, str] | None) -> str | None:
        return {**self.scope, **(scope or {})}.get("subject")


def _model(kind: Any) -> Any:
    """The model of trainer states that a call wants; ``LookupError`` for another kind of record."""
    name = _KIND if getattr(kind, "__name__", None) == "TrainerState" else getattr(kind, "name", kind)
    if name != _KIND:
        raise LookupError(f"A ledger keeps trainer states and no {name!r}.")
    return getattr(kind, "model", kind)


def _plain(value: Any) -> dict[str, Any]:
    content: dict[str, Any] = parse(value.model_dump_json().encode())
    return content


def _states(store: Store, subject: str | None) -> Iterator[dict[str, Any]]:
    for name in store.subjects() if subject is None else [subject]:
        state = next_state(store, known(store, name))
        if state is not None:
            yield state
