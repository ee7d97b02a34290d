"""Decisions a second in process: the compiled rules and the production path, block by block in turn, as JSON.

Run by replay.py in the environment of the repo. In each block the same sessions are decided both ways, from plain
rows: metrics are validated, and every session goes on from where the last one led.

    python replay_core.py CURRICULUM METRICS_CLASS ROWS BLOCKS
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from aind_curriculum_runtime.replay.decisions import Asked, Replay
from aind_curriculum_runtime.session.enrolment import enrolled
from aind_curriculum_runtime.session.trainer import OrderedTrainer, next_state


def main(curriculum: str, metrics_class: str, rows: Path, blocks: int) -> None:
    replay = Replay(Asked(curriculum))
    trainer = OrderedTrainer(replay.curriculum)
    module, _, name = metrics_class.partition(":")
    model = getattr(importlib.import_module(module), name)
    given: list[dict[str, Any]] = json.loads(rows.read_text(encoding="utf-8"))
    first = replay.rules.first.name

    def compiled() -> int:
        animal = replay.rules.animal(first)
        held = 0
        for row in given:
            held += animal.evaluate(model(**row)) is not None
            if not replay.rules.stages[animal.stage].leaving:
                animal = replay.rules.animal(first)
        return held

    def by_trainer() -> int:
        state = enrolled(trainer)
        held = 0
        for row in given:
            after = next_state(trainer, state, model(**row))
            held += after.stage.name != state.stage.name
            state = after if replay.rules.stages[after.stage.name].leaving else enrolled(trainer)
        return held

    found: dict[str, list[float]] = {"compiled": [], "trainer": []}
    for block in range(-1, blocks):
        led = set()
        for name, way in (("compiled", compiled), ("trainer", by_trainer)):
            begun = time.process_time()
            led.add(way())
            if block >= 0:
                found[name].append((time.process_time() - begun) / len(given))
        assert len(led) == 1, led
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
