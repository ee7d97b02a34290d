"""Checks of migrations (MI): an animal of an older version, or of another repo, goes somewhere and can go on there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..engine.check import TargetCheck
from ..engine.findings import Finding, NotApplicable
from ..engine.repo import Target
from ..engine.under_test import CurriculumRepo


def _declared(repo: CurriculumRepo, target: Target) -> dict[str, Any]:
    """The migrations by old major version, or ``error`` with what is wrong with the declaration."""
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
    """Every migration leads to stages and policies that exist

    Otherwise a misspelt name is found by the first animal that should go there, in a session.
    """

    family = "migrations"
    requires = frozenset({"CL001"})
    runs = ("facts",)
    fix = "Name stages and policies of this version in MIGRATIONS, for older major versions."

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
    policies = {policy for stage in facts["stages"] for policy in stage["policies"]}
    policies |= {policy.rpartition(".")[2] for policy in policies}
    current = int(facts["version"].partition(".")[0])
    for version, migration in declared.items():
        if int(version) >= current:
            yield f"There is a migration from version {version}, but this is version {facts['version']}."
        for old, new in migration["stages"].items():
            if new is not None and new not in stages:
                yield f"The migration from version {version} sends {old!r} to {new!r}, which is no stage."
        for old, new in migration["policies"].items():
            if new is not None and new not in policies:
                yield f"The migration from version {version} turns {old!r} into {new!r}, which is no policy."


class MI002(TargetCheck):
    """A migration says where the animals of every old stage go

    It is compared with the last release of that major version. An animal at a stage that is left out is stuck.
    """

    family = "migrations"
    requires = frozenset({"MI001"})
    runs = ("migrations",)
    fix = 'Name every old stage in MIGRATIONS, with its successor or with Tombstone("where its animals go").'

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        tried, declared = _tried(repo, target), _declared(repo, target)
        if all(one["stages"] is None for one in tried.values()):
            raise NotApplicable("; ".join(dict.fromkeys(one["why"] for one in tried.values())))
        path, line = _file(repo, target)
        for version, one in tried.items():
            mapped = declared[version]["stages"]
            for stage in one["stages"] or []:
                if stage not in mapped:
                    message = (
                        f"The migration from version {version} says nothing of {stage!r}, a stage of {one['tag']}."
                    )
                    yield Finding(message=message, path=path, line=line)
            for stage in mapped:
                if one["stages"] is not None and stage not in one["stages"]:
                    message = f"The migration from version {version} names {stage!r}, which {one['tag']} does not have."
                    yield Finding(message=message, path=path, line=line)


class MI003(TargetCheck):
    """An animal of every old stage gets a suggestion

    Each is moved and evaluated on the sample session, as `curriculum run` does it.
    """

    family = "migrations"
    requires = frozenset({"MI001"})
    runs = ("migrations",)
    fix = "Run `curriculum run` with a trainer state at that stage, and fix what it says."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        path, line = _file(repo, target)
        for version, one in _tried(repo, target).items():
            for stage, failed in one["moves"].items():
                if failed is not None:
                    message = f"From {stage!r} of version {version} there is no suggestion: {failed}"
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


CHECKS = (MI001(), MI002(), MI003(), MI005())
