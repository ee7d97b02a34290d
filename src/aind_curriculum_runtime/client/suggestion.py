"""What a launcher gets from a call: a suggestion, or the decision to hold the previous state.

Owns the two results and the writing of the next trainer state. Knows nothing of processes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract.strict_json import encode
from ..project.files import write_atomically
from .errors import CurriculumError

__all__ = ["Hold", "Suggestion"]


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """What the curriculum suggests for the next session, as plain JSON: nothing it names was imported."""

    trainer_state: dict[str, Any]
    """The next trainer state, valid as the next session's ``--input-trainer-state``."""

    metrics: dict[str, Any]
    """Metrics of the session that was evaluated."""

    version: str
    """Semantic version of the curriculum."""

    dsl_version: str
    """Version of aind-behavior-curriculum that it was evaluated with."""

    raw: bytes
    """Stdout, byte for byte."""

    stderr: str = ""
    """The last part of stderr, for the launcher's log."""

    @property
    def stage(self) -> str:
        """Name of the next session's stage."""
        name: str = self.trainer_state["stage"]["name"]
        return name

    @property
    def active_policies(self) -> list[str]:
        """References of the policies that are active next, as plain strings."""
        return list(self.trainer_state.get("active_policies") or [])

    @property
    def curriculum(self) -> str:
        """Name of the curriculum."""
        name: str = self.trainer_state["curriculum"]["name"]
        return name

    def write_trainer_state(self, path: str | os.PathLike[str]) -> Path:
        """Write the next trainer state: a reader sees the old file or the new one, never a part.

        Args:
            path: The file to write or replace; its folder must exist.

        Returns:
            The absolute path.

        Raises:
            OSError: It could not be written; the file is then as it was.
        """
        target = Path(os.path.abspath(path))
        write_atomically(target, encode(self.trainer_state) + b"\n")
        return target


@dataclass(frozen=True, kw_only=True)
class Hold:
    """No suggestion: the previous trainer state stays in force."""

    reason: CurriculumError
    """Why there is no suggestion."""

    state: Path
    """Absolute path of the previous trainer state's file, which is unchanged."""
