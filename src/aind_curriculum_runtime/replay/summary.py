"""What a replay led to, counted while its rows are written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from .decisions import Decided

__all__ = ["Summary"]

_TOLD: Final = 10
"""Sessions without a decision that are named."""


@dataclass
class Summary:
    """Counts of sessions and animals."""

    sessions: int = 0
    animals: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    animals_left_out: int = 0
    named: list[str] = field(default_factory=list)
    """The first sessions without a decision, each with its reason."""

    def add(self, rows: list[Decided]) -> None:
        """Count the rows of one animal."""
        self.sessions += len(rows)
        self.animals += 1
        left_out = 0
        for row in rows:
            if "error" not in row:
                self.decisions[row["decision"]] += 1
                continue
            left_out += 1
            if len(self.named) < _TOLD:
                number = f", session {row['session']}" if "session" in row else ""
                self.named.append(f"{row['subject_id'] or 'an animal without a name'}{number}: {row['error']}")
        self.left_out += left_out
        self.animals_left_out += bool(left_out)

    def as_json(self) -> dict[str, Any]:
        """The counts as JSON values."""
        return {
            "sessions": self.sessions,
            "animals": self.animals,
            "decisions": dict(sorted(self.decisions.items())),
            "left_out": {"sessions": self.left_out, "animals": self.animals_left_out},
        }
