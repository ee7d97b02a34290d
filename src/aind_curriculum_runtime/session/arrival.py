"""What becomes of an animal that comes from another version: all that this version does not read, not the first of it.

Asks the functions that ``run`` reads a trainer state with, so that what is foretold here is what ``run`` then does.
Knows nothing of how the other version was read, or of what its answer means for a version number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..contract.errors import CurriculumError
from ..contract.leaves import Changed
from ..curriculum.migration import Migration
from ..curriculum.moving import Did
from ..curriculum.references import collect, known
from .plain_state import PlainState
from .state import OtherParameters, Unfit, accepted, brought

if TYPE_CHECKING:
    from aind_behavior_curriculum import Trainer

__all__ = ["Arrival", "Gone", "arrival"]


class Gone(NamedTuple):
    """A rule that a trainer state names and this version does not have."""

    kind: str
    """``policy``, ``policy transition`` or ``metrics provider``."""

    reference: str


class Arrival(NamedTuple):
    """How a trainer state of another version is read by this one."""

    gone: tuple[Gone, ...] = ()
    unfit: tuple[Unfit, ...] = ()
    refused: str | None = None
    """Why it is refused, if for anything else."""

    added: tuple[Changed, ...] = ()
    """Task parameters that the state lacks, with the values that they get."""

    migrated: tuple[Did, ...] = ()
    """What migrations did to its task parameters."""

    as_enrolled: bool = False
    """Whether a migration gives it the task parameters of the stage."""

    @property
    def is_read(self) -> bool:
        """Whether nothing of it is refused."""
        return not (self.gone or self.unfit or self.refused)

    def as_json(self) -> dict[str, Any]:
        """Turn it into JSON values.

        Returns:
            A key for each field.
        """
        return {
            **self._asdict(),
            "gone": [one._asdict() for one in self.gone],
            "unfit": [one._asdict() for one in self.unfit],
            "added": [one.as_json() for one in self.added],
            "migrated": [one.as_json() for one in self.migrated],
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Arrival:
        """Read what ``as_json`` wrote.

        Args:
            document: A dict.

        Returns:
            The arrival.
        """
        return cls(
            **{
                **document,
                "gone": tuple(Gone(**one) for one in document["gone"]),
                "unfit": tuple(Unfit(**one) for one in document["unfit"]),
                "added": tuple(map(Changed.from_json, document["added"])),
                "migrated": tuple(Did(**one) for one in document["migrated"]),
            }
        )


def arrival(state: PlainState, trainer: Trainer[Any], migrations: Mapping[int | str, Migration]) -> Arrival:
    """Find out what becomes of a trainer state.

    Args:
        state: A state of another version of the curriculum, on the curriculum.
        trainer: The library's trainer of this version.
        migrations: What this version declares.

    Returns:
        All that is refused of it, and what migrations and the repo's own stage give it.
    """
    told = Arrival()
    try:
        state = brought(state, trainer, migrations)
        if state.moved is not None:
            done = tuple(one for step in state.moved.steps for one in step.parameters)
            told = Arrival(migrated=done, as_enrolled=state.moved.as_enrolled)
        allowed = known(trainer.curriculum)
        named = dict.fromkeys(Gone(kind, name) for kind, _, name in collect(state.content) if name not in allowed[kind])
        if named:
            told = told._replace(gone=tuple(named))
            stage = {key: state.content["stage"][key] for key in ("name", "task")}
            state = state._replace(content={**state.content, "stage": stage, "active_policies": None})
        return told._replace(added=accepted(state, trainer).added)
    except OtherParameters as error:
        return told._replace(unfit=error.unfit, added=error.added)
    except CurriculumError as error:
        return told._replace(refused=f"{error.message.rstrip('.')} ({error.exit})")
    except Exception as error:  # a validator of the author's may raise anything
        return told._replace(refused=f"{type(error).__name__}: {error}")
