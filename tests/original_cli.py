"""Chains of sessions as the own command line of aind-behavior-vr-foraging-curricula evaluates them.

    python tests/original_cli.py FOLDER SESSIONS MODULE ...

runs in an environment of that package, without this project. For each stage of each curriculum it makes a trainer
state as that command's `init` does, and then one session after the other, each with the state that the one before gave.
Each step is a folder: `state.json`, `session`, and `suggestion.json`, or `failure.txt` when the command failed, after
which a launcher keeps the state. Nothing is started anew for a step, because imports take seconds; tests start the
command itself for some of them.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
import random
import sys
from pathlib import Path
from typing import Any

from vr_sessions import write_session

PACKAGE = "aind_behavior_vr_foraging_curricula"


def chain(module: Any, stage: Any, folder: Path, sessions: int) -> None:
    """Evaluate some sessions from a stage on."""
    from aind_behavior_vr_foraging_curricula.cli import CurriculumCliArgs

    policies = stage.start_policies
    state = module.TRAINER.create_trainer_state(stage=stage, is_on_curriculum=True, active_policies=policies)
    text = state.model_dump_json()
    for number in range(sessions):
        step = folder / f"{number:02}"
        step.mkdir(parents=True)
        (step / "state.json").write_text(text, encoding="utf-8", newline="\n")
        task = json.dumps(json.loads(text)["stage"]["task"])
        seed = f"{module.CURRICULUM.name} {stage.name} {number}"
        write_session(step / "session", task, sum(seed.encode()) * 31 + number)
        printed = io.StringIO()
        random.seed(number)  # one of the nine shuffles without a seed
        try:
            with contextlib.redirect_stdout(printed):
                CurriculumCliArgs(data_directory=step / "session", input_trainer_state=step / "state.json").cli_cmd()
        except Exception as error:
            (step / "failure.txt").write_text(f"{type(error).__name__}: {error}\n", encoding="utf-8", newline="\n")
            continue
        (step / "suggestion.json").write_text(printed.getvalue(), encoding="utf-8", newline="\n")
        text = json.dumps(json.loads(printed.getvalue())["trainer_state"])


if __name__ == "__main__":
    logging.disable()
    random.seed(0)
    where, count, *modules = sys.argv[1:]
    for name in modules:
        found = importlib.import_module(f"{PACKAGE}.{name}")
        for one in found.CURRICULUM.see_stages():
            chain(found, one, Path(where) / name / one.name, int(count))
