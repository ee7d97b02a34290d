"""The one road from a session directory and a trainer state to what comes next.

Read, check, evaluate; ``suggestion`` turns the result into bytes. ``run``, ``demo``, ``explain`` and the contract
checks all go this way, so they always agree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.errors import CurriculumError
from ..contract.leaves import Changed
from ..curriculum.answers import require_answers
from ..curriculum.beside import MIGRATIONS, beside
from .admission import admit
from .layout import find_state, require_session, too_deep
from .plain_state import PlainState, read
from .state import deserialise_or_move

if TYPE_CHECKING:
    from aind_behavior_curriculum import Metrics, Trainer, TrainerState

    from ..curriculum.migration import Migration
    from .migrating import Move
    from .trainer import OrderedTrainer

__all__ = ["Evaluated", "evaluate_session", "evaluate_state"]


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """One evaluation: what went in, and what came out."""

    trainer: Trainer[Any]
    """The one that evaluated, with the repo's own curriculum."""

    before: TrainerState[Any]
    """Where the subject was when the session was run."""

    metrics: Metrics
    """Metrics of that session."""

    after: TrainerState[Any]
    """Where it is now: the trainer state of its next session."""

    rule: str | None = None
    """The stage transition that held; None where the subject stays at its stage."""

    moved: Move | None = None
    """How the subject came to this version, if its state was of an older major version."""

    added: tuple[Changed, ...] = ()
    """Task parameters that its state did not have, and that it got from the repo's own stage."""

    stuck: str | None = None
    """Why it is stuck at its stage, if it is: the ledger knows."""

    @property
    def notes(self) -> dict[str, Any]:
        """What there is to say beside the suggestion, as JSON: how it came to this version, and why it is stuck."""
        found = self.moved.document() if self.moved is not None else {}
        found |= {"stuck": self.stuck} if self.stuck is not None else {}
        return found | ({"added_parameters": [one.as_json() for one in self.added]} if self.added else {})


def evaluate_session(
    data_directory: Path,
    state: Path | PlainState | None = None,
    *,
    curriculum: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Evaluated:
    """Evaluate the session that just ended.

    Args:
        data_directory: The session directory.
        state: The trainer state that the session was run with, or its file; None to look for the file in the session
            directory.
        curriculum: Name of the curriculum, or None to go by the trainer state.
        tell: Called with a sentence for the person at the rig as soon as there is one, such as on a migration.

    Returns:
        The evaluation.

    Raises:
        CurriculumError: Anything that is wrong; its code says what.
    """
    directory = require_session(data_directory)
    plain = state if isinstance(state, PlainState) else read(state if state is not None else find_state(directory))
    plain, registered, loaded = admit(plain, curriculum, tell=tell)
    require_answers(loaded)

    # Imported here because they import the library, which takes most of the time.
    from .metrics import compute_metrics
    from .previous_metrics import asked_in_vain
    from .trainer import OrderedTrainer

    trainer = OrderedTrainer(loaded)
    before, moved, added = deserialise_or_move(plain, trainer, _migrations(registered.target))
    if moved is not None:
        tell(moved.sentence())
    assert before.stage is not None  # a state without one was refused
    if added:
        tell(_told(added, before.stage.name))
    try:
        metrics = compute_metrics(before.stage, loaded, directory)
    except CurriculumError as error:
        error.hint = f"{too_deep(directory)}{error.hint}"
        raise
    if asked_in_vain():
        tell(
            "there are no previous metrics (behavior/previous_metrics.json), "
            "so this counts as the first session of its subject"
        )
    return replace(evaluate_state(trainer, before, metrics), moved=moved, added=added)


def _migrations(target: str) -> Mapping[int | str, Migration]:
    if beside(target, MIGRATIONS) is None:
        return {}
    from ..curriculum.migration import declared  # most curricula declare none, and the launcher waits

    return declared(target)


def _told(added: tuple[Changed, ...], stage: str) -> str:
    """The task parameters that a state did not have, in words: the first three, and how many more."""
    first = ", ".join(f"{one.path} = {json.dumps(one.after)}" for one in added[:3])
    more = f" and {len(added) - 3} more" if len(added) > 3 else ""
    return f"new task parameters, with the values of the stage {stage}: {first}{more}"


def evaluate_state(trainer: OrderedTrainer, state: TrainerState[Any], metrics: Metrics) -> Evaluated:
    """The last step of the road, for callers that already have the metrics.

    Args:
        trainer: Of the repo's curriculum.
        state: A trainer state on the curriculum; it is left as it is.
        metrics: Metrics of the session; they are left as they are.

    Returns:
        The evaluation.

    Raises:
        CurriculumError: As ``trainer.next_state`` raises it.
    """
    from .trainer import next_state

    after = next_state(trainer, state, metrics)
    rule = trainer.moved_by.name if trainer.moved_by is not None else None
    return Evaluated(trainer=trainer, before=state, metrics=metrics, after=after, rule=rule)
