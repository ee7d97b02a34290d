"""The command `curriculum` of this package: `run MODULE SESSION STATE` prints the suggestion."""

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

from aind_behavior_curriculum import Trainer

from . import __version__


def suggested(trainer: Trainer[Any], session: Path, text: str) -> dict[str, Any]:
    before = trainer.trainer_state_model.model_validate_json(text)
    metrics = before.stage.metrics_provider.callable(session)
    after = trainer.evaluate(before, metrics)
    return {"trainer_state": after.model_dump(mode="json"), "metrics": metrics.model_dump(), "version": __version__}


def main() -> None:
    parser = argparse.ArgumentParser(prog="curriculum")
    for name in ("command", "module", "session", "state"):
        parser.add_argument(name)
    asked = parser.parse_args()
    module = importlib.import_module(f"{__package__}.{asked.module}")
    text = Path(asked.state).read_text(encoding="utf-8")
    if asked.command == "init":
        (stage,) = [one for one in module.CURRICULUM.see_stages() if one.name == text.strip()]
        made = module.TRAINER.create_trainer_state(stage=stage, active_policies=stage.start_policies)
        print(made.model_dump_json())
    else:
        print(json.dumps(module.run(asked.session, text)))


if __name__ == "__main__":
    main()
