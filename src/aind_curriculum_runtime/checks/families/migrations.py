"""Checks of migrations (MI): every animal of an older version, or of another repo, goes on with what it learned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...contract.versions import major
from ...curriculum.migration import named
from ..engine.check import TargetCheck
from ..engine.findings import Finding, NotApplicable
from ..engine.repo import Target
from ..engine.under_test import CurriculumRepo


def _declared(repo: CurriculumRepo, target: Target) -> dict[str, Any]:
    """The migrations by version or old major version, or ``error`` with what is wrong with the declaration."""
    found: dict[str, Any] = repo.runs.facts(target)["migrations"]
    if not found:
        raise NotApplicable("the curriculum declares no migrations")
    return found


def _tried(repo: CurriculumRepo, target: Target) -> dict[str, Any]:
    if "error" in _declared(repo, target):
        raise NotApplicable("what is declared is no migrations")
    answer: dict[str, Any] = repo.runs.answer(target, "migrations")
    return answer


def _file(repo: CurriculumRepo, target: Target, attribute: str = "MIGRATIONS") -> tuple[str | None, int | None]:
    """File and line of a declaration in the curriculum's module."""
    module = target.object.partition(":")[0].replace(".", "/")
    for name in (f"src/{module}.py", f"{module}.py"):
        if (repo.root / name).is_file():
            return name, repo.line_of(name, attribute)
    return None, None


class MI001(TargetCheck):
    """Every migration leads to stages, policies and rules that exist

    Otherwise a misspelt name is found by the first animal that should go there, in a session.
    """

    family = "migrations"
    requires = frozenset({"CL001"})
    runs = ("facts",)
    fix = "Name stages, policies and rules of this version in MIGRATIONS, for versions up to it."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        declared, facts = _declared(repo, target), repo.runs.facts(target)
        path, line = _file(repo, target)
        for message in _faults(declared, facts):
            yield Finding(message=message, path=path, line=line)


def _faults(declared: dict[str, Any], facts: dict[str, Any]) -> Iterator[str]:
    if "error" in declared:
        yield declared["error"]
        return
    stages = {stage["name"] for stage in facts["stages"]}
    policies = _with_last_names(policy for stage in facts["stages"] for policy in stage["policies"])
    rules = {rule for stage in facts["stages"] for _, rule, _ in stage["policy_transitions"]}
    rules = _with_last_names({*rules, *(stage["provider"] for stage in facts["stages"] if stage["provider"])})
    own = str(major(facts["version"]))
    later = {old for one in declared.values() for old in (*one["policies"], *one["rules"])}
    for key, migration in declared.items():
        what = named(_key(key))
        if "." in key and str(major(key)) not in (*declared, own):
            yield f"There is a {what}, but none leads from version {major(key)} to {facts['version']}."
        for old, new in migration["stages"].items():
            if new is not None and new not in stages:
                yield f"The {what} sends {old!r} to {new!r}, which is no stage."
        for kind, names, known in (("policy", "policies", policies), ("rule", "rules", rules)):
            for old, new in migration[names].items():
                # A later migration may give it yet another name.
                if new is not None and new not in known and not {new, _last(new)} & later:
                    yield f"The {what} turns {old!r} into {new!r}, which is no {kind}."


def _key(text: str) -> int | str:
    return text if "." in text else int(text)


def _with_last_names(references: Iterable[str]) -> set[str]:
    found = set(references)
    return found | {_last(one) for one in found}


def _last(reference: str) -> str:
    return reference.rpartition(".")[2]


class MI002(TargetCheck):
    """A migration says where the animals of every old stage go

    It is compared with the last release before it. An animal at a stage that is left out is stuck.
    """

    family = "migrations"
    requires = frozenset({"MI001"})
    runs = ("migrations",)
    fix = 'Name every old stage in MIGRATIONS, with its successor or with Tombstone("where its animals go").'

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        tried, declared = _tried(repo, target), _declared(repo, target)
        _require_release(tried)
        path, line = _file(repo, target)
        for key, one in tried.items():
            there = one["stages"]
            parameters = declared[key]["parameters"]
            mapped = [*declared[key]["stages"], *(parameters if isinstance(parameters, dict) else ())]
            for stage in (there or []) if "." not in key else ():
                if stage not in mapped:
                    message = f"The {named(_key(key))} says nothing of {stage!r}, a stage of {one['tag']}."
                    yield Finding(message=message, path=path, line=line)
            for stage in dict.fromkeys(mapped):
                if there is not None and stage not in there:
                    message = f"The {named(_key(key))} names {stage!r}, which {one['tag']} does not have."
                    yield Finding(message=message, path=path, line=line)


def _require_release(tried: dict[str, Any]) -> None:
    if all(one["stages"] is None for one in tried.values()):
        raise NotApplicable("; ".join(dict.fromkeys(one["why"] for one in tried.values())))


class MI003(TargetCheck):
    """An animal of every old stage gets a suggestion

    Each is moved and evaluated on the sample session, as `curriculum run` does it: as the last release before the
    migration enrolled it, and as the policies of that release left it. Nothing that it learned is lost unsaid.
    """

    family = "migrations"
    requires = frozenset({"MI001"})
    runs = ("migrations",)
    fix = "Run `curriculum migrate` with a trainer state at that stage, and fix what it says."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        path, line = _file(repo, target)
        for key, one in _tried(repo, target).items():
            version = (one["tag"] or key).removeprefix("v")
            for stage, failed in one["moves"].items():
                if failed is not None:
                    message = f"From {stage!r} of version {version} there is no suggestion: {failed}"
                    yield Finding(message=message, path=path, line=line)


class MI004(TargetCheck):
    """Every operation of a migration concerns some animal

    An operation on a parameter that no stage of the release before it has does nothing: its path is misspelt, or it
    stands at the wrong version.
    """

    family = "migrations"
    requires = frozenset({"MI001"})
    runs = ("migrations",)
    fix = "Write the path as `curriculum show` of that release has it, or take the operation out."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        tried = _tried(repo, target)
        _require_release(tried)
        path, line = _file(repo, target)
        for key, one in tried.items():
            for operation in one["idle"]:
                verb, parameter = next(iter(operation.items()))
                about = ", ".join(operation.get("of", [parameter]))
                message = f"The {named(_key(key))} has nothing to {verb}: no stage of {one['tag']} has {about}."
                yield Finding(message=message, path=path, line=line)


class MI005(TargetCheck):
    """Former rule paths lead to rules of today

    `FORMERLY` has the paths that rules had in another repo, or before they moved. One that leads nowhere is found
    by the first animal whose trainer state names it, in a session.
    """

    family = "migrations"
    requires = frozenset({"CL001"})
    runs = ("facts",)
    fix = (
        "Give the path that the rule has today, as `curriculum init --stage` prints it; take out what no trainer state "
        "names any more. What became of a policy that is gone is said by a migration."
    )

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        found = repo.runs.facts(target).get("formerly")  # the runtime of an older lock does not say
        if found is None:
            raise NotApplicable("the curriculum declares no former rule paths")
        path, line = _file(repo, target, "FORMERLY")
        for message in found:
            yield Finding(message=message, path=path, line=line)


CHECKS = (MI001(), MI002(), MI003(), MI004(), MI005())
