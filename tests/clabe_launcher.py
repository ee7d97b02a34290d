"""What a launcher does with the curriculum after a session; run by test_clabe.py in CLABE's environment.

    python clabe_launcher.py

Each line of stdin is a JSON object of two: `settings`, which are CurriculumSettings, and `folder`, which gets what a
launcher would keep: either the suggestion's parts, as CLABE's own models write them, or `failure.json`. With `library`
and `subject` the trainer state that goes in is the one that CLABE takes from there. Each gets an empty line on stdout
when that is done.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from clabe.apps import CurriculumApp, CurriculumSettings
from clabe.apps._base import CommandError
from clabe_library import picked


def main(settings: CurriculumSettings, folder: Path) -> None:
    """Ask the curriculum and keep what it says."""
    app = CurriculumApp(settings)
    kept: dict[str, str] = {}
    try:
        app.run()
    except CommandError as error:
        kept["failure.json"] = json.dumps(
            {"exit_code": error.exit_code, "stdout": error.stdout, "stderr": error.stderr}
        )
    else:
        suggestion = app.process_suggestion()
        kept["trainer_state.json"] = suggestion.trainer_state.model_dump_json()
        kept["metrics.json"] = suggestion.metrics.model_dump_json()
        kept["versions.json"] = json.dumps([suggestion.version, suggestion.dsl_version])
    for name, text in kept.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    done = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # CLABE shows a spinner
    for line in sys.stdin:
        order = json.loads(line)
        settings = CurriculumSettings(**order["settings"])
        if "library" in order:
            state, task = picked(order["library"], order["subject"], str(settings.project_directory))
            for name, model in (("picked", state), ("picked_task", task)):
                Path(order["folder"], f"{name}.json").write_text(model.model_dump_json(), encoding="utf-8")
            settings.input_trainer_state = Path(order["folder"], "picked.json")
        main(settings, Path(order["folder"]))
        done.write("\n")
        done.flush()
