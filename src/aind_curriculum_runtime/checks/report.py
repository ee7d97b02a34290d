"""Running the checks on a repo and collecting what they found.

Owns the selection, the order of work, and the result that all output formats are made from. repo-review runs the
checks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from repo_review.checks import name_matches
from repo_review.families import Family
from repo_review.processor import CollectionReturn, Result, process

from .engine.check import Check
from .engine.findings import Finding, Level, Outcome
from .engine.under_test import CurriculumRepo
from .plugin import BY_DEFAULT, CHECKS, FAST, repo_review_families

__all__ = ["NothingRan", "Report", "Row", "catalogue", "review", "selection", "waiting_for"]

SHOWN: Final = 3
"""Findings of one kind that are shown one by one."""

Status = Literal["passed", "failed", "skipped", "ignored"]


class NothingRan(Exception):
    """No check was run; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one check found."""

    id: str
    family: str
    level: Level
    title: str
    fix: str
    url: str
    status: Status
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    """Why it was skipped or ignored."""
    notes: tuple[str, ...] = ()
    many: str = ""
    """As ``Check.many``."""

    @property
    def folded(self) -> list[Finding]:
        """The findings for a person: more than three of one kind, which one fix is for, are one with their number."""
        kinds: dict[str | None, list[Finding]] = {}
        for one in self.findings:
            kinds.setdefault(one.fix, []).append(one)
        return [one for kind in kinds.values() for one in ([_fold(kind, self.many)] if len(kind) > SHOWN else kind)]


def _fold(findings: list[Finding], many: str) -> Finding:
    first, more = findings[:SHOWN], f"{len(findings) - SHOWN} more."
    labels = {one.curriculum for one in findings}
    if many:
        names = [one.about or one.sentence for one in first]
        if len(labels) > 1:
            names = [f"[{one.curriculum}] {name}" for one, name in zip(first, names, strict=True)]
        told = f"{len(findings)} {many}: {', '.join(names)} and {more} {first[0].message}"
    else:
        sentences = [f"{one.where}: {one.sentence}".removeprefix(": ") for one in first]
        told = f"{len(findings)} of one kind: {' '.join(sentences)} And {more}"
    curriculum = labels.pop() if len(labels) == 1 and many else None
    place = {"path": first[0].path, "line": first[0].line} if many else {}
    return Finding(message=told, fix=first[0].fix, curriculum=curriculum, **place)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Report:
    """What all checks found in one repo."""

    root: Path
    rows: tuple[Row, ...]
    left_out: tuple[str, ...]
    """Ids of the checks that were not asked for by name and are no part of a plain, or a fast, check."""
    seconds: float
    processes: int
    """How many processes were started afresh for it."""

    def count(self, status: Status, level: Level | None = None) -> int:
        """How many checks have ``status``, and ``level`` if that is given."""
        return sum(row.status == status and level in (None, row.level) for row in self.rows)

    @property
    def failed(self) -> bool:
        """Whether a check of level error found something."""
        return self.count("failed", "error") > 0


def selection(
    select: Iterable[str], ignore: Iterable[str], *, everything: bool = False, fast: bool = False
) -> tuple[list[str], set[str]]:
    """Work out which checks to run.

    Args:
        select: Ids, prefixes (``GR``) or family names; those of a plain check when empty.
        ignore: What to leave out, in the same forms.
        everything: Whether an empty ``select`` means all checks, with the family `runtime`.
        fast: Whether only those count that need no run but the launcher's own call.

    Returns:
        The ids asked for, in their order, and the same with every check that gates them.

    Raises:
        NothingRan: A name belongs to no check, or no check is left.
    """
    select, ignore = list(select), list(ignore)
    for name in [*select, *ignore]:
        if not any(_matches(check, name) for check in CHECKS):
            raise NothingRan(
                f"There is no check {name!r}; give an id (GR004), its letters (GR) or a family (graph), once for each, "
                "as `curriculum check --list` shows them"
            )
    asked = [
        check
        for check in (FAST if fast else CHECKS if select or everything else BY_DEFAULT)
        if (not select or any(_matches(check, name) for name in select))
        and not any(_matches(check, name) for name in ignore)
    ]
    if not asked:
        raise NothingRan(f"Every check that was selected is ignored{', or no part of --fast' if fast else ''}")
    needed: set[str] = set()
    pending = list(asked)
    while pending:
        one = pending.pop()
        if one not in needed:
            needed.add(one)
            pending += CHECKS[one].requires
    return asked, needed


def _matches(check: str, name: str) -> bool:
    return bool(name_matches(check, {name.upper()})) or CHECKS[check].family.casefold() == name.casefold()


def review(
    repo: CurriculumRepo,
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    everything: bool = False,
    fast: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Run the checks.

    Args:
        repo: The repo under test, from ``under_test.repo_at``.
        select: As for ``selection``.
        ignore: As for ``selection``; what the repo's pyproject ignores with a reason is shown as ignored.
        everything: As for ``selection``.
        fast: As for ``selection``.
        progress: Called whenever a run ends, with how many have ended and how many there are.

    Returns:
        What the checks found.

    Raises:
        NothingRan: As ``selection`` raises it.
    """
    started = time.monotonic()
    select, ignore = list(select), list(ignore)
    asked, needed = selection(select, ignore, everything=everything, fast=fast)
    total, done = 0, 0

    def one_more() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, max(total, done))

    ours = "runs" not in vars(repo)  # a caller that started the runs closes them
    repo.runs.on_done = one_more
    try:
        total = repo.runs.start(run for check in needed for run in CHECKS[check].runs)
        if progress is not None:
            progress(done, total)
        _, results = process(repo.root, select=set(asked), collected=_collection(repo, needed))
    except BaseException:
        if ours:
            repo.runs.close(interrupted=True)
        raise
    if ours:
        repo.runs.close()
    by_name = {result.name: result for result in results}
    return Report(
        root=repo.root,
        rows=tuple(_row(name, by_name.get(name), repo.outcomes, asked) for name in asked),
        left_out=() if select else tuple(one for one in selection((), ignore, everything=True)[0] if one not in asked),
        seconds=time.monotonic() - started,
        processes=repo.runs.processes,
    )


def _collection(repo: CurriculumRepo, needed: set[str]) -> CollectionReturn:
    """What repo-review would collect, without other plugins and with a pyproject.toml that may be broken."""
    families = {
        name: Family(name=family["name"], order=family["order"], description=family["description"])
        for name, family in repo_review_families().items()
    }
    fixtures = {"root": repo.root, "package": repo.root, "pyproject": repo.pyproject, "curriculum_repo": repo}
    checks: dict[str, Any] = {name: check for name, check in CHECKS.items() if name in needed}
    return CollectionReturn(fixtures, checks, families)


def waiting_for(repo: CurriculumRepo) -> str:
    """Say what takes longest of what runs now.

    Args:
        repo: A repo under test.

    Returns:
        The run, its seconds so far and the checks that wait for it; empty when nothing runs.
    """
    running = repo.runs.going_on
    if not running:
        return ""
    name = max(running, key=lambda one: running[one])
    ids = [check for check in CHECKS if name in CHECKS[check].runs]
    told = f" for {', '.join(ids[:2])}{' and others' * (len(ids) > 2)}" if ids else ""
    return f"{name}{told}, {running[name]:.0f} s"


def catalogue(checks: Iterable[str]) -> list[Row]:
    """The checks themselves as rows, without a result.

    Args:
        checks: Ids.

    Returns:
        One row for each check.
    """
    return [_row(name, None, {}) for name in checks]


def _gates(check: Check, outcomes: dict[str, Outcome], shown: Iterable[str]) -> str:
    """Why a gated check was not run: which of its gates failed, or why one does not apply."""
    above = [gate for gate in CHECKS if gate in _all_gates(check)]
    failed = [gate for gate in above if gate in outcomes and outcomes[gate].findings]
    if failed:
        told = "" if failed[0] in shown else f" ({failed[0]}: {outcomes[failed[0]].findings[0].sentence})"
        return f"{' and '.join(failed)} must pass first{told}"
    reasons = [f"{gate} does not apply: {outcomes[gate].skipped}" for gate in above if gate in outcomes]
    return next((reason for reason in reasons if not reason.endswith(": ")), "a check that gates it was not run")


def _all_gates(check: Check) -> set[str]:
    return set(check.requires).union(*(_all_gates(CHECKS[gate]) for gate in check.requires))


def _row(name: str, result: Result | None, outcomes: dict[str, Outcome], shown: Iterable[str] = ()) -> Row:
    check = CHECKS[name]
    outcome = outcomes.get(name)
    reason, status = "", "passed"
    if result is None:  # repo-review leaves out what is ignored without a reason
        status, reason = "ignored", "pyproject.toml gives no reason"
    elif result.skip_reason:
        status, reason = "ignored", result.skip_reason
    elif result.result is None:
        status, reason = "skipped", outcome.skipped if outcome is not None else _gates(check, outcomes, shown)
    elif not result.result:
        status = "failed"
    return Row(
        id=name,
        family=check.family,
        level=check.level,
        title=check.title,
        fix=check.fix,
        url=check.url,
        status=status,  # type: ignore[arg-type]
        findings=tuple(outcome.findings) if outcome is not None and status == "failed" else (),
        reason=reason,
        notes=tuple(outcome.notes) if outcome is not None else (),
        many=check.many,
    )
