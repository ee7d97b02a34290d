"""Checks of the graph (GR): every stage can be reached and left, every rule can decide."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..engine.check import TargetCheck
from ..engine.findings import Finding, NotApplicable
from ..engine.repo import Target
from ..engine.returns import function_at, may_return_none
from ..engine.shapes import TableRow
from ..engine.under_test import CurriculumRepo


@dataclass(kw_only=True, eq=False)
class _InFacts(TableRow, TargetCheck):
    """Something is wrong with the graph as the curriculum states it.

    Args:
        search: Yields the messages, from the answer of ``probe`` to ``facts``.
    """

    family: str = "graph"
    requires: frozenset[str] = frozenset({"LP005"})
    runs: tuple[str, ...] = ("facts",)
    search: Callable[[dict[str, Any]], Iterator[str]]

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        for message in self.search(repo.runs.facts(target)):
            yield Finding(message=message)


@dataclass(kw_only=True, eq=False)
class _TriedRule(TableRow, TargetCheck):
    """A rule that was tried on many metrics shows a fault.

    Args:
        parts: ``rules`` for the transitions, ``policies``.
        once: Whether a rule that several stages use is reported once.
        tell: Gives the fault in one sentence, from the rule's record, or None.
    """

    family: str = "graph"
    requires: frozenset[str] = frozenset({"LP005"})
    runs: tuple[str, ...] = ("witnesses",)
    parts: tuple[str, ...] = ("rules", "policies")
    once: bool = False
    tell: Callable[[dict[str, Any]], str | None]

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        told = set()
        for rule in _tried(repo, target, *self.parts):
            message = self.tell(rule)
            if message is not None and not (self.once and rule["rule"] in told):
                told.add(rule["rule"])
                path, line = repo.place_of(rule)
                yield Finding(message=message, path=path, line=line, about=rule["rule"])


def _reachable(edges: dict[str, list[str]], starts: Iterable[str]) -> set[str]:
    found: set[str] = set()
    pending = list(starts)
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending += edges.get(one, [])
    return found


def _stages_no_way_leads_to(facts: dict[str, Any]) -> Iterator[str]:
    stages = facts["stages"]
    edges = {one["name"]: [to for _, to in one["transitions"]] for one in stages}
    reached = _reachable(edges, [stages[0]["name"]])
    for one in stages:
        if one["name"] not in reached:
            yield f"No way leads from {stages[0]['name']!r} to the stage {one['name']!r}."


def _stages_without_provider(facts: dict[str, Any]) -> Iterator[str]:
    for one in facts["stages"]:
        if one["provider"] is None and (one["transitions"] or one["policies"]):
            yield f"The stage {one['name']!r} has no metrics provider."


def _names_borne_twice(facts: dict[str, Any]) -> Iterator[str]:
    for name in facts["homonyms"]:
        yield f"Two different stages are named {name!r}."


def _policies_never_active(facts: dict[str, Any]) -> Iterator[str]:
    for stage in facts["stages"]:
        edges: dict[str, list[str]] = {}
        for source, _, to in stage["policy_transitions"]:
            edges.setdefault(source, []).append(to)
        reached = _reachable(edges, stage["start_policies"])
        for policy in stage["policies"]:
            if policy not in reached:
                yield f"The policy {policy} of the stage {stage['name']!r} never becomes active."


def _held_only_after_another(rule: dict[str, Any]) -> str | None:
    if not rule["held"] or rule["decided"]:
        return None
    before = ", ".join(rule["before"])
    return f"In {rule['tries']} tries the {_named(rule)} held only where an earlier one did ({before})."


def _never_held(rule: dict[str, Any]) -> str | None:
    if rule["held"] or rule["raised"] is not None:
        return None
    return f"No witness found in {rule['tries']} tries: the {_named(rule)} never held."


def _raised(rule: dict[str, Any]) -> str | None:
    return None if rule["raised"] is None else f"The {_named(rule)} {' '.join(rule['raised'].split())}."


def _wavered(rule: dict[str, Any]) -> str | None:
    if rule["wavers"] is None:
        return None
    gave = "gave two different tasks" if rule["kind"] == "policy" else "answered yes and no"
    return f"The {rule['kind']} {rule['rule']} {gave} for {rule['wavers']}."


def _named(rule: dict[str, Any]) -> str:
    return f"{rule['kind']} {rule['rule']} of the stage {rule['stage']!r}"


class GR003(TargetCheck):
    """Every stage's metrics provider works on the sample session

    Every run tries the first stage's; the others would fail only when an animal gets there.
    """

    family = "graph"
    requires = frozenset({"LP005", "LP010", "GR002", "CL001"})
    runs = ("evaluate",)
    fix = "Run `uv run curriculum demo --stage NAME` and fix what it says."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
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
        The record of each, as ``rule_search.search`` gives it.

    Raises:
        NotApplicable: There are some, and none could be tried.
    """
    answer = repo.runs.answer(target, "witnesses")
    asked = [one for part in parts for one in answer.get(part, [])]
    tried = [one for one in asked if one.get("untried") is None]
    if asked and not tried:
        raise NotApplicable(f"the rules could not be tried: {asked[0]['untried']}")
    return tried


class GR009(TargetCheck):
    """Rules and stages have the field's names

    Policies `p_`, policy transitions `pt_`, stages `s_`, stage transitions `st_<from>_<to>`: a reader of a trainer
    state knows what each name is.
    """

    family = "graph"
    level = "warning"
    requires = frozenset({"LP005"})
    runs = ("facts",)
    fix = "Rename it (a stage's new name needs a new major version), or ignore GR009 with the reason."
    many = "names differ from the field's"

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        repo.require_own_code()
        facts = repo.runs.facts(target)
        told = set()
        for what, name, wanted, rule in _misnamed(facts):
            if name not in told:
                told.add(name)
                path, line = repo.place_of(rule) if rule else (None, None)
                message = f"{what} is named {name!r} instead of {wanted}."
                yield Finding(message=message, path=path, line=line, about=name)


def _last(reference: str) -> str:
    return reference.rpartition(".")[2]


def _misnamed(facts: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any] | None]]:
    rules = {rule["reference"]: rule for rule in facts["rules"]}

    for stage in facts["stages"]:
        if stage["name"] != "GRADUATED" and not re.match(r"s_\w", stage["name"]):
            yield "A stage", stage["name"], f"s_{stage['name'].lower()}", None
        for policy in stage["policies"]:
            if not re.match(r"p_\w", _last(policy)):
                yield "A policy", _last(policy), f"p_{_last(policy)}", rules.get(policy)
        for _, rule, _ in stage["policy_transitions"]:
            if not re.match(r"pt_\w", _last(rule)):
                yield "A policy transition", _last(rule), f"pt_{_last(rule)}", rules.get(rule)
        for rule, to in stage["transitions"]:
            short = [name.removeprefix("s_").lower() for name in (stage["name"], to)]
            if _last(rule).lower() != f"st_{short[0]}_{short[1]}":
                what = f"The transition from {stage['name']!r} to {to!r}"
                yield what, _last(rule), f"st_{short[0]}_{short[1]}", rules.get(rule)


class GR010(TargetCheck):
    """Rules leave the metrics as they are

    A transition or policy that changes the metrics it is given changes what every later rule sees, and what is written
    with the data.
    """

    family = "graph"
    requires = frozenset({"GR003"})
    runs = ("evaluate", "witnesses")
    fix = "Compare metrics, do not assign to them: take a local variable."
    many = "rules change the metrics"

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        told = set()
        answer = repo.runs.answer(target, "witnesses")
        for rule in [*answer["rules"], *answer.get("policies", [])]:
            if rule["altered"] and rule["rule"] not in told:
                told.add(rule["rule"])
                path, line = repo.place_of(rule)
                message = f"The {rule['kind']} {rule['rule']} changes the metrics ({rule['altered']})."
                yield Finding(message=message, path=path, line=line, about=rule["rule"])
        for stage, found in repo.runs.answer(target, "evaluate").items():
            if found["altered"] and not told:
                yield Finding(message=f"A rule of the stage {stage!r} changes the metrics ({found['altered']}).")


class GR012(TargetCheck):
    """Stages and policies set parameters that the task declares

    The library accepts a misspelt name: the rig then runs with the default of the parameter that was meant, for days,
    and nothing shows it.
    """

    family = "graph"
    level = "warning"
    requires = frozenset({"LP005"})
    runs = ("facts", "witnesses")
    fix = "Spell the parameter as its class does, or declare it there."
    many = "parameters are set that the task does not declare"

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        for stage in repo.runs.facts(target)["stages"]:
            for name in stage.get("undeclared", []):
                message = f"The stage {stage['name']!r} sets {name}, which the task does not declare."
                yield Finding(message=message, about=name)
        policies = repo.runs.answer(target, "witnesses").get("policies", [])
        for policy in {one["rule"]: one for one in policies if one["sets"]}.values():
            path, line = repo.place_of(policy)
            for name in policy["sets"]:
                message = f"The policy {policy['rule']} sets {name}, which the task does not declare."
                yield Finding(message=message, path=path, line=line, about=name)


class GR013(TargetCheck):
    """Every transition returns an answer

    Where the `return` was forgotten the library takes None for "did not hold": the animal stays at its stage for ever,
    and nothing says so. `run` refuses such a curriculum with 76.
    """

    family = "graph"
    requires = frozenset({"LP005"})
    runs = ("facts",)
    fix = "End it with `return` and what decides, such as `return metrics.trials >= 20`."
    many = "transitions return nothing"

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        silent = repo.runs.facts(target).get("without_answer", [])  # the runtime of an older lock does not say
        for rule in {one["reference"]: one for one in silent}.values():
            path, line = repo.place_of(rule)
            message = f"The rule {rule['reference']} ({rule['place']}) returns nothing, so it can never hold."
            yield Finding(message=message, path=path, line=line, about=_last(rule["reference"]))


class GR014(TargetCheck):
    """Transitions answer True or False on every path

    What is returned is read as a truth: None and an empty list as "did not hold", a text such as "False" as "held". A
    path that ends without a `return` is more often forgotten than meant.
    """

    family = "graph"
    level = "warning"
    requires = frozenset({"LP005", "GR013"})
    runs = ("witnesses",)
    fix = "Return a bool on every path, such as `return False` at the end; `bool(...)` makes one."
    many = "transitions return something else than True or False"

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        rules = {one["rule"]: one for one in repo.runs.answer(target, "witnesses")["rules"]}
        for rule in rules.values():
            path, line = repo.place_of(rule)
            module = repo.sources.get(path or "")
            function = function_at(module, line) if module is not None and line is not None else None
            without = may_return_none(function) if function is not None else None
            message = None
            if without is not None:
                line = without
                message = "returns nothing on some paths, which counts as `did not hold`"
            elif gave := rule.get("gave"):
                kind, metrics = next(iter(gave.items()))
                message = f"returns {kind} for {metrics}"
            if message is not None:
                yield Finding(message=f"The {_named(rule)} {message}.", path=path, line=line, about=rule["rule"])


CHECKS = (
    _InFacts(
        id="GR001",
        title="Every stage can be reached from the first",
        why="A stage that no transition leads to is dead, or a transition was forgotten.",
        search=_stages_no_way_leads_to,
        fix="Add the missing CURRICULUM.add_stage_transition(..., STAGE, ...), or take the stage out.",
    ),
    _InFacts(
        id="GR002",
        title="Every stage has a metrics provider",
        why=("Without one a session at that stage cannot be evaluated. Final stages that no rule leaves need none."),
        search=_stages_without_provider,
        fix="Give the Stage metrics_provider=MetricsProvider(metrics_from_dataset).",
    ),
    GR003(),
    _TriedRule(
        id="GR004",
        title="No transition is always decided by an earlier one",
        why=(
            "The first transition that holds wins. Where an earlier one holds whenever a later one does (`> 20` "
            "before `> 40`), the later one never decides. The search tries many metrics; that is no proof, so read "
            "the finding as a hint."
        ),
        level="warning",
        many="transitions held only where an earlier one did",
        parts=("rules",),
        tell=_held_only_after_another,
        fix="Add the narrower transition first: the order of the add_stage_transition calls decides.",
    ),
    _TriedRule(
        id="GR005",
        title="Every transition can hold",
        why=(
            "A transition that holds for no metrics is a slip in a threshold or a unit. The search tries many metrics, "
            "steered to what the rule compares them with; that it found no witness does not prove that there is none. "
            "A test of yours with metrics for which the transition holds is that proof: name the test as the reason "
            "when you leave the transition out."
        ),
        level="warning",
        requires=frozenset({"LP005", "GR013"}),
        many="transitions never held",
        parts=("rules",),
        tell=_never_held,
        fix="Test the transition with metrics for which it must hold, or take it out.",
    ),
    _TriedRule(
        id="GR006",
        title="Rules work with all metrics that their class allows",
        why=(
            "A transition or policy that raises for metrics which a real session can give, such as a None, leaves the "
            "animal without a suggestion. So does a policy that gives a parameter a value which its field "
            "refuses, even if only after many sessions: each is applied to the task that it returned the last time."
        ),
        level="warning",
        many="rules and policies fail for metrics that their class allows",
        tell=_raised,
        fix=(
            "Handle that case in the rule, keep parameters within their bounds (min, max), or narrow the field in the "
            "metrics class."
        ),
    ),
    _InFacts(
        id="GR007",
        title="Stage names are unique",
        why=(
            "The library takes two stages of one name for one stage, and drops the second's parameters without a word."
        ),
        search=_names_borne_twice,
        fix="Give each Stage a name of its own (name=...).",
    ),
    _InFacts(
        id="GR008",
        title="Every policy can become active",
        why="A policy that is neither a start policy nor led to by a policy transition is dead.",
        level="warning",
        search=_policies_never_active,
        fix="Make it a start policy, add a policy transition to it, or take it out.",
    ),
    GR009(),
    GR010(),
    _TriedRule(
        id="GR011",
        title="Rules give the same answer for the same metrics",
        why="A rule that counts its calls or takes a random number moves one animal and not the other.",
        once=True,
        many="rules and policies waver",
        tell=_wavered,
        fix="Decide by the metrics alone: no random number, no counter, no list that grows from call to call.",
    ),
    GR012(),
    GR013(),
    GR014(),
)
