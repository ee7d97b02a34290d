"""Find the curricula installed in this environment, by entry point, and load one.

Owns the checks that a curriculum must pass to be evaluated at all. Finding imports neither pydantic nor a curriculum;
loading imports only the one that is asked for. Knows nothing of trainer states.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..contract.errors import CurriculumError
from ..contract.versions import semver_of
from ..project.distributions import ENTRY_POINT_GROUP, entry_points, origin_of
from .concerned import concerns

if TYPE_CHECKING:
    from pathlib import Path

    from aind_behavior_curriculum import Curriculum

__all__ = [
    "Registered",
    "choose",
    "installed",
    "is_importable",
    "load",
    "repo_directory",
    "require_sound",
]

_PLAIN_FUNCTION: Final = "Make it a plain function at the top level of a module: no lambda, no method, no partial."


class Registered(NamedTuple):  # importing dataclasses takes a tenth of the start of `list`
    """One curriculum as its distribution declares it, not yet imported."""

    name: str
    """Name of the entry point, and of the ``Curriculum`` object."""

    target: str
    """Where the object is: ``package.module:OBJECT``."""

    distribution: str
    """Name of the distribution that declares it."""

    version: str
    """Semantic version of that distribution; as in its metadata when that is not semantic."""


def installed() -> list[Registered]:
    """Every curriculum that the environment's distributions declare, by name.

    Returns:
        One entry a curriculum, sorted by name; empty when none is declared.

    Raises:
        CurriculumError: ``repo.duplicate_name`` when two distributions declare one name.
    """
    found: dict[str, Registered] = {}
    for point in entry_points(ENTRY_POINT_GROUP):
        version = point.distribution.version
        with contextlib.suppress(ValueError):  # the checks report a version that is not semantic
            version = semver_of(version)
        one = Registered(name=point.name, target=point.value, distribution=point.distribution.name, version=version)
        other = found.setdefault(one.name, one)
        if (other.target, other.distribution) != (one.target, one.distribution):
            raise CurriculumError(
                "repo.duplicate_name",
                f"Two distributions declare a curriculum named {one.name!r}: "
                f"{other.distribution} ({other.target}) and {one.distribution} ({one.target}).",
                f'Rename one under [project.entry-points."{ENTRY_POINT_GROUP}"] and run `uv sync`.',
            )
    return [found[name] for name in sorted(found)]


def choose(curricula: Iterable[Registered], name: str | None) -> Registered:
    """Pick the curriculum that a command is about.

    Args:
        curricula: What ``installed`` found.
        name: The name asked for, or None for the only one there is.

    Returns:
        The one curriculum.

    Raises:
        CurriculumError: ``repo.no_curriculum``, ``usage.unknown_curriculum`` or ``usage.curriculum_needed``.
    """
    by_name = {one.name: one for one in curricula}
    if not by_name:
        raise CurriculumError(
            "repo.no_curriculum",
            "No curriculum is installed in this environment.",
            f'Declare it in pyproject.toml under [project.entry-points."{ENTRY_POINT_GROUP}"] and run `uv sync`.',
        )
    known = ", ".join(by_name)
    if name is not None:
        if name not in by_name:
            raise CurriculumError(
                "usage.unknown_curriculum", f"There is no curriculum named {name!r} here.", f"Installed: {known}."
            )
        return by_name[name]
    if len(by_name) > 1:
        raise CurriculumError(
            "usage.curriculum_needed",
            f"There are {len(by_name)} curricula here, so one must be chosen.",
            f"Add --curriculum with one of: {known}.",
        )
    return next(iter(by_name.values()))


def load(registered: Registered) -> Curriculum[Any]:
    """Import a curriculum and make sure that its suggestions can be loaded again.

    Args:
        registered: Which one.

    Returns:
        The curriculum object of the repo, its rules all importable by their names.

    Raises:
        CurriculumError: ``repo.import_failed``, ``repo.not_a_curriculum``, ``repo.name_mismatch``,
            ``repo.curriculum_invalid`` or ``repo.rule_not_importable``; ``code.exited`` when importing it
            calls exit.
    """
    concerns(registered.name, registered.version)
    found = _imported(registered)

    from aind_behavior_curriculum import Curriculum

    if not isinstance(found, Curriculum):
        raise CurriculumError(
            "repo.not_a_curriculum",
            f"{registered.target} is a {'class' if isinstance(found, type) else type(found).__name__}, "
            "not a Curriculum object.",
            "Point the entry point in pyproject.toml at what create_curriculum(...)() gave and run `uv sync`.",
        )
    if found.name != registered.name:
        raise CurriculumError(
            "repo.name_mismatch",
            f"The entry point {registered.name!r} leads to a curriculum named {found.name!r}.",
            "Trainer states choose their curriculum by name: give create_curriculum and the entry point in "
            "pyproject.toml the same one and run `uv sync`.",
        )
    require_sound(found)
    _require_importable_rules(found)
    concerns(registered.name, found.version)
    return found


def _imported(registered: Registered) -> Any:
    """The object that the entry point names, whatever it is."""
    from .author_code import curriculum_code

    module_name, _, attributes = registered.target.partition(":")
    try:
        with curriculum_code(
            "repo.import_failed",
            f"The curriculum {registered.name!r} does not import",
            f"Fix the import; `uv run python -c 'import {module_name}'` shows it alone.",
        ):
            importlib.import_module(module_name)
            found: Any = sys.modules[module_name]
            for attribute in filter(None, attributes.split(".")):
                found = getattr(found, attribute)
            return found
    except CurriculumError as error:
        error.hint = _hint(registered, error) or error.hint
        raise


def _hint(registered: Registered, error: CurriculumError) -> str | None:
    """A hint for imports that failed for a reason that Python's own message does not show."""
    cause = error.__cause__
    module_name, _, attributes = registered.target.partition(":")
    if isinstance(cause, ModuleNotFoundError) and cause.name is not None:
        if f"{module_name}.".startswith(f"{cause.name}."):
            return f"The entry point in pyproject.toml says {registered.target}: correct it there and run `uv sync`."
        top = cause.name.partition(".")[0]
        if top != module_name.partition(".")[0]:
            return (
                f"{error.hint} A package is added with `uv add {top}`; a module of your own is imported as "
                f"`from .{top} import ...`."
            )
    if isinstance(cause, AttributeError):
        # The library reads a rule's name as soon as a stage has it; a partial has no name.
        if cause.name == "__qualname__":
            return _PLAIN_FUNCTION
        if cause.name in attributes.split(".") and module_name in sys.modules:  # so the import was complete
            return f"The entry point in pyproject.toml says {registered.target}: correct it there and run `uv sync`."
    if isinstance(cause, TypeError):
        # The library compares a rule's annotations as classes; `from __future__ import annotations` makes them text.
        if "issubclass() arg 1 must be a class" in str(cause):
            return (
                "The library reads a rule's annotations as classes: take out `from __future__ import annotations`, "
                "and write a plain class for each argument and the return value."
            )
        if "Curriculum.add_" in str(cause) and "missing" in str(cause):
            return "create_curriculum(...) gives a class: call that too, as in create_curriculum(...)()."
    return None


def require_sound(curriculum: Curriculum[Any]) -> None:
    """Refuse what the library refuses only later, when a trainer is made, and without naming the stage or task.

    Args:
        curriculum: As its module makes it.

    Raises:
        CurriculumError: ``repo.curriculum_invalid``: it has no stages, or a task of a class it was not given.
    """
    stages = curriculum.see_stages()
    if not stages:
        raise CurriculumError(
            "repo.curriculum_invalid",
            f"The curriculum {curriculum.name!r} has no stages.",
            "Add them in the module that makes it: add_stage_transition(stage, next_stage, StageTransition(...)).",
        )
    try:
        curriculum.task_discriminator_type()
    except ValueError as error:
        names = dict.fromkeys(type(stage.task).__name__ for stage in stages)
        raise CurriculumError(
            "repo.curriculum_invalid",
            "A stage has a task of a class that create_curriculum was not given.",
            f"Give it the classes of all the stages' tasks, Graduated included: ({', '.join(names)}).",
        ) from error


def _require_importable_rules(curriculum: Curriculum[Any]) -> None:
    """Refuse rules whose written name the library cannot load again (lambdas, static methods)."""
    from .references import places

    for where, rule in places(curriculum):
        if not is_importable(rule.callable):
            name = getattr(rule.callable, "__qualname__", None) or repr(rule.callable)
            raise CurriculumError(
                "repo.rule_not_importable",
                f"The rule {name!r} ({where}) cannot be loaded again by its name.",
                _PLAIN_FUNCTION,
                where=where,
            )


def is_importable(function: object) -> bool:
    """Whether the library finds a rule's function again by the name that it writes.

    Args:
        function: The function behind a rule.

    Returns:
        True when its module holds the very same function under its name. The library resolves everything
        but the last part of a name as a module (``_Rule._deserialize_rule``), so a method is not found.
    """
    module, qualname = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(qualname, str) or "." in qualname:
        return False
    return getattr(sys.modules.get(module), qualname, None) is function


def repo_directory(registered: Registered) -> Path | None:
    """The repo that a curriculum is installed from, if the install is editable.

    Args:
        registered: Which curriculum.

    Returns:
        The folder of its ``pyproject.toml``, or None for an ordinary install.
    """
    origin = origin_of(registered.distribution)
    return None if origin is None else origin.editable
