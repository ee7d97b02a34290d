"""Steps of `original_cli.py` once more, by this runtime, in the environment of a repo that wraps the curriculum.

    python tests/wrapped_chains.py FOLDER

prints one JSON object a step: what the original's command gave, what `evaluate_session` gives, and how many policies
were active, so that a test can compare them. In one process, because imports take seconds; tests start the runtime's
command itself for some of the steps.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

random.seed(0)  # before the curriculum is imported, as `original_cli.py` does


def main(folder: Path) -> None:
    """Evaluate every step below a folder."""
    from aind_curriculum_runtime.contract.errors import CurriculumError
    from aind_curriculum_runtime.curriculum.discovery import choose, installed
    from aind_curriculum_runtime.curriculum.loading import load
    from aind_curriculum_runtime.session.evaluate import evaluate_session
    from aind_curriculum_runtime.session.suggestion import suggestion

    load(choose(installed(), None))  # now, because importing one of the nine takes random numbers
    for state in sorted(folder.rglob("state.json")):
        step = state.parent
        given = step / "suggestion.json"
        theirs = json.loads(given.read_text(encoding="utf-8")) if given.is_file() else None
        ours: Any = None
        error = None
        random.seed(int(step.name))
        try:
            ours = json.loads(suggestion(evaluate_session(step / "session", state)))
        except CurriculumError as raised:
            error = raised.code
        print(json.dumps({"step": step.relative_to(folder).as_posix(), "theirs": theirs, "ours": ours, "error": error}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
