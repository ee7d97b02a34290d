"""Run the repo's sample session, tests/data/session, the way a launcher would run a real one.

The trainer state is a new one at the first stage, or at the stage that is named; the suggestion
goes to stdout and a summary of it to stderr.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

import click

from ..command.options import all_option, command, curriculum_option
from ..contract.console_script import as_called
from ..contract.errors import CurriculumError
from ..curriculum.discovery import choose, installed, repo_directory
from ..curriculum.loading import load
from ..look.summary import summarise
from ..session.enrolment import enrolled
from ..session.evaluate import evaluate_session
from ..session.plain_state import parsed
from ..session.suggestion import state_document, suggestion

EXAMPLES: Final = """\
  curriculum demo
  curriculum demo --stage s_discrimination"""

SAMPLE_SESSION: Final = Path("tests", "data", "session")
"""Where a curriculum repo keeps its sample session."""


@command(__doc__, EXAMPLES)
@click.option("--stage", metavar="NAME", help="the stage to start at (default: the first)")
@all_option("list every parameter that changed in the summary (default: the first of many)")
@curriculum_option
def execute(stage: str | None, curriculum: str | None, everything: bool) -> bytes:
    """Carry out the command.

    Args:
        stage: The stage to start at, or None for the first.
        curriculum: The curriculum, where there are several.
        everything: Whether the summary lists all parameters that changed.

    Returns:
        The suggestion.

    Raises:
        CurriculumError: ``repo.no_demo_session``; whatever ``init`` and ``run`` raise.
    """
    registered = choose(installed(), curriculum)
    repo = repo_directory(registered)
    session = repo / SAMPLE_SESSION if repo is not None else None
    if session is None or not session.is_dir():
        raise CurriculumError(
            "repo.no_demo_session",
            f"There is no sample session {SAMPLE_SESSION.as_posix()} in the repo of {registered.name!r}."
            if repo is not None
            else f"{registered.name!r} is not installed from its repo, which holds the sample session.",
            f"Put a small session directory at {SAMPLE_SESSION.as_posix()}; run `uv run curriculum demo` in the repo.",
        )
    from ..session.trainer import OrderedTrainer

    trainer = OrderedTrainer(load(registered))
    state = state_document(enrolled(trainer, stage), trainer)
    document = suggestion(evaluate_session(session, parsed(state), curriculum=registered.name))
    print(summarise(json.loads(state), json.loads(document), everything=everything), file=sys.stderr)
    told = "next      README.md tells what to write where; `uv run curriculum check` checks it"
    print(as_called(told), file=sys.stderr)
    return document
