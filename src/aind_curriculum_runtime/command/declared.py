"""The commands of ``curriculum``: one row each, from which help, completion, ``describe`` and the guard go.

Light: it imports neither click nor a command. ``curricula`` has a table of the same kind in ``fleet.declared``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["CURRICULUM", "Declared"]


class Declared(NamedTuple):
    """What is known of a command before its module is imported. No field has a default, so that none is forgotten.

    Attributes:
        name: As it is typed.
        imports_curriculum: Whether it imports curriculum code into this very process, which then gets more guards; the
            others are to start as quickly as they can.
        heading: What one wants to do with it; the help lists commands by it.
        module: The module below this package whose ``execute`` is the click command.
        help: One line, without a full stop.
    """

    name: str
    imports_curriculum: bool
    heading: str
    module: str
    help: str


_RUN: Final = "run a session"
_LOOK: Final = "look at the curriculum"
_CHECK: Final = "check the repo"
_VERSION: Final = "versions"
_BRING: Final = "bring over what exists"
_SHELL: Final = "the shell"

CURRICULUM: Final = (
    Declared("run", True, _RUN, "commands.run", "evaluate a session and print the suggestion"),
    Declared("init", True, _RUN, "commands.init", "print a trainer state to start a subject from"),
    Declared("demo", True, _RUN, "commands.demo", "run the repo's sample session"),
    Declared(
        "metadata", True, _RUN, "commands.metadata", "print the facts of a session for its metadata, or verify them"
    ),
    Declared("list", False, _LOOK, "commands.list", "list the curricula installed here"),
    Declared("show", True, _LOOK, "commands.show", "print the curriculum, or one stage of it"),
    Declared("diagram", True, _LOOK, "commands.diagram", "draw the curriculum as a picture, a page or Markdown"),
    Declared("explain", True, _LOOK, "commands.explain", "tell why a session leads where it does"),
    Declared("task", True, _LOOK, "commands.task", "print the task of a stage as the rig reads it"),
    Declared("check", False, _CHECK, "commands.check", "check whether a launcher can rely on this repo"),
    Declared("version", False, _VERSION, "commands.version", "print the curriculum's version"),
    Declared("dsl-version", False, _VERSION, "commands.dsl_version", "print the version of aind-behavior-curriculum"),
    Declared("describe", False, _VERSION, "commands.describe", "say what is installed here, for people and launchers"),
    Declared("diff", False, _VERSION, "commands.diff", "say what changed between versions, and which bump that needs"),
    Declared("migrate", True, _VERSION, "commands.migrate", "show what this version makes of an older trainer state"),
    Declared("bump", False, _VERSION, "commands.bump", "raise the version and open its changelog entry"),
    Declared("export", False, _VERSION, "commands.export", "write a bundle: all of this version, with checksums"),
    Declared("release", False, _VERSION, "commands.release", "check that a release can be made, and make it"),
    Declared("wrap", True, _BRING, "commands.wrap", "make this the repo of a curriculum of an installed package"),
    Declared("adopt", True, _BRING, "commands.adopt", "move the code of the wrapped curriculum into this repo"),
    Declared("import", False, _BRING, "commands.import_", "write this repo from what auto-train or mtrain wrote"),
    Declared("completion", False, _SHELL, "commands.completion", "print the script that completes what is typed"),
)
