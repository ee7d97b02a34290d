"""What CLABE makes of curricula; run by test_client_clabe.py in CLABE's environment.

    python client_clabe.py

Each line of stdin is a JSON object: the CurriculumSettings and the timeout of CLABE's own executor. Each gets a
line on stdout: the next trainer state and the metrics as CLABE's own models write them, or the name of what
CLABE raised.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from clabe.apps import CurriculumApp, CurriculumSettings


def outcome(timeout: float, **settings: Any) -> dict[str, Any]:
    """Ask the curriculum as a launcher does."""
    try:
        app = CurriculumApp(CurriculumSettings(**settings))
        app.run(executor_kwargs={"timeout": timeout})
        suggestion = app.process_suggestion()
        return {
            "trainer_state": json.loads(suggestion.trainer_state.model_dump_json()),
            "metrics": json.loads(suggestion.metrics.model_dump_json()),
        }
    except Exception as error:
        return {"raised": type(error).__name__}


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # CLABE shows a spinner
    for line in sys.stdin:
        answers.write(json.dumps(outcome(**json.loads(line))) + "\n")
        answers.flush()
