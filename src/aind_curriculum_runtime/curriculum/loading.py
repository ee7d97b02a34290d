"""Importing one curriculum, and the checks that it must pass to be evaluated at all.

Knows nothing of trainer states.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..contract.errors import CurriculumError
from .bounds import stuck_after
from .concerned import concerns
from .discovery import Registered
from .rule_names import why_not_loadable

if TYPE_CHECKING:
    from aind_behavior_curriculum import Curriculum

__all__ = ["load", "require_sound"]


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
    stuck_after(registered.target, found)
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
            with _uncollected():
                importlib.import_module(module_name)
            found: Any = sys.modules[module_name]
            for attribute in filter(None, attributes.split(".")):
                found = getattr(found, attribute)
            return found
    except CurriculumError as error:
        error.hint = _hint(registered, error) or error.hint
        raise


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Do not look for garbage meanwhile: an import leaves next to none, and the search takes a fifth of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _hint(registered: Registered, error: CurriculumError) -> str | None:
    """A hint for imports that failed for a reason that Python's own message does not show."""
    cause = error.__cause__
    module_name, _, attributes = registered.target.partition(":")
    if isinstance(cause, ModuleNotFoundError) and cause.name is not None:
        if f"{module_name}.".startswith(f"{cause.name}."):
            return f"The entry point in pyproject.toml says {registered.target}: correct it there and run `uv sync`."
        return f"{error.hint} {_about_missing(cause.name, module_name.partition('.')[0])}"
    if isinstance(cause, AttributeError):
        # The library reads a policy's name as soon as a stage has it; a partial has no name.
        if cause.name == "__qualname__":
            return why_not_loadable(cause.obj)
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


def _about_missing(name: str, package: str) -> str:
    """What may be wrong with an import.

    Never the name as a package to install: of a misspelt name anybody may have published one.
    """
    import difflib

    parent, _, last = name.rpartition(".")
    beside = _modules(getattr(sys.modules.get(parent or package), "__path__", []))
    if not parent and last in beside:
        return f"A module of your own is imported as `from .{last} import ...`."
    close = difflib.get_close_matches(last, beside if parent else _modules(None) | sys.stdlib_module_names, n=1)
    if close:
        return f"Is {'.'.join(filter(None, (parent, close[0])))!r} meant?"
    return "If the name is right, `uv add` the package that has it: its documentation gives the package's name."


def _modules(folders: Iterable[str] | None) -> set[str]:
    """The modules in some folders; None for all that can be imported."""
    import pkgutil

    return {module.name for module in pkgutil.iter_modules(folders)}


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
        if why := why_not_loadable(rule.callable):
            name = getattr(rule.callable, "__qualname__", None) or repr(rule.callable)
            raise CurriculumError(
                "repo.rule_not_importable",
                f"The rule {name!r} ({where}) cannot be loaded again by its name.",
                why,
                where=where,
            )
