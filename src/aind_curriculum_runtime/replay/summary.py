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
    overridden: int = 0
    """Sessions that were run at another stage than the suggested one."""

    open_loop: int = 0
    """Sessions whose stage nobody wrote down."""

    missing: int = 0
    """Sessions that are not there, by the numbers of those around them."""

    left_out: int = 0
    animals_left_out: int = 0
    named: list[str] = field(default_factory=list)
    """The first sessions without a decision, each with its reason."""

    def add(self, rows: list[Decided]) -> None:
        """Count the rows of one animal."""
        self.sessions += len(rows)
        self.animals += 1
        left_out, last = 0, None
        for row in rows:
            self.overridden += row.get("if_overriden_by_trainer", False)
            self.open_loop += not row.get("if_closed_loop", True)
            number = row.get("session", last)
            self.missing += max(0, number - last - 1) if last is not None else 0
            last = number
            if "error" not in row:
                self.decisions[row["decision"]] += 1
                continue
            left_out += 1
            if len(self.named) < _TOLD:
                which = f", session {row['session']}" if "session" in row else ""
                self.named.append(f"{row['subject_id'] or 'an animal without a name'}{which}: {row['error']}")
        self.left_out += left_out
        self.animals_left_out += bool(left_out)

    def as_json(self) -> dict[str, Any]:
        """The counts as JSON values."""
        return {
            "sessions": self.sessions,
            "animals": self.animals,
            "decisions": dict(sorted(self.decisions.items())),
            "overridden": self.overridden,
            "open_loop": self.open_loop,
            "missing": self.missing,
            "left_out": {"sessions": self.left_out, "animals": self.animals_left_out},
        }
