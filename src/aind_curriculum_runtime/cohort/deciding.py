"""The program that decides sessions by one version of a curriculum and writes the decisions, a line of JSON each.

``versions.importable`` starts it, as two versions of one package cannot be imported side by side. Task parameters that
are a stage's own are written once, not in every line: there may be millions of lines, and kilobytes of parameters.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..contract.errors import CurriculumError
from ..versions.importer import add_options, answer, imported, settle_import_path
from .difference import stage_of

if TYPE_CHECKING:
    from ..replay.decisions import Replay

__all__ = ["main"]

_NEEDED: Final = (
    *("subject_id", "session", "session_date", "current_stage_suggested", "current_stage_actual", "if_closed_loop"),
    *("decision", "next_stage_suggested", "metrics", "rule", "margin", "parameters", "error"),
)
"""The columns that are compared."""


def main() -> None:
    """Decide all sessions; answer why the source ended early, and the parameters of each stage."""
    parser = argparse.ArgumentParser(prog="python -m aind_curriculum_runtime.cohort.deciding", description=__doc__)
    add_options(parser)
    parser.add_argument("--name", required=True, help="of the curriculum")
    parser.add_argument("--formerly", action="append", default=[], help="a name that it had before")
    parser.add_argument("--cohort", required=True, help="the sessions: a table, a ledger, or a folder")
    parser.add_argument("--decisions", type=Path, required=True, help="the file to write")
    arguments = parser.parse_args()
    source = settle_import_path(arguments)
    answer(arguments, lambda: _decide(arguments, source))


def _decide(arguments: argparse.Namespace, source: Path | None) -> dict[str, Any]:
    from ..curriculum.discovery import Registered
    from ..replay.decisions import Asked, Replay
    from ..replay.directory_metrics import default_cache
    from ..replay.opening import opened
    from ..replay.processes import here
    from ..replay.table_source import NotTogether

    curriculum, _, _ = imported(arguments.object, source)
    registered = Registered(
        name=arguments.name,
        target=arguments.object,
        distribution="",
        version=curriculum.version,
        formerly=tuple(arguments.formerly),
    )
    replay = Replay(Asked(cache=str(default_cache())), registered)
    missed = _Missed(replay)

    def write(in_memory: bool) -> str | None:
        sessions = opened(arguments.cohort, in_memory=in_memory)
        with arguments.decisions.open("w", encoding="utf-8", newline="\n") as file:
            for _, rows in here(replay, sessions.animals()):
                for row in rows:
                    kept: dict[str, Any] = {name: row[name] for name in _NEEDED if name in row}
                    if "error" not in row and "rule" not in row:
                        kept["missed"] = missed(stage_of(row), row["metrics"])
                    file.write(json.dumps(kept) + "\n")
        return sessions.cut

    try:
        try:
            cut = write(in_memory=False)
        except NotTogether:
            cut = write(in_memory=True)
    except OSError as error:
        raise CurriculumError(
            "output.not_writable",
            f"The decisions cannot be kept: {error.strerror or error}.",
            "They go to the folder for temporary files (TMPDIR): is there room?",
        ) from None
    return {"cut": cut, "parameters": {name: stage.parameters for name, stage in replay.rules.stages.items()}}


class _Missed:
    """What kept the rules that leave a stage from holding."""

    def __init__(self, replay: Replay) -> None:
        from ..curriculum.margin import misses_of
        from ..look.read import metrics_class

        leaving = {
            stage.name: replay.curriculum.see_stage_transitions(stage.own) for stage in replay.rules.stages.values()
        }
        self._models = {name: metrics_class(stage.own, leaving[name]) for name, stage in replay.rules.stages.items()}
        self._rules = {
            name: [(one.rule, misses) for one in stage.leaving if (misses := misses_of(one.holds)) is not None]
            for name, stage in replay.rules.stages.items()
        }

    def __call__(self, stage: str, metrics: str) -> dict[str, list[tuple[str, float | None]]]:
        model, rules = self._models[stage], self._rules[stage]
        if model is None or not rules:
            return {}
        seen = model.model_validate_json(metrics)
        return {rule: missed for rule, misses in rules if (missed := misses(seen))}


if __name__ == "__main__":
    main()
    os._exit(0)  # a normal exit would wait for threads that curriculum code started at import
