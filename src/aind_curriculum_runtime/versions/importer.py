"""The program that imports one version of a curriculum and writes it to a file as plain data.

Each version has its own process, because two versions of one package cannot be imported side by side. The answer goes
to a file because curriculum code may print.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..contract.errors import CurriculumError
from ..project.files import write_atomically

__all__ = ["arrivals", "main"]


def main() -> None:
    """Import the curriculum and write the answer: the document, or the error."""
    parser = argparse.ArgumentParser(prog="python -m aind_curriculum_runtime.versions.importer", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--source", type=Path, help="the folder to import from")
    where.add_argument("--installed", action="store_true", help="import from the installed package that has it")
    parser.add_argument("--object", required=True)
    parser.add_argument("--answer", type=Path, required=True, help="beside it, metadata for what is not installed")
    parser.add_argument("--packages", type=Path, help="a folder of packages that go before those installed")
    parser.add_argument("--states", type=Path, help="trainer states of another version, to be read by this one")
    parser.add_argument("--full", action="store_true", help="with all that a bundle holds")
    parser.add_argument("--session", type=Path, help="with trainer states, tuned by this session directory too")
    arguments = parser.parse_args()
    source = Path(os.path.realpath(arguments.source)) if arguments.source is not None else None
    if arguments.packages is not None:
        sys.path.insert(0, os.path.abspath(arguments.packages))
    if source is not None:
        sys.path.insert(0, str(source))
    sys.path.append(os.path.abspath(arguments.answer.parent))
    try:
        answer = _document(arguments, source)
    except CurriculumError as error:
        answer = {"error": error.message}
    except BaseException as error:  # whatever curriculum code raises, exit included
        answer = {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"}
    write_atomically(Path(os.path.abspath(arguments.answer)), json.dumps(answer, allow_nan=False).encode())


def _document(arguments: argparse.Namespace, source: Path | None) -> dict[str, Any]:
    from aind_behavior_curriculum import Curriculum

    from ..curriculum.formerly import declared as former_paths
    from ..curriculum.migration import declared
    from ..look.model import to_json
    from ..look.read import read_model
    from ..session.suggestion import as_json

    asked = None if arguments.states is None else json.loads(arguments.states.read_text(encoding="utf-8"))
    target: str = arguments.object
    name, _, attributes = target.partition(":")
    module = importlib.import_module(name)
    file, only = Path(os.path.realpath(str(module.__file__))), ""
    if source is None:  # among other packages, which are none of it
        source, only = file.parents[len(name.split(".")) - (file.stem != "__init__")], name.partition(".")[0]
    if not file.is_relative_to(source):
        # The installed package was found instead: this version does not have that module.
        raise ModuleNotFoundError(f"there is no module {name} in it")
    curriculum: Any = module
    for attribute in attributes.split("."):
        curriculum = getattr(curriculum, attribute)
    if not isinstance(curriculum, Curriculum):
        raise TypeError(f"{target} is a {type(curriculum).__name__}, not a Curriculum object")
    model = read_model(curriculum)
    document = {
        "model": to_json(model),
        "modules": _modules(source, only),
        "curriculum": as_json(curriculum, "curriculum"),
        "schemas": _schemas(curriculum, [one.reference for one in model.metrics]) if arguments.full else {},
    }
    if arguments.session is not None:
        stages = curriculum.see_stages()
        document["states"] = {stage.name: [*_states(curriculum, stage, arguments.session)] for stage in stages}
    if asked is not None:
        document["arrivals"] = arrivals(curriculum, declared(target), former_paths(target), **asked)
    return document


def _states(curriculum: Any, stage: Any, session: Path) -> Iterator[dict[str, Any]]:
    """Trainer states of animals at a stage: as enrolled, and as its policies leave them after a session."""
    from ..curriculum.author_code import curriculum_code
    from ..session.metrics import compute_metrics
    from ..session.suggestion import as_json
    from ..session.trainer import OrderedTrainer

    trainer = OrderedTrainer(curriculum)

    def state(at: Any, policies: Any) -> dict[str, Any]:
        found = trainer.create_trainer_state(stage=at, active_policies=policies)
        plain: dict[str, Any] = as_json(found.model_copy(update={"curriculum": None}), "trainer_state")
        return plain

    yield state(stage, stage.start_policies)
    policies = stage.see_policies()
    try:
        metrics = compute_metrics(stage, curriculum, session)
        with curriculum_code("code.raised", "A policy failed", ""):
            task = trainer.get_net_parameter_update(stage.task.model_copy(deep=True), policies, metrics)
        yield state(stage.model_copy(update={"task": task}), policies)
    except CurriculumError:  # the old version does not understand the session of this one
        return


def arrivals(
    curriculum: Any,
    migrations: Mapping[int | str, Any],
    former: Mapping[str, str],
    *,
    version: str,
    called: str | None,
    states: dict[str, Any],
) -> dict[str, Any]:
    """Ask a curriculum what it makes of trainer states, as a minor version after theirs and as a major one.

    Args:
        curriculum: The repo's own curriculum.
        migrations: What its module declares.
        former: The former rule paths that it declares.
        version: The version that wrote the states.
        called: The version of the curriculum, where its ``pyproject.toml`` states one.
        states: The states by stage, as JSON.

    Returns:
        What ``Arrivals.from_json`` reads.
    """
    from aind_behavior_curriculum import Trainer

    from ..contract.versions import major
    from ..curriculum.migration import Migration, Tombstone
    from ..session.admission import with_rules_of_today
    from ..session.arrival import arrival
    from ..session.plain_state import checked
    from .numbers import successors

    minor, later = successors(version, called or curriculum.version)
    of_versions: dict[int | str, Migration] = {
        key: one for key, one in migrations.items() if isinstance(key, str) and major(key) == major(version)
    }
    plain = {name: with_rules_of_today(checked(state), former, curriculum) for name, state in states.items()}
    found: dict[str, Any] = {}
    for question, number, some in (("within", minor, of_versions), ("across", later, migrations)):
        trainer = Trainer(curriculum.model_copy(update={"version": number}))
        found[question] = {name: arrival(state, trainer, some).as_json() for name, state in plain.items()}
    leading = migrations.get(major(version))
    stages = leading.stages if leading is not None else {}
    targets = {old: None if isinstance(new, Tombstone) else new for old, new in stages.items()}
    return found | {"declared": [*migrations], "successors": targets}


def _modules(source: Path, only: str) -> dict[str, str]:
    """The text of every module of this version that the curriculum needs, with those that its functions import.

    Args:
        source: The folder to import from.
        only: The one package of it that counts; empty for all.

    Returns:
        Text by dotted name.
    """

    def counts(name: str) -> bool:
        return not only or name.partition(".")[0] == only

    found = {}
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not (counts(name) and isinstance(file, str) and file.endswith(".py")):
            continue
        if Path(os.path.realpath(file)).is_relative_to(source):
            found[name] = Path(file).read_text(encoding="utf-8")
    pending = [*found]
    while pending:
        importer = pending.pop()
        for name in _imported(found[importer], importer, source):
            file = _file(name, source)
            if name not in found and file is not None and counts(name):
                found[name] = file.read_text(encoding="utf-8")
                pending.append(name)
    return dict(sorted(found.items()))


def _imported(text: str, importer: str, source: Path) -> Iterator[str]:
    """Dotted names that the import statements of a module may refer to; some are names inside a module."""
    file = _file(importer, source)
    package = importer if file is not None and file.stem == "__init__" else importer.rpartition(".")[0]
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # not imported yet: the error shows when the function is called
        return
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _file(name: str, source: Path) -> Path | None:
    """The file of a module of this version, or None when the name is none of its modules."""
    place = source.joinpath(*name.split("."))
    return next((one for one in (place / "__init__.py", place.with_name(f"{place.name}.py")) if one.is_file()), None)


def _schemas(curriculum: Any, metrics: list[str]) -> dict[str, Any]:
    """The JSON Schemas of a curriculum's metrics and trainer states."""
    from aind_behavior_curriculum import Metrics, Trainer
    from pydantic.json_schema import GenerateJsonSchema, models_json_schema

    class Sorted(GenerateJsonSchema):
        """Sorts unions: the library makes that of tasks twice from a set, and two orders would give two definitions."""

        def tagged_union_schema(self, schema: Any) -> Any:
            choices = dict(sorted(schema["choices"].items(), key=lambda choice: str(choice[0])))
            sorted_schema: Any = {**schema, "choices": choices}
            return super().tagged_union_schema(sorted_schema)

    dialect = "https://json-schema.org/draft/2020-12/schema"
    classes = [_resolved(reference) for reference in metrics] or [Metrics]
    wanted: Any = [(one, "serialization") for one in classes]
    references, schema = models_json_schema(wanted, title="Metrics", schema_generator=Sorted)
    any_of = [references[one, "serialization"] for one in classes]
    state = Trainer(curriculum).trainer_state_model.model_json_schema(mode="serialization", schema_generator=Sorted)
    return {
        "metrics": _settled({"$schema": dialect, **schema, "anyOf": any_of}),
        "trainer_state": _settled({"$schema": dialect, **state}),
    }


def _settled(schema: Any) -> Any:
    """Put a schema's alternatives in a fixed order: the library makes unions of tasks from a set."""
    if isinstance(schema, list):
        return [_settled(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _settled(value) for key, value in schema.items()}
    for key in ("anyOf", "oneOf"):
        if isinstance(found.get(key), list):
            found[key] = sorted(found[key], key=lambda one: json.dumps(one, sort_keys=True))
    return found


def _resolved(reference: str) -> Any:
    """The class with that dotted name, which may be inside another class."""
    parts = reference.split(".")
    cut = max(cut for cut in range(1, len(parts)) if ".".join(parts[:cut]) in sys.modules)
    found: Any = sys.modules[".".join(parts[:cut])]
    for name in parts[cut:]:
        found = getattr(found, name)
    return found


if __name__ == "__main__":
    main()
    os._exit(0)  # a normal exit would wait for threads that curriculum code started at import
