"""The rules of a curriculum, compiled once, and an animal that goes through its stages by them.

Says what ``session.trainer.next_state`` says, from session to session of one animal, without copying what no rule can
change: a stay without policies keeps the task, a transition gives the stage's own, which no policy ever gets. Policies
get a private copy, which is written and read back after them, as it is between two sessions of a rig: so nothing of one
session is shared with the next, and a rule that raises leaves the animal as it was written last.

Source of the rules: ``aind_behavior_curriculum.Trainer.evaluate``, and ``OrderedTrainer`` for the order of policies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..contract.errors import CurriculumError
from ..curriculum.author_code import a_value, curriculum_code
from .written import written

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum, Metrics, Task
    from aind_behavior_curriculum import Stage as LibraryStage

__all__ = ["Animal", "Leaving", "Rules", "Stage"]

_SCALARS: Final = frozenset({bool, int, float, str, type(None)})


class Leaving(NamedTuple):
    """A transition that leaves a stage."""

    holds: Callable[[Any], Any]
    target: Stage
    rule: str
    """Its reference, as a trainer state would name it."""


class Stage:
    """A stage with what is needed to decide at it.

    Args:
        own: The repo's own stage.
    """

    def __init__(self, own: LibraryStage[Any, Any]) -> None:
        order = [policy for _, policy in sorted(own.graph.nodes.items())]
        self.name = own.name
        self.own = own
        self.leaving: tuple[Leaving, ...] = ()
        self.start = tuple(order.index(policy) for policy in own.start_policies)
        self.policies = tuple((policy.name, policy.callable) for policy in order)
        self.changes = tuple(
            tuple((rule.callable, order.index(target)) for rule, target in own.see_policy_transitions(policy))
            for policy in order
        )
        self._parameters: str | None = None

    @property
    def parameters(self) -> str:
        """The task parameters with which an animal comes to it, as JSON."""
        if self._parameters is None:
            self._parameters = written(self.own.task.task_parameters, _PARAMETERS)
        return self._parameters


_TASK: Final = "trainer_state.stage.task"
_PARAMETERS: Final = f"{_TASK}.task_parameters"


class Rules:
    """A curriculum, compiled.

    Args:
        curriculum: The repo's own curriculum; it is left as it is.
    """

    def __init__(self, curriculum: Curriculum[Any]) -> None:
        own = curriculum.see_stages()
        self.stages = {stage.name: Stage(stage) for stage in own}
        for stage in own:
            self.stages[stage.name].leaving = tuple(
                Leaving(rule.callable, self.stages[target.name], rule.name)
                for rule, target in curriculum.see_stage_transitions(stage)
            )
        self.first = self.stages[curriculum.graph.nodes[min(curriculum.graph.nodes)].name]
        self.tasks = frozenset(type(stage.task) for stage in own)

    def animal(self, stage: str) -> Animal:
        """An animal that comes to a stage, as ``curriculum init --stage`` sends it there.

        Args:
            stage: The name of one of ``stages``.

        Returns:
            The animal.
        """
        return Animal(self, self.stages[stage])


class Animal:
    """Where an animal is, and how its task is tuned.

    Args:
        rules: The curriculum that it is on.
        stage: The stage that it comes to.
    """

    __slots__ = ("_active", "_rules", "_stage", "_task", "_text", "_type")

    def __init__(self, rules: Rules, stage: Stage) -> None:
        self._rules = rules
        self._enter(stage)

    def _enter(self, stage: Stage) -> None:
        self._stage = stage
        self._active = stage.start
        self._task: Task[Any] | None = None  # a private copy, once a policy needs one
        self._text: str | None = None  # the same as JSON; None while it is as the stage has it
        self._type = type(stage.own.task)

    @property
    def stage(self) -> str:
        """The name of its stage."""
        return self._stage.name

    @property
    def policies(self) -> list[str]:
        """The references of its active policies, in the order of a trainer state."""
        return [self._stage.policies[index][0] for index in self._active]

    @property
    def parameters(self) -> str:
        """The parameters of its task, as JSON."""
        if self._text is None:
            return self._stage.parameters
        return written(self._own_task().task_parameters, _PARAMETERS)

    def evaluate(self, metrics: Metrics) -> Leaving | None:
        """Go through one session.

        Args:
            metrics: Its metrics, which are no other session's: a rule may change them.

        Returns:
            The transition that held, if one did.

        Raises:
            CurriculumError: As ``session.trainer.next_state`` and ``session.suggestion`` raise it; the animal is then
                where it was.
        """
        try:
            for leaving in self._stage.leaving:
                if leaving.holds(metrics):
                    self._enter(leaving.target)
                    return leaving
            if self._active:
                self._tune(metrics)
            return None
        except BaseException:
            self._task = None
            with curriculum_code("code.raised", "A rule of the curriculum failed", "Fix the function that is named."):
                raise

    def _tune(self, metrics: Metrics) -> None:
        """Let policies give way to others, and apply those that are active then."""
        stage = self._stage
        # As the Trainer does: one that several lead to is active once, and all are in the order of the stage's graph.
        active = tuple(sorted({self._following(index, metrics) for index in self._active}))
        task = self._own_task()
        for count, index in enumerate(active, start=1):
            name, apply = stage.policies[index]
            updated = apply(metrics, task)
            if type(updated) not in self._rules.tasks:
                raise CurriculumError(
                    "result.task_type",
                    f"The policy {name} returned {a_value(updated)} instead of the task.",
                    "End the policy with `return task`.",
                )
            # A policy may have put a value of its module into the task, which the next one must not change there.
            task = updated if count == len(active) or _is_flat(updated) else updated.model_copy(deep=True)
        text = written(task, _TASK)
        again = _read(type(task), text)
        if written(again, _TASK) != text:
            raise _not_reloadable("the task reads back as something else")
        self._active, self._task, self._text, self._type = active, again, text, type(task)

    def _following(self, index: int, metrics: Metrics) -> int:
        """The policy that is active after one of them: the first to which a transition holds, or the same."""
        return next((target for holds, target in self._stage.changes[index] if holds(metrics)), index)

    def _own_task(self) -> Task[Any]:
        if self._task is None:
            own = self._stage.own.task
            self._task = own.model_copy(deep=True) if self._text is None else _read(self._type, self._text)
        return self._task


def _is_flat(task: Task[Any]) -> bool:
    """Whether a task holds plain values only, none of which can be changed where it is."""
    held: Sequence[object] = [*vars(task.task_parameters).values(), *vars(task).values()]
    return sum(type(one) not in _SCALARS for one in held) == 1  # the parameters themselves


def _read(task: type[Task[Any]], text: str) -> Task[Any]:
    from pydantic import ValidationError

    try:
        return task.model_validate_json(text)
    except ValidationError as error:
        raise _not_reloadable(f"{error.errors(include_url=False)[0]['msg']}") from None


def _not_reloadable(why: str) -> CurriculumError:
    return CurriculumError(
        "result.not_reloadable",
        f"The next trainer state could not be loaded again: {why}.",
        "A policy set a parameter to a value its field refuses.",
        where=f"$.{_TASK}",
    )
