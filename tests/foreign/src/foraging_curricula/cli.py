"""The command `curriculum`, as repos wrote it before there was a runtime.

Its options are settings: what is not on the command line is taken from the environment.
"""

import argparse
import importlib
import os
from pathlib import Path

import aind_behavior_curriculum
from aind_behavior_curriculum import Curriculum, Metrics, TrainerState
from pydantic import BaseModel, SerializeAsAny

from . import __version__


class Suggestion(BaseModel):
    trainer_state: SerializeAsAny[TrainerState]
    metrics: SerializeAsAny[Metrics]
    version: str = __version__
    dsl_version: str = aind_behavior_curriculum.__version__


def flag(name: str) -> bool:
    return os.environ.get(name.upper(), "") in {"1", "true"}


def run(settings: argparse.Namespace) -> None:
    text = settings.input_trainer_state.read_text(encoding="utf-8")
    anonymous = TrainerState[Curriculum].model_validate_json(text)
    where = settings.curriculum or anonymous.curriculum.pkg_location.rpartition(".")[2]
    module = importlib.import_module(f"{__package__}.{where}.curriculum")
    suggestion = module.run(text, settings.data_directory)
    if not settings.mute_suggestion:
        print(suggestion.model_dump_json())


def main() -> None:
    parser = argparse.ArgumentParser(prog="curriculum")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("run")
    command.add_argument("--data-directory", type=Path, required=True)
    command.add_argument("--input-trainer-state", type=Path, required=True)
    command.add_argument("--curriculum")
    command.add_argument("--mute-suggestion", action="store_true", default=flag("mute_suggestion"))
    command.set_defaults(call=run)
    settings = parser.parse_args()
    settings.call(settings)
