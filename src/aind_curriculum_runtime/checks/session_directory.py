"""Checks of the session directory (SE): it is read, added to at the most, and may hold nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from ..errors import ExitCode
from .base import Check, Finding
from .failure import error_code
from .repo import CurriculumRepo


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class SE001(Check):
    """Nothing in the session directory is changed or deleted

    It is the only copy of the data. Curriculum code may add files; those are listed as a note.
    """

    family = "session directory"
    requires = frozenset({"CL001"})
    runs = ("launcher",)
    mend = "Open data for reading only, and write new files under names of their own."

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        assert repo.session is not None  # CL001 ran on it
        before = _digests(repo.session)
        for target in repo.targets:
            after = _digests(repo.runs.get(target, "launcher").session)
            for name, digest in before.items():
                if name not in after:
                    yield Finding(message=f"The run deleted {name} from the session directory.")
                elif after[name] != digest:
                    yield Finding(message=f"The run changed {name} in the session directory.")
            added = sorted(after.keys() - before.keys())
            if added:
                repo.outcomes[type(self).__name__].notes.append(f"added to the session directory: {', '.join(added)}")


class _Unfit(Check):
    family = "session directory"
    requires = frozenset({"CL001", "LP003"})
    mend = (
        "In metrics_from_dataset raise aind_curriculum_runtime.SessionError with one sentence when data is missing, "
        "or return metrics that say so."
    )
    what: str

    def find(self, repo: CurriculumRepo) -> Iterable[Finding]:
        """Look for it."""
        repo.require_runtime()
        for target in repo.targets:
            process = repo.runs.get(target, self.runs[0])
            defined = process.code == 0 or (process.code == ExitCode.MISSING and error_code(process) is not None)
            if not defined:
                yield Finding(message=f"{self.what} is not told from a crash: the run {process.ended} ({process.said})")


class SE002(_Unfit):
    """An empty session directory is a defined failure

    A session that was aborted before it wrote anything must not look like a fault in the curriculum.
    """

    runs = ("empty session",)
    what = "An empty session directory"


class SE003(_Unfit):
    """An aborted session is a defined failure

    Folders without a single event: the session was started and stopped.
    """

    runs = ("aborted session",)
    what = "A session directory without a single event"


CHECKS = (SE001, SE002, SE003)
