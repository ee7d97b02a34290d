"""Checks of the suggestion (SU): it is what the library says, always the same, and valid as the next input."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .base import Check, Finding, NotApplicable
from .command_line import difference
from .repo import CurriculumRepo


class SU001(Check):
    """The same input gives the same bytes

    Python orders sets by a seed that changes from process to process; a suggestion that depends on it trains two
    animals differently for the same session.
    """

    family = "suggestion"
    requires = frozenset({"CL001"})
    runs = ("launcher", "seed 1", "seed 2")
    mend = "Sort what comes from a set or from a directory listing; take no time, no random number without a seed."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for target in repo.targets:
            for name in ("seed 1", "seed 2"):
                if why := difference(repo, target, name):
                    yield Finding(message=f"With PYTHONHASHSEED={name[-1]}, {why}.")
                    break


class SU002(Check):
    """The suggestion is what the library says

    The library's Trainer, asked again in a fresh process with the same trainer state and session, must give the same
    metrics and the same next trainer state: a command line of one's own may forget to evaluate.
    """

    family = "suggestion"
    requires = frozenset({"SO001"})
    runs = ("facts", "launcher", "evaluate")
    mend = "Use the runtime's command, which evaluates with the library's Trainer."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for target in repo.targets:
            first = repo.runs.facts(target)["stages"][0]["name"]
            said = (repo.runs.get(target, "evaluate").answer or {}).get(first, {})
            document = repo.runs.get(target, "launcher").document
            if "error" in said or not said:
                yield Finding(message=f"The library could not evaluate the sample session: {said.get('error')}")
                continue
            for key in ("metrics", "trainer_state"):
                if not _same(document.get(key), said[key]):
                    yield Finding(message=f"{key} is not what the library gives for the stage {first!r}.")


def _same(left: Any, right: Any) -> bool:
    """Equal as JSON; lists of plain values in any order, for a set has none."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return left == right or sorted(map(repr, left)) == sorted(map(repr, right))
    return bool(left == right)


class SU003(Check):
    """The suggestion is valid as the next session's input

    The next session starts from what this one wrote.
    """

    family = "suggestion"
    requires = frozenset({"SO001"})
    runs = ("launcher", "reload", "next")
    mend = "Let policies set only values that the parameter's field accepts, and keep rules plain functions."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for target in repo.targets:
            answer = repo.runs.get(target, "reload").answer or {}
            if answer.get("next"):
                yield Finding(message=f"The next trainer state does not load as it was written: {answer['next']}.")
                continue
            process = repo.runs.get(target, "next")
            if process.code != 0:
                yield Finding(message=f"The next session, from that trainer state, {process.ended}: {process.said}")


class SU004(Check):
    """The suggested stage and policies are the curriculum's

    A name that the curriculum does not have leaves the next session without a way on.
    """

    family = "suggestion"
    requires = frozenset({"SO001"})
    runs = ("facts", "launcher")
    mend = "Build stages and policies once, at the top level, and use those objects everywhere."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for target in repo.targets:
            stages = {one["name"]: one for one in repo.runs.facts(target)["stages"]}
            state = repo.runs.get(target, "launcher").document.get("trainer_state") or {}
            name = (state.get("stage") or {}).get("name")
            if name not in stages:
                yield Finding(message=f"The suggested stage {name!r} is not one of the curriculum's.")
                continue
            for policy in state.get("active_policies") or []:
                if policy not in stages[name]["policies"]:
                    yield Finding(message=f"The active policy {policy} is not one of the stage {name!r}.")


class SU005(Check):
    """Every rule can be loaded again by its name

    Trainer states name rules by module and function. A lambda, a method or a partial has no such name: the library
    writes it, and cannot read it back.
    """

    family = "suggestion"
    requires = frozenset({"LP005"})
    runs = ("facts",)
    mend = "Make it a plain function at the top level of a module."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for target in repo.targets:
            seen = set()
            for rule in repo.runs.facts(target)["rules"]:
                if not rule["importable"] and rule["reference"] not in seen:
                    seen.add(rule["reference"])
                    path, line = place(repo, rule)
                    yield Finding(
                        message=f"{rule['reference']} ({rule['place']}) cannot be loaded by its name.",
                        path=path,
                        line=line,
                    )


def place(repo: CurriculumRepo, rule: dict[str, Any]) -> tuple[str | None, int | None]:
    """Where a rule's function stands, if that is in the repo.

    Args:
        repo: The repo under test.
        rule: A record with ``file`` and ``line``.

    Returns:
        Path in the repo and line.
    """
    from pathlib import Path

    if rule["file"] is None:
        return None, None
    try:
        return repo.relative(Path(rule["file"]).resolve()), rule["line"]
    except ValueError:
        return None, None


class SU006(Check):
    """Metrics read back as they were written

    The next session looks back at them, in behavior/previous_metrics.json.
    """

    family = "suggestion"
    requires = frozenset({"LP005"})
    runs = ("providers",)
    mend = "Use fields that JSON can say: float, int, bool, str, and lists, dicts or models of them."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        for target in repo.targets:
            for stage, found in (repo.runs.get(target, "providers").answer or {}).items():
                if found["reread"]:
                    yield Finding(message=f"The metrics of the stage {stage!r} do not read back: {found['reread']}.")
                    break


class SU007(Check):
    """A metric that is not finite is refused

    Written as null it passes, and the next session cannot load it.
    """

    family = "suggestion"
    requires = frozenset({"CL001", "LP003"})
    runs = ("launcher", "not finite")
    mend = "Use the runtime's command; if it is used, do not replace values in a serialiser."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        repo.require_runtime()
        for target in repo.targets:
            metrics = repo.runs.get(target, "launcher").document["metrics"]
            if not any(isinstance(value, float) for value in metrics.values()):
                raise NotApplicable("the metrics have no float of their own")
            process = repo.runs.get(target, "not finite")
            if process.code == 0 or process.stdout:
                yield Finding(message=f"With NaN as a metric the run {process.ended} and printed a suggestion.")


class SU008(Check):
    """Every stage gives a suggestion

    The checks above look at the first stage; this one takes the sample session through every stage.
    """

    family = "suggestion"
    requires = frozenset({"CL001", "LP003", "GR003"})
    runs = ("stages",)
    mend = "Run `uv run curriculum demo --stage NAME` and mend what it says."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        repo.require_runtime()
        for target in repo.targets:
            for stage, message in (repo.runs.get(target, "stages").answer or {}).items():
                if message:
                    yield Finding(message=f"At the stage {stage!r}: {message}")


CHECKS = (SU001, SU002, SU003, SU004, SU005, SU006, SU007, SU008)
