"""Compare a repo's transitions with the rules of the time; run by ``recorded.compare_rules`` in its environment.

The rules file holds the conditions as they were written, as Python over numpy, so they are evaluated
here beside the transitions, over made-up metrics at and around every threshold.

    python compare_rules.py RULES

Prints a JSON list with an object a rule: stages, decision, and how often both said yes, both said no, or
one contradicted the other.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_type_hints

import numpy as np
from coupled_baiting.curriculum import CURRICULUM
from coupled_baiting.metrics import metrics_from_dataset

Metrics: Any = get_type_hints(metrics_from_dataset)["return"]

TRIALS = (0, 199, 200, 299, 300, 399, 400, 499, 500, 900)
EFFICIENCIES = (None, 0.0, 0.549, 0.55, 0.599, 0.6, 0.649, 0.65, 0.699, 0.7, 1.3)


def as_recorded(stage: str) -> str:
    """The record's spelling of a stage: ``STAGE_1`` for ``s_stage_1`` too."""
    return stage.removeprefix("s_").upper()


def metrics() -> Iterator[Any]:
    """Metrics whose older sessions differ from the last one, so that a mean is told from a last value."""
    for trials, efficiency, older, total, at_stage in product(TRIALS, EFFICIENCIES, (1.0, 0.5), (9, 10), (4, 5)):
        older_efficiency = None if efficiency is None else efficiency * older
        yield Metrics(
            finished_trials=[int(trials * older)] * 3 + [trials] * 2,
            foraging_efficiency=[older_efficiency] * 4 + [efficiency],
            session_total=total,
            session_at_current_stage=at_stage,
            stage_name="STAGE_FINAL",
        )


def as_it_was(one: Any) -> SimpleNamespace:
    """The same metrics for a condition of the time, in which a missing efficiency is numpy's nan."""
    efficiency = [np.nan if value is None else value for value in one.foraging_efficiency]
    return SimpleNamespace(**{**one.model_dump(), "foraging_efficiency": efficiency})


def main(rules: Path) -> None:
    """Compare every rule of every stage, in order."""
    stages = {as_recorded(stage.name): stage for stage in CURRICULUM.see_stages()}
    found: list[dict[str, Any]] = []
    for stage, rule_book in json.loads(rules.read_text(encoding="utf-8"))["curriculum"].items():
        name = stage.replace(" ", "_").upper()
        transitions = CURRICULUM.see_stage_transitions(stages[name])
        for rule, (transition, target) in zip(rule_book["transition_rules"], transitions, strict=True):
            condition = eval(f"({rule['condition']})", {"np": np})
            counts = {"yes": 0, "no": 0, "contradicted": 0}
            for one in metrics():
                was, is_ = bool(condition(as_it_was(one))), transition.invoke(one)
                counts["contradicted" if was is not is_ else "yes" if is_ else "no"] += 1
            found.append({"from": stage, "rule_to": rule["to_stage"], "to": as_recorded(target.name), **counts})
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
