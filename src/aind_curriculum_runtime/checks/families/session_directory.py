"""Checks of the session directory (SE): it is read, at most added to, and may be empty."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..engine.check import Check, TargetCheck
from ..engine.findings import Finding, NotApplicable
from ..engine.repo import Target
from ..engine.shapes import InSources, UnfitSession
from ..engine.under_test import CurriculumRepo


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class SE001(TargetCheck):
    """Nothing in the session directory is changed or deleted

    It is the only copy of the data. Curriculum code may add files; those are listed as a note. The metrics providers
    of all stages are run.
    """

    family = "session directory"
    requires = frozenset({"CL001"})
    runs = ("launcher", "evaluate")
    fix = "Open data for reading only (mode 'r'), and write new files under names of their own."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        assert repo.session is not None  # CL001 ran on it
        before = _digests(repo.session)
        told = set()
        for name in self.runs:
            after = _digests(repo.runs.get(target, name).session)
            for path, digest in before.items():
                if path not in told and after.get(path) != digest:
                    told.add(path)
                    done = "changed" if path in after else "deleted"
                    yield Finding(message=f"Evaluating a session {done} its file {path}.")
            added = sorted(after.keys() - before.keys())
            if added and name == "launcher":
                repo.outcomes[self.id].notes.append(f"added to the session directory: {', '.join(added)}")


class SE004(TargetCheck):
    """The metrics come from the session directory that is given

    A provider that returns constants, or reads a fixed path, gives every session the same metrics, and this shows only
    when an animal does not move on. A session without a single event must not have the sample session's metrics.
    """

    family = "session directory"
    requires = frozenset({"SO004"})
    runs = ("facts", "launcher", "aborted session")
    fix = "Read from the data_directory that the provider is given, and from nowhere else."

    def find_for(self, repo: CurriculumRepo, target: Target) -> Iterable[Finding]:
        if repo.runs.facts(target)["stages"][0]["provider"] is None:
            raise NotApplicable("the first stage has no metrics provider, as a final stage needs none")
        without = repo.runs.get(target, "aborted session").document
        if isinstance(without, dict) and without.get("metrics") == repo.runs.suggestion(target)["metrics"]:
            yield Finding(message="A session without a single event has the same metrics as the sample session.")


class SE005(Check):
    """A run leaves the repo as it is

    On a rig the repo is a submodule that many sessions share: a log or cache in it makes it dirty and blocks updates.
    """

    family = "session directory"
    requires = frozenset({"CL001"})
    runs = ("launcher", "evaluate")
    fix = "Write new files into the session directory (data_directory), by absolute path."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        if repo.session is None:
            raise NotApplicable("there is no sample session, so nothing was run")
        for target in repo.targets:
            for name in self.runs:
                repo.runs.get(target, name)
        before, after = repo.snapshot, repo.look()
        for path in sorted({**before, **after}):
            if before.get(path) != after.get(path):
                done = "deleted" if path not in after else "wrote" if path not in before else "changed"
                yield Finding(message=f"Running the curriculum {done} {path} in the repo.")


def _opened_without_encoding(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or any(one.arg in {"encoding", None} for one in node.keywords):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in {"read_text", "write_text"}:
            if len(node.args) < (1 if name == "read_text" else 2):
                yield node.lineno, f".{name}() does not name the encoding."
        elif name == "open":
            builtin = ast.unparse(node.func) in {"open", "io.open"}
            mode = next((one.value for one in node.keywords if one.arg == "mode"), None)
            at = 1 if builtin else 0
            mode = mode or (node.args[at] if len(node.args) > at else None)
            text = mode is None or (
                isinstance(mode, ast.Constant)
                and isinstance(mode.value, str)
                and re.fullmatch(r"[rwaxt+]+", mode.value) is not None
            )
            # A method open(name) may belong to something else, such as a zip file.
            if text and (builtin or mode is not None or not node.args) and len(node.args) < at + 3:
                yield node.lineno, f"{'' if builtin else '.'}open() does not name the encoding."


CHECKS = (
    SE001(),
    UnfitSession(
        id="SE003",
        title="An aborted session is a defined failure",
        why="The session was started and stopped: there are folders, but not a single event.",
        family="session directory",
        requires=frozenset({"CL001"}),
        runs=("aborted session",),
        what="A session directory without a single event",
        fix=(
            "Where the provider finds no data, raise aind_curriculum_runtime.SessionError with a sentence that says "
            "what is missing, or return metrics that say so."
        ),
    ),
    SE004(),
    SE005(),
    InSources(
        id="SE006",
        title="Text files are read with their encoding named",
        why=(
            "Without it Python takes the machine's encoding: UTF-8 on Linux, cp1252 on most rigs, where the same "
            "session then gives other text or an error."
        ),
        family="session directory",
        level="warning",
        search=_opened_without_encoding,
        fix='Add encoding="utf-8" to the call.',
    ),
)
