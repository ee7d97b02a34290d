"""The table of decisions: its columns, those of auto-train first.

Statistics, pictures and cohort differences read it; ``docs/replay.md`` explains it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..tables.autotrain import AUTO_TRAIN
from ..tables.form import Form
from ..tables.writing import Column

__all__ = ["COLUMNS", "SIMULATED", "for_form"]

SIMULATED: Final = "simulated: no forecast, the metrics are those of other stages"
"""What the column ``mode`` says of an animal that is let follow the suggestions."""

_FIRST: Final = (
    *("subject_id", "session", "session_date", "curriculum_name", "curriculum_version", "current_stage_suggested"),
    *("current_stage_actual", "session_at_current_stage", "if_closed_loop", "if_overriden_by_trainer", "decision"),
    *("next_stage_suggested", "metrics"),
)
_AUTO_TRAIN: Final = {one.name: one for one in AUTO_TRAIN}

COLUMNS: Final = (
    *(_AUTO_TRAIN[name] for name in _FIRST),
    Column("rule", "text", "the transition that held; empty where the animal stays"),
    Column("margin", "number", "what the rule compared less its constant; empty where it is no such comparison"),
    Column("policies", "json", "the policies that are active from now on"),
    Column(
        "parameters", "json", "the task parameters of the next session, where policies made them or all are asked for"
    ),
    Column("mode", "text", f"`as-run`, or `{SIMULATED}`"),
    Column("error", "text", "why the session has no decision"),
)

_JSON: Final = tuple(one.name for one in COLUMNS if one.kind == "json")
_AS_TEXT: Final = tuple(one._replace(kind="text") if one.kind == "json" else one for one in COLUMNS)


def for_form(form: Form) -> tuple[tuple[Column, ...], Callable[[Mapping[str, Any]], Mapping[str, Any]]]:
    """How rows are handed to ``tables.writing``: their cells of JSON are texts already.

    Args:
        form: The form of the table.

    Returns:
        Its columns, and what makes a row of it from a row of decisions.
    """
    return (COLUMNS, _with_values) if form == "jsonl" else (_AS_TEXT, lambda row: row)


def _with_values(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, **{name: json.loads(row[name]) for name in _JSON if name in row}}
