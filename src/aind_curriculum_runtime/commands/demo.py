"""Run the repo's sample session, tests/data/session, the way a launcher would run a real one.

The trainer state is a new one at the first stage, or at the stage that is named; the suggestion
goes to stdout and a summary of it to stderr.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from ..command.arguments import Once, Parser
from ..command.reporting import About
from ..contract.errors import CurriculumError
from ..curriculum.discovery import choose, installed, repo_directory
from ..session.summary import summarise
from .init import enrol
from .run import suggest

EXAMPLES: Final = """\
  curriculum demo
  curriculum demo --stage s_discrimination"""

SAMPLE_SESSION: Final = Path("tests", "data", "session")
"""Where a curriculum repo keeps its sample session."""


def add_arguments(parser: Parser) -> None:
    """Declare the command's options."""
    parser.add_argument("--stage", action=Once, metavar="NAME", help="the stage to start at (default: the first)")
    parser.add_argument("--curriculum", action=Once, metavar="NAME", help="the curriculum, where there are several")


def execute(arguments: argparse.Namespace, about: About) -> bytes:
    """Carry out the command.

    Args:
        arguments: Parsed options.
        about: Told which curriculum it is.

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
    with tempfile.TemporaryDirectory(prefix="curriculum-demo-") as folder:
        state_file = Path(folder) / "trainer_state.json"
        state_file.write_bytes(enrol(registered.name, arguments.stage, about))
        document, _ = suggest(data_directory=session, state_file=state_file, curriculum=registered.name, about=about)
        print(summarise(json.loads(state_file.read_bytes()), json.loads(document)), file=sys.stderr)
    return document
