"""Migrations: what an author says of animals whose trainer state an older version wrote.

Owns what is declared, and what is wrong with a declaration. ``moving`` does what it says. A curriculum declares
migrations in the module of its ``Curriculum`` object, the one that its entry point names, under the name
``MIGRATIONS``::

    MIGRATIONS = {
        "1.4.0": Migration(parameters=[Rename("response_delay", "wait_delay")]),
        0: Migration(
            stages={"s_old": "s_new", "s_gone": Tombstone("Place them by hand, at s_new or s_other.")},
            policies={"p_old": "p_new"},
            parameters="keep",
        ),
    }

A version takes the states of its own major version that are older than it to that version; a major number leads from
that major version straight to this one. A state goes through the versions of its major that it has not reached yet, in
their order, and then through that major's number where this is a later one.

Light: it imports neither the library nor pydantic.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from ..contract.errors import CurriculumError
from ..contract.leaves import EACH, Part, parts
from ..contract.strict_json import encode, parse
from ..contract.versions import SEMVER, numbers
from .beside import MIGRATIONS, beside

__all__ = [
    "TOMBSTONES",
    "Compute",
    "Drop",
    "Migration",
    "Operation",
    "Rename",
    "Set",
    "Tombstone",
    "declared",
    "named",
    "require_fitting",
    "tombstone",
]

TOMBSTONES: Final = "aind_curriculum_runtime.tombstones"
"""Entry point group of removed curricula: the old name, and ``package.module:OBJECT`` of its ``Tombstone``."""


@dataclass(frozen=True)
class Tombstone:
    """What is left of a stage or curriculum that was removed.

    Args:
        message: Where its animals go, for the person who moves them: one or two sentences.
    """

    message: str

    def __post_init__(self) -> None:
        if not isinstance(self.message, str) or not self.message.strip():
            raise TypeError("a tombstone says where the animals go")


@dataclass(frozen=True)
class Rename:
    """A parameter that has another path now; its value stays.

    Args:
        path: Where it was, such as ``response_delay`` or ``patches[*].reward.amount``.
        to: Where it is, with as many ``[*]``, each of which stands for the same element.
    """

    path: str
    to: str

    def __post_init__(self) -> None:
        before, after = _parts(self.path), _parts(self.to)
        if not isinstance(before[-1], str) or not isinstance(after[-1], str):
            raise TypeError(f"Rename gives a parameter another name, and elements of a list have none: {self!r}")
        _require_same_each(self.path, self.to)

    def as_json(self) -> dict[str, Any]:
        """Say it in JSON."""
        return {"rename": self.path, "to": self.to}


@dataclass(frozen=True)
class Drop:
    """A parameter that is no more; its value is lost.

    Args:
        path: Where it was, such as ``distractors`` or ``patches[label=B]``.
    """

    path: str

    def __post_init__(self) -> None:
        _parts(self.path)

    def as_json(self) -> dict[str, Any]:
        """Say it in JSON."""
        return {"drop": self.path}


@dataclass(frozen=True)
class Set:
    """A parameter that gets the same value for every animal, whatever it was.

    Args:
        path: Where it is; an object that would hold it is made where there is none.
        value: A JSON value.
    """

    path: str
    value: Any

    def __post_init__(self) -> None:
        _parts(self.path)
        try:
            object.__setattr__(self, "value", parse(encode(self.value)))
        except (TypeError, ValueError) as error:
            raise TypeError(f"Set({self.path!r}) has no JSON value: {error}") from None

    def as_json(self) -> dict[str, Any]:
        """Say it in JSON."""
        return {"set": self.path, "value": self.value}


@dataclass(frozen=True)
class Compute:
    """A parameter whose value follows from those that the animal has.

    Args:
        path: Where it is.
        function: Called with the values at ``of``, as JSON has them; returns the new value.
        of: Paths of the values that it is called with, each with as many ``[*]`` as ``path``; the value at ``path``
            itself where none is named. Where the state has none of them, nothing is computed.
    """

    path: str
    function: Callable[..., Any]
    of: str | Sequence[str] = ()

    def __post_init__(self) -> None:
        _parts(self.path)
        if not callable(self.function):
            raise TypeError(f"Compute({self.path!r}) has no function, but {self.function!r}")
        of = (self.of,) if isinstance(self.of, str) else tuple(self.of) or (self.path,)
        for path in of:
            _parts(path)
            _require_same_each(self.path, path)
        object.__setattr__(self, "of", of)

    def as_json(self) -> dict[str, Any]:
        """Say it in JSON."""
        return {"compute": self.path, "of": list(self.of)}


Operation = Rename | Drop | Set | Compute
"""What becomes of a parameter."""

Fate = Literal["keep", "stage"] | Sequence[Operation]
"""What becomes of the parameters of a stage: those of the animal, those of the stage, or the animal's, changed."""


@dataclass(frozen=True, kw_only=True)
class Migration:
    """What becomes of the trainer states of an older version.

    Args:
        stages: For a major number only: every stage of that version by its name, and its successor's name or a
            ``Tombstone``. Within a major version stages keep their names.
        policies: Old policies, by name or dotted path, and their successors; None for one that ends. A policy that is
            not named stays active if the stage still has it.
        rules: For a version only: policy transitions and metrics providers, which a trainer state holds too, by name or
            dotted path, and what they are called now; None for one that there is no more.
        parameters: What becomes of the task parameters, for all stages or by the name that a stage had: ``"keep"``
            for those of the animal, ``"stage"`` for those of the stage, or the operations by which those of the
            animal change, in their order. Where it says nothing a version keeps them; with a major number a state
            whose values are not those of the stage is refused.
        note: What a person should know of it; shown with every migrated suggestion.
    """

    stages: Mapping[str, str | Tombstone] = field(default_factory=dict)
    policies: Mapping[str, str | None] = field(default_factory=dict)
    rules: Mapping[str, str | None] = field(default_factory=dict)
    parameters: Fate | Mapping[str, Fate] | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for attribute, kind, told in (
            ("stages", str | Tombstone, "tombstones"),
            ("policies", str | None, "None"),
            ("rules", str | None, "None"),
        ):
            names = getattr(self, attribute)
            if not isinstance(names, Mapping):
                raise TypeError(f"{attribute} is a dict of names, not {names!r}")
            for old, new in names.items():
                if not isinstance(old, str) or not isinstance(new, kind):
                    raise TypeError(f"{attribute} maps names to names or {told}, not {old!r} to {new!r}")
            object.__setattr__(self, attribute, MappingProxyType(dict(names)))  # so that nobody changes it
        if not isinstance(self.note, str):
            raise TypeError(f"note is a text, not {self.note!r}")
        object.__setattr__(self, "parameters", _fates(self.parameters))

    def fate(self, stage: str) -> Fate | None:
        """What becomes of the task parameters of a stage.

        Args:
            stage: The name that it had.

        Returns:
            What is declared, or None where nothing is.
        """
        return self.parameters.get(stage) if isinstance(self.parameters, Mapping) else self.parameters

    def operations(self) -> list[Operation]:
        """Every operation on parameters, of all stages, once."""
        by_stage = self.parameters.values() if isinstance(self.parameters, Mapping) else [self.parameters]
        found: list[Operation] = []
        for fate in by_stage:
            if fate is not None and not isinstance(fate, str):
                found += [one for one in fate if one not in found]
        return found

    def as_json(self) -> dict[str, Any]:
        """Say what is declared in JSON.

        Returns:
            Its fields, with None as the successor of a stage with a tombstone. Functions are left out.
        """
        return {
            "stages": {old: new if isinstance(new, str) else None for old, new in self.stages.items()},
            "policies": dict(self.policies),
            "rules": dict(self.rules),
            "parameters": _fate_as_json(self.parameters),
            "note": self.note,
        }


def _parts(path: object) -> tuple[Part, ...]:
    if not isinstance(path, str):
        raise TypeError(f"a parameter is named by its path, not by {path!r}")
    try:
        return parts(path)
    except ValueError as error:
        raise TypeError(str(error)) from None


def _require_same_each(path: str, other: str) -> None:
    counts = [parts(one).count(EACH) for one in (path, other)]
    if counts[0] != counts[1]:
        raise TypeError(f"{path!r} and {other!r} do not have as many [*], so it is open which belong together")


def _fates(declared: Any) -> Any:
    if isinstance(declared, Mapping):
        for name in declared:
            if not isinstance(name, str):
                raise TypeError(f"parameters maps names of stages, not {name!r}")
        return MappingProxyType({name: _fate(one) for name, one in declared.items()})
    return None if declared is None else _fate(declared)


def _fate(declared: Any) -> Fate:
    if isinstance(declared, str) and declared in ("keep", "stage"):
        return declared  # type: ignore[return-value]
    if isinstance(declared, list | tuple) and all(isinstance(one, Rename | Drop | Set | Compute) for one in declared):
        return tuple(declared)
    raise TypeError(f'parameters is "keep", "stage", a list of Rename, Drop, Set and Compute, or a dict of these by '
                    f"stage, not {declared!r}")  # fmt: skip


def _fate_as_json(fate: Fate | Mapping[str, Fate] | None) -> Any:
    if isinstance(fate, Mapping):
        return {stage: _fate_as_json(one) for stage, one in fate.items()}
    return fate if fate is None or isinstance(fate, str) else [one.as_json() for one in fate]


def declared(target: str) -> Mapping[int | str, Migration]:
    """The migrations that a loaded curriculum declares.

    Args:
        target: Where its object is, ``package.module:OBJECT``.

    Returns:
        Version, or old major version, to migration; empty when the module declares none.

    Raises:
        CurriculumError: ``repo.migration`` when ``MIGRATIONS`` is something else.
    """
    module = target.partition(":")[0]
    found = beside(target, MIGRATIONS)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise _misdeclared(f"{module}.{MIGRATIONS} is not a dict of versions and Migration objects", module)
    for why in _faults(found):
        raise _misdeclared(f"{module}.{MIGRATIONS} {why}", module)
    return found


def _misdeclared(why: str, module: str) -> CurriculumError:
    return CurriculumError(
        "repo.migration",
        f"{why}.",
        f'Write {MIGRATIONS} = {{"1.4.0": Migration(parameters=[...])}}, or for an older major version '
        "{0: Migration(stages={...})}.",
        where=f"{module}:{MIGRATIONS}",
    )


def _faults(migrations: Mapping[Any, Any]) -> Iterator[str]:
    for key, one in migrations.items():
        if not isinstance(one, Migration):
            yield f"has a {type(one).__name__} at {key!r}, not a Migration"
        elif isinstance(key, str):
            yield from _version_faults(key, one)
        elif not isinstance(key, int) or isinstance(key, bool) or key < 0:
            yield f'has the key {key!r}, which is neither a version such as "1.4.0" nor a major number'
        elif not one.stages:
            yield f"does not say at {key} where the animals of its stages go"
        elif one.rules:
            yield f"maps rules at {key}, but an animal of another major version gets all rules of its new stage"
        elif isinstance(one.parameters, Mapping):
            for stage in one.parameters:
                if not isinstance(one.stages.get(stage), str):
                    yield f"has parameters of {stage!r} at {key}, where no stage of that name goes on"


def _version_faults(key: str, one: Migration) -> Iterator[str]:
    if not SEMVER.fullmatch(key) or set(key) & {"-", "+"}:
        yield f'has the key {key!r}, which is no version of three numbers such as "1.4.0"'
    elif numbers(key)[1:] == (0, 0):
        yield f"has the key {key!r}, before which its major version has none: an older major version is a number"
    elif one.stages:
        yield f"maps stages at {key!r}, but within a major version stages keep their names"


def require_fitting(migrations: Mapping[int | str, Migration], version: str, stages: Collection[str]) -> None:
    """Make sure that migrations lead to this version of a curriculum, from stages that there were.

    Args:
        migrations: What ``declared`` returned.
        version: The curriculum's version.
        stages: Names of its stages.

    Raises:
        CurriculumError: ``repo.migration`` for one to a version beyond this one, or whose parameters are those of a
            stage that its major version does not have: nothing would happen, and nobody would see it.
    """
    own = numbers(version)
    for key, one in migrations.items():
        if (numbers(key) > own) if isinstance(key, str) else (key >= own[0]):
            raise _unfitting(
                f"There is a {named(key)}, but this is version {version}.",
                "Raise the version with `curriculum bump`, or correct the key.",
            )
        if isinstance(key, str) and isinstance(one.parameters, Mapping):
            of = numbers(key)[0]
            there = stages if of == own[0] else migrations[of].stages if of in migrations else one.parameters
            for stage in one.parameters:
                if stage not in there:
                    raise _unfitting(
                        f"The {named(key)} says what becomes of the parameters of {stage!r}, which is no stage of "
                        f"version {of}.",
                        f"Its stages: {', '.join(there)}.",
                    )


def named(key: int | str) -> str:
    """What a migration is called in a sentence.

    Args:
        key: The version, or old major version, by which it is declared.

    Returns:
        Words without an article.
    """
    return f"migration {'to' if isinstance(key, str) else 'from'} version {key}"


def _unfitting(message: str, hint: str) -> CurriculumError:
    return CurriculumError("repo.migration", message, hint, where=MIGRATIONS)


def tombstone(name: str) -> str | None:
    """The message of the tombstone of a removed curriculum.

    Args:
        name: Its name, as a trainer state has it.

    Returns:
        The message, or None when there is no tombstone.

    Raises:
        CurriculumError: ``repo.migration`` when the entry point does not lead to a ``Tombstone``.
    """
    from ..project.distributions import entry_points

    target = next((point.value for point in entry_points(TOMBSTONES) if point.name == name), None)
    if target is None:
        return None
    import importlib

    from .author_code import curriculum_code

    module, _, attribute = target.replace(" ", "").partition(":")
    hint = f'See [project.entry-points."{TOMBSTONES}"] in pyproject.toml.'
    with curriculum_code("repo.migration", f"The tombstone of {name!r} does not import", hint):
        found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, Tombstone):
        raise CurriculumError("repo.migration", f"{target} is a {type(found).__name__}, not a Tombstone.", hint)
    return found.message
