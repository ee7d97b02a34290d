"""The sessions of one animal, decided one after the other: the rows of the table of decisions.

Owns which stage a session is decided from, what counts as overridden, and that the rest of an animal is decided where
one session cannot be. Source of these rules: auto-train's manager. A session whose stage nobody wrote down was run at
the suggested one; where the session before is missing, the last one before that counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from ..contract.errors import CurriculumError
from ..curriculum.answers import require_answers
from ..curriculum.discovery import Registered, choose, installed
from ..curriculum.loading import load
from ..curriculum.margin import margin_of
from ..look.order import Kind, stage_order
from ..look.read import read_model
from ..tables.autotrain import OPEN_LOOP, TrainedSession
from .code import digest_of_code
from .columns import SIMULATED
from .compiled import Leaving, Rules
from .directory_metrics import DirectoryMetrics
from .row_metrics import RowMetrics
from .sessions import Ran
from .written import written

if TYPE_CHECKING:
    from aind_behavior_curriculum import Metrics

__all__ = ["AnimalLike", "Asked", "Decided", "Replay"]

Decided = dict[str, Any]
"""A row of the table of decisions, by the names of ``columns.COLUMNS``; what is JSON is a text."""

_DECISIONS: Final[Mapping[Kind, str]] = {"advance": "PROGRESS", "regress": "ROLLBACK", "stay": "STAY"}


class Asked(NamedTuple):
    """What a replay is asked for; other processes load the curriculum by it."""

    curriculum: str | None = None
    """The name of the curriculum, or None for the only one there is."""

    simulate: bool = False
    """Whether each animal follows the suggestions."""

    parameters: bool = False
    """Whether each row has the parameters of the next session, also where no policy made them."""

    any_curriculum: bool = False
    """Whether sessions of other curricula are decided too."""

    cache: str | None = None
    """The folder in which the metrics of session directories are kept; None for none."""

    code: str | None = None
    """The digest of the code that must decide; None for whatever there is."""


class AnimalLike(Protocol):
    """What decides for one animal: ``compiled.Animal``, or the Trainer itself."""

    @property
    def stage(self) -> str:
        """The name of its stage."""

    @property
    def policies(self) -> list[str]:
        """The references of its active policies."""

    @property
    def parameters(self) -> str:
        """The parameters of its task, as JSON."""

    def evaluate(self, metrics: Metrics) -> Leaving | None:
        """Go through one session; gives the transition that held, where that is known."""


class Replay:
    """A curriculum with all that is needed to decide by it.

    Args:
        asked: Which curriculum, and how.
        registered: The curriculum, where it is another version than the one that is installed.

    Raises:
        CurriculumError: Whatever is wrong with the curriculum, as ``load`` and ``require_answers`` raise it;
            ``repo.version`` where its code is not the one that is asked for.
    """

    def __init__(self, asked: Asked, registered: Registered | None = None) -> None:
        registered = registered or choose(installed(), asked.curriculum)
        self.asked = asked
        self.registered = registered
        self.curriculum = load(registered)
        require_answers(self.curriculum)
        if asked.code is not None and self.code != asked.code:
            raise CurriculumError(
                "repo.version",
                f"{registered.name} here, or a package beside it, is not the version that the replay was started with.",
                "Give all workers the environment of the command: the same commit and the same uv.lock.",
            )
        self.rules = Rules(self.curriculum)
        self.row_metrics = RowMetrics(registered.target, self.curriculum)
        cache = None if asked.cache is None else Path(asked.cache)
        self.directory_metrics = DirectoryMetrics(registered, self.curriculum, cache)
        self.kind = stage_order(read_model(self.curriculum)).kind
        self.margin = lru_cache(maxsize=None)(margin_of)
        self._names = {_plain(name) for name in (registered.name, *registered.formerly)}
        names: dict[str, str | None] = {}
        for name in self.rules.stages:
            names[_plain(name)] = None if _plain(name) in names else name
        self._stages = {**names, **{name: name for name in self.rules.stages}}

    @cached_property
    def code(self) -> str:
        """The digest of the code that decides."""
        return digest_of_code(self.registered)

    def decide(self, ran: Iterable[Ran], animal_at: Callable[[str], AnimalLike] | None = None) -> Iterator[Decided]:
        """Decide the sessions of one animal, in the order of their numbers.

        Args:
            ran: Its sessions.
            animal_at: Makes the animal that comes to a stage; by the compiled rules where it is not given.

        Yields:
            A row a session; one that could not be decided says why.

        Raises:
            CurriculumError: ``code.interrupted``.
        """
        course = _Course(self, animal_at or self.rules.animal)
        for one in sorted(ran, key=lambda one: one.session.number if one.session is not None else -1):
            yield course.next(one)

    def stage_named(self, name: str | None) -> str | None:
        """The stage that a table means: auto-train writes ``STAGE_1`` for what may be ``s_stage_1`` here.

        Args:
            name: As the table has it.

        Returns:
            The name of the stage, or None where there is no such.
        """
        if name is None:
            return None
        found = self._stages.get(name)
        return found if found is not None else self._stages.get(_plain(name))

    def require_own(self, session: TrainedSession) -> None:
        """Make sure that a session is of this curriculum.

        Args:
            session: The session.

        Raises:
            CurriculumError: ``source.invalid``.
        """
        name = session.curriculum
        if name is not None and not self.asked.any_curriculum and _plain(name) not in self._names:
            raise CurriculumError("source.invalid", f"It is of the curriculum {name!r}.")

    def require_stage(self, name: str | None, what: str) -> str:
        """The stage to decide from.

        Args:
            name: As the table has it.
            what: Which stage it is, for the message.

        Returns:
            Its name.

        Raises:
            CurriculumError: ``source.invalid``.
        """
        found = self.stage_named(name)
        if found is None:
            raise CurriculumError(
                "source.invalid", f"{what} {name!r} is none of {self.curriculum.name} {self.curriculum.version}."
            )
        return found


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    """A name without what differs between systems: ``Coupled Baiting`` for ``coupled-baiting``."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).removeprefix("s-")


class _Course:
    """What is known of one animal up to a session."""

    def __init__(self, replay: Replay, animal_at: Callable[[str], AnimalLike]) -> None:
        self._replay = replay
        self._animal_at = animal_at
        self._animal: AnimalLike | None = None
        self._last: int | None = None  # the number of the session before
        self._next: str | None = None  # where the last decision led to
        self._at: str | None = None
        self._count = 0
        self._metrics: tuple[type[Metrics], str] | None = None  # of the last session that was decided

    def next(self, one: Ran) -> Decided:
        """Decide the next session."""
        curriculum, asked = self._replay.curriculum, self._replay.asked
        row: Decided = {
            "subject_id": one.subject,
            "curriculum_name": curriculum.name,
            "curriculum_version": curriculum.version,
            "mode": SIMULATED if asked.simulate else "as-run",
        }
        try:
            if one.session is None:
                raise CurriculumError("source.invalid", one.fault or "The session cannot be read.")
            stage = self._placed(row, one.session)
            if one.fault is not None:
                raise CurriculumError("source.invalid", one.fault)
            self._decided(row, one, one.session, stage)
        except CurriculumError as error:
            if error.code == "code.interrupted":
                raise
            row["error"] = error.message
        return row

    def _placed(self, row: Decided, session: TrainedSession) -> str:
        """Find out the stage to decide from; the row tells of it."""
        replay, number = self._replay, session.number
        row |= {"session": number, "session_date": session.start.date().isoformat()}
        told = replay.stage_named(session.suggested)
        suggested = told if told is not None else session.suggested
        row["current_stage_suggested"] = suggested
        actual = replay.stage_named(session.actual) if session.is_closed_loop else None
        row["current_stage_actual"] = OPEN_LOOP if not session.is_closed_loop else actual or session.actual
        if number == self._last:
            raise CurriculumError("source.invalid", f"Session {number} stands twice; the first counts.")
        self._last = number
        replay.require_own(session)
        if suggested is None or replay.asked.simulate:
            suggested = self._next
        if suggested is None:
            first = replay.rules.first.name
            suggested = told or (first if number == 1 or session.stage is None else replay.stage_named(session.stage))
        is_closed = session.is_closed_loop and not replay.asked.simulate
        if is_closed:
            stage = replay.require_stage(session.actual, "The stage")
        else:
            stage = replay.require_stage(suggested if suggested is not None else session.stage, "The suggested stage")
        self._count = self._count + 1 if stage == self._at else 1
        self._at = stage
        row |= {
            "current_stage_suggested": suggested,
            "current_stage_actual": stage if is_closed else OPEN_LOOP,
            "session_at_current_stage": self._count,
            "if_closed_loop": is_closed,
            "if_overriden_by_trainer": is_closed and stage != suggested,
        }
        return stage

    def _decided(self, row: Decided, one: Ran, session: TrainedSession, stage: str) -> None:
        """Decide from a stage; the row tells of it."""
        replay = self._replay
        metrics = self._metrics_of(row, one, session, stage)
        text = row["metrics"] = written(metrics, "metrics")
        animal = self._animal
        if animal is None or animal.stage != stage:
            animal = self._animal = self._animal_at(stage)
        had_policies = bool(animal.policies)
        left = animal.evaluate(metrics)
        self._metrics, self._next = (type(metrics), text), animal.stage
        row["decision"] = _DECISIONS[replay.kind(stage, animal.stage)]
        row["next_stage_suggested"] = animal.stage
        row["policies"] = json.dumps(animal.policies)
        if left is not None:
            row["rule"] = left.rule
            margin = replay.margin(left.holds)
            row["margin"] = margin(metrics) if margin is not None else None
        if replay.asked.parameters or (had_policies and animal.stage == stage):
            row["parameters"] = animal.parameters

    def _metrics_of(self, row: Decided, one: Ran, session: TrainedSession, stage: str) -> Metrics:
        if one.directory is not None:
            before = None if self._metrics is None else self._metrics[1]
            return self._replay.directory_metrics.of(Path(one.directory), stage, before)
        about = {
            "subject_id": session.subject,
            "session": session.number,
            "session_date": row["session_date"],
            "current_stage_suggested": row["current_stage_suggested"],
            "current_stage_actual": stage,
            "session_at_current_stage": self._count,
        }
        previous = None
        if self._metrics is not None and self._replay.row_metrics.hook is not None:
            model, text = self._metrics
            previous = model.model_validate_json(text)  # as it comes from the session before on a rig: nobody else's
        return self._replay.row_metrics.of(stage, session.metrics, session.measured, about, previous)
