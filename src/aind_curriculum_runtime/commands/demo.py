"""Run the repo's sample session, tests/data/session, the way a launcher would run a real one.

The trainer state is a new one at the first stage, or at the stage that is named; the suggestion
goes to stdout and a summary of it to stderr.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from ..command.arguments import Once, Parser
from ..contract.errors import CurriculumError
from ..curriculum.discovery import choose, installed, load, repo_directory
from ..session.enrolment import enrolled
from ..session.evaluate import evaluate_session
from ..session.state import parsed
from ..session.suggestion import state_document, suggestion
from ..session.summary import summarise

EXAMPLES: Final = """\
  curriculum demo
  curriculum demo --stage s_discrimination"""

SAMPLE_SESSION: Final = Path("tests", "data", "session")
"""Where a curriculum repo keeps its sample session."""


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("--stage", action=Once, metavar="NAME", help="the stage to start at (default: the first)")
    parser.add_argument("--curriculum", action=Once, metavar="NAME", help="the curriculum, where there are several")


def execute(arguments: argparse.Namespace) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.

    Returns:
        The suggestion.

    Raises:
        CurriculumError: ``repo.no_demo_session``; whatever ``init`` and ``run`` raise.
    """
    registered = choose(installed(), arguments.curriculum)
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
    state = state_document(enrolled(trainer, arguments.stage), trainer)
    document = suggestion(evaluate_session(session, parsed(state), curriculum=registered.name))
    print(summarise(json.loads(state), json.loads(document)), file=sys.stderr)
    return document
