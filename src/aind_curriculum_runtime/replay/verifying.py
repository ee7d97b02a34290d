"""The production path, one animal at a time: what ``--verify`` compares the compiled rules with.

Each session goes the way of ``curriculum run`` from its metrics on: the Trainer, the suggestion's bytes, and the
trainer state that is read from them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from ..session.enrolment import enrolled
from ..session.evaluate import evaluate_state
from ..session.state import checked, deserialise
from ..session.suggestion import as_json, suggestion
from ..session.trainer import OrderedTrainer
from .decisions import Decided, Replay
from .sessions import Sessions

if TYPE_CHECKING:
    from aind_behavior_curriculum import Metrics

__all__ = ["Sample", "differences"]

_COMPARED: Final = ("session_at_current_stage", "decision", "next_stage_suggested", "metrics", "policies", "parameters")
_JSON: Final = ("metrics", "policies", "parameters")


class TrainerAnimal:
    """An animal that the Trainer decides for.

    Args:
        trainer: The library's trainer, with the repo's own curriculum.
        stage: The stage that it comes to.
    """

    def __init__(self, trainer: OrderedTrainer, stage: str) -> None:
        self._trainer = trainer
        self._state = enrolled(trainer, stage)

    @property
    def stage(self) -> str:
        """The name of its stage."""
        assert self._state.stage is not None
        return self._state.stage.name

    @property
    def policies(self) -> list[str]:
        """The references of its active policies."""
        return [policy.name for policy in self._state.active_policies or []]

    @property
    def parameters(self) -> str:
        """The parameters of its task, as JSON."""
        assert self._state.stage is not None
        return json.dumps(as_json(self._state.stage.task.task_parameters, "trainer_state.stage.task.task_parameters"))

    def evaluate(self, metrics: Metrics) -> None:
        """Go through one session; which transition held, the Trainer does not tell."""
        document = json.loads(suggestion(evaluate_state(self._trainer, self._state, metrics)))
        self._state = deserialise(checked(document["trainer_state"]), self._trainer).state


class Sample:
    """Some of the sessions that pass, each as likely as any other.

    Args:
        size: How many.
        seed: Makes the choice the same each time.
    """

    def __init__(self, size: int, seed: int = 0) -> None:
        self._size = size
        self._random = random.Random(seed)
        self._seen = 0
        self._chosen: list[tuple[Sessions, int, Decided]] = []

    def __len__(self) -> int:
        return len(self._chosen)

    def add(self, sessions: Sessions, rows: list[Decided]) -> None:
        """Let the rows of one animal pass."""
        for index, row in enumerate(rows) if self._size else ():
            self._seen += 1
            if len(self._chosen) < self._size:
                self._chosen.append((sessions, index, row))
            elif (place := self._random.randrange(self._seen)) < self._size:
                self._chosen[place] = (sessions, index, row)

    def by_animal(self) -> Iterator[tuple[Sessions, dict[int, Decided]]]:
        """The sessions that were chosen, with their animals."""
        found: dict[int, tuple[Sessions, dict[int, Decided]]] = {}
        for sessions, index, row in self._chosen:
            found.setdefault(id(sessions), (sessions, {}))[1][index] = row
        yield from found.values()


def differences(replay: Replay, sample: Sample) -> Iterator[str]:
    """Decide a sample again by the production path.

    Args:
        replay: Decided it first.
        sample: Some of its rows.

    Yields:
        A sentence for each session whose decision, policies, parameters or metrics are others.
    """
    trainer = OrderedTrainer(replay.curriculum)
    for sessions, chosen in sample.by_animal():
        again = islice(replay.decide(sessions.ran(), lambda stage: TrainerAnimal(trainer, stage)), max(chosen) + 1)
        for index, row in enumerate(again):
            if index in chosen and (which := list(_unlike(chosen[index], row, _COMPARED))):
                told = ", ".join(f"{name} {chosen[index].get(name)} and by `run` {row.get(name)}" for name in which)
                yield f"{sessions.subject}, session {row.get('session')}: {told}"


def _unlike(one: Decided, other: Decided, names: Iterable[str]) -> Iterator[str]:
    if ("error" in one) != ("error" in other):
        yield "error"
    for name in names:
        if _value(one, name) != _value(other, name):
            yield name


def _value(row: Decided, name: str) -> Any:
    value = row.get(name)
    return json.loads(value) if name in _JSON and value is not None else value
