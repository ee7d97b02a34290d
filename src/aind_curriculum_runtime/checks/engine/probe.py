"""The program that checks run in the curriculum's own environment: it imports the curriculum and answers a question.

Owns what can only be learned by importing. The answer goes to a file because curriculum code may print. It needs the
library and this package, and hypothesis only for ``witnesses``.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ...contract.errors import CurriculumError
from ...project.files import write_atomically

_DUMPS, _EXIT = json.dumps, os._exit  # taken before any curriculum code can replace them


def main() -> None:
    """Answer one question and write the answer to a file."""
    parser = argparse.ArgumentParser(prog="python -m aind_curriculum_runtime.checks.engine.probe", description=__doc__)
    parser.add_argument("question", choices=sorted(QUESTIONS))
    parser.add_argument("--object", required=True)
    parser.add_argument("--answer", type=Path, required=True)
    parser.add_argument("--session", type=Path)
    parser.add_argument("--document", type=Path)
    parser.add_argument("--repo", type=Path)
    parser.add_argument("--source", type=Path, help="import the curriculum from this folder instead")
    arguments = parser.parse_args()
    if arguments.source is not None:
        sys.path.insert(0, str(arguments.source))
    gc.disable()  # a fifth of the import would be looking for garbage
    try:
        curriculum = _load(arguments.object)
    except BaseException as error:
        fix = error.hint if isinstance(error, CurriculumError) else None
        answer: Any = {"error": _told(error), "fix": fix}
    else:
        gc.enable()
        answer = QUESTIONS[arguments.question](curriculum, arguments)
    write_atomically(Path(os.path.abspath(arguments.answer)), _DUMPS(answer).encode())
    # Like the runtime, do not wait for threads that the curriculum left.
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    _EXIT(0)


def _load(spec: str) -> Any:
    from aind_behavior_curriculum import Curriculum

    from ...curriculum.loading import require_sound

    module, _, attributes = spec.partition(":")
    found: Any = importlib.import_module(module)
    for name in attributes.split("."):
        found = getattr(found, name)
    if not isinstance(found, Curriculum):
        raise TypeError(f"{spec} is a {type(found).__name__}, not a Curriculum object")
    require_sound(found)
    return found


def _told(error: BaseException) -> str:
    from pydantic import ValidationError

    from ...curriculum.validation import first_fault

    if isinstance(error, CurriculumError):
        return error.message
    if isinstance(error, ValidationError):
        fault = first_fault(error)
        return f"{fault.place}: {fault.message}"
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _facts(curriculum: Any, arguments: argparse.Namespace) -> dict[str, Any]:
    """The graph, its rules, and a trainer state for every stage."""
    import aind_behavior_curriculum

    from ...curriculum.answers import transitions_without_answer
    from ...curriculum.references import places
    from ...session.trainer import OrderedTrainer
    from .rule_search import undeclared

    trainer = OrderedTrainer(curriculum)
    stages = []
    states = {}
    for number, stage in curriculum.graph.nodes.items():
        provider = stage.metrics_provider
        stages.append(
            {
                "name": stage.name,
                "provider": provider.name if provider is not None else None,
                "undeclared": [*undeclared(stage.task)],
                "policies": [_name(policy) for policy in stage.see_policies()],
                "start_policies": [_name(policy) for policy in stage.start_policies],
                "policy_transitions": [
                    [_name(stage.graph.nodes[source]), _name(rule), _name(stage.graph.nodes[target])]
                    for source, edges in stage.graph.graph.items()
                    for rule, target in edges
                ],
                "transitions": [
                    [_name(rule), curriculum.graph.nodes[target].name]
                    for rule, target in curriculum.graph.graph[number]
                ],
            }
        )
        state = trainer.create_trainer_state(stage=stage, active_policies=stage.start_policies)
        states[stage.name] = _plain(state)
    return {
        "name": curriculum.name,
        "version": curriculum.version,
        "dsl_version": aind_behavior_curriculum.__version__,
        "stages": stages,
        "states": states,
        "graph": _plain(curriculum)["graph"],
        "rules": [_rule(where, rule) for where, rule in places(curriculum)],
        "without_answer": [_rule(where, rule) for where, rule in transitions_without_answer(curriculum)],
        "homonyms": sorted(_homonyms(curriculum)),
        "modules": sorted(_modules_of(arguments.object)),
        "task_packages": sorted(_task_packages(curriculum, arguments.object)),
        "migrations": _declared(curriculum, arguments.object),
        "formerly": _faults_of_former_paths(curriculum, arguments.object),
    }


def _plain(model: Any) -> Any:
    """A model as JSON, with sets in a fixed order, because two processes' answers are compared."""
    from ...session.suggestion import as_json

    try:
        return as_json(model, "curriculum")
    except CurriculumError:  # reported by the runs
        return model.model_dump(mode="json")


def _declared(curriculum: Any, target: str) -> dict[str, Any]:
    """The migrations by version or old major version, as ``Migration.as_json`` tells them."""
    from ...curriculum.migration import declared, require_fitting

    try:
        migrations = declared(target)
        require_fitting(migrations, curriculum.version, [stage.name for stage in curriculum.see_stages()])
        return {str(key): one.as_json() for key, one in migrations.items()}
    except CurriculumError as error:
        return {"error": error.message}


def _faults_of_former_paths(curriculum: Any, target: str) -> list[str] | None:
    """What is wrong with the former rule paths; None where none are declared."""
    from ...curriculum.formerly import declared, faults
    from ...curriculum.references import known

    try:
        former = declared(target)
    except CurriculumError as error:
        return [error.message]
    return [*faults(former, known(curriculum))] if former else None


def _name(rule: Any) -> str:
    function = getattr(rule, "callable", rule)
    module, qualname = getattr(function, "__module__", "?"), getattr(function, "__qualname__", repr(function))
    return f"{module}.{qualname}"


def _rule(where: str, rule: Any) -> dict[str, Any]:
    from ...curriculum.rule_names import why_not_loadable

    function = rule.callable
    code = getattr(inspect.unwrap(function), "__code__", None)  # the author's, not a decorator's
    return {
        "place": where,
        "reference": _name(rule),
        "not_loadable": why_not_loadable(function),
        "file": code.co_filename if code else None,
        "line": code.co_firstlineno if code else None,
    }


def _modules_of(target: str) -> Iterator[str]:
    """Files of the curriculum's package that were imported."""
    top = target.partition(":")[0].partition(".")[0]
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == top and (file := getattr(module, "__file__", None)):
            yield os.path.abspath(file)


def _task_packages(curriculum: Any, target: str) -> set[str]:
    """Distributions that tasks and their parameters are classes of, the repo's own and the library left out."""
    from ...project.distributions import normalised

    own = target.partition(":")[0].partition(".")[0]
    tops = set()
    for stage in curriculum.see_stages():
        for value in (stage.task, stage.task.task_parameters):
            modules = [one.__module__.partition(".")[0] for one in type(value).__mro__]
            tops.add(next(top for top in modules if top != own))  # what a class of the repo's own derives from
    tops -= {"aind_behavior_curriculum", "pydantic"}
    if not tops:
        return set()
    import importlib.metadata

    found = importlib.metadata.packages_distributions()  # reads the list of files of every distribution
    return {normalised(name) for top in tops for name in found.get(top, [])}


def _homonyms(curriculum: Any) -> Iterator[str]:
    """Names that two different stages of one curriculum share: the library takes both for one (Stage.__eq__)."""
    from aind_behavior_curriculum import Curriculum, Stage

    seen: dict[str, int] = {stage.name: id(stage) for stage in curriculum.see_stages()}
    tops = {_name(rule).partition(".")[0] for stage in curriculum.see_stages() for rule in _rules_of(stage)}
    values = [
        value
        for name, module in sorted(sys.modules.items())
        if name.partition(".")[0] in tops and name != type(curriculum).__module__  # models are made by the library
        for value in list(vars(module).values())
    ]
    others = [one for one in values if isinstance(one, Curriculum) and one is not curriculum]
    theirs = {id(stage) for one in others for stage in one.see_stages()}
    for value in values:
        if isinstance(value, Stage) and id(value) not in theirs and seen.get(value.name, id(value)) != id(value):
            yield value.name


def _rules_of(stage: Any) -> list[Any]:
    return [*stage.see_policies(), *([stage.metrics_provider] if stage.metrics_provider else [])]


def _each_provider_once(curriculum: Any, session: Path) -> Callable[[Any], Any]:
    """``compute_metrics`` for many stages, with one call for each provider: most share one, which may take seconds."""
    from ...session.metrics import compute_metrics

    known: dict[Any, Any] = {}

    def metrics_of(stage: Any) -> Any:
        provider = stage.metrics_provider
        if provider is None:
            return compute_metrics(stage, curriculum, session)
        if provider.callable not in known:
            try:
                known[provider.callable] = compute_metrics(stage, curriculum, session)
            except CurriculumError as error:
                known[provider.callable] = error
        found = known[provider.callable]
        if isinstance(found, CurriculumError):
            raise found
        return found

    return metrics_of


def _evaluate(curriculum: Any, arguments: argparse.Namespace) -> dict[str, Any]:
    """What the library makes of the session at every stage: metrics, how they read back, and the next state."""
    from ...session.evaluate import evaluate_state
    from ...session.suggestion import as_json
    from ...session.trainer import OrderedTrainer

    trainer = OrderedTrainer(curriculum)
    metrics_of = _each_provider_once(curriculum, arguments.session)
    answer: dict[str, Any] = {}
    for stage in curriculum.see_stages():
        names = ("failed", "reread", "metrics", "trainer_state", "altered", "error")
        found: dict[str, Any] = dict.fromkeys(names)
        answer[stage.name] = found
        try:
            metrics = metrics_of(stage)
            found["metrics"] = as_json(metrics, "metrics")
        except CurriculumError as error:
            found["failed"] = error.message
            continue
        found["reread"] = _reread(metrics, found["metrics"])
        try:
            state = trainer.create_trainer_state(stage=stage, active_policies=stage.start_policies)
            found["trainer_state"] = as_json(evaluate_state(trainer, state, metrics).after, "trainer_state")
            before, found["metrics"] = found["metrics"], as_json(metrics, "metrics")
            found["altered"] = _changed_fields(before, found["metrics"])
        except CurriculumError as error:
            found["error"] = error.message
    return answer


def _reread(metrics: Any, plain: dict[str, Any]) -> str | None:
    from ...session.suggestion import as_json

    try:
        again = as_json(type(metrics).model_validate_json(json.dumps(plain)), "metrics")
    except ValueError as error:
        return _told(error)
    fields = _changed_fields(plain, again)
    return f"{fields} read back as something else" if fields else None


def _changed_fields(before: dict[str, Any], after: dict[str, Any]) -> str:
    return ", ".join(name for name in {**before, **after} if before.get(name, ...) != after.get(name, ...))


def _suggest(curriculum: Any, arguments: argparse.Namespace) -> dict[str, Any]:
    """Every stage's suggestion as the runtime would print it, or why there is none."""
    from ...session.evaluate import evaluate_state
    from ...session.suggestion import suggestion
    from ...session.trainer import OrderedTrainer

    trainer = OrderedTrainer(curriculum)
    metrics_of = _each_provider_once(curriculum, arguments.session)
    follows = _each_succession_once(curriculum, arguments.session)
    answer: dict[str, Any] = {}
    for stage in curriculum.see_stages():
        try:
            state = trainer.create_trainer_state(stage=stage, active_policies=stage.start_policies)
            metrics = metrics_of(stage)
            document = json.loads(suggestion(evaluate_state(trainer, state, metrics)))
            answer[stage.name] = {"error": None, **document}
        except CurriculumError as error:
            answer[stage.name] = {"error": error.message}
    for before, stage in _successions(curriculum):
        if answer[before.name]["error"] is None and answer[stage.name]["error"] is None:
            refused = follows(before, stage, answer[before.name]["metrics"])
            if refused is not None:
                told = f"after a session at {before.name!r}, {refused.message[0].lower()}{refused.message[1:]}"
                answer[stage.name] = {"error": told, "fix": refused.hint}
    return answer


def _successions(curriculum: Any) -> Iterator[tuple[Any, Any]]:
    """Pairs of stages that two sessions in a row may have."""
    nodes = curriculum.graph.nodes
    for number, stage in nodes.items():
        yield stage, stage
        for _, target in curriculum.graph.graph[number]:
            yield stage, nodes[target]


def _each_succession_once(curriculum: Any, session: Path) -> Callable[[Any, Any, Any], CurriculumError | None]:
    """Why a stage's provider fails with the metrics of the session before, or None; each pair is tried once."""
    from ...session.layout import PREVIOUS_METRICS, place_of
    from ...session.metrics import compute_metrics

    file = place_of(session, PREVIOUS_METRICS)
    known: dict[Any, CurriculumError | None] = {}

    def why_not(before: Any, stage: Any, metrics: Any) -> CurriculumError | None:
        if before.metrics_provider is None or stage.metrics_provider is None:
            return None
        pair = before.metrics_provider.callable, stage.metrics_provider.callable
        if pair not in known:
            file.parent.mkdir(exist_ok=True)
            file.unlink(missing_ok=True)
            file.write_text(json.dumps(metrics), encoding="utf-8")
            try:
                compute_metrics(stage, curriculum, session)
                known[pair] = None
            except CurriculumError as error:
                error.message = error.message.replace(str(file), "/".join(PREVIOUS_METRICS))
                known[pair] = error
        return known[pair]

    return why_not


def _reload(curriculum: Any, arguments: argparse.Namespace) -> dict[str, Any]:
    """Whether a suggestion is accepted by a host's own model, and as the next session's input."""
    from aind_behavior_curriculum import Metrics, Trainer, TrainerState
    from pydantic import BaseModel, SerializeAsAny

    class HostSuggestion(BaseModel):
        """The launcher's model (`clabe.apps.CurriculumSuggestion`), which ignores extra keys."""

        trainer_state: SerializeAsAny[TrainerState]  # type: ignore[type-arg]
        metrics: SerializeAsAny[Metrics]
        version: str
        dsl_version: str

    data = arguments.document.read_bytes()
    answer: dict[str, Any] = {"host": None, "next": None}
    try:
        HostSuggestion.model_validate_json(data)
    except ValueError as error:
        answer["host"] = _told(error)
    try:
        state = json.loads(data)["trainer_state"]
        model = Trainer(curriculum).trainer_state_model.model_validate_json(json.dumps(state))
        if (again := _plain(model)) != state:
            fields = [name for name in state if again.get(name) != state[name]]
            answer["next"] = f"{', '.join(fields)} read back as something else"
    except (ValueError, TypeError, LookupError) as error:
        answer["next"] = _told(error)
    return answer


def _migrations(curriculum: Any, arguments: argparse.Namespace) -> Any:
    from ...curriculum import formerly
    from ...curriculum.migration import declared
    from .old_animals import arrivals

    migrations, former = declared(arguments.object), formerly.declared(arguments.object)
    metrics_of = _each_provider_once(curriculum, arguments.session)
    return arrivals(curriculum, migrations, former, arguments.repo, arguments.session, metrics_of)


def _witnesses(curriculum: Any, arguments: argparse.Namespace) -> Any:
    from .rule_search import search

    return search(curriculum)


QUESTIONS = {
    "facts": _facts,
    "evaluate": _evaluate,
    "suggest": _suggest,
    "reload": _reload,
    "migrations": _migrations,
    "witnesses": _witnesses,
}

if __name__ == "__main__":
    main()
