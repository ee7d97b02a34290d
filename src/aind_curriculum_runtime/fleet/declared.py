"""The commands of ``curricula``, as ``command.declared`` has those of ``curriculum``."""

from __future__ import annotations

from typing import Final

from ..command.declared import Declared

__all__ = ["CURRICULA"]

_REPO: Final = "curricula of a task repo"
_RUN: Final = "run and check"
_UPDATE: Final = "keep up with the template"
_RELEASED: Final = "released curricula"
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
    Declared("completion", False, _SHELL, "fleet.commands.completion", "print the script that completes what is typed"),
)
