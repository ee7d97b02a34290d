"""What becomes of the animals of earlier releases: each is moved as ``curriculum run`` does it, and evaluated.

Owns which releases are looked at: the last one before each migration. Their states are what their own code writes, as
enrolled and as their policies leave them after the sample session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...contract.errors import CurriculumError
from ...contract.versions import major, numbers
from ...curriculum.migration import Migration, Operation
from ...curriculum.moving import Step
from ...project.git import Git
from ...session.admission import with_rules_of_today
from ...session.evaluate import evaluate_state
from ...session.plain_state import checked
from ...session.state import deserialise_or_move
from ...session.suggestion import as_json, suggestion
from ...session.trainer import OrderedTrainer
from ...versions.reading import opened, read
from ...versions.releases import release_version, releases
from ...versions.snapshot import Snapshot

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum

__all__ = ["arrivals"]


def arrivals(
    curriculum: Curriculum[Any],
    migrations: Mapping[int | str, Migration],
    former: Mapping[str, str],
    root: Path,
    session: Path,
    metrics_of: Callable[[Any], Any],
) -> dict[str, Any]:
    """Let animals of earlier releases arrive in this version.

    Args:
        curriculum: The repo's own curriculum.
        migrations: What it declares.
        former: The former rule paths that it declares.
        root: The repo, with its tags.
        session: The sample session.
        metrics_of: Metrics of that session at a stage.

    Returns:
        For each migration by its key as text: ``tag`` (the last release before it, or None), its ``stages`` (None
        where it could not be read, and ``why``), ``moves`` (why there is no suggestion for a stage, or None), and
        ``idle`` (operations that concern no animal of those releases).
    """
    tags = {key: _release_before(key, root) for key in migrations}
    found, why = _read(
        [*dict.fromkeys(tag for tag in tags.values() if tag is not None)], curriculum.name, root, session
    )
    arriving = _Arriving(curriculum, migrations, former, metrics_of)
    answer: dict[str, dict[str, Any]] = {}
    for key, tag in tags.items():
        told: dict[str, Any] = {"tag": tag, "stages": None, "why": None}
        if tag in found:
            told["stages"] = [stage.name for stage in found[tag].model.stages]
            told["moves"] = arriving.of_release(found[tag])
        else:
            lacking = f"there is no release tag of version {key} here" if tag is None else why.get(tag)
            told |= {"why": lacking, "moves": arriving.by_name(key)}
        answer[str(key)] = told
    for key in migrations:
        answer[str(key)]["idle"] = [one.as_json() for one in arriving.idle(key)]
    return answer


def _release_before(key: int | str, root: Path) -> str | None:
    """The last release whose animals go through a migration before any other, or None."""
    first, end = ((key, 0, 0), (key + 1, 0, 0)) if isinstance(key, int) else ((major(key), 0, 0), numbers(key))
    try:
        tags = [tag for tag in releases(Git(root)) if "-" not in tag]
    except CurriculumError:  # no git on this machine
        return None
    return next((tag for tag in reversed(tags) if first <= numbers(release_version(tag) or "") < end), None)


def _read(tags: Sequence[str], name: str, root: Path, session: Path) -> tuple[dict[str, Snapshot], dict[str, str]]:
    """The releases that can be read, and why others cannot."""
    why: dict[str, str] = {}
    try:
        with opened(tags, root) as places:
            why = {place.label: f"{place.label} has no curriculum named {name!r}" for place in places}
            wanted = [(place, name) for place in places if name in place.names]
            return {one.label: one for one in read(wanted, session=session)}, why
    except CurriculumError as error:
        return {}, dict.fromkeys(tags, error.message.rstrip("."))


class _Arriving:
    """Moves animals, and remembers what their migrations did."""

    def __init__(
        self,
        curriculum: Any,
        migrations: Mapping[int | str, Migration],
        former: Mapping[str, str],
        metrics_of: Callable[[Any], Any],
    ) -> None:
        self._curriculum = curriculum
        self._former = former
        self._migrations = migrations
        self._metrics_of = metrics_of
        self._trainer = OrderedTrainer(curriculum)
        self._steps: list[Step] = []

    def of_release(self, release: Snapshot) -> dict[str, str | None]:
        """Why an animal at each of its stages that go on gets no suggestion."""
        version = release.model.version
        migration = self._migrations.get(major(version)) if major(version) < major(self._curriculum.version) else None
        return {
            stage: self._why_not(states, version)
            for stage, states in release.states.items()
            if migration is None or isinstance(migration.stages.get(stage), str)
        }

    def by_name(self, key: int | str) -> dict[str, str | None]:
        """The same for the stages that a migration names, without a release to take states from."""
        stages = {stage.name: stage for stage in self._curriculum.see_stages()}
        policies = [*self._migrations[key].policies]
        told: dict[str, str | None] = {}
        for old, new in self._migrations[key].stages.items():
            if isinstance(new, str):
                task = as_json(stages[new].task, "task") if new in stages else {"task_parameters": {}}
                state = {"stage": {"name": old, "task": task}, "active_policies": policies}
                told[old] = self._why_not([state], f"{key}.0.0")
        return told

    def _why_not(self, states: Sequence[dict[str, Any]], version: str) -> str | None:
        origin = {"name": self._curriculum.name, "version": version}
        for state in states:
            try:
                plain = with_rules_of_today(checked({**state, "curriculum": origin}), self._former, self._curriculum)
                arrived = deserialise_or_move(plain, self._trainer, self._migrations)
                self._steps += arrived.moved.steps if arrived.moved is not None else ()
                suggestion(evaluate_state(self._trainer, arrived.state, self._metrics_of(arrived.state.stage)))
            except CurriculumError as error:
                return error.message
        return None

    def idle(self, key: int | str) -> Iterator[Operation]:
        """Operations that concern no animal, of those that were tried."""
        migration = self._migrations[key]
        steps = [step for step in self._steps if step.key == key]
        for one in migration.operations():
            tried = [step for step in steps if one in (migration.fate(step.from_stage) or ())]
            if tried and all(one in step.idle for step in tried):
                yield one
