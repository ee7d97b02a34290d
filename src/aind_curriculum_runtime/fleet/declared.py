"""The commands of ``curricula``, as ``command.declared`` has those of ``curriculum``."""

from __future__ import annotations

from typing import Final

from ..command.declared import Declared

__all__ = ["CURRICULA", "SUBJECTS"]

_REPO: Final = "curricula of a task repo"
_RUN: Final = "run and check"
_UPDATE: Final = "keep up with the template"
_RELEASED: Final = "released curricula"
_ANIMALS: Final = "animals"
_SHELL: Final = "the shell"

CURRICULA: Final = (
    Declared("add", False, _REPO, "fleet.commands.add", "add a curriculum repo as a submodule"),
    Declared("list", False, _REPO, "fleet.commands.list", "list the curricula and their state"),
    Declared("sync", False, _REPO, "fleet.commands.sync", "make every curriculum's environment"),
    Declared("check", False, _RUN, "fleet.commands.check", "run every curriculum's own checks"),
    Declared("run", False, _RUN, "fleet.commands.run", "evaluate a session with one of them"),
    Declared("outdated", False, _UPDATE, "fleet.commands.outdated", "list those whose template has a newer version"),
    Declared("update", False, _UPDATE, "fleet.commands.update", "update curricula from their template"),
    Declared("catalog", False, _RELEASED, "fleet.commands.catalog", "list the released curricula at a URL"),
    Declared("fetch", False, _RELEASED, "fleet.commands.fetch", "bring one of them, with its checksums verified"),
    Declared("subjects", False, _ANIMALS, "fleet.commands.subjects", "look after animals: where they stand, and why"),
    Declared("completion", False, _SHELL, "fleet.commands.completion", "print the script that completes what is typed"),
)

_LOOK: Final = "look"
_DECIDE: Final = "decide"
_KEEP: Final = "the ledger"


def _subjects(name: str, heading: str, help: str, module: str | None = None) -> Declared:
    return Declared(name, False, heading, f"fleet.commands.subjects.{module or name}", help)


SUBJECTS: Final = (
    _subjects("list", _LOOK, "list the animals: where each stands, and which are stuck"),
    _subjects("show", _LOOK, "show all that happened to an animal"),
    _subjects("next", _LOOK, "print the trainer state that an animal runs next"),
    _subjects("review", _LOOK, "go through what the last sessions led to, and accept or move"),
    _subjects("enroll", _DECIDE, "enroll an animal in a curriculum"),
    _subjects("move", _DECIDE, "move an animal to a stage"),
    _subjects("off", _DECIDE, "take an animal off its curriculum"),
    _subjects("on", _DECIDE, "put an animal back on its curriculum"),
    _subjects("pin", _DECIDE, "set a task parameter by hand, on top of every suggestion"),
    _subjects("release", _DECIDE, "leave a pinned parameter to the curriculum again"),
    _subjects("group", _DECIDE, "put an animal into groups"),
    _subjects("undo", _DECIDE, "take back the last change, or an entry by its number"),
    _subjects("reassign", _DECIDE, "give a session to the animal that it is of"),
    _subjects("migrate", _DECIDE, "bring animals to the version of a curriculum that is installed"),
    _subjects("create", _KEEP, "make a new ledger"),
    _subjects("mirror", _KEEP, "show where animals stand to CLABE or SLIMS, and bring that up to date"),
    _subjects("import", _KEEP, "take in what CLABE, auto-train or session directories know", "import_"),
    _subjects("export", _KEEP, "write the sessions of animals as a table"),
    _subjects("verify", _KEEP, "look whether every entry is there and fits"),
)
