"""What a launcher does with the curriculum after a session; run by test_clabe.py in CLABE's environment.

    python clabe_launcher.py SETTINGS FOLDER

SETTINGS is a JSON object of CurriculumSettings. FOLDER gets what a launcher would keep: either the
suggestion's parts, as CLABE's own models write them, or `failure.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from clabe.apps import CurriculumApp, CurriculumSettings
from clabe.apps._base import CommandError


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
    main(CurriculumSettings(**json.loads(sys.argv[1])), Path(sys.argv[2]))
