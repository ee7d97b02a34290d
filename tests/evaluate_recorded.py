"""Evaluate sessions one after the other in one process; run by test_mice.py in the example's environment.

Each session goes the whole way of `curriculum run`, from its directory to the suggestion's bytes. What
the launcher would do in between, handing on the metrics, is done here.

    python evaluate_recorded.py DIRECTORY OUTPUT

DIRECTORY holds one folder a subject with one session directory a session; OUTPUT gets one JSON line a
session: its path, its suggestion, and the refusal instead where there was one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from aind_curriculum_runtime.contract.errors import CurriculumError
from aind_curriculum_runtime.session.evaluate import evaluate_session
from aind_curriculum_runtime.session.suggestion import suggestion


def main(directory: Path, output: Path) -> None:
    """Evaluate every session of every subject."""
    with output.open("w", encoding="utf-8", newline="\n") as lines:
        for subject in sorted(directory.iterdir()):
            metrics = None
            for session in sorted(subject.iterdir()):
                if metrics is not None:
                    previous = session / "behavior" / "previous_metrics.json"
                    previous.write_text(json.dumps(metrics), encoding="utf-8", newline="\n")
                result: dict[str, str] = {"session": session.name}
                try:
                    document = suggestion(evaluate_session(session))
                    result["suggestion"] = document.decode("ascii")
                    metrics = json.loads(document)["metrics"]
                except CurriculumError as error:
                    result["error"] = f"{error.code}: {error.message}"
                lines.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
