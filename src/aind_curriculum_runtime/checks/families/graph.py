"""Checks of the graph (GR): every stage can be reached and left, every rule can decide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..engine.check import Finding, NotApplicable, TargetCheck
from ..engine.repo import CurriculumRepo, Target
from .suggestions import place


def _reachable(edges: dict[str, list[str]], starts: Iterable[str]) -> set[str]:
    found: set[str] = set()
    pending = list(starts)
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending += edges.get(one, [])
    return found


class GR001(TargetCheck):
    """Every stage can be reached from the first

    A stage that no transition leads to is dead, or a transition was forgotten.
    """

    family = "graph"
    requires = frozenset({"LP005"})
    runs = ("facts",)
    fix = "Add the missing CURRICULUM.add_stage_transition(..., STAGE, ...), or take the stage out."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        stages = repo.runs.facts(target)["stages"]
        edges = {one["name"]: [to for _, to in one["transitions"]] for one in stages}
        reached = _reachable(edges, [stages[0]["name"]])
        for one in stages:
            if one["name"] not in reached:
                yield Finding(message=f"No way leads from {stages[0]['name']!r} to the stage {one['name']!r}.")


class GR002(TargetCheck):
    """Every stage has a metrics provider

    Without one a session at that stage cannot be evaluated. Final stages that no rule leaves need none.
    """

    family = "graph"
    requires = frozenset({"LP005"})
    runs = ("facts",)
    fix = "Give the Stage metrics_provider=MetricsProvider(metrics_from_dataset)."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        for one in repo.runs.facts(target)["stages"]:
            if one["provider"] is None and (one["transitions"] or one["policies"]):
                yield Finding(message=f"The stage {one['name']!r} has no metrics provider.")


class GR003(TargetCheck):
    """Every stage's metrics provider works on the sample session

    The first stage's is tried by every run; the others would fail only when an animal gets there.
    """

    family = "graph"
    requires = frozenset({"LP005", "LP010", "GR002", "CL001"})
    runs = ("evaluate",)
    fix = "Run `uv run curriculum demo --stage NAME` and fix what it says."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        for stage, found in repo.runs.answer(target, "evaluate").items():
            if found["failed"]:
                yield Finding(message=f"At the stage {stage!r}: {found['failed']}")


def _tried(repo: CurriculumRepo, target: Target, *parts: str) -> list[dict[str, Any]]:
    """The rules and policies that were tried on many metrics.

    Args:
        repo: The repo under test.
        target: Which curriculum.
        parts: ``rules`` for the transitions, ``policies``; the runtime of an older lock has no policies.

    Returns:
        What came to light of each.

    Raises:
        NotApplicable: There are some, and none could be tried.
    """
    answer = repo.runs.answer(target, "witnesses")
    asked = [one for part in parts for one in answer.get(part, [])]
    tried = [one for one in asked if one.get("untried") is None]
    if asked and not tried:
        raise NotApplicable(f"the rules could not be tried: {asked[0]['untried']}")
    return tried


class GR004(TargetCheck):
    """No transition is always decided by an earlier one

    The first transition that holds wins. Where an earlier one holds whenever a later one does (`> 20` before `> 40`),
    the later one never decides. The search tries many metrics; it finds no proof, so read its word as a hint.
    """

    family = "graph"
    level = "warning"
    requires = frozenset({"LP005"})
    runs = ("witnesses",)
    fix = "Add the narrower transition first: the order of the add_stage_transition calls decides."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        tries = repo.runs.answer(target, "witnesses")["tries"]
        for rule in _tried(repo, target, "rules"):
            if rule["held"] and not rule["decided"]:
                path, line = place(repo, rule)
                yield Finding(
                    message=f"In {tries} tries the {rule['kind']} {rule['rule']} of the stage {rule['stage']!r} "
                    f"held only where an earlier one did ({', '.join(rule['before'])}).",
                    path=path,
                    line=line,
                )


class GR005(TargetCheck):
    """Every transition can hold

    A transition that holds for no metrics is a slip in a threshold or a unit. The search tries many metrics; that it
    found no witness does not prove that there is none.
    """

    family = "graph"
    level = "warning"
    requires = frozenset({"LP005"})
    runs = ("witnesses",)
    fix = "Test the transition with metrics for which it must hold, or take it out."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        tries = repo.runs.answer(target, "witnesses")["tries"]
        for rule in _tried(repo, target, "rules"):
            if not rule["held"] and rule["raised"] is None:
                path, line = place(repo, rule)
                yield Finding(
                    message=f"No witness found in {tries} tries: the {rule['kind']} {rule['rule']} of the stage "
                    f"{rule['stage']!r} never held.",
                    path=path,
                    line=line,
                )


class GR006(TargetCheck):
    """Rules work with all metrics that their class allows

    A transition or policy that raises for metrics which a real session can give, such as a None, leaves the animal
    without a suggestion. So does a policy that gives a parameter a value which its field refuses, be it only after many
    sessions: each is applied to the task that it gave the last time.
    """

    family = "graph"
    level = "warning"
    requires = frozenset({"LP005"})
    runs = ("witnesses",)
    fix = (
        "Handle that case in the rule, keep parameters within their bounds (min, max), or narrow the field in the "
        "metrics class."
    )

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        for rule in _tried(repo, target, "rules", "policies"):
            if rule["raised"] is not None:
                path, line = place(repo, rule)
                raised = " ".join(rule["raised"].split())
                message = f"The {rule['kind']} {rule['rule']} of the stage {rule['stage']!r} {raised}."
                yield Finding(message=message, path=path, line=line)


class GR007(TargetCheck):
    """Stage names are unique

    The library takes two stages of one name for one stage, and drops the second's parameters without a word.
    """

    family = "graph"
    requires = frozenset({"LP005"})
    runs = ("facts",)
    fix = "Give each Stage a name of its own (name=...)."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        for name in repo.runs.facts(target)["homonyms"]:
            yield Finding(message=f"Two different stages are named {name!r}.")


class GR008(TargetCheck):
    """Every policy can become active

    A policy that is neither a start policy nor led to by a policy transition is dead.
    """

    family = "graph"
    level = "warning"
    requires = frozenset({"LP005"})
    runs = ("facts",)
    fix = "Make it a start policy, add a policy transition to it, or take it out."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        for stage in repo.runs.facts(target)["stages"]:
            edges: dict[str, list[str]] = {}
            for source, _, to in stage["policy_transitions"]:
                edges.setdefault(source, []).append(to)
            reached = _reachable(edges, stage["start_policies"])
            for policy in stage["policies"]:
                if policy not in reached:
                    yield Finding(message=f"The policy {policy} of the stage {stage['name']!r} never becomes active.")


class GR009(TargetCheck):
    """Rules and stages bear the field's names

    Policies `p_`, policy transitions `pt_`, stages `s_`, stage transitions `st_<from>_<to>`: whoever reads a trainer
    state knows what each name is.
    """

    family = "graph"
    level = "warning"
    requires = frozenset({"LP005"})
    runs = ("facts",)
    fix = "Rename it (a stage's new name needs a new major version), or ignore GR009 with the reason."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        facts = repo.runs.facts(target)
        told = set()
        for what, name, wanted, rule in _misnamed(facts):
            if name not in told:
                told.add(name)
                path, line = place(repo, rule) if rule else (None, None)
                yield Finding(message=f"{what} is named {name!r} instead of {wanted}.", path=path, line=line)


def _misnamed(facts: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any] | None]]:
    rules = {rule["reference"]: rule for rule in facts["rules"]}

    def last(reference: str) -> str:
        return reference.rpartition(".")[2]

    for stage in facts["stages"]:
        if stage["name"] != "GRADUATED" and not re.match(r"s_\w", stage["name"]):
            yield "A stage", stage["name"], f"s_{stage['name'].lower()}", None
        for policy in stage["policies"]:
            if not re.match(r"p_\w", last(policy)):
                yield "A policy", last(policy), f"p_{last(policy)}", rules.get(policy)
        for _, rule, _ in stage["policy_transitions"]:
            if not re.match(r"pt_\w", last(rule)):
                yield "A policy transition", last(rule), f"pt_{last(rule)}", rules.get(rule)
        for rule, to in stage["transitions"]:
            short = [name.removeprefix("s_").lower() for name in (stage["name"], to)]
            if last(rule).lower() != f"st_{short[0]}_{short[1]}":
                what = f"The transition from {stage['name']!r} to {to!r}"
                yield what, last(rule), f"st_{short[0]}_{short[1]}", rules.get(rule)


class GR010(TargetCheck):
    """Rules leave the metrics as they are

    A transition or policy that changes the metrics it is given changes what every later rule sees, and what is written
    with the data.
    """

    family = "graph"
    requires = frozenset({"GR003"})
    runs = ("evaluate", "witnesses")
    fix = "Compare metrics, do not assign to them: take a local variable."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        told = set()
        answer = repo.runs.answer(target, "witnesses")
        for rule in [*answer["rules"], *answer.get("policies", [])]:
            if rule["altered"] and rule["rule"] not in told:
                told.add(rule["rule"])
                path, line = place(repo, rule)
                message = f"The {rule['kind']} {rule['rule']} changes the metrics ({rule['altered']})."
                yield Finding(message=message, path=path, line=line)
        for stage, found in repo.runs.answer(target, "evaluate").items():
            if found["altered"] and not told:
                yield Finding(message=f"A rule of the stage {stage!r} changes the metrics ({found['altered']}).")


class GR011(TargetCheck):
    """Rules give the same answer for the same metrics

    A rule that counts its calls or takes a random number moves one animal and not the other.
    """

    family = "graph"
    requires = frozenset({"LP005"})
    runs = ("witnesses",)
    fix = "Decide by the metrics alone: no random number, no counter, no list that grows from call to call."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        told = set()
        for rule in _tried(repo, target, "rules", "policies"):
            if rule["wavers"] is not None and rule["rule"] not in told:
                told.add(rule["rule"])
                path, line = place(repo, rule)
                gave = "gave two different tasks" if rule["kind"] == "policy" else "answered yes and no"
                message = f"The {rule['kind']} {rule['rule']} {gave} for {rule['wavers']}."
                yield Finding(message=message, path=path, line=line)


class GR012(TargetCheck):
    """Stages and policies set parameters that the task declares

    The library lets a name through that is misspelt: the rig then runs with the default of the one that was meant, for
    days, and nothing says so.
    """

    family = "graph"
    level = "warning"
    requires = frozenset({"LP005"})
    runs = ("facts", "witnesses")
    fix = "Spell the parameter as its class does, or declare it there."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        """Look for it."""
        for stage in repo.runs.facts(target)["stages"]:
            for name in stage.get("undeclared", []):
                yield Finding(message=f"The stage {stage['name']!r} sets {name}, which the task does not declare.")
        policies = repo.runs.answer(target, "witnesses").get("policies", [])
        for policy in {one["rule"]: one for one in policies if one["sets"]}.values():
            path, line = place(repo, policy)
            for name in policy["sets"]:
                message = f"The policy {policy['rule']} sets {name}, which the task does not declare."
                yield Finding(message=message, path=path, line=line)


CHECKS = (GR001, GR002, GR003, GR004, GR005, GR006, GR007, GR008, GR009, GR010, GR011, GR012)
