"""Checks of the suggestion (SU): it is what the library says, always the same, and valid as the next input."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..engine.check import TargetCheck
from ..engine.comparison import unequal_place
from ..engine.findings import Finding, NotApplicable
from ..engine.repo import Target
from ..engine.scenarios import telling_stage
from ..engine.shapes import SameSuggestion
from ..engine.under_test import CurriculumRepo


class SU002(TargetCheck):
    """The suggestion is what the library says

    The library's Trainer, asked again in another process with the same trainer state and session, must give the same
    metrics and the same next trainer state: a repo's own command may forget to evaluate. Two stages are tried: the
    first, and the first at which the sample session changes something.
    """

    family = "suggestion"
    requires = frozenset({"SO004", "SU001", "SU004", "GR003"})
    runs = ("facts", "launcher", "evaluate", "telling")
    fix = "Use the runtime's command, which asks the library's Trainer, or call Trainer.evaluate in your own."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        stages = {"launcher": repo.runs.facts(target)["stages"][0]["name"], "telling": telling_stage(repo.runs, target)}
        told = set()
        for run, stage in stages.items():
            expected, process = repo.runs.answer(target, "evaluate")[stage], repo.runs.get(target, run)
            if expected["error"] or stage in told:
                continue  # reported by the checks of each stage
            told.add(stage)
            document = process.document
            if not isinstance(document, dict):
                yield Finding(message=f"At the stage {stage!r} the launcher's command {process.ended}: {process.said}")
                continue
            for key in ("metrics", "trainer_state"):
                if why := unequal_place(_unordered(expected[key]), _unordered(document.get(key)), key):
                    wrong = why.replace(" in one and ", " by the library and ").replace(" in the other", " on stdout")
                    yield Finding(message=f"At the stage {stage!r} the library says another thing{wrong}.")


def _unordered(value: Any) -> Any:
    """JSON with every list of plain values sorted, since it may come from a set, which has no order."""
    if isinstance(value, dict):
        return {key: _unordered(one) for key, one in value.items()}
    if isinstance(value, list):
        inner = [_unordered(one) for one in value]
        return inner if any(isinstance(one, dict | list) for one in inner) else sorted(inner, key=repr)
    return value


class SU003(TargetCheck):
    """The suggestion is valid as the next session's input

    The next session starts from what this one wrote.
    """

    family = "suggestion"
    requires = frozenset({"SO004", "SU004"})
    runs = ("launcher", "reload", "next")
    fix = "Let policies and serialisers give only values that the parameter's own field accepts."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        if why := repo.runs.answer(target, "reload").get("next"):
            yield Finding(message=f"The next trainer state does not load as it was written: {why}.")
            return
        process = repo.runs.get(target, "next")
        if process.code != 0:
            message = f"The next session, from that trainer state and with the same data, {process.ended}: "
            yield Finding(message=message + process.said)


class SU004(TargetCheck):
    """The suggested stage and policies are the curriculum's

    The next session cannot go on from a name that the curriculum does not have.
    """

    family = "suggestion"
    requires = frozenset({"SO004"})
    runs = ("facts", "launcher")
    fix = "Give start policies when the Stage is made (start_policies=[...]) or with set_start_policies."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        stages = {one["name"]: one for one in repo.runs.facts(target)["stages"]}
        state = repo.runs.suggestion(target)["trainer_state"]
        name = (state.get("stage") or {}).get("name")
        if name not in stages:
            yield Finding(message=f"The suggested stage {name!r} is not one of the curriculum's.")
            return
        for policy in state.get("active_policies") or []:
            if policy not in stages[name]["policies"]:
                yield Finding(message=f"The active policy {policy} is not in the graph of the stage {name!r}.")


class SU005(TargetCheck):
    """Every rule can be loaded again by its name

    Trainer states name rules by module and function. A lambda, a method, a partial and what a decorator without
    `functools.wraps` returns have no such name: the library writes it, but cannot read it back. A rule under
    `@functools.wraps` or under `@StageTransition` has one.
    """

    family = "suggestion"
    requires = frozenset({"LP005"})
    runs = ("facts",)
    fix = "Make it a plain function (def) at the top level of a module."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        seen = set()
        for rule in repo.runs.facts(target)["rules"]:
            if rule["not_loadable"] and rule["reference"] not in seen:
                seen.add(rule["reference"])
                path, line = repo.place_of(rule)
                message = f"The rule {rule['reference']} ({rule['place']}) cannot be loaded by its name."
                yield Finding(message=message, path=path, line=line, fix=rule["not_loadable"])


class SU006(TargetCheck):
    """Metrics read back as they were written

    The next session reads them from behavior/previous_metrics.json.
    """

    family = "suggestion"
    requires = frozenset({"GR003"})
    runs = ("evaluate",)
    fix = "Use fields that JSON can hold (float, int, bool, str, lists or dicts of them), without alias or serialiser."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        for stage, found in repo.runs.answer(target, "evaluate").items():
            if found["reread"]:
                yield Finding(message=f"The metrics of the stage {stage!r} do not read back: {found['reread']}.")
                return


class SU007(TargetCheck):
    """A metric that is not finite is refused

    Written as null it would pass, and the next session could not load it. It is tried in every field, in lists, dicts
    and models inside them too.
    """

    family = "suggestion"
    requires = frozenset({"SO004"})
    runs = ("launcher", "not finite")
    fix = (
        "The runtime refuses it by itself: run `uv sync --reinstall-package aind-curriculum-runtime`, and take out a "
        "serialiser of the metrics class that replaces NaN."
    )

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        repo.require_runtime()
        metrics = repo.runs.suggestion(target)["metrics"]
        if not _has_float(metrics):
            raise NotApplicable("the metrics have no float")
        process = repo.runs.get(target, "not finite")
        if process.code == 0 or process.stdout:
            yield Finding(message=f"With NaN as a metric the run {process.ended} and printed a suggestion.")


def _has_float(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(_has_float, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float)


class SU008(TargetCheck):
    """Every stage gives a suggestion

    The launcher's run covers only the first stage. This check evaluates the sample session at every stage, and again
    with the metrics of each stage that may come before it: a provider that looks back must be able to read them.
    """

    family = "suggestion"
    requires = frozenset({"CL001", "GR003", "SU003", "SU006"})
    runs = ("stages",)
    fix = "`uv run curriculum demo --stage NAME` makes the same run and shows where it stops; fix that."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        repo.require_runtime()
        for stage, found in repo.runs.answer(target, "stages").items():
            if found["error"]:
                message = f"At the stage {stage!r} there is no suggestion: {found['error']}"
                yield Finding(message=message, fix=found.get("fix"))


class SU010(TargetCheck):
    """At every stage the same input gives the same suggestion

    SU001 covers only the first stage. A policy of a later stage may depend on the order of a set, or on the time.
    """

    family = "suggestion"
    requires = frozenset({"SU001", "SU002", "SU008", "GR011"})
    runs = ("evaluate", "stages")
    fix = "Sort what comes from a set; take no time of day, and no random number without a fixed seed."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        again = repo.runs.answer(target, "stages")
        for stage, found in repo.runs.answer(target, "evaluate").items():
            for key in ("metrics", "trainer_state"):
                if why := unequal_place(found[key], again[stage].get(key), key):
                    yield Finding(message=f"At the stage {stage!r} two runs suggest different things{why}.")
                    break


CHECKS = (
    SameSuggestion(
        id="SU001",
        title="The same input gives the same bytes",
        why=(
            "Python orders sets by a seed that changes from process to process, a rig has its own time zone, and "
            "copying a session changes its files' times; a suggestion that depends on any of these trains two animals "
            "differently for the same session."
        ),
        family="suggestion",
        requires=frozenset({"CL001"}),
        runs=("launcher", "seed 1", "seed 2"),
        when="Run again, with another hash seed, time zone and time of copying",
        fix=(
            "Sort what comes from a set; take no time of day, no file's time of change, no full path into the "
            "metrics, and no random number without a fixed seed."
        ),
    ),
    SU002(),
    SU003(),
    SU004(),
    SU005(),
    SU006(),
    SU007(),
    SU008(),
    SameSuggestion(
        id="SU009",
        title="The order in which a directory is listed changes nothing",
        why=(
            "Linux and Windows, and even two disks, list the same files in different orders, so that the first is "
            "another file. The same run, with every listing reversed, must print the same document."
        ),
        family="suggestion",
        requires=frozenset({"SU001"}),
        runs=("launcher", "listing"),
        when="With directories listed the other way round",
        fix="Write sorted(...) around os.listdir, glob, rglob and iterdir.",
    ),
    SU010(),
)
